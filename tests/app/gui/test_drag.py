"""The files that a drag passes from the mouse to the screen are few, and those that CONTRIBUTING.md names."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from app.gui.viewport.canvas_painter import PainterCanvas
from app.gui.window import Window
from app.rendering.shared_state import SharedRenderState
from app.viewing.shown_images import NewestPicture
from tests.app.gui.conftest import Shelf, drag, open_and_wait, wait_exact
from tests.app.gui.fake_scene import FakeScene
from tests.architecture_rules import ROOT

MOST_FILES = 11


def test_a_drag_passes_the_files_that_are_told_of_it(
    window: Window, qtbot: QtBot, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Slow enough that all that is seen while the mouse moves are previews.
    shelf.scenes["slow.pth"] = lambda: FakeScene(seconds=0.3)
    open_and_wait(window, qtbot, Path("slow.pth"))
    heard: dict[str, list[tuple[str, ...]]] = {"asked": [], "drawn": [], "shown": []}
    for kind, owner, name in (
        ("asked", SharedRenderState, "update"),
        ("drawn", NewestPicture, "put"),
        ("shown", PainterCanvas, "set_picture"),
    ):
        monkeypatch.setattr(owner, name, heard_by(heard[kind], getattr(owner, name)))
    drag(window, qtbot, (120, 40), steps=24)
    wait_exact(window, qtbot)
    monkeypatch.undo()
    # Of requests those of the mouse, of pictures the previews.
    mouse = [way for way in heard["asked"] if "app/camera/hand_navigation.py" in way]
    drawn = [way for way in heard["drawn"] if "app/rendering/frame_drawing.py" in way]
    shown = [way for way in heard["shown"] if "app/viewing/shown_images.py" in way]
    assert len(set(mouse)) == len(set(drawn)) == len(set(shown)) == 1, "by different ways"
    passed = [*mouse[0], *drawn[0], *shown[0]]
    assert passed.count("app/viewing/session.py") == 1
    files = list(dict.fromkeys(passed))
    assert files == told() and len(files) <= MOST_FILES


def heard_by(ways: list[tuple[str, ...]], work: Callable[..., Any]) -> Callable[..., Any]:
    """The same work, that notes through which files of the program, one after the other, it was come to."""

    def noting(*arguments: Any) -> Any:
        found = [work.__code__.co_filename]
        frame: FrameType | None = sys._getframe(1)
        while frame is not None:
            found.append(frame.f_code.co_filename)
            frame = frame.f_back
        inside = [Path(name).relative_to(ROOT).as_posix() for name in found if Path(name).is_relative_to(ROOT / "app")]
        ways.append(tuple(dict.fromkeys(reversed(inside))))
        return work(*arguments)

    return noting


def told() -> list[str]:
    """The files of the way, as the map tells it."""
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    way = page.split("**A drag.**")[1].split("Asked on the way")[0]
    return [f"app/{name}" for name in dict.fromkeys(re.findall(r"`([\w/]+\.py)`", way))]
