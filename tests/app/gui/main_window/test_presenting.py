"""View > Presentation: the picture alone, and all back again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.gui.qt import QApplication, QEvent, QPoint, Qt, QToolBar
from app.gui.viewport import still_pointer
from app.gui.window import Window
from tests.app.gui.conftest import NEVER, open_and_wait, send_mouse, told, wait_exact
from tests.app.recorded import RecordedScene
from tests.qt_test import QTest

SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def presented(window: Window, qtbot: QtBot, recorded: RecordedScene, monkeypatch: pytest.MonkeyPatch) -> Window:
    """A recording with timeline and overlays, presented by its key."""
    monkeypatch.setattr(still_pointer, "STILL_MS", 50)
    for id in ("box", "axes", "timeline"):
        window.commands[id].trigger()
    QApplication.setActiveWindow(window)
    qtbot.waitUntil(window.isActiveWindow)
    window.viewport.focus()
    assert parts(window) == [True] * 6
    press(window, Qt.Key.Key_F11, SHIFT)
    qtbot.waitUntil(window.isFullScreen, timeout=NEVER)
    return window


def press(window: Window, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    QTest.keyClick(window.viewport.canvas.widget, key, modifiers)


def parts(window: Window) -> list[bool]:
    """What is seen of menu, toolbar, status line, side panel, time bar, timeline."""
    bars = (window.menuBar(), window.findChild(QToolBar), window.status, window.dock)
    return [part.isVisible() for part in (*bars, window.time_bar, window.paths.bar)]


def lines(window: Window, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many are drawn over the picture."""
    counted: list[int] = []
    monkeypatch.setattr(
        window.viewport.canvas, "set_segments", lambda pixels, *_: counted.append(len(np.asarray(pixels)))
    )
    window.looking.overlays.draw()
    monkeypatch.undo()
    return counted[0]


def test_the_picture_is_alone_and_escape_brings_all_back(
    presented: Window, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = presented
    assert parts(window) == [False] * 6 and not window.banner.isVisible()
    assert window.viewport.size() == window.size(), "something is left beside the picture"
    assert lines(window, monkeypatch) == 0
    window.notifications.tell("info", "nobody is told")
    window.notifications.tell("error", "a thing that went wrong")
    window.notifications.tell("info", "nor of this")
    window.busy.show_doing("Preparing frame 3")
    assert not window.banner.isVisible() and not window.busy.isVisible()
    window.busy.show_doing("")
    press(window, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not window.isFullScreen(), timeout=NEVER)
    assert parts(window) == [True] * 6 and lines(window, monkeypatch) > 0
    assert not window.commands["present"].isChecked() and not window.commands["full_screen"].isChecked()


def test_an_error_is_told_when_it_is_over(presented: Window, qtbot: QtBot) -> None:
    presented.notifications.tell("error", "a thing that went wrong")
    assert not presented.banner.isVisible()
    press(presented, Qt.Key.Key_Escape)
    assert presented.banner.isVisible() and told(presented) == "a thing that went wrong"


def test_the_pointer_hides_while_it_is_still(presented: Window, qtbot: QtBot) -> None:
    viewport, blank = presented.viewport, Qt.CursorShape.BlankCursor
    qtbot.waitUntil(lambda: viewport.canvas.widget.cursor().shape() == blank, timeout=NEVER)
    send_mouse(presented, QEvent.Type.MouseMove, QPoint(50, 50), Qt.MouseButton.NoButton)
    assert viewport.canvas.widget.cursor().shape() != blank
    qtbot.waitUntil(lambda: viewport.canvas.widget.cursor().shape() == blank, timeout=NEVER)
    press(presented, Qt.Key.Key_Escape)
    assert viewport.canvas.widget.cursor().shape() != blank


def test_commands_go_on_and_escape_leaves_one_thing_after_the_other(presented: Window, qtbot: QtBot) -> None:
    window = presented

    def state() -> tuple[bool, bool]:
        """Presents, turns."""
        return window.commands["present"].isChecked(), window.session.eye.steady.under_way

    press(window, Qt.Key.Key_T, SHIFT)
    assert state() == (True, True)
    press(window, Qt.Key.Key_2)
    assert window.commands["channel_2"].isChecked()
    press(window, Qt.Key.Key_Escape)
    assert state() == (False, True)
    press(window, Qt.Key.Key_Escape)
    assert state() == (False, False)
    wait_exact(window, qtbot)


def test_from_full_screen_it_goes_back_there_and_without_a_scene_it_ends(presented: Window, qtbot: QtBot) -> None:
    window = presented
    press(window, Qt.Key.Key_F11)
    assert not window.commands["present"].isChecked() and parts(window) == [True] * 6
    press(window, Qt.Key.Key_F11)
    press(window, Qt.Key.Key_F11, SHIFT)
    press(window, Qt.Key.Key_F11, SHIFT)
    assert window.commands["full_screen"].isChecked() and parts(window) == [False] * 4 + [True] * 2
    press(window, Qt.Key.Key_F11, SHIFT)
    window.commands["close"].trigger()
    assert not window.commands["present"].isChecked() and window.commands["full_screen"].isChecked()
    press(window, Qt.Key.Key_Escape)
    open_and_wait(window, qtbot, Path("recorded.pth"))
    assert parts(window)[0]
