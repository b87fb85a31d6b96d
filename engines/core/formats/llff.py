"""LLFF's data folder (Mildenhall et al. 2019): `poses_bounds.npy` beside `images/`; or a folder of such scenes.

A row of 17 numbers for each image, in the order of their names: 3x5 with the columns down, right, backwards, position
and (height, width, focal length in pixels), row by row; then the nearest and farthest depth that the camera sees.
Where there is no `images/`, the largest of the copies (`images_4/`, `images_8/`, ...) takes its place.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from engines.core.camera import LARGEST, Array, Camera
from engines.core.data.dataset import Dataset
from engines.core.data.images import fitted_camera, image_size, list_images, photograph_size, turned_for, turned_size
from engines.core.data.views import View
from engines.core.errors import UserError
from engines.core.formats.beside import listed_splits
from engines.core.formats.colmap_files import is_model, read_model
from engines.core.formats.instance_folders import Place
from engines.core.formats.left_out import LeftOut
from engines.core.formats.mask_files import MaskFiles
from engines.core.formats.several_scenes import Extent, find_scenes, scenes_among, scenes_dataset
from engines.core.reading import read_npy, reading

NAME = "llff"
LAYOUT = "LLFF: poses_bounds.npy beside images/ or images_4/, or a folder of such scenes"

POSES = "poses_bounds.npy"
IMAGES = "images"


def detect(folder: Path) -> bool:
    """Whether it is such a scene, or holds some."""
    return bool(find_scenes(folder, _scenes_in))


def is_scene(folder: Path) -> bool:
    """Whether both are there."""
    return (folder / POSES).is_file() and any(_image_folders(folder))


_scenes_in = partial(scenes_among, is_scene=is_scene)


def read(folder: Path) -> Dataset:
    """Opens one scene, or several.

    Raises:
        UserError: names the file and the row that is wrong.
    """
    return scenes_dataset(NAME, folder, find_scenes(folder, _scenes_in), LlffViews)


class LlffViews:
    """One scene's views; listed now, each image's header read when it is asked for."""

    has_images = True

    def __init__(self, place: Place, prefix: str) -> None:
        """Lists them.

        Raises:
            UserError: names the row that is wrong, or the images don't fit the rows.
        """
        folder, split, self._number = place
        self._poses, self._rows, images = folder / POSES, read_rows(folder / POSES), largest_images(folder)
        there, self._prefix = list_images(images), prefix
        # By name as text, not as people count: so LLFF's own programs go through them.
        self._images, self._numbers, left_out = there, list(range(len(there))), LeftOut()
        if len(self._rows) != len(there):
            self._images, self._numbers, left_out = _of_rows(folder, images, there, len(self._rows))
        listed = listed_splits((folder,), [path.name for path in self._images], split)
        self._splits, self._images = listed.splits, [self._images[index] for index in listed.kept]
        self._numbers = [self._numbers[index] for index in listed.kept]
        self._masks = MaskFiles(images)
        self._sizes = dict[int, tuple[int, int]]()
        notes = (
            *left_out.notes(f"{images.name}/", f"row in {POSES}"),
            *listed.notes,
            *self._masks.notes([path.name for path in there]),
        )
        depths = depth_range(self._poses, self._rows)
        self.extent = Extent(depths, len(self._images), splits=self._splits, notes=notes)

    @property
    def names(self) -> list[str]:
        """The names of the images, without suffix."""
        return [path.stem for path in self._images]

    def __len__(self) -> int:
        return len(self._images)

    def __getitem__(self, index: int) -> View:
        path = self._images[index]
        if index not in self._sizes:
            self._sizes[index] = photograph_size(path)
        row = self._numbers[index]
        camera, turned = shown_camera(f"{self._poses}: row {row}", self._rows[row], path, self._sizes[index])
        return View(
            camera,
            self._prefix + path.stem,
            self._splits[index],
            path,
            instance=self._number,
            valid_mask_path=self._masks.find(path.name),
            turned=turned,
        )


def _of_rows(folder: Path, images: Path, there: list[Path], rows: int) -> tuple[list[Path], list[int], LeftOut]:
    """Photographs that have a row, the number of that row, and what is left out; where there are more or fewer rows.

    Rows have no names. But a copy of all photographs may be there (`images_4/`), or COLMAP's model that the rows were
    made of, or the names are numbers, counted from 0, in which it can be seen where one is missing.

    Raises:
        UserError: it can't be told which photograph a row is of.
    """
    names = _names_of_rows(folder, there, rows)
    if not names:
        raise UserError(
            f"{folder}: {rows} rows in {POSES} but {len(there)} in {images.name}/; each image needs its row"
        )
    number = {name: row for row, name in enumerate(names)}
    found = [path for path in there if path.stem in number]
    here = {path.stem for path in found}
    left_out = LeftOut(
        rows,
        len(there),
        [name for name in names if name not in here],
        [path.stem for path in there if path.stem not in number],
    )
    return found, [number[path.stem] for path in found], left_out


def _names_of_rows(folder: Path, there: Sequence[Path], rows: int) -> list[str]:
    """The stem of each row's photograph; none where that can't be told."""
    stems = {path.stem for path in there}
    copies = [[path.stem for path in list_images(copy)] for copy in _image_folders(folder)]
    model = folder / "sparse" / "0"
    if is_model(model):
        copies.append(sorted(Path(picture.name).stem for picture in read_model(model).pictures))
    for names in copies:
        if len(names) == rows == len(set(names)) and stems & set(names):
            return names
    digits = [re.findall(r"[0-9]+", stem) for stem in sorted(stems)]
    numbers = [int(found[-1]) for found in digits if found]
    if len(numbers) == len(there) == len(set(numbers)) and min(numbers, default=1) == 0 and max(numbers) < rows:
        by_number = dict(zip(numbers, sorted(stems), strict=True))
        return [by_number.get(row, f"number {row}") for row in range(rows)]
    return []


def largest_images(folder: Path) -> Path:
    """`images/`, or the folder `images_...` whose first image is the widest.

    Raises:
        UserError: there is no such folder, or an image that can't be read.
    """
    plain = folder / IMAGES
    if plain.is_dir() and any(plain.iterdir()):
        return plain
    folders = _image_folders(folder)
    if not folders:
        raise UserError(f"{folder}: has no {IMAGES}/ in it, nor {IMAGES}_4/ or the like")
    widths = [image_size(images[0])[0] if (images := list_images(path)) else 0 for path in folders]
    return folders[int(np.argmax(widths))]


def _image_folders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob(IMAGES + "*") if path.is_dir())


def read_rows(path: Path) -> Array:
    """[N, 17] float64, all finite and of a size that can be drawn.

    Raises:
        UserError: missing, or an array of another shape.
    """
    if not path.exists():
        raise UserError(f"{path}: missing; needs a row of 17 numbers for each image or camera (3x5, near, far)")
    with reading(path, "can't be read as numbers"):
        loaded = read_npy(path)
        if loaded.dtype.kind in "cmM":
            raise ValueError(f"they are {loaded.dtype}, not real numbers")
        rows = loaded.astype(np.float64)
    if rows.ndim != 2 or rows.shape[1] != 17 or len(rows) == 0:
        shape = "x".join(str(size) for size in rows.shape)
        raise UserError(f"{path}: an array of {shape}; needs a row of 17 numbers for each image (3x5, near, far)")
    wrong = np.flatnonzero(~np.isfinite(rows).all(axis=1))
    if len(wrong):
        raise UserError(f"{path}: row {wrong[0]} has a number that is not finite")
    wrong = np.flatnonzero((np.abs(rows) > LARGEST).any(axis=1))
    if len(wrong):
        raise UserError(f"{path}: row {wrong[0]} has a number beyond {LARGEST:g}; the file is damaged")
    return rows


def read_rig_rows(path: Path, cameras: int) -> Array:
    """[cameras, 17] as `read_rows`, for each camera of a recording.

    Raises:
        UserError: also where there are more or fewer, or depths that `depth_range` refuses.
    """
    rows = read_rows(path)
    if len(rows) != cameras:
        raise UserError(f"{path}: has {len(rows)} rows, but there are {cameras} cameras; each camera needs its row")
    depth_range(path, rows)
    return rows


def depth_range(path: Path, rows: Array) -> tuple[float, float]:
    """The nearest and the farthest depth of all rows [N, 17].

    Raises:
        UserError: a row's near is not before its far, or not in front of the camera.
    """
    near, far = rows[:, 15], rows[:, 16]
    wrong = np.flatnonzero((near <= 1 / LARGEST) | (near >= far))
    if len(wrong):
        row = int(wrong[0])
        raise UserError(f"{path}: row {row} has depths from {near[row]:g} to {far[row]:g}; must be 0 < near < far")
    return float(near.min()), float(far.max())


def row_camera(where: str, row: Array) -> Camera:
    """The camera of a row [17], or of its first 15 numbers.

    Raises:
        UserError: begins with `where`.
    """
    pose, focal, size_px = llff_lens(row[:15].reshape(3, 5))
    try:
        return Camera(pose, (focal, focal), (size_px[0] / 2, size_px[1] / 2), size_px)
    except ValueError as error:
        raise UserError(f"{where}: {error}") from error


def photograph_camera(where: str, row: Array, size_px: tuple[int, int]) -> Camera:
    """The camera of a row [17] whose photograph has `size_px` (width, height); it may have been made smaller since.

    Raises:
        UserError: begins with `where`; also where the photograph's shape is not the row's.
    """
    return fitted_camera(where, row_camera(where, row), size_px)


def shown_camera(where: str, row: Array, path: Path, size_px: tuple[int, int]) -> tuple[Camera, int]:
    """The camera of a row [17] whose photograph may be stored lying; and how that is turned, as `View.turned`.

    Raises:
        UserError: begins with `where`; also where the photograph's shape is not the row's.
    """
    turned = turned_for(path, size_px, row_camera(where, row).size_px)
    return photograph_camera(where, row, turned_size(size_px, turned)), turned


def llff_lens(matrix: Array) -> tuple[Array, float, tuple[int, int]]:
    """The lens that a matrix [3, 5] holds: camera_to_world [4, 4], focal length in pixels, (width, height)."""
    pose = np.eye(4)
    pose[:3] = np.stack([matrix[:, 1], matrix[:, 0], -matrix[:, 2], matrix[:, 3]], axis=1)
    height, width, focal = matrix[:, 4].tolist()
    return pose, focal, (round(width), round(height))
