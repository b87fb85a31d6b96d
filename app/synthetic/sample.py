"""Writes synthetic scenes as data folders, view by view."""

from __future__ import annotations

import contextlib
import io
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.synthetic.arrangement import still_life
from app.synthetic.raytracer import RaytracedImage, draw
from app.synthetic.scene import BALL_RADIUS, SyntheticScene
from app.synthetic.toy_car import toy_car
from app.synthetic.viewpoints import CLASS_STUDIO, hemisphere_cameras, orbit_cameras, random_cameras
from engines.core.camera import Camera
from engines.core.data.images import to_uint8, write_png
from engines.core.data.views import Split
from engines.core.engine import Stop, never_stop
from engines.core.errors import Cancelled, Unwritable, UserError
from engines.core.files import holding, others_than_unfinished, remove_leftovers, replacing, require_named
from engines.core.formats.deepvoxels_folder import Intrinsics, write_intrinsics, write_pose
from engines.core.reading import read_text

TRAIN_VIEWS, VALIDATION_VIEWS, TEST_VIEWS = 300, 20, 60
SIZE_PX = 256
OBJECTS, OBJECT_VIEWS, CLASS_SIZE_PX = 24, 50, 128

SAMPLED = (
    *("train", "validation", "test", "bbox.txt", "frames", "masks", "background", "poses_bounds.npy"),
    *("image", "mask", "cameras.npz"),
)
"""All that samples have at their top."""
UNFINISHED = ".unfinished-sample"
"""In a folder whose sample is not whole yet: what it is going to be."""


@dataclass(frozen=True, eq=False)
class Shot:
    """One view that is to be taken.

    Attributes:
        part: the folder, under the sample's, that it goes into: a split, of a class the split's object.
    """

    scene: SyntheticScene
    split: Split
    part: str
    name: str
    camera: Camera


@dataclass(frozen=True)
class Sample:
    """A data folder that is to be written.

    Attributes:
        with_geometry: depth and mask beside each photograph.
        near_plane: in `intrinsics.txt`; None: a line that SRN's layout does not have.
    """

    shots: tuple[Shot, ...]
    with_geometry: bool
    near_plane: float | None


def deepvoxels_sample(
    seed: int = 0,
    size_px: int = SIZE_PX,
    train: int = TRAIN_VIEWS,
    validation: int = VALIDATION_VIEWS,
    test: int = TEST_VIEWS,
) -> Sample:
    """A still life: training views all around, validation views at random between them, test views along an orbit."""
    # Its own stream of numbers: the scene of a seed does not depend on how often it is photographed.
    rng = np.random.default_rng([seed, 1])
    scene = still_life(seed)
    splits: tuple[tuple[Split, tuple[Camera, ...]], ...] = (
        ("train", hemisphere_cameras(train, size_px)),
        ("validation", random_cameras(validation, size_px, rng)),
        ("test", orbit_cameras(test, size_px)),
    )
    shots = [
        Shot(scene, split, split, f"{index:06d}", camera)
        for split, cameras in splits
        for index, camera in enumerate(cameras)
    ]
    # A near plane of 0 leaves it to the method: sqrt(3) / 2 for a grid of side 1, which the cameras are placed for.
    return Sample(tuple(shots), with_geometry=True, near_plane=0.0)


def srn_sample(
    seed: int = 0, size_px: int = CLASS_SIZE_PX, objects: int = OBJECTS, train: int = OBJECT_VIEWS, held_out: int = 3
) -> Sample:
    """A class of toy cars, each seen from places of its own; `held_out` views of each to validate, thrice to test."""
    shots: list[Shot] = []
    digits = max(3, len(str(objects - 1)))
    for number in range(objects):
        rng, scene = np.random.default_rng([seed, 3, number]), toy_car(seed, number)
        splits: tuple[tuple[Split, tuple[Camera, ...]], ...] = (
            ("train", random_cameras(train, size_px, rng, CLASS_STUDIO)),
            ("validation", random_cameras(held_out, size_px, rng, CLASS_STUDIO)),
            ("test", orbit_cameras(3 * held_out, size_px, CLASS_STUDIO)),
        )
        shots += [
            Shot(scene, split, f"{split}/car_{number:0{digits}d}", f"{index:06d}", camera)
            for split, cameras in splits
            for index, camera in enumerate(cameras)
        ]
    return Sample(tuple(shots), with_geometry=False, near_plane=None)


