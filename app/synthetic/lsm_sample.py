"""Writes toy cars in the layout `lsm`: renderings with transparency, depths, cameras, voxels, splits."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np

from app.synthetic.raytracer import RaytracedImage
from app.synthetic.sample import CLASS_SIZE_PX, Sample, Shot, drawn_shots, require_empty
from app.synthetic.scene import SyntheticScene
from app.synthetic.toy_car import toy_car
from app.synthetic.viewpoints import Studio, random_cameras
from engines.core.camera import Array
from engines.core.data.images import to_uint8, write_png
from engines.core.data.views import Split
from engines.core.engine import Stop, never_stop
from engines.core.files import replacing
from engines.core.formats.lsm import DEPTH_BITS, FARTHEST, RENDERS, SPLIT_FILE, VOXELS

VIEWS = 20
"""Of each car, as the authors' have."""
STUDIO = Studio(2.0, 1.0, 5.0)
"""The authors sample rays between depths 1 and 3, of cameras that stand 2 away."""
CLASS = "02958343"
"""ShapeNet's cars."""
SIDES = (32, 64)
"""Voxels along each side."""
HELD_OUT_EVERY = 6
"""Of so many cars one is to validate with and one to test with."""


def lsm_sample(seed: int = 0, size_px: int = CLASS_SIZE_PX, objects: int = 24, views: int = VIEWS) -> Sample:
    """A class of toy cars, each seen from places of its own; some of them to validate and to test with."""
    shots: list[Shot] = []
    digits = max(3, len(str(objects - 1)))
    for number in range(objects):
        cameras = random_cameras(views, size_px, np.random.default_rng([seed, 5, number]), STUDIO)
        part, scene, split = f"{CLASS}/car_{number:0{digits}d}", toy_car(seed, number), _split(number)
        shots += [Shot(scene, split, part, str(index), camera) for index, camera in enumerate(cameras)]
    return Sample(tuple(shots), with_geometry=True, near_plane=None)


def _split(number: int) -> Split:
    return {HELD_OUT_EVERY - 2: "validation", HELD_OUT_EVERY - 1: "test"}.get(number % HELD_OUT_EVERY, "train")  # type: ignore[return-value]


def write_lsm_sample(
    folder: Path,
    sample: Sample,
    samples: int = 2,
    on_view: Callable[[Shot, RaytracedImage], None] | None = None,
    stop: Stop = never_stop,
) -> None:
    """Writes the authors' layout.

    Args:
        folder: new or empty.
        samples: along each side of a pixel.
        on_view: told of each view when it is on the disk.

    Raises:
        UserError: the folder holds something already, or can't be written.
        Cancelled: `stop` said so; every file that is there is whole.
    """
    require_empty(folder)
    parts = {shot.part: shot for shot in sample.shots}
    splits = {name: [part.split("/")[1] for part, shot in parts.items() if shot.split == split]
              for name, split in (("train", "train"), ("val", "validation"), ("test", "test"))}  # fmt: skip
    with replacing(folder / SPLIT_FILE) as temporary:
        temporary.write_text(json.dumps({CLASS: {"name": "car,toy car", **splits}}, indent=1))
    for part, shot in parts.items():
        for side in SIDES:
            _write_matlab(folder / VOXELS.format(side) / f"{part}.mat", Volume=_stored(voxels(shot.scene, side)))
    for shot, picture in drawn_shots(sample, samples, on_view, stop):
        place = folder / RENDERS / shot.part
        matrices = {"K": shot.camera.intrinsics, "extrinsic": shot.camera.world_to_camera}
        _write_matlab(place / f"camera_{shot.name}.mat", **matrices)
        share = np.where(picture.mask, picture.depth, FARTHEST) / FARTHEST
        write_png(place / f"depth_{shot.name}.png", np.round(share * DEPTH_BITS).astype(np.uint16))
        alpha = picture.mask.astype(np.uint8) * np.uint8(255)
        # The picture comes last: a view whose photograph is there is complete.
        write_png(place / f"render_{shot.name}.png", np.dstack([to_uint8(picture.image), alpha]))


def voxels(scene: SyntheticScene, side: int) -> Array:
    """[side, side, side] bool along x, y, z of the cube of side 1: whether a voxel's centre is in a solid."""
    along = (np.arange(side) + 0.5) / side - 0.5
    centres = np.stack(np.meshgrid(along, along, along, indexing="ij"), axis=-1).reshape(-1, 3)
    inside = np.zeros(len(centres), dtype=bool)
    for solid in scene.solids:
        inside |= solid.shape.distance(solid.to_object(centres)) <= 0
    return inside.reshape(side, side, side)


def _stored(grid: Array) -> Array:
    """Voxels along x, y, z as the authors' files have them: ShapeNet's y is up, which is our z."""
    return np.ascontiguousarray(grid[:, ::-1].transpose(0, 2, 1))


def _write_matlab(path: Path, **arrays: Array) -> None:
    from scipy.io import savemat

    content = io.BytesIO()
    savemat(content, arrays, do_compression=True)
    with replacing(path) as temporary:
        temporary.write_bytes(content.getvalue())
