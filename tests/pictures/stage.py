"""The window before the camera: driven by mouse and keys, with nothing in it that time or machine decide."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from pytestqt.qtbot import QtBot

from app.gui.qt import (
    QApplication,
    QCursor,
    QDialog,
    QEvent,
    QKeySequence,
    QLineEdit,
    QMenu,
    QPainter,
    QPixmap,
    QPoint,
    QProgressBar,
    Qt,
    QTimer,
    QToolButton,
    QWidget,
)
from app.gui.viewport.gl import OpenGl, drawing_note
from app.gui.window import Window
from app.viewing.comparison import photograph_of
from engines.core.camera import Array
from tests.app.gui.conftest import NEVER, Shelf, drag, open_and_wait, send_mouse, shown_window
from tests.app.gui.qt_pixels import image_pixels
from tests.app.gui.training.conftest import FakeRun
from tests.qt_test import QTest

HOME = Path("/home/ada")
"""Where folders seem to be; there need not be such a one."""
SCENE = HOME / "scenes" / "balls.pth"
SIZE = (1280, 800)
"""Of the window at its first start."""
Shot: TypeAlias = "QWidget | Array | None"
"""What a state is pictured by: a window, what was pictured already, or the program's window."""
Reach: TypeAlias = "Callable[[Stage], Shot]"


@dataclass(frozen=True)
class Walk:
    """States of one window, each reached from the one before.

    Attributes:
        states: by the name of its picture, how one gets there.
        size_px: of the window.
    """

    states: Mapping[str, Reach]
    size_px: tuple[int, int] = SIZE


@dataclass(frozen=True)
class World:
    """What the window finds around it.

    Attributes:
        shelf: the scenes that can be opened.
        runs: processes of trainings that it began.
        folder: the current one, empty at first.
    """

    shelf: Shelf
    runs: Sequence[FakeRun]
    folder: Path


