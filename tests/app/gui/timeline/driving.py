"""What tests of the timeline do with mouse and keys."""

from __future__ import annotations

from typing import Any

from pytestqt.qtbot import QtBot

from app.gui.qt import (
    QApplication,
    QPoint,
    Qt,
    QWidget,
)
from app.gui.window import Window
from engines.core.paths.keyframes import KeyedPath
from tests.app.gui.conftest import NEVER, wait_exact

LEFT = Qt.MouseButton.LeftButton
NONE, SHIFT, CONTROL, ALT = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier,
)


def activate(window: Window, qtbot: QtBot) -> None:
    """Gives it the keyboard, without a window manager."""
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=NEVER)


def press(window: Window, qtbot: QtBot, key: Qt.Key, modifiers: Any = NONE) -> None:
    """A key, while the picture has the keyboard."""
    window.viewport.focus()
    qtbot.keyClick(window.viewport.canvas.widget, key, modifiers)


def times(window: Window) -> list[float]:
    return [key.time_s for key in window.paths.document.path.keys]


def add_keys(window: Window, qtbot: QtBot, count: int) -> None:
    """Keys of views beside each other, by the key on the keyboard."""
    for number in range(count):
        if number:
            window.commands["right"].trigger()
            wait_exact(window, qtbot)
        press(window, qtbot, Qt.Key.Key_K, CONTROL)


def strip_drag(
    window: Window, qtbot: QtBot, begin: QPoint, by: int, modifiers: Qt.KeyboardModifier = NONE, steps: int = 4
) -> None:
    strip = window.paths.bar.strip
    qtbot.mousePress(strip, LEFT, modifiers, begin)
    for step in range(1, steps + 1):
        move(strip, begin + QPoint(by * step // steps, 0), modifiers)
    qtbot.mouseRelease(strip, LEFT, modifiers, begin + QPoint(by, 0))


def move(widget: QWidget, at: QPoint, modifiers: Qt.KeyboardModifier = NONE) -> None:
    """The mouse moved with its left button held."""
    from app.gui.qt import QEvent, QMouseEvent, QPointF

    place = widget.mapToGlobal(at)
    event = QMouseEvent(QEvent.Type.MouseMove, QPointF(at), QPointF(place), Qt.MouseButton.NoButton, LEFT, modifiers)
    QApplication.sendEvent(widget, event)


def selected(window: Window) -> list[int]:
    """The keys that are selected."""
    return list(window.paths.document.selected)


def now(window: Window) -> KeyedPath:
    """The path as it is at this moment."""
    return window.paths.document.path
