"""Scenes for reports: a ball before grey, whose photographs are drawn, and which is off by as much as a test wants."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from app.viewing.opening import Opened
from engines.core.camera import Camera
from engines.core.data.dataset import Dataset
from engines.core.data.images import to_uint8, write_png
from engines.core.data.views import View, Views
from engines.core.engine import Stop
from engines.core.frame import Frame
from engines.core.storage.checkpoint import Checkpoint
from tests.app.ball_scene import UP, BallScene, draw_ball, ring

SIZE_PX = (40, 30)


class BrightBall(BallScene):
    """Is brighter than its photographs by `by`, and by more for each view along the ring."""

    by = 0.1

    def render(self, camera: Camera, controls: Mapping[str, float], stop: Stop) -> Frame:
        frame = super().render(camera, controls, stop)
        turned = float(np.arctan2(camera.position[1], camera.position[0]) % (2 * np.pi))
        return Frame(frame.image * 0.5 + self.by + 0.02 * turned, frame.depth)


def photographed(folder: Path, count: int = 3, prefix: str = "view") -> Dataset:
    """A folder of test views with the ball's photographs, at half their brightness."""
    folder.mkdir(exist_ok=True)
    views = []
    for number, camera in enumerate(ring(count, SIZE_PX)):
        path = folder / f"{prefix}{number}.png"
        write_png(path, to_uint8(draw_ball(camera).image.numpy() * 0.5))
        views.append(View(camera, f"{prefix}{number}", "test", path))
    return Dataset(Views.of(views), folder, "ball", BallScene.bounds, UP)


def opened_ball(dataset: Dataset, name: str, by: float = 0.1) -> Opened:
    """The ball, opened with its photographs."""
    ball = BrightBall()
    ball.by = by
    return Opened(ball, Checkpoint("colour_grid", {}, 7, {}), dataset, Path(name))
