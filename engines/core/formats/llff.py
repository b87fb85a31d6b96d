"""LLFF's data folder (Mildenhall et al. 2019): `poses_bounds.npy` beside `images/`.

A row of 17 numbers for each image, in the order of their names: 3x5 with the columns down, right, backwards, position
and (height, width, focal length in pixels), row by row; then the nearest and farthest depth that the camera sees.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from engines.core.camera import Array, Camera
from engines.core.dataset import Dataset, bounds_seen, up_direction
from engines.core.errors import UserError
from engines.core.images import list_images, photograph_size
from engines.core.views import View, Views

NAME = "llff"
LAYOUT = "LLFF: poses_bounds.npy beside images/"

POSES = "poses_bounds.npy"
IMAGES = "images"


def detect(folder: Path) -> bool:
    """Whether both are there."""
    return (folder / POSES).is_file() and (folder / IMAGES).is_dir()


def read(folder: Path) -> Dataset:
    """Opens the folder.

    Raises:
        UserError: names the file and the row that is wrong.
    """
    rows, images = read_rows(folder / POSES), list_images(folder / IMAGES)
    if len(rows) != len(images):
        raise UserError(
            f"{folder}: {len(rows)} rows in {POSES} but {len(images)} in {IMAGES}/; each image needs its row"
        )
    views = [
        View(row_camera(f"{folder / POSES}: row {at}", row).resized(photograph_size(path)), path.stem, "train", path)
        for at, (row, path) in enumerate(zip(rows, images, strict=True))
    ]
    cameras = tuple(view.camera for view in views)
    near, far = depth_range(folder / POSES, rows)
    return Dataset(
        Views.of(views), folder, NAME, bounds_seen(cameras), up_direction(cameras), {"near": near, "far": far}
    )


def read_rows(path: Path) -> Array:
    """[N, 17] float64, all finite.

    Raises:
        UserError: missing, or an array of another shape.
    """
    try:
        rows = np.asarray(np.load(path, allow_pickle=False), dtype=np.float64)
    except FileNotFoundError as error:
        raise UserError(f"{path}: missing") from error
    except (OSError, ValueError, EOFError, TypeError) as error:
        raise UserError(f"{path}: can't be read as numbers ({' '.join(str(error).split())[:120]})") from error
    if rows.ndim != 2 or rows.shape[1] != 17 or len(rows) == 0:
        shape = "x".join(str(size) for size in rows.shape)
        raise UserError(f"{path}: an array of {shape}; needs a row of 17 numbers for each image (3x5, near, far)")
    wrong = np.flatnonzero(~np.isfinite(rows).all(axis=1))
    if len(wrong):
        raise UserError(f"{path}: row {wrong[0]} has a number that is not finite")
    return rows


def depth_range(path: Path, rows: Array) -> tuple[float, float]:
    """The nearest and the farthest depth of all rows [N, 17].

    Raises:
        UserError: a row's near is not before its far, or not in front of the camera.
    """
    near, far = rows[:, 15], rows[:, 16]
    wrong = np.flatnonzero((near <= 0) | (near >= far))
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


def llff_lens(matrix: Array) -> tuple[Array, float, tuple[int, int]]:
    """Of [3, 5]: camera_to_world [4, 4], focal length in pixels, (width, height)."""
    pose = np.eye(4)
    pose[:3] = np.stack([matrix[:, 1], matrix[:, 0], -matrix[:, 2], matrix[:, 3]], axis=1)
    height, width, focal = matrix[:, 4].tolist()
    return pose, focal, (round(width), round(height))
