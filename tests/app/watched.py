"""A render worker that is watched: what it tells is kept with the time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from app.camera import navigation
from app.rendering.live_previews import GaussianDrawers
from app.rendering.render_requests import RenderedImage, RenderRequest
from app.rendering.render_worker import RenderWorker
from engines.core.camera import Camera
from tests.app.fake_scene import UP, FakeScene

LONG_S = 60.0
"""Longer than anything takes, also where other programs have the processor."""
PIVOT = np.array([0.0, 0.0, 0.3])


class Watched:
    """A worker whose pictures and errors are kept with their times."""

    def __init__(self, scene: FakeScene, drawers: GaussianDrawers | None = None) -> None:
        self.scene = scene
        self.pictures: list[tuple[float, RenderedImage]] = []
        self.errors: list[tuple[RenderRequest, BaseException]] = []
        self.worker = RenderWorker(
            scene,
            lambda picture: self.pictures.append((time.perf_counter(), picture)),
            lambda request, error: self.errors.append((request, error)),
            drawers=drawers,
        )

    def ask(self, camera: Camera | None = None, moving: bool = False, **more: Any) -> RenderRequest:
        request = RenderRequest(camera or self.scene.start, {}, moving=moving, **more)
        self.worker.submit(request)
        return request

    def wait(self, until: Callable[[], object], seconds: float = LONG_S) -> None:
        end = time.perf_counter() + seconds
        while not until():
            assert time.perf_counter() < end, f"still not so after {seconds} s; {len(self.pictures)} pictures"
            time.sleep(0.002)

    def settle(self) -> None:
        """Until nothing more is to come; a little longer for what must not come."""
        self.wait(lambda: not self.worker.busy)
        time.sleep(0.05)

    @property
    def exact(self) -> list[RenderedImage]:
        return [picture for _, picture in self.pictures if picture.kind == "exact"]

    @property
    def previews(self) -> list[RenderedImage]:
        return [picture for _, picture in self.pictures if picture.kind == "preview"]


Watch = Callable[[FakeScene], Watched]


def turned(scene: FakeScene, right_rad: float) -> Camera:
    return navigation.orbit(scene.start, PIVOT, UP, right_rad, 0)


def opened(watch: Watch, scene: FakeScene) -> Watched:
    """With its first exact frame shown and ready for previews."""
    watched = watch(scene)
    watched.ask()
    watched.wait(lambda: watched.exact)
    watched.settle()
    return watched
