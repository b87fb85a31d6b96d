"""Lines drawn over the picture: box, axes, floor, training cameras. Plain numpy, so any painter can draw them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from engines.core.camera import Array, Camera

BOX_RGBA = (0.75, 0.75, 0.80, 0.7)
AXES_RGBA = ((0.93, 0.26, 0.28, 1.0), (0.45, 0.78, 0.25, 1.0), (0.27, 0.52, 0.96, 1.0))
CAMERA_RGBA = (0.85, 0.45, 0.05, 0.85)
"""Dark enough for white, light enough for black: pictures have either around the scene."""
HIGHLIGHT_RGBA = (0.05, 0.60, 0.85, 1.0)
HOVERED_RGBA = (0.90, 0.10, 0.45, 1.0)
PIVOT_RGBA = (0.90, 0.10, 0.45, 1.0)
PIVOT_SHARE = 0.025
"""Of the picture's height: the arms of the cross where the pivot is."""
MEASURE_RGBA = (0.0, 0.58, 0.36, 1.0)
POINT_SHARE = 0.009
"""Of the picture's height: from a measured point to a corner of its mark."""
GRID_RGBA = (0.55, 0.55, 0.60, 0.35)
CLOSE_SHARE, SMALLEST_SHARE = 0.4, 0.25
"""Of the distance to the next camera, and of the wished-for size."""


@dataclass(frozen=True, eq=False)
class LineSegments:
    """Straight lines in the world.

    Attributes:
        points: [N, 2, 3] float64, both ends.
        colours: [N, 4] float32, red, green, blue, opacity in [0, 1].
    """

    points: Array
    colours: Array


def _segments(points: Array, colours: Array | tuple[float, ...]) -> LineSegments:
    points = np.asarray(points, dtype=np.float64).reshape(-1, 2, 3)
    return LineSegments(points, np.broadcast_to(np.asarray(colours, dtype=np.float32), (len(points), 4)).copy())


def join(parts: Sequence[LineSegments]) -> LineSegments:
    """All in one."""
    if not parts:
        return _segments(np.zeros((0, 2, 3)), BOX_RGBA)
    return LineSegments(np.concatenate([p.points for p in parts]), np.concatenate([p.colours for p in parts]))


def polyline(points: Array, colour: tuple[float, float, float, float]) -> LineSegments:
    """Lines from each of [N, 3] points (world) to the next."""
    return _segments(np.stack([points[:-1], points[1:]], axis=1), colour)


def box_segments(bounds: Array) -> LineSegments:
    """The 12 edges of a box; bounds: [2, 3] lowest and highest corner."""
    corners = np.stack(np.meshgrid(*np.asarray(bounds).T, indexing="ij"), axis=-1).reshape(8, 3)
    # Corners are numbered by the bits of (x, y, z); an edge joins two that differ in one bit.
    edges = [(i, i | bit) for i in range(8) for bit in (1, 2, 4) if not i & bit]
    return _segments(corners[np.array(edges)], BOX_RGBA)


def sphere_segments(centre: Array, radius: float) -> LineSegments:
    """Three circles of a sphere about `centre` [3], across the world's axes."""
    turn = np.linspace(0, 2 * np.pi, 49)
    rings = []
    for axis in range(3):
        ring = np.zeros((len(turn), 3))
        ring[:, (axis + 1) % 3], ring[:, (axis + 2) % 3] = np.cos(turn), np.sin(turn)
        rings.append(polyline(centre + radius * ring, HOVERED_RGBA))
    return join(rings)


def axes_segments(origin: Array, length: float) -> LineSegments:
    """The world's axes from `origin` [3], `length` long (world units): x red, y green, z blue."""
    origin = np.asarray(origin, dtype=np.float64)
    return _segments(np.stack([np.stack([origin, origin + length * axis]) for axis in np.eye(3)]), np.array(AXES_RGBA))


def camera_size(cameras: Sequence[Camera], size: float) -> float:
    """How deep cameras are drawn: `size`, or less where they stand so close that one would fill the others' views."""
    if len(cameras) < 2:
        return size
    positions = np.array([camera.position for camera in cameras])
    apart = np.linalg.norm(positions[:, None] - positions[None], axis=-1)
    np.fill_diagonal(apart, np.inf)
    return float(np.clip(CLOSE_SHARE * np.median(apart.min(axis=1)), SMALLEST_SHARE * size, size))


def camera_segments(
    cameras: Sequence[Camera], size: float, colour: tuple[float, float, float, float] = CAMERA_RGBA
) -> LineSegments:
    """A pyramid for each camera: its true field of view, `size` deep, with a roof on the upper side."""
    return join([_camera_segments(camera, size, colour) for camera in cameras])


def _camera_segments(camera: Camera, size: float, colour: tuple[float, ...]) -> LineSegments:
    points = camera_corners(camera, size)
    edges = [(0, 1), (0, 2), (0, 3), (0, 4), (1, 2), (2, 3), (3, 4), (4, 1), (1, 5), (5, 2)]
    return _segments(points[np.array(edges)], colour)


def camera_corners(camera: Camera, size: float) -> Array:
    """[6, 3] of the pyramid drawn for a camera: its eye, the corners of its picture, the roof's ridge; world."""
    width, height = camera.size_px
    pixels = np.array([(0, 0), (width, 0), (width, height), (0, height), (width / 2, -height / 4)], dtype=np.float64)
    in_camera = np.ones((5, 3))
    in_camera[:, :2] = (pixels - camera.centre_px) / camera.focal_px
    corners = camera.position + size * in_camera @ camera.camera_to_world[:3, :3].T
    return np.concatenate([camera.position[None], corners])


