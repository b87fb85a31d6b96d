"""A camera controller that is followed."""

from __future__ import annotations

from app.camera.camera_controller import CameraController
from tests.app.ball_scene import BallScene


class Followed:
    """An eye in a ball scene, and what it told."""

    def __init__(self, native_px: tuple[int, int] | None = (32, 32)) -> None:
        self.told: list[bool] = []
        self.eye = CameraController(self.told.append)
        self.scene = BallScene(native_px)
        self.eye.enter(self.scene, self.scene.cameras)

    def settle(self) -> None:
        self.eye.tick(1e12)
