"""Bookmarks in the window: added by name, gone back to, kept for each scene between runs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.gui.menus.path_commands import BOOKMARKS
from app.gui.qt import QInputDialog, Qt
from app.gui.timeline.bookmark_menu import bookmarks_file
from app.gui.window import Window
from tests.app.gui.conftest import open_and_wait, told, wait_exact
from tests.app.gui.timeline.driving import CONTROL, press


def entries(window: Window) -> dict[str, dict[str, object]]:
    """What there is to be chosen, by the bookmark and by what is done with it."""
    found = {}
    for action in window.commands.menus[BOOKMARKS].actions():
        if action.menu() is not None:
            found[action.text()] = {each.text(): each for each in action.menu().actions()}
    return found


def choose(window: Window, mark: str, what: str) -> None:
    action = entries(window)[mark][what]
    # It was found by its text, so it is an action.
    action.trigger()  # type: ignore[attr-defined]


def test_bookmarks(timeline: Window, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ["door", "View 1", "door"]
    monkeypatch.setattr(QInputDialog, "getText", lambda *_, **__: (names.pop(0), True))
    press(timeline, qtbot, Qt.Key.Key_B, CONTROL)
    there = timeline.session.eye.shown
    timeline.commands["right"].trigger()
    wait_exact(timeline, qtbot)
    press(timeline, qtbot, Qt.Key.Key_B, CONTROL)
    press(timeline, qtbot, Qt.Key.Key_B, CONTROL)
    assert "a bookmark door already" in told(timeline) and list(entries(timeline)) == ["door", "View 1"]
    choose(timeline, "door", "&Go there")
    wait_exact(timeline, qtbot)
    now = timeline.session.eye.shown
    assert there is not None and now is not None and np.array_equal(now.camera_to_world, there.camera_to_world)
    choose(timeline, "View 1", "Add as &key")
    key = timeline.paths.document.path.keys[0]
    assert np.array_equal(key.camera.camera_to_world, timeline.paths.bookmarks.bookmarks.all[1].camera.camera_to_world)
    names.append("window")
    choose(timeline, "View 1", "&Rename…")
    choose(timeline, "door", "&Delete")
    assert list(entries(timeline)) == ["window"]


def test_each_scene_has_its_own(timeline: Window, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QInputDialog, "getText", lambda *_, **__: ("door", True))
    timeline.commands["bookmark"].trigger()
    file = bookmarks_file(Path("fast.pth").resolve())
    assert file.is_file()
    timeline.commands["close"].trigger()
    assert entries(timeline) == {} and file.is_file()
    open_and_wait(timeline, qtbot, Path("fast.pth"))
    assert list(entries(timeline)) == ["door"]
    choose(timeline, "door", "&Delete")
    assert not file.is_file()


def test_nothing_is_added_where_no_name_is_given(timeline: Window, monkeypatch: pytest.MonkeyPatch) -> None:
    for answer in (("door", False), (" ", True)):
        monkeypatch.setattr(QInputDialog, "getText", lambda *_, answer=answer, **__: answer)
        timeline.commands["bookmark"].trigger()
        assert entries(timeline) == {}
