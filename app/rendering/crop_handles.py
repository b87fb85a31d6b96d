"""Handles of a crop box: one in the middle of each side, found by the mouse and dragged along the side's axis.

Sides are numbered 0 to 5: lower x, upper x, lower y, upper y, lower z, upper z.
"""

from __future__ import annotations

import numpy as np

from app.rendering.crop_box import CropBox
from app.rendering.overlays import AXES_RGBA, HOVERED_RGBA, LineSegments, box_segments, join
from engines.core.camera import Array, Camera, project

SIDES = 6
CROP_RGBA = (0.05, 0.60, 0.85, 1.0)
HANDLE_SHARE = 0.016
"""Of the picture's height: half the side of a handle."""
LEAST_THICKNESS = 0.01
"""Of the box's longest side: sides that are dragged stay so far from each other."""
ALONG_SIGHT = 1e-3
"""Square of the sine of the angle between an axis and the sight, below which no place on the axis can be pointed at."""


def side_middles(box: CropBox) -> Array:
    """[6, 3] the middles of the sides, world."""
    middles = np.tile(box.bounds.mean(axis=0), (SIDES, 1))
    for side in range(SIDES):
        middles[side, side // 2] = box.bounds[side % 2, side // 2]
    return middles


def crop_segments(camera: Camera, box: CropBox, hovered: int | None = None) -> LineSegments:
    """The box's edges, and its handles as squares that face the camera, as large in the picture from any distance."""
    edges = box_segments(box.bounds)
    edges.colours[:] = CROP_RGBA
    handles = [_square(camera, middle, side, side == hovered) for side, middle in enumerate(side_middles(box))]
    return join([edges, *handles])


def _square(camera: Camera, middle: Array, side: int, hovered: bool) -> LineSegments:
    depth = float((middle - camera.position) @ camera.forward)
    if depth <= 0:
        return join([])
    size = HANDLE_SHARE * camera.size_px[1] / camera.focal_px[1] * depth * (1.5 if hovered else 1.0)
    right, down = size * camera.right, size * camera.down
    corners = middle + np.array([-right - down, right - down, right + down, down - right])
    # Crossed out: at a side that faces the camera a square alone is lost in the picture.
    order = np.array([(0, 1), (1, 2), (2, 3), (3, 0), (0, 2), (1, 3)])
    colour = HOVERED_RGBA if hovered else AXES_RGBA[side // 2]
    return LineSegments(corners[order], np.tile(np.array(colour, dtype=np.float32), (len(order), 1)))


def handle_at(camera: Camera, box: CropBox, u: float, v: float, reach_px: float) -> int | None:
    """The nearest handle to the camera within `reach_px` of pixel (u, v); None where there is none."""
    pixels, depth = project(camera, side_middles(box))
    with np.errstate(invalid="ignore"):
        near = (depth > 0) & (np.abs(pixels - np.array([u, v])).max(axis=1) <= reach_px)
    sides = np.flatnonzero(near)
    return int(sides[np.argmin(depth[sides])]) if len(sides) else None


def dragged(
    camera: Camera, box: CropBox, side: int, begun_px: tuple[float, float], here_px: tuple[float, float]
) -> CropBox:
    """The box with a side dragged along its axis, as far as the mouse went from `begun_px` to `here_px`.

    Args:
        camera: of the picture that both (u, v) are pixels of.
        box: as it was when the drag began.
    """
    axis, upper = side // 2, bool(side % 2)
    middle = side_middles(box)[side]
    begun, here = (_along_axis(camera, middle, axis, pixel) for pixel in (begun_px, here_px))
    if begun is None or here is None:
        return box
    least = LEAST_THICKNESS * float(np.ptp(box.bounds, axis=0).max())
    value = float(middle[axis]) + here - begun
    other = float(box.bounds[1 - side % 2, axis])
    # However thin it is already, it gets no thinner.
    least = min(least, abs(float(middle[axis]) - other))
    return box.with_side(axis, upper, max(value, other + least) if upper else min(value, other - least))


def _along_axis(camera: Camera, point: Array, axis: int, pixel: tuple[float, float]) -> float | None:
    """How far from `point` [3] along a world axis the place lies that is nearest to a pixel's sight; None: nowhere."""
    (fx, fy), (cx, cy) = camera.focal_px, camera.centre_px
    ray = np.array([(pixel[0] - cx) / fx, (pixel[1] - cy) / fy, 1.0])
    sight = camera.camera_to_world[:3, :3] @ (ray / np.linalg.norm(ray))
    # Of all points of both lines the two that are nearest to each other; the axis is a unit vector, too.
    cosine, apart = float(sight[axis]), point - camera.position
    square = 1 - cosine**2
    if square < ALONG_SIGHT:
        return None
    return (cosine * float(sight @ apart) - float(apart[axis])) / square
