from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from tests.app.fake_scene import FakeScene
from tests.app.watched import Watch, Watched

ENDING_S = 20.0


@pytest.fixture
def watch() -> Iterator[Watch]:
    made: list[Watched] = []

    def make(scene: FakeScene) -> Watched:
        made.append(Watched(scene))
        return made[-1]

    yield make
    for watched in made:
        watched.worker.close()


@pytest.fixture(autouse=True, scope="module")
def no_drawing_left() -> Iterator[None]:
    """Each file of tests ends the threads that draw: a later one would find them, and fail in its place."""
    yield
    until = time.monotonic() + ENDING_S
    while left := [thread.name for thread in threading.enumerate() if thread.name in ("render", "preview")]:
        assert time.monotonic() < until, f"threads go on: {left}"
        time.sleep(0.01)
