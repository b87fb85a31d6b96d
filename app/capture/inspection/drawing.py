"""A capture seen from outside: where its cameras and their pictures fall in a drawing. Plain numpy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.camera import navigation
from app.rendering import overlays
from engines.core.camera import Array, Camera, look_at, project

FACING_ALIKE = 0.5
"""Length of the mean optical axis: beyond it a capture faces one way."""
ASIDE_RAD, ABOVE_RAD = float(np.radians(35)), float(np.radians(24))
"""From where it is looked at: from behind its cameras, this far to one side and above."""
OUTLIER = 6.0
"""Times the median distance from the middle: what stands farther out does not make the rest small."""
CLOSE_SHARE = 0.65
"""Of the way to the next camera: so wide are pictures, with air between them..."""
SMALLEST_SHARE, LARGEST_SHARE = 0.045, 0.12
"""...within these shares of the capture's extent: on a dense path they overlap, but can be seen."""
ROUNDS = 20
MARGIN = 0.06
"""Of the drawing, left free at each side."""
DEEPEST = 0.6
"""Of a picture's longer side by its depth: longer lenses than that make smaller pictures, no needles."""
NEAREST = 1e-3
"""Of the extent: nearer to the eye nothing is drawn."""
LENS = 1.25
"""Focal length of the drawing, of its shorter side: 44 degrees."""


@dataclass(frozen=True, eq=False)
class Capture:
    """What is drawn.

    Attributes:
        corners: [V, 5, 3] of each camera its place, then the corners of its picture: top left, top right, bottom right,
            bottom left; world.
        bounds: [2, 3] box of the scene.
        up: [3] unit vector.
        extent: [2, 3] box of all of it, but for cameras far outside.
    """

    corners: Array
    bounds: Array
    up: Array
    extent: Array

    @property
    def size(self) -> float:
        """The length of the extent's diagonal, world units."""
        return float(np.linalg.norm(self.extent[1] - self.extent[0]))


def capture_of(cameras: Sequence[Camera], bounds: Array, up: Array) -> Capture:
    """Measures a capture of at least one camera; `bounds` [2, 3]: the scene's box, `up` [3]: unit vector; world."""
    positions = np.stack([camera.position for camera in cameras])
    away = np.linalg.norm(positions - np.median(positions, axis=0), axis=1)
    near = positions[away <= OUTLIER * max(float(np.median(away)), 1e-12)]
    whole = np.concatenate([near, bounds]) if len(near) else np.concatenate([positions, bounds])
    extent = np.stack([whole.min(axis=0), whole.max(axis=0)])
    whole_size = float(np.linalg.norm(extent[1] - extent[0]))
    side = float(np.clip(CLOSE_SHARE * _apart(positions), SMALLEST_SHARE * whole_size, LARGEST_SHARE * whole_size))
    return Capture(np.stack([_corners(camera, side) for camera in cameras]), bounds, up, extent)


def _apart(positions: Array) -> float:
    """The usual way from a camera [V, 3] to the next; without end where there is one only."""
    if len(positions) < 2:
        return np.inf
    away = np.linalg.norm(positions[:, None] - positions[None], axis=-1)
    np.fill_diagonal(away, np.inf)
    return float(np.median(away.min(axis=1)))


def _corners(camera: Camera, side: float) -> Array:
    """[5, 3], the longer side of the picture `side` long, or less where the lens is long: the pyramid would be, too."""
    width, height = camera.size_px
    pixels = np.array([(0, 0), (width, 0), (width, height), (0, height)], dtype=np.float64)
    in_camera = np.ones((4, 3))
    in_camera[:, :2] = (pixels - camera.centre_px) / camera.focal_px
    longer = max(float(np.abs(np.diff(in_camera, axis=0)).max()), DEEPEST)
    corners = camera.position + in_camera * (side / longer) @ camera.camera_to_world[:3, :3].T
    return np.concatenate([camera.position[None], corners])


def eye_lens(size_px: tuple[int, int]) -> Camera:
    """The drawing's lens, at the origin."""
    focal = LENS * min(size_px)
    return Camera(np.eye(4), (focal, focal), (size_px[0] / 2, size_px[1] / 2), size_px)


