"""What was open is gone when it is closed, and its memory is the system's again."""

from __future__ import annotations

import queue
import threading
import time
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from app.demos import demo_scenes
from app.viewing.listener import Opening
from app.viewing.memory import give_back
from app.viewing.session import Session
from engines.core.engine import Scene

LONG_S = 60.0
OPENINGS = 4
SLACK = 1.10
"""Of the memory after the third opening: what libraries keep for themselves is there by then."""


class Watcher:
    """Takes what a session tells, and shows its pictures."""

    def __init__(self) -> None:
        self.told: queue.Queue[tuple[str, Any]] = queue.Queue()

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *values: self.told.put((name, values[0] if values else None))


def open_draw_close(session: Session, watcher: Watcher, path: Path) -> weakref.ref[Scene]:
    """Opens a scene, waits for a picture, closes it; what is left to see whether it lives."""
    session.open(path)
    while True:
        kind, value = watcher.told.get(timeout=LONG_S)
        assert kind not in ("open_failed", "render_failed"), value
        if kind == "opened":
            assert isinstance(value, Opening) and session.adopt(value)
            scene = weakref.ref(value.opened.scene)
        elif kind == "picture" and session.show(value):
            break
    session.close()
    until = time.monotonic() + LONG_S
    while any(thread.name in ("close", "ahead", "render", "preview") for thread in threading.enumerate()):
        assert time.monotonic() < until, "a scene's threads have not ended"
        time.sleep(0.02)
    while not watcher.told.empty():
        watcher.told.get()
    return scene


@pytest.mark.slow
@pytest.mark.parametrize("path", demo_scenes(), ids=lambda path: path.stem)
def test_nothing_of_a_scene_is_alive_once_it_is_closed(path: Path) -> None:
    watcher, process = Watcher(), psutil.Process()
    session = Session(watcher, "cpu")
    scenes, taken = [], list[int]()
    for _ in range(OPENINGS):
        scenes.append(open_draw_close(session, watcher, path))
        give_back()
        taken.append(process.memory_info().rss)
    session.shut_down()
    print(f"{path.stem}: MB after each opening: {[size // 10**6 for size in taken]}")  # noqa: T201
    assert not [scene for scene in scenes if scene() is not None]
    assert taken[-1] <= SLACK * taken[2]