def write_sample(
    folder: Path,
    sample: Sample,
    samples: int = 2,
    on_view: Callable[[Shot, RaytracedImage], None] | None = None,
    stop: Stop = never_stop,
) -> None:
    """Writes each part's rgb, pose, `intrinsics.txt`, and where wanted depth and mask; and `bbox.txt`.

    Args:
        folder: new or empty.
        samples: along each side of a pixel.
        on_view: told of each view when it is on the disk.

    Raises:
        UserError: the folder holds something already, or can't be written.
        Cancelled: `stop` said so; every file that is there is whole.
    """
    require_empty(folder)
    for part, camera in {shot.part: shot.camera for shot in sample.shots}.items():
        intrinsics = Intrinsics(
            camera.focal_px[0], camera.centre_px, (0.0, 0.0, 0.0), sample.near_plane, 1.0, camera.size_px
        )
        write_intrinsics(folder / part / "intrinsics.txt", intrinsics)
    _write_bounds(folder / "bbox.txt")
    for shot, picture in drawn_shots(sample, samples, on_view, stop):
        _write_view(folder / shot.part, shot, picture, sample.with_geometry)


def drawn_shots(
    sample: Sample, samples: int, on_view: Callable[[Shot, RaytracedImage], None] | None, stop: Stop
) -> Iterator[tuple[Shot, RaytracedImage]]:
    """Each shot and its picture; `on_view` is told of each when the next is asked for, and so the last is on the disk.

    Raises:
        Cancelled: `stop` said so.
    """
    for shot in sample.shots:
        if stop():
            raise Cancelled
        picture = draw(shot.scene, shot.camera, samples, stop)
        yield shot, picture
        if on_view is not None:
            on_view(shot, picture)


def require_empty(folder: Path) -> None:
    """Refuses a folder that a sample would be mixed into; one that was begun there and not ended is made again.

    Raises:
        UserError: a file, or not empty, or can't be looked into.
    """
    require_named(folder)
    try:
        if folder.exists() and not folder.is_dir():
            raise UserError(f"{folder}: is a file; name a folder")
        if folder.is_dir() and others_than_unfinished(folder) and not (folder / UNFINISHED).is_file():
            raise UserError(f"{folder}: holds files already; name a new folder, or empty this one first")
    except OSError as error:
        raise UserError(f"{folder}: can't be read ({error.strerror or error})") from error


@contextlib.contextmanager
def making(folder: Path, what: str) -> Iterator[None]:
    """Notes in the folder that it is to hold the sample that `what` describes, until that is whole; alone meanwhile.

    Raises:
        UserError: it holds something else, or is being written, or can't be written.
    """
    mark = folder / UNFINISHED
    with _of_folder(mark), holding(mark):
        require_empty(folder)
        if mark.is_file() and read_text(mark) != what:
            raise UserError(f"{folder}: holds part of another sample; name a new folder, or empty this one first")
        is_new = not mark.is_file()
        for part in folder.rglob("*/"):
            remove_leftovers(part)
        try:
            with replacing(mark) as temporary:
                temporary.write_text(what, encoding="utf-8")
            yield
        except Unwritable:
            if is_new:
                _take_back(folder)
            raise
        mark.unlink(missing_ok=True)


def _take_back(folder: Path) -> None:
    """Removes a sample that there is no room for, by its names: nothing else is touched."""
    for name in (*SAMPLED, UNFINISHED):
        with contextlib.suppress(OSError):
            shutil.rmtree(folder / name) if (folder / name).is_dir() else (folder / name).unlink()


@contextlib.contextmanager
def _of_folder(mark: Path) -> Iterator[None]:
    """Says of the folder what is wrong with its mark, whose name says nothing to anybody."""
    try:
        yield
    except UserError as error:
        raise type(error)(str(error).replace(str(mark), str(mark.parent))) from error


def _write_bounds(path: Path) -> None:
    """`bbox.txt` as NSVF has it: lowest corner, highest corner, size of a voxel."""
    low, high = [-BALL_RADIUS] * 3, [BALL_RADIUS] * 3
    with replacing(path) as temporary:
        temporary.write_text(" ".join(f"{value:g}" for value in (*low, *high, 1 / 32)) + "\n", encoding="utf-8")


def _write_view(folder: Path, shot: Shot, picture: RaytracedImage, with_geometry: bool) -> None:
    # The picture comes last: a view whose photograph is there is complete.
    write_pose(folder / "pose" / f"{shot.name}.txt", shot.camera.camera_to_world)
    if with_geometry:
        array = io.BytesIO()
        np.save(array, picture.depth)
        with replacing(folder / "depth" / f"{shot.name}.npy") as temporary:
            # Not np.save to the file: on a full disk its error does not say so.
            temporary.write_bytes(array.getvalue())
        write_png(folder / "mask" / f"{shot.name}.png", picture.mask.astype(np.uint8) * np.uint8(255))
    write_png(folder / "rgb" / f"{shot.name}.png", to_uint8(picture.image))