def inside_outline(pixels: Array, u: float, v: float) -> bool:
    """Whether a pixel is within the outline of [N, 2] points."""
    outline = cv2.convexHull(pixels.astype(np.float32)[:, None])
    return bool(cv2.pointPolygonTest(outline, (float(u), float(v)), False) >= 0)


def pivot_segments(camera: Camera, pivot: Array, up: Array) -> LineSegments:
    """A cross at `pivot` [3] (world), one arm along the direction `up` [3], and a ring across it.

    It is as large in the picture from any distance; nothing where the pivot is not before the camera.
    """
    depth = float((pivot - camera.position) @ camera.forward)
    if depth <= 0:
        return join([])
    size = PIVOT_SHARE * camera.size_px[1] / camera.focal_px[1] * depth
    up = np.asarray(up, dtype=np.float64) / np.linalg.norm(up)
    first = np.cross(up, np.eye(3)[int(np.argmin(np.abs(up)))])
    first /= np.linalg.norm(first)
    second = np.cross(up, first)
    axes = size * np.array([up, first, second])
    arms = np.stack([pivot - axes, pivot + axes], axis=1)
    turn = np.linspace(0, 2 * np.pi, 25)[:, None]
    ring = pivot + 1.6 * size * (np.cos(turn) * first + np.sin(turn) * second)
    return _segments(np.concatenate([arms, np.stack([ring[:-1], ring[1:]], axis=1)]), PIVOT_RGBA)


def measure_segments(camera: Camera, points: Array, is_marked: bool) -> LineSegments:
    """The way through points [N, 3] (world), and around each a square that faces the camera.

    The squares are as large in the picture from any distance; of points behind the camera there are none.
    """
    colour = HIGHLIGHT_RGBA if is_marked else MEASURE_RGBA
    parts = [polyline(points, colour)] if len(points) > 1 else []
    right, down = camera.camera_to_world[:3, 0], camera.camera_to_world[:3, 1]
    for point in points:
        depth = float((point - camera.position) @ camera.forward)
        if depth > 0:
            size = POINT_SHARE * camera.size_px[1] / camera.focal_px[1] * depth
            corners = np.array([right + down, right - down, -right - down, down - right, right + down])
            parts.append(polyline(point + size * corners, colour))
    return join(parts)


def grid_segments(bounds: Array, up: Array) -> LineSegments:
    """A floor under the box `bounds` [2, 3], across the unit vector `up` [3], twice as wide; world.

    Its squares are 1, 2 or 5 times a power of ten wide.
    """
    bounds, up = np.asarray(bounds, dtype=np.float64), np.asarray(up, dtype=np.float64)
    across = np.eye(3)[int(np.argmin(np.abs(up)))]
    first = np.cross(up, across)
    first /= np.linalg.norm(first)
    second = np.cross(up, first)
    half = (bounds[1] - bounds[0]) / 2
    centre = bounds.mean(axis=0) - up * float(np.abs(up) @ half)
    reach = 2 * max(float(np.abs(first) @ half), float(np.abs(second) @ half))
    if reach <= 0:
        return _segments(np.zeros((0, 2, 3)), GRID_RGBA)
    step = round_step(reach / 8)
    count = int(np.ceil(reach / step))
    offsets = np.arange(-count, count + 1) * step
    edge = count * step
    lines = [
        (centre + offset * a - edge * b, centre + offset * a + edge * b)
        for a, b in ((first, second), (second, first))
        for offset in offsets
    ]
    return _segments(np.array(lines), GRID_RGBA)


def round_step(step: float) -> float:
    """The next of 1, 2, 5, 10, 20, ... at or above `step`."""
    power = 10.0 ** np.floor(np.log10(step))
    return float(next(power * m for m in (1, 2, 5, 10) if power * m >= step * (1 - 1e-9)))


def visible_segments(camera: Camera, segments: LineSegments, size_px: tuple[int, int]) -> tuple[Array, Array]:
    """The parts of the lines that are in the picture.

    Clipped in camera space, before the division by depth, so a line that runs past or through the camera is right.

    Args:
        size_px: the camera's picture is shown this large.

    Returns:
        pixels: [M, 2, 2] float64, (u, v) of both ends from the top left corner.
        colours: [M, 4].
    """
    camera = camera.resized(size_px)
    to_camera = camera.world_to_camera
    ends = segments.points @ to_camera[:3, :3].T + to_camera[:3, 3]  # [N, 2, 3]
    (fx, fy), (cx, cy), (width, height) = camera.focal_px, camera.centre_px, camera.size_px
    # Inside where plane @ (x, y, z) >= 0: left, right, top, bottom of the picture.
    planes = np.array([(fx, 0, cx), (-fx, 0, width - cx), (0, fy, cy), (0, -fy, height - cy)], dtype=np.float64)
    # The four sides meet at the eye, where nothing can be projected; a millionth of the scene keeps clear of it.
    near = 1e-6 * float(np.abs(ends).max(initial=1e-12))
    heights = np.concatenate([ends @ planes.T, ends[..., 2:] - near], axis=-1)  # [N, 2, 5]
    first, last = heights[:, 0], heights[:, 1]
    with np.errstate(divide="ignore", invalid="ignore"):
        crossing = first / (first - last)
    enter = np.where((first < 0) & (last >= 0), crossing, np.where((first < 0) & (last < 0), np.inf, 0)).max(axis=1)
    leave = np.where((first >= 0) & (last < 0), crossing, 1).min(axis=1)
    kept = enter < leave
    start, along = ends[kept, 0], ends[kept, 1] - ends[kept, 0]
    clipped = start[:, None] + np.stack([enter[kept], leave[kept]], axis=1)[..., None] * along[:, None]
    pixels = clipped[..., :2] / clipped[..., 2:] * np.array(camera.focal_px) + np.array(camera.centre_px)
    return pixels, segments.colours[kept]
