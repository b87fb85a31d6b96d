"""Where the pictures of a synthetic scene are taken from: cameras on the upper hemisphere that look at the origin."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engines.core.camera import Array, Camera, look_at

NEAR_PLANE = float(np.sqrt(3) / 2)
"""As published for a voxel grid of side 1: the frustum begins where the grid's corners may."""
DISTANCE = NEAR_PLANE + 0.95
"""From camera to origin, world units: the two units behind the near plane then hold the grid."""
GRID_RADIUS = 0.5
LOWEST_DEG, HIGHEST_DEG = 10.0, 75.0
GOLDEN_TURN = (3 - np.sqrt(5)) / 2
UP = np.array([0.0, 0.0, 1.0])


@dataclass(frozen=True)
class Studio:
    """How far the cameras stand, and how much they see.

    Attributes:
        distance: from camera to origin, world units.
        fill: how much of the picture's width the ball of `GRID_RADIUS` takes.
        lowest_deg: elevation of the lowest camera.
    """

    distance: float = DISTANCE
    fill: float = 0.85
    lowest_deg: float = LOWEST_DEG


GRID_STUDIO = Studio()
CLASS_STUDIO = Studio(1.3, 1.06, 5.0)
"""As far as in SRN's ShapeNet renderings."""


def lens(size_px: int, studio: Studio = GRID_STUDIO) -> Camera:
    """A square camera of the right focal length, at the world's origin."""
    ball = GRID_RADIUS / np.sqrt(studio.distance**2 - GRID_RADIUS**2)
    focal = studio.fill * size_px / 2 / float(ball)
    return Camera(np.eye(4), (focal, focal), (size_px / 2, size_px / 2), (size_px, size_px))


def hemisphere_cameras(count: int, size_px: int, studio: Studio = GRID_STUDIO) -> tuple[Camera, ...]:
    """Spread evenly over the hemisphere's usable part (a Fibonacci spiral: even in the sine of the elevation)."""
    low, high = np.sin(np.radians((studio.lowest_deg, HIGHEST_DEG)))
    steps = np.arange(count)
    elevations = np.arcsin(low + (high - low) * (steps + 0.5) / count)
    return _cameras(2 * np.pi * GOLDEN_TURN * steps, elevations, size_px, studio)


def random_cameras(
    count: int, size_px: int, rng: np.random.Generator, studio: Studio = GRID_STUDIO
) -> tuple[Camera, ...]:
    """Anywhere on the same part of the hemisphere."""
    low, high = np.sin(np.radians((studio.lowest_deg, HIGHEST_DEG)))
    azimuths, sines = rng.uniform(0, 2 * np.pi, count), rng.uniform(low, high, count)
    return _cameras(azimuths, np.arcsin(sines), size_px, studio)


def orbit_cameras(count: int, size_px: int, studio: Studio = GRID_STUDIO) -> tuple[Camera, ...]:
    """A smooth closed path: twice around, rising and sinking once."""
    phase = np.arange(count) / count
    elevations = np.radians(36 - 20 * np.cos(2 * np.pi * phase))
    return _cameras(4 * np.pi * phase, elevations, size_px, studio)


def _cameras(azimuths: Array, elevations: Array, size_px: int, studio: Studio) -> tuple[Camera, ...]:
    camera = lens(size_px, studio)
    across = np.cos(elevations)
    around = [across * np.cos(azimuths), across * np.sin(azimuths), np.sin(elevations)]
    eyes = studio.distance * np.stack(around, axis=1)
    return tuple(camera.at(look_at(eye, np.zeros(3), UP)) for eye in eyes)
