"""The box that a scene is in, from what is known of a capture: depths, points, or where its cameras look."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engines.core.camera import Array, Camera, project

# Optical axes nearer to parallel than this, on average, meet at a depth that the error of the poses decides.
MEETING_DEG = 10.0
FRAMED = 0.8
"""Of what the cameras see: objects are seldom framed to the very edge."""
MOST_OF = 0.9
"""Of the cameras: a few may look past the scene, by mistake or on purpose."""
ROUNDS = 5
PASSES = 3.0
"""Times the usual distance by which an optical axis passes the focus: what passes farther does not count."""
DEEPEST = 0.75
"""Of the way from near to far, to the middle of a box ahead: it needs room behind."""
POINTS_PERCENT = (2.0, 98.0)
"""Along each axis; what lies beyond is mismatched, or far behind."""
STRAY = 6.0
"""Times the usual distance from the middle of the points."""
NEAREST, FARTHEST = 0.1, 3.0
"""Of the distance to what all cameras look at: how near and far a scene is taken to be of which nothing says it."""
GUESSED_DEPTHS = f"taken as {NEAREST:g} to {FARTHEST:g} times the distance to where its cameras look"
"""What is to be said of `guessed_depths`."""


def focus_depth(near: float, far: float) -> float:
    """Distance ahead that LLFF's paths look at, for a capture of these depths; always between them."""
    # It weighs disparities, so that near things move less than far ones swing.
    llff = 1.0 / (0.25 / (0.9 * near) + 0.75 / (5.0 * far))
    # LLFF reckons with five times the farthest depth, and looks behind all that is seen where far is not far.
    return llff if llff < far else 1.0 / (0.25 / near + 0.75 / far)


def focus_point(cameras: Sequence[Camera]) -> Array:
    """[3] the point nearest to all optical axes, by least squares; one unit ahead where they are parallel."""
    system, target = np.zeros((3, 3)), np.zeros(3)
    for camera in cameras:
        across = np.eye(3) - np.outer(camera.forward, camera.forward)
        system += across
        target += across @ camera.position
    # Nearly parallel axes leave one direction undetermined.
    if np.linalg.cond(system) > 1e6:
        return np.asarray(np.mean([camera.position + camera.forward for camera in cameras], axis=0))
    return np.asarray(np.linalg.solve(system, target))


def guessed_depths(cameras: Sequence[Camera]) -> tuple[float, float]:
    """(near, far), world units, of a scene of which nothing says how near and far it is."""
    focus = focus_point(cameras)
    away = float(np.median([np.linalg.norm(camera.position - focus) for camera in cameras])) or 1.0
    return NEAREST * away, FARTHEST * away


def _focus_of_most(cameras: Sequence[Camera]) -> Array:
    """[3] as `focus_point`, without the cameras whose axes pass it much farther away than most."""
    positions, forward = (np.stack([getattr(c, name) for c in cameras]) for name in ("position", "forward"))
    kept = np.ones(len(cameras), dtype=bool)
    point = focus_point(cameras)
    for _ in range(ROUNDS):
        towards = point - positions
        ahead = (towards * forward).sum(axis=1)
        passing = np.linalg.norm(towards - ahead[:, None] * forward, axis=1)
        inside = (passing <= PASSES * np.median(passing) + 1e-9 * np.linalg.norm(towards, axis=1)) & (ahead > 0)
        if inside.sum() < max(2, MOST_OF * len(cameras)) or (inside == kept).all():
            break
        kept = inside
        point = focus_point([camera for camera, one in zip(cameras, kept, strict=True) if one])
    return point


def _half_seen(camera: Camera, distance: float) -> float:
    """What the lens sees whole at a distance, to each side of its axis; world units."""
    return distance * min(camera.size_px) / (2 * max(camera.focal_px))


def bounds_seen(cameras: Sequence[Camera]) -> Array:
    """[2, 3] a cube about the focus point whose faces most cameras see whole; corners may stick out."""
    return _cube_seen(cameras, _focus_of_most(cameras))


def _cube_seen(cameras: Sequence[Camera], centre: Array) -> Array:
    halves = [_half_seen(camera, float(np.linalg.norm(camera.position - centre))) for camera in cameras]
    half = FRAMED * float(np.median(halves))
    # Cameras that only turn on the spot give 0: any size will do.
    return _cube(centre, half if half >= 1e-9 else 1.0)


def _cube(centre: Array, half: float) -> Array:
    return np.stack([centre - half, centre + half])


def bounds_ahead(cameras: Sequence[Camera], near: float, far: float) -> Array:
    """[2, 3] a cube between near and far ahead of cameras that face one way, which see its middle whole."""
    depth = min(focus_depth(near, far), near + DEEPEST * (far - near))
    forward = np.mean([camera.forward for camera in cameras], axis=0)
    centre = np.mean([camera.position for camera in cameras], axis=0) + depth * forward / np.linalg.norm(forward)
    seen = float(np.median([_half_seen(camera, depth) for camera in cameras]))
    return _cube(centre, min(FRAMED * seen, depth - near, far - depth))


def bounds_between(cameras: Sequence[Camera], near: float, far: float) -> Array:
    """[2, 3] the box of a capture of known depths: where all cameras look, if there is such a place, else ahead."""
    alike = float(np.linalg.norm(np.mean([camera.forward for camera in cameras], axis=0)))
    if alike < np.cos(np.radians(MEETING_DEG)):
        centre = _focus_of_most(cameras)
        depths = np.array([project(camera, centre[None])[1][0] for camera in cameras])
        between = (near < depths) & (depths < far)
        if between.mean() >= MOST_OF:
            box, usual = _cube_seen(cameras, centre), float(np.median(depths[between]))
            # No nearer than anything is, and no farther.
            half = min(float(box[1, 0] - box[0, 0]) / 2, usual - near, far - usual)
            return _cube(centre, half)
    if alike < 0.5:
        return _bounds_about(cameras, near, far)
    return bounds_ahead(cameras, near, far)


def _bounds_about(cameras: Sequence[Camera], near: float, far: float) -> Array:
    """[2, 3] about all that cameras look at which face every way, as in a room: no direction is ahead of them."""
    depth = focus_depth(near, far)
    looked_at = np.stack([camera.position + depth * camera.forward for camera in cameras])
    low, high = np.percentile(looked_at, POINTS_PERCENT, axis=0)
    # Cameras on a level see a room as high as their lens does.
    least = FRAMED * float(np.median([_half_seen(camera, depth) for camera in cameras]))
    middle, half = (low + high) / 2, np.maximum((high - low) / 2, least)
    return np.stack([middle - half, middle + half])


def bounds_of_points(points: Array) -> Array | None:
    """[2, 3] about most of some points [N, 3], without those that stray; None where there are too few to tell."""
    if len(points) < 10:
        return None
    middle = np.median(points, axis=0)
    away = np.linalg.norm(points - middle, axis=1)
    usual = float(np.median(away))
    if usual <= 0:
        return None
    low, high = np.percentile(points[away <= STRAY * usual], POINTS_PERCENT, axis=0)
    # The percentiles cut the outermost of what belongs to it, too.
    room = 0.05 * float((high - low).max())
    return np.stack([low - room, high + room])


def bounds_of(cameras: Sequence[Camera], depths: tuple[float, float], points: Array) -> Array:
    """[2, 3] about the points [N, 3] of a capture where there are enough, else as `bounds_between`."""
    box = bounds_of_points(points)
    return box if box is not None else bounds_between(cameras, *depths)
