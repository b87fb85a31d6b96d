"""Cameras by hand: a pinhole of a pose and a focal length, and a pose that looks at something."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from engines.core import camera as pinholes
from engines.core.camera import Array, Camera
from engines.core.errors import UserError


def pinhole(
    camera_to_world: npt.ArrayLike,
    focal_px: float | tuple[float, float],
    size_px: tuple[int, int],
    centre_px: tuple[float, float] | None = None,
) -> Camera:
    """A camera without distortion.

    Args:
        camera_to_world: [4, 4] or [3, 4], rigid: its columns are the camera's +x (right), +y (down), +z (forward) and
            its position, in the scene's units (OpenCV's axes).
        focal_px: focal length in pixels, or (fx, fy).
        size_px: (width, height) of the picture.
        centre_px: (cx, cy) from the top left corner; None: the middle of the picture.

    Raises:
        UserError: it is no rigid pose, or no size.
    """
    try:
        pose = np.asarray(camera_to_world, dtype=np.float64)
        fx, fy = np.broadcast_to(np.asarray(focal_px, dtype=np.float64), (2,)).tolist()
        width, height = size_px
        centre = (width / 2, height / 2) if centre_px is None else centre_px
        return Camera(pinholes.rigid(pose) if pose.shape == (3, 4) else pose, (fx, fy), centre, (width, height))
    except (ValueError, TypeError) as error:
        raise UserError(f"no camera: {error}") from error


def look_at(position: Sequence[float] | Array, target: Sequence[float] | Array, up: Sequence[float] | Array) -> Array:
    """[4, 4] camera_to_world of a camera at `position` that looks at `target`, with `up` upwards in its picture.

    Args:
        position: [3] in the scene's units.
        target: [3] in the scene's units, another point.
        up: [3] of any length, such as `scene.up`.

    Raises:
        UserError: they are one point, or not of three numbers.
    """
    points = [np.asarray(point, dtype=np.float64) for point in (position, target, up)]
    if any(point.shape != (3,) or not np.isfinite(point).all() for point in points):
        raise UserError("look_at: position, target and up must be three numbers each")
    try:
        return pinholes.look_at(*points)
    except ValueError as error:
        raise UserError("look_at: position and target are the same point") from error
