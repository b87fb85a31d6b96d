"""Writes a synthetic scene as a data folder, view by view."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engines.core.camera import Camera
from engines.core.engine import Stop, never_stop
from engines.core.errors import Cancelled, UserError
from engines.core.files import replacing
from engines.core.formats.deepvoxels_folder import Intrinsics, write_intrinsics, write_pose
from engines.core.images import to_uint8, write_png
from engines.core.synthetic.arrangement import still_life
from engines.core.synthetic.raytracer import Picture, draw
from engines.core.synthetic.scene import BALL_RADIUS, SyntheticScene
from engines.core.synthetic.viewpoints import hemisphere_cameras, lens, orbit_cameras, random_cameras
from engines.core.views import Split

TRAIN_VIEWS, VALIDATION_VIEWS, TEST_VIEWS = 300, 20, 60
SIZE_PX = 256


@dataclass(frozen=True)
class Shot:
    """One view that is to be taken."""

    split: Split
    name: str
    camera: Camera


def deepvoxels_shots(
    seed: int = 0,
    size_px: int = SIZE_PX,
    train: int = TRAIN_VIEWS,
    validation: int = VALIDATION_VIEWS,
    test: int = TEST_VIEWS,
) -> tuple[Shot, ...]:
    """Training views all around, validation views at random between them, test views along an orbit."""
    # Its own stream of numbers: the scene of a seed does not depend on how often it is photographed.
    rng = np.random.default_rng([seed, 1])
    splits: tuple[tuple[Split, tuple[Camera, ...]], ...] = (
        ("train", hemisphere_cameras(train, size_px)),
        ("validation", random_cameras(validation, size_px, rng)),
        ("test", orbit_cameras(test, size_px)),
    )
    return tuple(Shot(split, f"{i:06d}", camera) for split, cameras in splits for i, camera in enumerate(cameras))


def write_deepvoxels_sample(
    folder: Path,
    scene: SyntheticScene,
    shots: tuple[Shot, ...],
    samples: int = 2,
    on_view: Callable[[Shot, Picture], None] | None = None,
    stop: Stop = never_stop,
) -> None:
    """Writes {train,validation,test}/{rgb,pose,depth,mask}, their `intrinsics.txt`, and `bbox.txt`.

    Args:
        folder: new or empty.
        samples: along each side of a pixel.
        on_view: told of each view when it is on the disk.

    Raises:
        UserError: the folder holds something already, or can't be written.
        Cancelled: `stop` said so; every file that is there is whole.
    """
    require_empty(folder)
    for split in dict.fromkeys(shot.split for shot in shots):
        size_px = next(shot.camera.size_px[0] for shot in shots if shot.split == split)
        write_intrinsics(folder / split / "intrinsics.txt", _intrinsics(size_px))
    _write_bounds(folder / "bbox.txt")
    for shot in shots:
        if stop():
            raise Cancelled
        picture = draw(scene, shot.camera, samples, stop)
        _write_view(folder / shot.split, shot, picture)
        if on_view is not None:
            on_view(shot, picture)


def sample_scene(seed: int) -> SyntheticScene:
    """The scene that `main.py sample --seed` writes."""
    return still_life(seed)


def require_empty(folder: Path) -> None:
    """Refuses a folder that a sample would be mixed into.

    Raises:
        UserError: a file, or not empty, or can't be looked into.
    """
    try:
        if folder.exists() and not folder.is_dir():
            raise UserError(f"{folder}: is a file; name a folder")
        if folder.is_dir() and any(folder.iterdir()):
            raise UserError(f"{folder}: holds files already; name a new folder, or empty this one first")
    except OSError as error:
        raise UserError(f"{folder}: can't be read ({error.strerror or error})") from error


def _intrinsics(size_px: int) -> Intrinsics:
    camera = lens(size_px)
    # A near plane of 0 leaves it to the method: sqrt(3) / 2 for a grid of side 1, which the cameras are placed for.
    return Intrinsics(camera.focal_px[0], camera.centre_px, (0.0, 0.0, 0.0), 0.0, 1.0, camera.size_px)


def _write_bounds(path: Path) -> None:
    """`bbox.txt` as NSVF has it: lowest corner, highest corner, size of a voxel."""
    low, high = [-BALL_RADIUS] * 3, [BALL_RADIUS] * 3
    with replacing(path) as temporary:
        temporary.write_text(" ".join(f"{value:g}" for value in (*low, *high, 1 / 32)) + "\n", encoding="utf-8")


def _write_view(folder: Path, shot: Shot, picture: Picture) -> None:
    # The picture comes last: a view whose photograph is there is complete.
    write_pose(folder / "pose" / f"{shot.name}.txt", shot.camera.camera_to_world)
    array = io.BytesIO()
    np.save(array, picture.depth)
    with replacing(folder / "depth" / f"{shot.name}.npy") as temporary:
        # Not np.save to the file: on a full disk its error does not say so.
        temporary.write_bytes(array.getvalue())
    write_png(folder / "mask" / f"{shot.name}.png", picture.mask.astype(np.uint8) * np.uint8(255))
    write_png(folder / "rgb" / f"{shot.name}.png", to_uint8(picture.image))
