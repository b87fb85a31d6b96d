"""The whole screen for the picture: by the key, and back by Escape."""

from __future__ import annotations

from pathlib import Path

from pytestqt.qtbot import QtBot

from app.gui.qt import QApplication, Qt, QToolBar, QWidget
from app.gui.window import Window
from tests.app.gui.conftest import open_and_wait
from tests.qt_test import QTest


def bars(window: Window) -> list[bool]:
    """What is seen of menu, toolbar, status line, side panel."""
    return [part.isVisible() for part in (window.menuBar(), window.findChild(QToolBar), window.status, window.dock)]


def active(window: Window, qtbot: QtBot) -> QWidget:
    """What has the focus, of the active window."""
    QApplication.setActiveWindow(window)
    qtbot.waitUntil(window.isActiveWindow)
    window.viewport.focus()
    return window.viewport.canvas.widget


def test_full_screen_is_the_picture_alone_and_escape_leaves(window: Window, qtbot: QtBot) -> None:
    open_and_wait(window, qtbot, Path("fast.pth"))
    canvas = active(window, qtbot)
    QTest.keyClick(canvas, Qt.Key.Key_F11)
    qtbot.waitUntil(window.isFullScreen)
    assert bars(window) == [False] * 4 and "Esc" in window.banner.text.text()
    # Keys of the hidden menus go on working.
    QTest.keyClick(canvas, Qt.Key.Key_2)
    assert window.commands["channel_2"].isChecked()
    QTest.keyClick(canvas, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not window.isFullScreen())
    assert bars(window) == [True] * 4 and not window.commands["full_screen"].isChecked()


def test_a_hidden_panel_stays_hidden_and_an_opened_one_stays(window: Window, qtbot: QtBot) -> None:
    open_and_wait(window, qtbot, Path("fast.pth"))
    canvas = active(window, qtbot)
    QTest.keyClick(canvas, Qt.Key.Key_F9)
    for key in (Qt.Key.Key_F11, Qt.Key.Key_F11):
        QTest.keyClick(canvas, key)
    assert bars(window) == [True, True, True, False]
    QTest.keyClick(canvas, Qt.Key.Key_F11)
    QTest.keyClick(canvas, Qt.Key.Key_F9)
    assert window.dock.isVisible()
    QTest.keyClick(canvas, Qt.Key.Key_F11)
    assert window.dock.isVisible()


def test_quitting_in_full_screen_keeps_the_panel(window: Window, qtbot: QtBot) -> None:
    open_and_wait(window, qtbot, Path("fast.pth"))
    window.commands["full_screen"].trigger()
    window.end()
    assert window.settings.current.panel
