"""The window before the camera: driven by mouse and keys, with nothing in it that time or machine decide."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
from PyQt5.QtCore import QPoint, Qt, QTimer
from PyQt5.QtGui import QCursor, QImage, QKeySequence, QPainter, QPixmap
from PyQt5.QtTest import QTest
from PyQt5.QtWidgets import QApplication, QMenu, QWidget
from pytestqt.qtbot import QtBot

from app.gui.window import Window
from engines.core.camera import Array
from tests.app.gui.conftest import NEVER, open_and_wait, shown_window

SCENE = Path("scenes/balls.pth")
SIZE = (1280, 800)
"""Of the window at its first start."""
Shot: TypeAlias = "QWidget | Array | None"
"""What a state is pictured by: a window, what was pictured already, or the program's window."""


@dataclass(frozen=True)
class Walk:
    """States of one window, each reached from the one before.

    Attributes:
        states: by the name of its picture, how one gets there.
        size_px: of the window.
    """

    states: Mapping[str, Callable[[Stage], Shot]]
    size_px: tuple[int, int] = SIZE


class Stage:
    """A hand on the window, and a camera before it."""

    def __init__(self, window: Window, qtbot: QtBot, folder: Path) -> None:
        self.window, self.qtbot, self.folder = window, qtbot, folder

    def open(self, path: Path, data: Path | None = None) -> None:
        """Opens a scene, and waits for its exact picture."""
        open_and_wait(self.window, self.qtbot, path, data)

    def open_with_photographs(self) -> None:
        """Opens the balls with a folder of their photographs."""
        data = self.folder / "data"
        data.mkdir()
        self.open(SCENE, data)

    def press(self, keys: str, on: QWidget | None = None) -> None:
        """Presses keys as "Ctrl+E" on the picture or on another widget, and waits until nothing is under way."""
        key = QKeySequence(keys)[0]
        widget = self.window.viewport.canvas.widget if on is None else on
        QTest.keyClick(widget, Qt.Key(key & ~int(Qt.KeyboardModifierMask)), _modifiers(key))
        self.settle()

    def settle(self) -> None:
        """Waits until the picture on the screen is the final one of all that is chosen."""
        QApplication.processEvents()
        self.qtbot.waitUntil(self._settled, timeout=NEVER)

    def _settled(self) -> bool:
        session, window = self.window.session, self.window
        if session.opened is None:
            return session.opening is None
        # At a view with a photograph both are compared beside the window.
        compared = "error" not in session.channels or session.eye.view_index is None or window.views.psnr.text() != "–"
        return window.looking.is_final() and not session.eye.animating and compared

    def of_modal(self, begin: Callable[[], None]) -> Array:
        """What the dialog looks like that `begin` runs; it is left with Escape."""
        taken: list[Array] = []

        def take() -> None:
            dialog = QApplication.activeModalWidget()
            if dialog is None or not dialog.isActiveWindow():
                QTimer.singleShot(20, take)
                return
            taken.append(pixels_of(dialog))
            QTest.keyClick(dialog, Qt.Key_Escape)

        QTimer.singleShot(0, take)
        begin()
        return taken[0]

    def picture(self, shot: Shot) -> Array:
        """[H, W, 3] uint8 of a state."""
        if isinstance(shot, np.ndarray):
            return shot
        self.settle()
        self._still()
        return pixels_of(self.window if shot is None else shot)

    def _still(self) -> None:
        """Has the status line tell of no machine: how long a picture took, and what computed it."""
        status = self.window.status
        for label, text in ((status.time, "12 ms"), (status.rate, "idle"), (status.device, "CPU")):
            if label.text():
                label.setText(text)


@contextmanager
def stage_for(qtbot: QtBot, folder: Path, size_px: tuple[int, int] = SIZE) -> Iterator[Stage]:
    """The window, shown and active, without an open scene."""
    # No caret that blinks; no pointer that something lights up under.
    QApplication.setCursorFlashTime(0)
    QCursor.setPos(QApplication.primaryScreen().geometry().bottomRight())
    with shown_window(qtbot, size_px) as window:
        window.move(0, 0)
        window.activateWindow()
        qtbot.waitUntil(lambda: QApplication.activeWindow() is window, timeout=NEVER)
        yield Stage(window, qtbot, folder)


def pixels_of(widget: QWidget) -> Array:
    """[H, W, 3] uint8, a window with the menus that are open over it."""
    for _ in range(3):
        # A layout may ask for another one.
        QApplication.processEvents()
    shot: QPixmap = widget.grab()
    menus = [each for each in QApplication.topLevelWidgets() if isinstance(each, QMenu) and each.isVisible()]
    painter = QPainter(shot)
    for menu in sorted(menus, key=lambda menu: menu.mapToGlobal(QPoint()).x()):
        painter.drawPixmap(menu.mapToGlobal(QPoint()) - widget.mapToGlobal(QPoint()), menu.grab())
    painter.end()
    image = shot.toImage().convertToFormat(QImage.Format_RGB888)
    data = np.frombuffer(image.constBits().asarray(image.sizeInBytes()), dtype=np.uint8)
    return (
        data.reshape(image.height(), image.bytesPerLine())[:, : 3 * image.width()].reshape(image.height(), -1, 3).copy()
    )


def _modifiers(key: int) -> Qt.KeyboardModifiers:
    return Qt.KeyboardModifiers(key & int(Qt.KeyboardModifierMask))
