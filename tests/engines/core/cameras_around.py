"""Twelve cameras around a middle, and what a path that was read has to have in common with them."""

from __future__ import annotations

import numpy as np

from engines.core.camera import Array, Camera, look_at

LIKE = Camera(np.eye(4), (70.0, 70.0), (32.0, 32.0), (64, 64))
LENS = Camera(np.eye(4), (90.0, 90.0), (48.0, 36.0), (96, 72))


def around(count: int = 12) -> list[Camera]:
    """The first at (2.2, 0, 1), all looking at the origin, +z up."""
    angles = 2 * np.pi * np.arange(count) / count
    places = np.stack([2.2 * np.cos(angles), 2.2 * np.sin(angles), 1 + 0.3 * np.sin(3 * angles)], axis=1)
    return [LENS.at(look_at(place, np.zeros(3), np.array([0.0, 0, 1]))) for place in places]


def assert_same_poses(read: tuple[Camera, ...], expected: list[Camera], tolerance: float = 1e-9) -> None:
    assert len(read) == len(expected)
    for found, camera in zip(read, expected, strict=True):
        np.testing.assert_allclose(found.camera_to_world, camera.camera_to_world, atol=tolerance)


def quaternion(rotation: Array) -> list[float]:
    """x y z w of a rotation [3, 3]: the axis that it leaves alone, and its angle."""
    values, vectors = np.linalg.eig(rotation)
    axis = np.real(vectors[:, np.argmin(np.abs(values - 1))])
    other = np.cross(axis, np.eye(3)[np.argmin(np.abs(axis))])
    turned = rotation @ other
    angle = np.arctan2(np.cross(other, turned) @ axis, other @ turned)
    return [*(np.sin(angle / 2) * axis).tolist(), float(np.cos(angle / 2))]
