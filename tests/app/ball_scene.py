"""A scene for tests that needs no engine: a lit ball in front of grey, drawn in a few hundred microseconds."""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from engines.core.camera import Camera, look_at, pixel_rays
from engines.core.engine import Control, Stop
from engines.core.errors import Cancelled
from engines.core.frame import Frame

UP = np.array([0.0, 0.0, 1.0])


def ring(count: int, size_px: tuple[int, int] = (32, 32)) -> tuple[Camera, ...]:
    """Cameras around the ball that see it whole."""
    focal = 1.25 * min(size_px)
    lens = Camera(np.eye(4), (focal, focal), (size_px[0] / 2, size_px[1] / 2), size_px)
    angles = np.arange(count) * 2 * np.pi / count
    eyes = [np.array([4 * np.cos(a), 4 * np.sin(a), 1.0]) for a in angles]
    return tuple(lens.at(look_at(eye, np.zeros(3), UP)) for eye in eyes)


class BallScene:
    """Implements `Scene`. `rendered` lists the cameras drawn, `alive` the frames that somebody still holds."""

    engine = "ball"
    cropped_px = border_px = 0
    device = torch.device("cpu")
    bounds = np.array([[-1.0, -1.0, -1.0], [1.0, 1.0, 1.0]])
    up = UP
    controls: tuple[Control, ...] = ()
    assumptions: tuple[str, ...] = ("the ball is round",)
    channels: tuple[str, ...] = ("rgb", "depth", "normals", "alpha")

    def __init__(self, native_px: tuple[int, int] | None = None, fail_at: int | None = None, **changes: Any) -> None:
        self.native_px = native_px
        self.cameras = ring(8)
        self.start = self.cameras[0]
        self.fail_at = fail_at
        self.rendered: list[Camera] = []
        self.seen_controls: list[dict[str, float]] = []
        self.most_alive = 0
        self._alive: weakref.WeakSet[torch.Tensor] = weakref.WeakSet()
        for name, value in changes.items():
            setattr(self, name, value)

    def render(self, camera: Camera, controls: Mapping[str, float], stop: Stop) -> Frame:
        if stop():
            raise Cancelled
        if self.fail_at == len(self.rendered):
            raise RuntimeError("the ball burst")
        if self.native_px is not None and camera.size_px != self.native_px:
            raise ValueError(f"asked for {camera.size_px}")
        self.rendered.append(camera)
        self.seen_controls.append(dict(controls))
        frame = draw_ball(camera)
        self._alive.add(frame.image)
        self.most_alive = max(self.most_alive, len(self._alive))
        return frame


def draw_ball(camera: Camera) -> Frame:
    """The unit ball at the origin: colour is the normal, depth is exact."""
    origin, directions = pixel_rays(camera)
    along = -directions @ origin
    inside = along**2 - (origin @ origin - 1.0)
    hit = inside > 0
    distance = along - np.sqrt(np.where(hit, inside, 0))
    normals = np.where(hit[..., None], origin + directions * distance[..., None], 0.0)
    image = np.where(hit[..., None], normals / 2 + 0.5, 0.25)
    depth = np.where(hit, distance * (directions @ camera.forward), np.inf)
    return Frame(
        torch.from_numpy(image.astype(np.float32)),
        torch.from_numpy(depth.astype(np.float32)),
        {
            "normals": torch.from_numpy(normals.astype(np.float32)),
            "alpha": torch.from_numpy(hit.astype(np.float32)),
        },
    )
