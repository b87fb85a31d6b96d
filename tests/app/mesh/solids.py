"""Scenes of exact depth for mesh tests: the ball, and a box that is not the same from any two sides."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch

from engines.core.camera import Array, Camera, pixel_rays
from engines.core.engine import Stop
from engines.core.frame import Frame
from tests.app.ball_scene import BallScene, ring

LOW, HIGH = np.array([-0.5, -0.8, -0.3]), np.array([0.9, 0.4, 0.6])
SIDES = np.array([[0.9, 0.1, 0.1], [0.1, 0.9, 0.1], [0.1, 0.1, 0.9]])
"""Colours of the faces across x, y and z; those on the low sides are half as bright."""


def draw_box(camera: Camera) -> Frame:
    """The box on grey, with exact depth."""
    origin, rays = pixel_rays(camera)
    with np.errstate(divide="ignore"):
        at_low, at_high = (LOW - origin) / rays, (HIGH - origin) / rays
    entry, leave = np.minimum(at_low, at_high), np.maximum(at_low, at_high)
    distance, side = entry.max(axis=-1), entry.argmax(axis=-1)
    hit = distance < leave.min(axis=-1)
    low = np.take_along_axis(rays, side[..., None], axis=-1)[..., 0] > 0
    colour = SIDES[side] * np.where(low, 0.5, 1.0)[..., None]
    image = np.where(hit[..., None], colour, 0.5)
    depth = np.where(hit, distance * (rays @ camera.forward), np.inf)
    return Frame(torch.from_numpy(image.astype(np.float32)), torch.from_numpy(depth.astype(np.float32)))


def distance_to_box(points: Array) -> Array:
    """[N] from [N, 3] points to the box's surface."""
    outside = np.maximum(np.maximum(LOW - points, points - HIGH), 0)
    inside = np.minimum(points - LOW, HIGH - points).min(axis=1)
    return np.asarray(np.where(inside > 0, inside, np.linalg.norm(outside, axis=1)))


class BoxScene(BallScene):
    """As `BallScene`, of the box."""

    channels: tuple[str, ...] = ("rgb", "depth")

    def render(self, camera: Camera, controls: Mapping[str, float], stop: Stop) -> Frame:
        """The box."""
        super().render(camera, controls, stop)
        return draw_box(camera)


class MovedScene(BoxScene):
    """The box in another unit, `at` another place."""

    def __init__(self, unit: float, at: Array) -> None:
        super().__init__(cameras=(), start=ring(1, (64, 64))[0])
        self._unit, self._at = unit, at
        self.bounds = self.bounds * unit + at
        self.start = self._placed(self.start, unit, at)

    def render(self, camera: Camera, controls: Mapping[str, float], stop: Stop) -> Frame:
        """The box."""
        frame = super().render(self._placed(camera, 1 / self._unit, -self._at / self._unit), controls, stop)
        assert frame.depth is not None
        return Frame(frame.image, frame.depth * self._unit)

    @staticmethod
    def _placed(camera: Camera, scale: float, at: Array) -> Camera:
        pose = camera.camera_to_world.copy()
        pose[:3, 3] = pose[:3, 3] * scale + at
        return camera.at(pose)


class WalledScene(BallScene):
    """The ball on white, whose white has a depth as learnt scenes have it: a wall behind the ball."""

    channels: tuple[str, ...] = ("rgb", "depth")

    def render(self, camera: Camera, controls: Mapping[str, float], stop: Stop) -> Frame:
        """The ball and the wall."""
        frame = super().render(camera, controls, stop)
        assert frame.depth is not None
        wall = torch.full_like(frame.depth, float(np.linalg.norm(camera.position)) + 0.2)
        nothing = torch.isinf(frame.depth)
        image = torch.where(nothing[..., None], torch.ones(()), frame.image * 0.8)
        return Frame(image, torch.where(nothing, wall, frame.depth))
