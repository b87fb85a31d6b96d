"""Moving a camera by hand: pure functions from a camera to a camera.

Angles are radians, what the name calls px is pixels of the camera's own picture, the rest is world units.
Turntable moves keep the roll they find: a level camera stays level, a rolled one never jumps, and the drag is
turned by the roll so that the scene still follows the hand.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from engines.core.camera import LARGEST, Array, Camera

# A turntable has no heading at its poles, so it stops short of them.
STEEPEST_RAD = float(np.radians(89))
NARROWEST_DEG, WIDEST_DEG = 1.0, 170.0
"""Vertical fields of view that can be set."""
# How much of the picture a framed box fills: a little air around it.
FRAME_FILL = 0.9


def _rotation(axis: Array, angle_rad: float) -> Array:
    """[3, 3] turn about a unit axis, right-handed."""
    return np.asarray(cv2.Rodrigues(np.asarray(axis, dtype=np.float64) * angle_rad)[0])


def _unit(vector: Array) -> Array:
    vector = np.asarray(vector, dtype=np.float64)
    return np.asarray(vector / np.linalg.norm(vector))


FARTHEST = 1e-3 * LARGEST
"""From here nothing is seen any more; the wheel has no end."""


def _placed(camera: Camera, rotation: Array, position: Array) -> Camera:
    """Made orthonormal again, else thousands of small drags would add up to a shear; never beyond `FARTHEST`."""
    if not np.abs(position).max() <= FARTHEST:
        return camera
    left, _, right = np.linalg.svd(rotation)
    pose = np.eye(4)
    pose[:3, :3], pose[:3, 3] = left @ right, position
    return camera.at(pose)


def _turned(camera: Camera, pivot: Array, turn: Array) -> Camera:
    """Camera and all turned about `pivot`."""
    pivot = np.asarray(pivot, dtype=np.float64)
    return _placed(camera, turn @ camera.camera_to_world[:3, :3], pivot + turn @ (camera.position - pivot))


def _level_right(camera: Camera, up: Array) -> Array:
    """[3] the horizontal direction to the right; the camera's own where it looks straight up or down."""
    right = np.asarray(np.cross(camera.forward, up))
    length = np.linalg.norm(right)
    return camera.right if length < 1e-6 else right / length


def _turntable(camera: Camera, up: Array, right_rad: float, down_rad: float) -> Array:
    """[3, 3] the turn that moves the view `right_rad` to the right about `up` and `down_rad` down, roll kept."""
    up, level_right = _unit(up), _level_right(camera, up)
    cos, sin = float(level_right @ camera.right), -float(level_right @ camera.down)
    azimuth, descent = cos * right_rad - sin * down_rad, sin * right_rad + cos * down_rad
    elevation = float(np.arcsin(np.clip(camera.forward @ up, -1, 1)))
    # Whoever begins beyond the limit may come back, but is not thrown back.
    low, high = min(-STEEPEST_RAD, elevation), max(STEEPEST_RAD, elevation)
    raised = float(np.clip(elevation - descent, low, high)) - elevation
    return _rotation(up, -azimuth) @ _rotation(level_right, raised)


def orbit(camera: Camera, pivot: Array, up: Array, right_rad: float, down_rad: float) -> Camera:
    """Turns the scene like a turntable: to the right and downwards in the picture for positive angles.

    The distance to `pivot` [3] and the roll stay; `up` [3] is a direction, both in the world. The view stops 1 degree
    short of straight up and down.
    """
    return _turned(camera, pivot, _turntable(camera, up, right_rad, down_rad))


def spin(camera: Camera, pivot: Array, up: Array, angle_rad: float) -> Camera:
    """Turns the scene about the axis `up` [3] through `pivot` [3] (world), anticlockwise seen from above."""
    # The camera goes the other way.
    return _turned(camera, pivot, _rotation(_unit(up), -angle_rad))


def trackball(camera: Camera, pivot: Array, right_rad: float, down_rad: float) -> Camera:
    """Turns the scene about `pivot` [3] (world) as if it were a ball under the hand; no up, no limits."""
    vector = camera.down * right_rad - camera.right * down_rad
    angle = float(np.linalg.norm(vector))
    return camera if angle == 0 else _turned(camera, pivot, _rotation(vector / angle, angle))


def look(camera: Camera, up: Array, right_rad: float, down_rad: float) -> Camera:
    """Turns the head in place, to the right and down for positive angles; `up` [3], roll and limits as for `orbit`."""
    return _turned(camera, camera.position, _turntable(camera, up, right_rad, down_rad))


def pan(camera: Camera, pivot: Array, right_px: float, down_px: float) -> Camera:
    """Shifts the camera so that what is at the depth of `pivot` [3] (world) moves by so many pixels.

    Move the pivot along: `pivot + (panned.position - camera.position)`.
    """
    depth = pivot_depth(camera, pivot)
    step = camera.right * (right_px / camera.focal_px[0]) + camera.down * (down_px / camera.focal_px[1])
    return _placed(camera, camera.camera_to_world[:3, :3], camera.position - depth * step)


def pivot_depth(camera: Camera, pivot: Array) -> float:
    """The depth of `pivot` [3] (world) along the view, or its distance where it is beside or behind the camera."""
    offset = np.asarray(pivot) - camera.position
    depth = float(offset @ camera.forward)
    return depth if depth > 1e-6 * np.linalg.norm(offset) else float(np.linalg.norm(offset))


