"""What can be done is told over the first picture: taken away by hand and keys, asked for again in Help."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.gui.menus.command_table import COMMANDS
from app.gui.menus.hints import Hints
from app.gui.qt import QApplication, QEvent, QKeySequence, QLabel, QPoint, QPointF, Qt, QWheelEvent, present
from app.gui.window import Window
from tests.app.gui.conftest import open_and_wait, send_mouse
from tests.qt_test import QTest

SIZE = (1280, 800)


@pytest.fixture
def hints(window: Window, qtbot: QtBot) -> Hints:
    """As they are told at a first start, when a scene is opened."""
    window.resize(*SIZE)
    window.settings.update(hints=True)
    assert not hints_of(window).isVisible()
    open_and_wait(window, qtbot, Path("fast.pth"))
    assert hints_of(window).isVisible()
    window.viewport.focus()
    return hints_of(window)


def hints_of(window: Window) -> Hints:
    return present(window.viewport.findChild(Hints))


def texts(hints: Hints) -> list[str]:
    return [label.text() for label in hints.findChildren(QLabel) if label.isVisible()]


def assert_not_told_again(window: Window, qtbot: QtBot) -> None:
    assert not hints_of(window).isVisible() and not window.settings.current.hints
    window.files.open(Path("fast.pth"), None)
    qtbot.wait(100)
    open_and_wait(window, qtbot, Path("fast.pth"))
    assert not hints_of(window).isVisible()


def test_gestures_and_commands_are_told_as_the_menus_have_them(window: Window, hints: Hints) -> None:
    told = texts(hints)
    assert told[0] == "What you can do here" and {"Drag", "Double click", "W A S D, Q E"} <= set(told)
    (train,) = [command for command in COMMANDS if command.id == "train"]
    assert told[told.index("Train a scene of photographs") - 1] == QKeySequence(train.keys[0]).toString(
        QKeySequence.SequenceFormat.NativeText
    )
    around = window.viewport.rect().adjusted(1, 1, -1, -1)
    assert around.contains(hints.geometry())


def test_escape_takes_them_away_for_good(window: Window, hints: Hints, qtbot: QtBot) -> None:
    QTest.keyClick(window.viewport.canvas.widget, Qt.Key.Key_Escape)
    assert_not_told_again(window, qtbot)


def test_so_do_the_button_and_a_click_on_them(window: Window, hints: Hints, qtbot: QtBot) -> None:
    QTest.mouseClick(hints.button, Qt.MouseButton.LeftButton)
    assert not hints.isVisible()
    window.commands["hints"].trigger()
    assert hints.isVisible()
    QTest.mouseClick(hints, Qt.MouseButton.LeftButton, pos=QPoint(20, 12))
    assert_not_told_again(window, qtbot)


def test_a_hand_on_the_picture_does_what_it_wants_to(window: Window, hints: Hints, qtbot: QtBot) -> None:
    before = window.session.eye.shown
    assert before is not None and not hints.geometry().contains(QPoint(4, 4))
    for kind, x in ((QEvent.Type.MouseButtonPress, 4), (QEvent.Type.MouseMove, 60), (QEvent.Type.MouseMove, 90)):
        send_mouse(window, kind, QPoint(x, 4), Qt.MouseButton.LeftButton)
    send_mouse(window, QEvent.Type.MouseButtonRelease, QPoint(90, 4), Qt.MouseButton.LeftButton)
    after = window.session.eye.shown
    assert after is not None and not np.allclose(after.camera_to_world, before.camera_to_world)
    assert_not_told_again(window, qtbot)


def test_a_wheel_goes_nearer(window: Window, hints: Hints, qtbot: QtBot) -> None:
    before, canvas = window.session.eye.shown, window.viewport.canvas.widget
    at = QPointF(4, 4)
    turn = QWheelEvent(at, QPointF(canvas.mapToGlobal(at.toPoint())), QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton,
                       Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False)  # fmt: skip
    QApplication.sendEvent(canvas, turn)
    qtbot.waitUntil(lambda: window.session.eye.shown is not before)
    assert_not_told_again(window, qtbot)


def test_what_has_no_room_is_left_out(window: Window, hints: Hints, qtbot: QtBot) -> None:
    window.commands["panel"].trigger()
    window.resize(560, 600)
    qtbot.waitUntil(lambda: "By keys and menus" not in texts(hints))
    assert "Drag" in texts(hints) and window.viewport.rect().contains(hints.geometry())
    window.resize(360, 330)
    qtbot.waitUntil(lambda: not hints.isVisible())
    window.resize(*SIZE)
    qtbot.waitUntil(lambda: "By keys and menus" in texts(hints))


def test_they_go_with_the_scene(window: Window, hints: Hints, qtbot: QtBot) -> None:
    window.commands["close"].trigger()
    assert not hints.isVisible() and window.settings.current.hints and not window.commands["hints"].isEnabled()
