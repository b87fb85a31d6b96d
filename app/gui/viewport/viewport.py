"""Where the picture is, and the keys that are pressed on it: those that are held move the session's eye."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from app.camera.camera_controller import CameraController
from app.gui.qt import (
    QAbstractSpinBox,
    QAction,
    QApplication,
    QCloseEvent,
    QEvent,
    QFocusEvent,
    QHBoxLayout,
    QKeyEvent,
    QLineEdit,
    QObject,
    QResizeEvent,
    Qt,
    QTimer,
    QWidget,
    Signal,
    pressed_combination,
)
from app.gui.viewport.canvas import Canvas
from app.gui.viewport.canvas_choice import make_canvas
from app.gui.viewport.canvas_painter import PainterCanvas
from app.gui.viewport.gl import OpenGl
from app.gui.viewport.mouse_navigation import MouseNavigation
from engines.core.camera import Array

FLY_KEYS: Mapping[int, str] = {
    Qt.Key.Key_W: "forward",
    Qt.Key.Key_S: "back",
    Qt.Key.Key_A: "left",
    Qt.Key.Key_D: "right",
    Qt.Key.Key_Q: "down",
    Qt.Key.Key_E: "up",
}
GESTURES = (
    ("Drag", "Orbit about the pivot (in fly mode: look around)"),
    ("Shift + drag, middle drag", "Pan: what is at the pivot's depth sticks to the cursor"),
    ("Right drag", "Look around in place"),
    ("Ctrl + drag", "Zoom"),
    ("Wheel, scroll, pinch", "Go nearer or away"),
    ("Double click", "Turn about the point under the cursor"),
    ("W A S D, Q E", "Fly; with Shift faster"),
    ("Space, held", "Show the photograph at a training view"),
)
"""What the hand can do besides commands, for the shortcut sheet."""

TICK_MS = 15
"""A little less than a frame of a 60 Hz display."""


class Viewport(QWidget):
    """The canvas, and events on it; the mouse's are those of `mouse_navigation`."""

    photograph_held = Signal(bool)
    pointed = Signal(float, float)
    resized = Signal()
    moved = Signal()
    beside_made = Signal(object)
    """The widget of a second picture is there."""
    turning = Signal(bool)
    """A drag began to turn about the pivot, or it is over."""

    def __init__(self, parent: QWidget, eye: CameraController, found: OpenGl) -> None:
        super().__init__(parent)
        self.eye, self.opengl = eye, found
        self.canvas: Canvas = make_canvas(self, found)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(0)
        self._row.addWidget(self.canvas.widget, 1)
        self.beside: PainterCanvas | None = None
        """A second picture, as large as the first, of the same camera; the hand works on it, too."""
        self.background = "#000000"
        self.setMinimumSize(240, 180)
        self.canvas.widget.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.canvas.widget.setMouseTracking(False)
        self.keys: Mapping[int, QAction] = {}
        """What keys do here that other parts need for themselves."""
        self._mouse = MouseNavigation(self, self.canvas, eye)
        self._mouse.moved.connect(self.moved)
        self._mouse.turning.connect(self.turning)
        self._mouse.let_go.connect(self.wake)
        self._mouse.pointed.connect(self.pointed)
        self._held: set[int] = set()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._tick)
        self._ticked_s = 0.0
        self._handlers: dict[QEvent.Type, Callable[[Any], bool]] = {
            QEvent.Type.KeyPress: self._key_press,
            QEvent.Type.KeyRelease: self._key_release,
            QEvent.Type.FocusOut: self._focus_out,
            QEvent.Type.Enter: self._enter,
        }
        self.canvas.widget.installEventFilter(self)
        self._mouse.watch(self.canvas.widget)

    def size_px(self) -> tuple[int, int]:
        """(width, height) of what is there for a picture, in device pixels."""
        ratio = self.devicePixelRatioF()
        width = self.width() if self.beside is None else self.width() // 2
        return round(width * ratio), round(self.height() * ratio)

    def set_background(self, colour: str) -> None:
        """What surrounds the pictures, "#rrggbb"."""
        self.background = colour
        self.canvas.set_background(colour)
        if self.beside is not None:
            self.beside.set_background(colour)

    def show_beside(self, pixels: Array | None) -> None:
        """Shows a second picture beside the first, [H, W, 3] uint8; None: the first alone."""
        if (pixels is None) != (self.beside is None):
            self._divide(pixels is not None)
        if pixels is not None and self.beside is not None:
            self.beside.set_picture(pixels)

    def _divide(self, divided: bool) -> None:
        if self.beside is not None:
            self._row.removeWidget(self.beside)
            self.beside.hide()
            self.beside.deleteLater()
            self.beside = None
        if divided:
            self.beside = PainterCanvas(self)
            self.beside.set_background(self.background)
            self.beside.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
            self.beside.installEventFilter(self)
            self._mouse.watch(self.beside)
            self._row.addWidget(self.beside, 1)
            self.beside_made.emit(self.beside)
        self.eye.size.resize(self.size_px())
        self.resized.emit()

    def wake(self) -> None:
        """Keeps the eye moving where a command began a jump."""
        if (self.eye.animating or self._held) and not self._timer.isActive():
            self._ticked_s = time.monotonic()
            self._timer.start()

    def focus(self) -> None:
        """Takes the keys."""
        self.canvas.widget.setFocus()

    # Events. Each handler says whether it took the event; those of all kinds of events come by here.

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        handler = self._handlers.get(event.type())
        return handler(event) if handler is not None else False

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.eye.size.resize(self.size_px())
        self.resized.emit()

    def closeEvent(self, event: QCloseEvent) -> None:
        self._timer.stop()
        super().closeEvent(event)

    def _key_press(self, event: QKeyEvent) -> bool:
        if event.key() == Qt.Key.Key_Space and not event.modifiers():
            if not event.isAutoRepeat():
                self.photograph_held.emit(True)
            return True
        if (action := self.keys.get(pressed_combination(event))) is not None:
            action.trigger()
            return True
        if event.key() not in FLY_KEYS or event.modifiers() & (
            Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier
        ):
            return False
        if not event.isAutoRepeat():
            self._held.add(event.key())
            self.wake()
        return True

    def _key_release(self, event: QKeyEvent) -> bool:
        if event.isAutoRepeat():
            return event.key() in FLY_KEYS or event.key() == Qt.Key.Key_Space
        if event.key() == Qt.Key.Key_Space:
            self.photograph_held.emit(False)
            return True
        if event.key() not in self._held:
            return False
        self._held.discard(event.key())
        return True

    def _focus_out(self, event: QFocusEvent) -> bool:
        self._held.clear()
        self.photograph_held.emit(False)
        return False

    def _enter(self, event: QEvent) -> bool:
        # The pointer is the intention: keys go to the scene, unless someone is typing.
        focused = QApplication.focusWidget()
        if self.window().isActiveWindow() and not isinstance(focused, QLineEdit | QAbstractSpinBox):
            self.focus()
        return False

    def _tick(self) -> None:
        now_s = time.monotonic()
        # A long pause (a stalled machine) must not become a leap.
        seconds, self._ticked_s = min(now_s - self._ticked_s, 0.1), now_s
        fast = bool(QApplication.keyboardModifiers() & Qt.KeyboardModifier.ShiftModifier)
        self.eye.hand.fly_by([FLY_KEYS[key] for key in self._held], seconds, fast)
        self.eye.tick(now_s)
        self.moved.emit()
        if not self._held and not self.eye.animating:
            self._timer.stop()
