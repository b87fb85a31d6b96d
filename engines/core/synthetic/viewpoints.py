"""Where the pictures of a synthetic scene are taken from: cameras on the upper hemisphere that look at the origin."""

from __future__ import annotations

import numpy as np

from engines.core.camera import Array, Camera, look_at

NEAR_PLANE = float(np.sqrt(3) / 2)
"""DeepVoxels' own for a grid of side 1: the frustum begins where the grid's corners may."""
DISTANCE = NEAR_PLANE + 0.95
"""From camera to origin, world units: the two units behind the near plane then hold the grid."""
GRID_RADIUS = 0.5
FILL = 0.85
"""How much of the picture's width the ball of `GRID_RADIUS` takes."""
LOWEST_DEG, HIGHEST_DEG = 10.0, 75.0
GOLDEN_TURN = (3 - np.sqrt(5)) / 2
UP = np.array([0.0, 0.0, 1.0])


def lens(size_px: int) -> Camera:
    """A square camera of the right focal length, at the world's origin."""
    ball = GRID_RADIUS / np.sqrt(DISTANCE**2 - GRID_RADIUS**2)
    focal = FILL * size_px / 2 / float(ball)
    return Camera(np.eye(4), (focal, focal), (size_px / 2, size_px / 2), (size_px, size_px))


def hemisphere_cameras(count: int, size_px: int) -> tuple[Camera, ...]:
    """Spread evenly over the hemisphere's usable part (a Fibonacci spiral: even in the sine of the elevation)."""
    low, high = np.sin(np.radians((LOWEST_DEG, HIGHEST_DEG)))
    steps = np.arange(count)
    elevations = np.arcsin(low + (high - low) * (steps + 0.5) / count)
    return _cameras(2 * np.pi * GOLDEN_TURN * steps, elevations, size_px)


def random_cameras(count: int, size_px: int, rng: np.random.Generator) -> tuple[Camera, ...]:
    """Anywhere on the same part of the hemisphere."""
    low, high = np.sin(np.radians((LOWEST_DEG, HIGHEST_DEG)))
    return _cameras(rng.uniform(0, 2 * np.pi, count), np.arcsin(rng.uniform(low, high, count)), size_px)


def orbit_cameras(count: int, size_px: int) -> tuple[Camera, ...]:
    """A smooth closed path: twice around, rising and sinking once."""
    phase = np.arange(count) / count
    elevations = np.radians(36 - 20 * np.cos(2 * np.pi * phase))
    return _cameras(4 * np.pi * phase, elevations, size_px)


def _cameras(azimuths: Array, elevations: Array, size_px: int) -> tuple[Camera, ...]:
    camera = lens(size_px)
    across = np.cos(elevations)
    eyes = DISTANCE * np.stack([across * np.cos(azimuths), across * np.sin(azimuths), np.sin(elevations)], axis=1)
    return tuple(camera.at(look_at(eye, np.zeros(3), UP)) for eye in eyes)
