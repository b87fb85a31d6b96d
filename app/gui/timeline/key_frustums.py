"""The mouse on keys that are drawn over the picture: a click selects one, a drag moves it across the view."""

from __future__ import annotations

from collections.abc import Callable

from app.gui.qt import QEvent, QMouseEvent, QObject, QPointF, Qt, QWidget, Signal, position
from app.gui.viewport.viewport import Viewport
from app.path_editing.path_lines import PathLines
from engines.core.camera import Camera

CLICK_PX = 4
"""A press that moves farther than this is a drag."""


class KeyFrustums(QObject):
    """Takes what the mouse does on a key before the viewport moves the camera by it."""

    pressed_key = Signal(int, bool)
    """A key, and whether it is chosen besides others (Ctrl)."""
    dragged = Signal(int, float, float)
    """A key is to be so many pixels of the picture from where it was when the drag began."""
    released = Signal()
    taken = Signal()
    """The hand is on the picture."""

    def __init__(self, parent: QWidget, viewport: Viewport, lines: PathLines, eye: Callable[[], Camera | None]) -> None:
        """`eye`: the camera of the picture on the screen; None where keys are not drawn."""
        super().__init__(parent)
        self._viewport, self._lines, self._eye = viewport, lines, eye
        self._pressed: QPointF | None = None
        self._number = 0
        self._moved = False
        viewport.canvas.widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if not isinstance(event, QMouseEvent):
            return False
        if event.type() == QEvent.Type.MouseButtonPress:
            self.taken.emit()
            return event.button() == Qt.MouseButton.LeftButton and self._press(event)
        if self._pressed is None:
            return False
        if event.type() == QEvent.Type.MouseMove:
            self._drag(event)
            return True
        if event.type() == QEvent.Type.MouseButtonRelease and event.button() == Qt.MouseButton.LeftButton:
            self._pressed = None
            if self._moved:
                self.released.emit()
            return True
        return False

    def _press(self, event: QMouseEvent) -> bool:
        eye = self._eye()
        modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if eye is None or modifiers not in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier):
            return False
        at = position(event)
        number = self._lines.key_at(eye, *self._viewport.canvas.placement().to_picture(at.x(), at.y()))
        if number is None:
            return False
        self._viewport.focus()
        self._pressed, self._number, self._moved = at, number, False
        self.pressed_key.emit(number, modifiers == Qt.KeyboardModifier.ControlModifier)
        return True

    def _drag(self, event: QMouseEvent) -> None:
        if self._pressed is None:
            return
        at = position(event)
        self._moved = self._moved or (at - self._pressed).manhattanLength() > CLICK_PX
        if self._moved:
            placement = self._viewport.canvas.placement()
            here, there = (
                placement.to_picture(at.x(), at.y()),
                placement.to_picture(self._pressed.x(), self._pressed.y()),
            )
            self.dragged.emit(self._number, here[0] - there[0], here[1] - there[1])