def dolly(camera: Camera, pivot: Array, factor: float) -> Camera:
    """Multiplies the distance to `pivot` [3] in the world (any point: the one under the cursor zooms towards it).

    Raises:
        ValueError: `factor` is not > 0.
    """
    if not factor > 0:
        raise ValueError(f"dolly: factor {factor} must be > 0")
    pivot = np.asarray(pivot, dtype=np.float64)
    offset = (camera.position - pivot) * factor
    # Nearer than this the direction to the pivot would drown in rounding.
    if np.linalg.norm(offset) < 1e-6 * max(1.0, float(np.linalg.norm(pivot))):
        return camera
    return _placed(camera, camera.camera_to_world[:3, :3], pivot + offset)


def fly(camera: Camera, right: float, up: float, forward: float) -> Camera:
    """Moves along the camera's own axes."""
    step = camera.right * right - camera.down * up + camera.forward * forward
    return _placed(camera, camera.camera_to_world[:3, :3], camera.position + step)


def with_fov(camera: Camera, fov_y_deg: float) -> Camera:
    """The camera with another vertical field of view."""
    focal = camera.size_px[1] / (2 * float(np.tan(np.radians(fov_y_deg) / 2)))
    return camera.zoomed(focal / camera.focal_px[1])


def roll(camera: Camera, angle_rad: float) -> Camera:
    """Tilts the head clockwise, so the picture turns anticlockwise."""
    return _turned(camera, camera.position, _rotation(camera.forward, angle_rad))


def level(camera: Camera, up: Array) -> Camera:
    """Takes the roll out, so that `up` [3] (world) is upright; unchanged where the camera looks straight up or down."""
    right = _level_right(camera, _unit(up))
    rotation = np.stack([right, np.cross(camera.forward, right), camera.forward], axis=1)
    return _placed(camera, rotation, camera.position)


def frame_bounds(camera: Camera, bounds: Array, up: Array) -> Camera:
    """Keeps the direction, takes the roll out and steps back until the box fits with some air.

    Args:
        bounds: [2, 3] lowest and highest corner, world.
        up: [3] world.
    """
    bounds = np.asarray(bounds, dtype=np.float64)
    corners = np.stack(np.meshgrid(*bounds.T, indexing="ij"), axis=-1).reshape(8, 3)
    return frame_points(camera, corners, bounds.mean(axis=0), up)


def frame_points(camera: Camera, points: Array, centre: Array, up: Array) -> Camera:
    """Looks at `centre` from so far that all points fit with some air; direction and roll as for `frame_bounds`.

    Args:
        points: [N, 3] world.
        centre: [3] world, comes to the middle of the picture.
        up: [3] world.
    """
    camera = level(camera, up)
    x, y, z = ((np.asarray(points, dtype=np.float64) - centre) @ camera.camera_to_world[:3, :3]).T
    # A point at x > 0 is inside while focal * x / (z + distance) <= room on the right; likewise on the other sides.
    needed = [-z]
    for offset, focal, middle, size in zip((x, y), camera.focal_px, camera.centre_px, camera.size_px, strict=True):
        room = np.where(offset > 0, size - middle, middle)
        # An optical axis outside the picture leaves no room on one side; a twentieth keeps the distance finite.
        needed.append(focal * np.abs(offset) / (FRAME_FILL * np.maximum(room, size / 20)) - z)
    distance = max(float(np.max(needed)), 1e-6)
    return _placed(camera, camera.camera_to_world[:3, :3], centre - distance * camera.forward)


def nearest_camera(camera: Camera, cameras: Sequence[Camera]) -> int:
    """Index of the camera most like this one, by place and direction together.

    Raises:
        ValueError: there are none.
    """
    if not cameras:
        raise ValueError("nearest_camera: no cameras")
    positions = np.stack([other.position for other in cameras])
    spread = float(np.linalg.norm(positions - positions.mean(axis=0), axis=1).mean()) or 1.0
    distance = np.linalg.norm(positions - camera.position, axis=1) / spread
    angle = np.arccos(np.clip([other.forward @ camera.forward for other in cameras], -1, 1))
    return int(np.argmin(distance + angle))


def interpolate(a: Camera, b: Camera, t: float, pivot: Array | None = None) -> Camera:
    """The camera `t` of the way from `a` (0) to `b` (1), of b's size: rotation by slerp, the rest linearly.

    Args:
        pivot: [3] world; the way then leads around this point instead of straight, so never through it.
    """
    a = a.resized(b.size_px)
    start, end = a.camera_to_world[:3, :3], b.camera_to_world[:3, :3]
    rotation = start @ cv2.Rodrigues(cv2.Rodrigues(start.T @ end)[0] * t)[0]
    if pivot is None:
        position = (1 - t) * a.position + t * b.position
    else:
        pivot = np.asarray(pivot, dtype=np.float64)
        position = pivot + rotation @ ((1 - t) * start.T @ (a.position - pivot) + t * end.T @ (b.position - pivot))
    focal, centre = (
        ((1 - t) * x[0] + t * y[0], (1 - t) * x[1] + t * y[1])
        for x, y in ((a.focal_px, b.focal_px), (a.centre_px, b.centre_px))
    )
    return _placed(Camera(b.camera_to_world, focal, centre, b.size_px), rotation, position)
