"""Writes toy cars as DVR's data folders: `cameras.npz` beside `image/` and `mask/`, for each car, and its true surface.

The matrices are those that `engines.core.formats.dvr` describes; the unit cube, which holds a car, is the world's own.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np

from app.synthetic.raytracer import RaytracedImage
from app.synthetic.sample import CLASS_SIZE_PX, Sample, Shot, drawn_shots, require_empty
from app.synthetic.toy_car import toy_car
from app.synthetic.truth import write_truth
from app.synthetic.viewpoints import CLASS_STUDIO, hemisphere_cameras, random_cameras
from engines.core.camera import Array, Camera
from engines.core.data.images import to_uint8, write_png
from engines.core.engine import Stop, never_stop
from engines.core.files import replacing
from engines.core.formats.projections import units_to_pixels

VIEWS = 60
"""Of each car."""


def dvr_sample(seed: int = 0, size_px: int = CLASS_SIZE_PX, objects: int = 1, views: int = VIEWS) -> Sample:
    """One toy car seen evenly from all around, or several, each from places of its own."""
    shots: list[Shot] = []
    digits = max(3, len(str(objects - 1)))
    for number in range(objects):
        cameras = hemisphere_cameras(views, size_px, CLASS_STUDIO)
        if objects > 1:
            cameras = random_cameras(views, size_px, np.random.default_rng([seed, 4, number]), CLASS_STUDIO)
        part, scene = f"train/car_{number:0{digits}d}" if objects > 1 else "", toy_car(seed, number)
        shots += [Shot(scene, "train", part, f"{index:06d}", camera) for index, camera in enumerate(cameras)]
    return Sample(tuple(shots), with_geometry=False, near_plane=None)


def write_dvr_sample(
    folder: Path,
    sample: Sample,
    samples: int = 2,
    on_view: Callable[[Shot, RaytracedImage], None] | None = None,
    stop: Stop = never_stop,
) -> None:
    """Writes each car's cameras, its true surface, photographs and masks.

    Args:
        folder: new or empty.
        samples: along each side of a pixel.
        on_view: told of each view when it is on the disk.

    Raises:
        UserError: the folder holds something already, or can't be written.
        Cancelled: `stop` said so; every file that is there is whole.
    """
    require_empty(folder)
    for part, scene in {shot.part: shot.scene for shot in sample.shots}.items():
        write_cameras(folder / part / "cameras.npz", [shot.camera for shot in sample.shots if shot.part == part])
        write_truth(folder / part, scene)
    for shot, picture in drawn_shots(sample, samples, on_view, stop):
        place = folder / shot.part
        write_png(place / "mask" / f"{shot.name}.png", picture.mask.astype(np.uint8) * np.uint8(255))
        # The picture comes last: a view whose photograph is there is complete.
        write_png(place / "image" / f"{shot.name}.png", to_uint8(picture.image))


def write_cameras(path: Path, cameras: list[Camera]) -> None:
    """`cameras.npz`, whose unit cube is the world's own.

    Raises:
        UserError: the place can't be written.
    """
    matrices = {
        f"{kind}_{number}": matrix
        for number, camera in enumerate(cameras)
        for kind, matrix in {
            "camera_mat": _four_by_four(np.linalg.inv(units_to_pixels(camera.size_px)) @ camera.intrinsics),
            "world_mat": camera.world_to_camera,
            "scale_mat": np.eye(4),
        }.items()
    }
    archive = io.BytesIO()
    # mypy can't tell names of arrays from the options of savez.
    np.savez(archive, **matrices)  # type: ignore[arg-type]
    with replacing(path) as temporary:
        temporary.write_bytes(archive.getvalue())


def _four_by_four(matrix: Array) -> Array:
    square = np.eye(4)
    square[:3, :3] = matrix
    return square
