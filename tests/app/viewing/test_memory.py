"""What was open is gone when it is closed, and its memory is the system's again."""

from __future__ import annotations

import threading
import time
import weakref
from pathlib import Path

import psutil
import pytest

from app.demos import demo_scenes
from app.viewing.memory import give_back
from app.viewing.session import Session
from engines.core.engine import Scene
from tests.app.viewing.ear import Ear

LONG_S = 60.0
OPENINGS = 4
SLACK = 1.10
"""Of the memory after the third opening: what libraries keep for themselves is there by then."""


def open_draw_close(session: Session, ear: Ear, path: Path) -> weakref.ref[Scene]:
    """Opens a scene, waits for a picture, closes it; what is left to see whether it lives."""
    session.loader.open(path)
    scene = weakref.ref(ear.next("opened").scene)
    ear.next("picture")
    assert not ear.heard["failed"] and not ear.heard["error"]
    session.close()
    until = time.monotonic() + LONG_S
    while any(thread.name in ("close", "ahead", "render", "preview") for thread in threading.enumerate()):
        assert time.monotonic() < until, "a scene's threads have not ended"
        time.sleep(0.02)
    ear.forget()
    return scene


@pytest.mark.slow
@pytest.mark.parametrize("path", demo_scenes(), ids=lambda path: path.stem)
def test_nothing_of_a_scene_is_alive_once_it_is_closed(path: Path) -> None:
    ear, process = Ear(), psutil.Process()
    session = ear.session("cpu")
    scenes, taken = [], list[int]()
    for _ in range(OPENINGS):
        scenes.append(open_draw_close(session, ear, path))
        give_back()
        taken.append(process.memory_info().rss)
    session.shut_down()
    print(f"{path.stem}: MB after each opening: {[size // 10**6 for size in taken]}")  # noqa: T201
    assert not [scene for scene in scenes if scene() is not None]
    assert taken[-1] <= SLACK * taken[2]
