"""A recording whose time steps take as long to prepare as a test wants."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping

import torch

from engines.core.camera import Camera
from engines.core.engine import TIME, Control, Stop
from engines.core.errors import Cancelled, UserError
from engines.core.frame import Frame
from tests.app.fake_scene import FakeScene


class RecordedScene(FakeScene):
    """The balls, brighter with every time step; a placeholder is black."""

    engine = "colour_grid"

    def __init__(self, time_steps: int = 6, prepare_s: float = 0.02, room: int = 100) -> None:
        super().__init__(64, any_size=True)
        self.controls = (Control(TIME, "Time step", "time", 0, time_steps - 1, 0),)
        self.room, self.prepare_s = room, prepare_s
        self.there: set[int] = set()
        self.order: list[int] = []
        self.given_up: list[int] = []
        self.broken: int | None = None
        self._making = threading.Lock()

    def prepared(self, camera: Camera, controls: Mapping[str, float]) -> bool:
        return round(controls.get(TIME, 0)) in self.there

    def prepare(self, camera: Camera, controls: Mapping[str, float], stop: Stop) -> None:
        time_ = round(controls.get(TIME, 0))
        with self._making:
            if time_ == self.broken:
                raise UserError(f"time step {time_} can't be read")
            began = time.monotonic()
            # Read each time: a test may let go what it has held up.
            while time.monotonic() - began < self.prepare_s:
                if stop():
                    self.given_up.append(time_)
                    raise Cancelled
                time.sleep(0.001)
            self.there.add(time_)
            self.order.append(time_)

    def cache_key(self, camera: Camera, controls: Mapping[str, float]) -> object:
        return round(controls.get(TIME, 0))

    def placeholder(self, camera: Camera, controls: Mapping[str, float]) -> Frame:
        width, height = camera.size_px
        return Frame(torch.zeros(height, width, 3), torch.full((height, width), torch.inf))

    def render(self, camera: Camera, controls: Mapping[str, float], stop: Stop) -> Frame:
        assert self.prepared(camera, controls), "drawn before it was prepared"
        frame = super().render(camera, controls, stop)
        return Frame(frame.image * (round(controls.get(TIME, 0)) + 1) / 10, frame.depth)