def overview(cameras: Sequence[Camera], capture: Capture, size_px: tuple[int, int]) -> Camera:
    """An eye that sees the whole capture, from behind its cameras and above; of an object all around, its first one."""
    forward = np.mean([camera.forward for camera in cameras], axis=0)
    if np.linalg.norm(forward) < FACING_ALIKE:
        forward = cameras[0].forward
    level = forward - (forward @ capture.up) * capture.up
    if np.linalg.norm(level) < 0.1:
        # Straight down or up: any side will do.
        level = np.cross(capture.up, np.eye(3)[int(np.argmin(np.abs(capture.up)))])
    centre = capture.extent.mean(axis=0)
    pose = look_at(centre - level, centre, capture.up)
    eye = navigation.orbit(eye_lens(size_px).at(pose), centre, capture.up, ASIDE_RAD, ABOVE_RAD)
    return _fitted(navigation.frame_bounds(eye, capture.extent, capture.up), capture)


def _fitted(eye: Camera, capture: Capture) -> Camera:
    """Nearer, and slid, until all but cameras far outside fills the drawing."""
    box = overlays.box_segments(capture.bounds).points.reshape(-1, 3)
    points = capture.corners.reshape(-1, 3)
    room = 0.1 * (capture.extent[1] - capture.extent[0])
    inside = ((points > capture.extent[0] - room) & (points < capture.extent[1] + room)).all(axis=1)
    points, pivot = np.concatenate([points[inside], box]), capture.extent.mean(axis=0)
    size = np.array(eye.size_px)
    # Coming nearer moves what is in front more than what is behind: some rounds of half the way each settle it.
    for _ in range(ROUNDS):
        pixels, depth = project(eye, points)
        if (depth <= 0).any():
            break
        low, high = pixels.min(axis=0), pixels.max(axis=0)
        across, down = size / 2 - (low + high) / 2
        eye = navigation.pan(eye, pivot, across / 2, down / 2)
        needed = float(((high - low) / (size * (1 - 2 * MARGIN))).max())
        eye = navigation.fly(eye, 0.0, 0.0, (1 - needed) / 2 * navigation.pivot_depth(eye, pivot))
    return eye


@dataclass(frozen=True, eq=False)
class Flat:
    """A capture as an eye sees it.

    Attributes:
        pixels: [V, 5, 2], as `Capture.corners`.
        depth: [V] of the middle of each picture.
        whole: [V] bool, before the eye with all corners.
        from_behind: [V] bool, whether the picture is seen as its camera saw it, else mirrored.
        order: [V] numbers of those that are whole, the farthest first.
    """

    pixels: Array
    depth: Array
    whole: Array
    from_behind: Array
    order: Array


def flat(capture: Capture, eye: Camera) -> Flat:
    """Projects it."""
    pixels, depth = project(eye, capture.corners.reshape(-1, 3))
    pixels, depths = pixels.reshape(-1, 5, 2), depth.reshape(-1, 5)
    whole = np.asarray((depths > NEAREST * capture.size).all(axis=1))
    # Twice the area of the picture's quadrilateral; > 0 clockwise on a screen whose y goes down.
    u, v = pixels[:, 1:, 0], pixels[:, 1:, 1]
    area = (u * np.roll(v, -1, axis=1) - v * np.roll(u, -1, axis=1)).sum(axis=1)
    middle = depths[:, 1:].mean(axis=1)
    order = np.argsort(-middle, kind="stable")
    return Flat(pixels, middle, whole, np.asarray(area > 0), order[whole[order]])


def camera_at(seen: Flat, u: float, v: float, reach_px: float) -> int | None:
    """The nearest camera whose picture is at a place of the drawing, else whose own place is within `reach_px`."""
    at = np.array([u, v])
    corners = seen.pixels[:, 1:]
    edges = np.roll(corners, -1, axis=1) - corners
    to_point = at - corners
    sides = edges[..., 0] * to_point[..., 1] - edges[..., 1] * to_point[..., 0]
    inside = seen.whole & ((sides >= 0).all(axis=1) | (sides <= 0).all(axis=1))
    if inside.any():
        return int(np.argmin(np.where(inside, seen.depth, np.inf)))
    away = np.where(seen.whole, np.linalg.norm(seen.pixels[:, 0] - at, axis=1), np.inf)
    nearest = int(np.argmin(away))
    return nearest if away[nearest] <= reach_px else None