class Stage:
    """A hand on the window, and a camera before it."""

    renderer = "a graphics card"
    """What OpenGL is drawn by, as far as the window tells of it."""

    def __init__(self, window: Window, qtbot: QtBot, world: World, patience_ms: int = NEVER) -> None:
        """`patience_ms`: longer than anything takes that is waited for."""
        self.window, self.qtbot, self._patience_ms = window, qtbot, patience_ms
        self.shelf, self.runs, self.folder = world.shelf, world.runs, world.folder

    def open(self, path: Path = SCENE, data: Path | None = None) -> None:
        """Opens a scene, and waits for its exact picture."""
        open_and_wait(self.window, self.qtbot, path, data)

    def open_with_photographs(self) -> None:
        """Opens the balls with a folder of their photographs."""
        data = self.folder / "photographs"
        data.mkdir()
        self.open(SCENE, data)

    def press(self, keys: str, on: QWidget | None = None) -> None:
        """Presses keys as "Ctrl+E" on the picture or on another widget, and waits until nothing is under way."""
        key = QKeySequence(keys)[0]
        widget = self.window.viewport.canvas.widget if on is None else on
        if QApplication.activeWindow() is None:
            self.activate()
        modifiers = Qt.KeyboardModifier(key & int(Qt.KeyboardModifier.KeyboardModifierMask))
        QTest.keyClick(widget, Qt.Key(key & ~int(Qt.KeyboardModifier.KeyboardModifierMask)), modifiers)
        self.settle()

    def click(self, widget: QWidget) -> None:
        """Clicks in the middle of a widget."""
        QTest.mouseClick(widget, Qt.MouseButton.LeftButton)
        self.settle()

    def type(self, field: QWidget, text: str) -> None:
        """Writes in a field, in place of what is there."""
        field.setFocus()
        QTest.keyClick(field, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        QTest.keyClicks(field, text)
        self.settle()

    def point_at(self, x: int, y: int) -> None:
        """Has the mouse over a place of the picture's widget, no button held."""
        send_mouse(self.window, QEvent.Type.MouseMove, QPoint(x, y), Qt.MouseButton.NoButton)
        self.settle()

    def drag(self, by: tuple[int, int], button: Qt.MouseButton = Qt.MouseButton.LeftButton) -> None:
        """Drags from the middle of the picture."""
        drag(self.window, self.qtbot, by, button)
        self.settle()

    def wait(self, until: Callable[[], bool]) -> None:
        """Waits for what comes by itself."""
        self.qtbot.waitUntil(until, timeout=self._patience_ms)

    def settle(self) -> None:
        """Waits until the picture on the screen is the final one of all that is chosen."""
        QApplication.processEvents()
        self.wait(self._settled)

    def _settled(self) -> bool:
        session, window = self.window.session, self.window
        if session.opened is None:
            return session.loader.opening is None
        # At a view with a photograph both are compared beside the window.
        told = window.views.psnr.text() != "–" and window.views.ssim.text() != "…"
        compared = "error" not in session.channels or not self._is_of_photograph() or told
        # Bars of what took long are taken away a moment later.
        waited = any(bar.isVisible() for bar in window.viewport.findChildren(QProgressBar))
        # Nor are numbers told any more.
        waited = waited or window.looking.information.waiting
        return bool(window.looking.shown.is_final() and not session.eye.animating and compared and not waited)

    def _is_of_photograph(self) -> bool:
        """Whether the picture shows what a photograph does: in a window of another shape it shows more."""
        session = self.window.session
        index, exact, opened = session.eye.view_index, session.images.exact, session.opened
        if index is None or exact is None or opened is None:
            return False
        return photograph_of(exact, session.visited.points[index], opened) is not None

    def activate(self) -> None:
        """Gives the window the keyboard: no window manager does when a dialog is closed."""
        self.window.activateWindow()
        self.wait(lambda: QApplication.activeWindow() is self.window)

    def of_modal(self, begin: Callable[[], object], end: Callable[[QDialog], None] | None = None) -> Array:
        """What the dialog looks like that `begin` runs; it is left with Escape, or by `end`."""
        taken: list[Array] = []

        def take() -> None:
            dialog = QApplication.activeModalWidget()
            if dialog is None or not dialog.isActiveWindow():
                QTimer.singleShot(20, take)
                return
            taken.append(pixels_of(dialog))
            try:
                if end is not None:
                    end(dialog)
                else:
                    QTest.keyClick(dialog, Qt.Key.Key_Escape)
            except BaseException:
                # A dialog that nobody closes would be waited for without end.
                dialog.reject()
                raise

        self.activate()
        QTimer.singleShot(0, take)
        begin()
        return taken[0]

    def picture(self, shot: Shot) -> Array:
        """[H, W, 3] uint8 of a state."""
        if shot is not None and not isinstance(shot, QWidget):
            return shot
        self.settle()
        self._still()
        widget = self.window if shot is None else shot
        self.wait(lambda: not fading(widget))
        return pixels_of(widget)

    def _still(self) -> None:
        """Has the status line tell of no machine and no clock: how long a picture took, by what, when it was saved."""
        status = self.window.status
        status.saved.clear()
        status.show_drawing(*drawing_note(OpenGl(self.renderer)))
        for label, text in ((status.time, "12 ms"), (status.rate, "idle"), (status.device, "CPU")):
            if label.text():
                label.setText(text)


@contextmanager
def stage_for(qtbot: QtBot, world: World, size_px: tuple[int, int] = SIZE, patience_ms: int = NEVER) -> Iterator[Stage]:
    """The window, shown and active, without an open scene."""
    # No caret that blinks; no pointer that something lights up under.
    QApplication.setCursorFlashTime(0)
    QCursor.setPos(QApplication.primaryScreen().geometry().bottomRight())
    with shown_window(qtbot, size_px) as window:
        window.move(0, 0)
        stage = Stage(window, qtbot, world, patience_ms)
        stage.activate()
        yield stage


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
    return image_pixels(shot.toImage())


def fading(widget: QWidget) -> bool:
    """Whether a button that empties a field is still coming or going."""
    for field in widget.findChildren(QLineEdit):
        shares = [button.property("opacity") for button in field.findChildren(QToolButton)]
        if field.isClearButtonEnabled() and shares != [1.0 if field.text() else 0.0]:
            return True
    return False
