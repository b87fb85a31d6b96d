"""A scene for scripts that no engine is needed for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from app.api.scene import TrainedScene
from app.viewing.opening import Opened
from engines.core.data.dataset import Dataset
from engines.core.data.views import View, Views
from engines.core.engine import BLEND, BLEND_WITH, INSTANCE, TIME, Control
from engines.core.storage.checkpoint import Checkpoint
from tests.app.ball_scene import UP, BallScene, ring

NAMES = ("cup", "jug")
CONTROLS = (
    Control(INSTANCE, "Instance", "choice", 0, 1, 0, NAMES),
    Control(BLEND_WITH, "Blend with", "choice", 0, 1, 1, NAMES),
    Control(BLEND, "Blend", "number", 0, 1, 0),
    Control(TIME, "Moment", "time", 0, 3, 0),
    Control("glow", "Glow", "number", 0, 1, 0.25),
)


def dataset() -> Dataset:
    """A folder of four training and three test views, without photographs."""
    views = [View(camera, f"{i}", "train") for i, camera in enumerate(ring(4))]
    views += [View(camera, f"t{i}", "test") for i, camera in enumerate(ring(3))]
    return Dataset(Views.of(views), Path("folder"), "ball", BallScene.bounds, UP, notes=("give --data FOLDER",))


def script_scene(ball: BallScene, data: Dataset | None = None) -> TrainedScene:
    """The ball as scripts have it."""
    opened = Opened(ball, Checkpoint("colour_grid", {"grid_dim": 4}, 3, {}), data, Path("<ball>.safetensors"))
    return TrainedScene(opened, lambda: opened)


def ball_scene(data: Dataset | None = None, **changes: Any) -> tuple[TrainedScene, BallScene]:
    """As scripts have it, and as the program does, which remembers what it was asked for."""
    ball = BallScene(**changes)
    return script_scene(ball, data), ball
