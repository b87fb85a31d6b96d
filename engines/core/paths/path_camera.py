"""One camera of a path, checked, in whatever words its file has it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from engines.core.camera import Array, Camera, quaternion_rotation, rigid
from engines.core.data.images import LARGEST_SIDE_PX, image_size, list_images
from engines.core.errors import UserError
from engines.core.formats.llff import llff_lens
from engines.core.reading import quoted

UNIT = 1e-2
"""By which the length of a quaternion may differ from 1: files have few digits."""


def checked_camera(
    where: str,
    pose: Array,
    like: Camera,
    focal_px: tuple[float, float] | None = None,
    centre_px: tuple[float, float] | None = None,
    size_px: tuple[int, int] | None = None,
) -> Camera:
    """A checked camera at `pose` [4, 4], camera to world; without focal length or size it has `like`'s lens.

    Raises:
        UserError: begins with `where`.
    """
    try:
        if focal_px is None or size_px is None:
            return like.at(pose)
        if max(size_px) > LARGEST_SIDE_PX:
            raise ValueError(f"{size_px[0]}x{size_px[1]} is more than {LARGEST_SIDE_PX} pixels along a side")
        centre_x, centre_y = centre_px or (size_px[0] / 2, size_px[1] / 2)
        # float(): numbers of numpy would follow the camera into JSON and messages.
        return Camera(pose, (float(focal_px[0]), float(focal_px[1])), (float(centre_x), float(centre_y)), size_px)
    except ValueError as error:
        raise UserError(f"{where}: {error}") from error


def inverse(where: str, matrix: Array) -> Array:
    """[4, 4] of a pose.

    Raises:
        UserError: begins with `where`: there is none.
    """
    try:
        return np.asarray(np.linalg.inv(rigid(matrix)))
    except np.linalg.LinAlgError as error:
        raise UserError(f"{where}: its matrix can't be inverted") from error


def turned_by(where: str, quaternion: Array, position: Array) -> Array:
    """[4, 4] camera to world.

    Args:
        quaternion: [4] x y z w.
        position: [3] world.

    Raises:
        UserError: begins with `where`: no rotation.
    """
    # Cut off, as the squares of numbers that are no quaternion's may be too large.
    length = float(np.linalg.norm(np.clip(quaternion, -1e9, 1e9)))
    if not abs(length - 1) < UNIT:
        raise UserError(f"{where}: its quaternion has a length of {length:.4g}; a rotation (x y z w) has one of 1")
    x, y, z, w = quaternion / length
    pose = np.eye(4)
    pose[:3, :3] = quaternion_rotation(w, x, y, z)
    pose[:3, 3] = position
    return pose


def llff_camera(where: str, matrix: Array, like: Camera) -> Camera:
    """A checked camera of LLFF's matrix [3, 5]: down, right, backwards, position, (height, width, focal length).

    Raises:
        UserError: begins with `where`.
    """
    if not np.isfinite(matrix).all():
        raise UserError(f"{where}: has a number that is not finite")
    pose, focal, size_px = llff_lens(matrix)
    return checked_camera(where, pose, like, (focal, focal), None, size_px)


def size_beside(path: Path) -> tuple[int, int] | None:
    """(width, height) of the photographs beside a file of cameras; None where there are none."""
    for name in ("image", "images", "rgb"):
        images = list_images(path.parent / name) if (path.parent / name).is_dir() else []
        if images:
            return image_size(images[0])
    return None


def numbers_of(where: str, item: Mapping[str, Any], name: str, *shape: int) -> Array:
    """An array of `shape` that a field of a camera holds.

    Raises:
        UserError: begins with `where`: it doesn't.
    """
    try:
        array = np.array(item[name], dtype=np.float64).reshape(shape)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        count = "x".join(str(side) for side in shape) or "a number"
        raise UserError(f"{where}: needs {name} ({count}), and has {quoted(item.get(name))}") from error
    if not np.isfinite(array).all():
        raise UserError(f"{where}: {name} has a number that is not finite")
    return array


def number_of(where: str, item: Mapping[str, Any], name: str, default: float | None = None) -> float:
    """A number that a field holds, or the default where there is no such field, or nothing in it.

    Raises:
        UserError: as `numbers_of`.
    """
    if default is not None and item.get(name) is None:
        return default
    return float(numbers_of(where, item, name))


def camera_of_angle(where: str, pose: Array, like: Camera, fov_deg: float, size_px: tuple[int, int]) -> Camera:
    """A checked camera at `pose` [4, 4] whose centred picture of square pixels has this vertical field of view.

    Raises:
        UserError: begins with `where`.
    """
    if not 0 < fov_deg < 180:
        raise UserError(f"{where}: fov is {fov_deg:g}; needs the vertical one, 0 to 180 degrees")
    focal = float(size_px[1] / 2 / np.tan(np.radians(fov_deg) / 2))
    return checked_camera(where, pose, like, (focal, focal), None, size_px)
