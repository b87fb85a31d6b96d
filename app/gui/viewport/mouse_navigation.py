"""Navigation by the mouse: what drags, the wheel and gestures on the picture do with the camera."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from app.camera.camera_controller import CameraController
from app.camera.hand_navigation import WHEEL_FACTOR
from app.gui.qt import (
    QEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QObject,
    QPointF,
    Qt,
    QWheelEvent,
    QWidget,
    Signal,
    position,
)
from app.gui.viewport.canvas import Canvas

NOTCH = 120.0
"""What Qt calls one notch of a wheel."""
DRAG_NOTCH_PX = 25.0
"""How far a zoom drag goes for what a wheel notch does."""


class MouseNavigation(QObject):
    """Watches the widgets of pictures; each handler says whether it took the event."""

    moved = Signal()
    turning = Signal(bool)
    """A drag began to turn about the pivot, or it is over."""
    let_go = Signal()
    """A drag is over; what it moved may go on."""
    pointed = Signal(float, float)
    """A double click, in pixels of the picture on the canvas."""

    def __init__(self, parent: QObject, canvas: Canvas, eye: CameraController) -> None:
        super().__init__(parent)
        self._canvas, self._eye = canvas, eye
        self._last = QPointF()
        self._dragged = self._turning = False
        self._handlers: Mapping[QEvent.Type, Callable[[Any], bool]] = {
            QEvent.Type.MouseButtonPress: self._press,
            QEvent.Type.MouseMove: self._drag,
            QEvent.Type.MouseButtonRelease: self._release,
            QEvent.Type.MouseButtonDblClick: self._double_click,
            QEvent.Type.Wheel: self._wheel,
            QEvent.Type.NativeGesture: self._gesture,
        }

    def watch(self, picture: QWidget) -> None:
        """Takes the mouse on the canvas, or on a widget as large that shows the same camera's picture."""
        picture.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        handler = self._handlers.get(event.type())
        return handler(event) if handler is not None else False

    def _press(self, event: QMouseEvent) -> bool:
        """A button is pressed."""
        self._canvas.widget.setFocus()
        self._last, self._dragged = position(event), False
        self._eye.hand.hold()
        return True

    def _drag(self, event: QMouseEvent) -> bool:
        """The mouse moved, with a button held or without."""
        if event.buttons() == Qt.MouseButton.NoButton:
            return False
        scale = self._canvas.placement().scale
        # Viewport pixels as the eye counts them: those of the rendered picture.
        across, down = (position(event).x() - self._last.x()) / scale, (position(event).y() - self._last.y()) / scale
        if across == 0 and down == 0:
            return True
        self._last, self._dragged = position(event), True
        shown = self._eye.shown
        if shown is not None:
            # While the picture on the canvas is a coarse one, its pixels are not the eye's.
            factor = shown.size_px[1] / self._picture_height()
            self._apply_drag(event, across * factor, down * factor)
        return True

    def _picture_height(self) -> float:
        placement = self._canvas.placement()
        return max((self._canvas.widget.height() - 2 * placement.top) / placement.scale, 1.0)

    def _apply_drag(self, event: QMouseEvent, across: float, down: float) -> None:
        buttons, modifiers = event.buttons(), event.modifiers()
        if buttons & Qt.MouseButton.MiddleButton or (
            buttons & Qt.MouseButton.LeftButton and modifiers & Qt.KeyboardModifier.ShiftModifier
        ):
            self._eye.hand.pan_by(across, down)
        elif buttons & Qt.MouseButton.LeftButton and modifiers & Qt.KeyboardModifier.ControlModifier:
            self._eye.hand.zoom_by(-down * self._canvas.placement().scale / DRAG_NOTCH_PX)
        elif buttons & Qt.MouseButton.RightButton:
            self._eye.hand.look_by(across, down)
        elif buttons & Qt.MouseButton.LeftButton:
            if self._eye.hand.mode != "fly":
                self._turn(True)
            self._eye.hand.orbit_by(across, down)
        self.moved.emit()

    def _release(self, event: QMouseEvent) -> bool:
        """A button is let go."""
        if self._dragged and event.buttons() == Qt.MouseButton.NoButton:
            self._dragged = False
            self._turn(False)
            self._eye.hand.let_go()
            self.let_go.emit()
        return True

    def _turn(self, turning: bool) -> None:
        if turning != self._turning:
            self._turning = turning
            self.turning.emit(turning)

    def _double_click(self, event: QMouseEvent) -> bool:
        """A point is chosen to turn about."""
        if event.button() == Qt.MouseButton.LeftButton and self._eye.shown is not None:
            self.pointed.emit(*self._canvas.placement().to_picture(position(event).x(), position(event).y()))
        return True

    def _wheel(self, event: QWheelEvent) -> bool:
        """A wheel is turned, or two fingers are moved on a trackpad."""
        # A trackpad gives pixels, a wheel eighths of a degree; with Alt some systems turn the wheel sideways.
        pixels, angle = event.pixelDelta(), event.angleDelta()
        if not pixels.isNull() and event.phase() != Qt.ScrollPhase.NoScrollPhase:
            notches = pixels.y() / (2 * DRAG_NOTCH_PX)
        else:
            notches = (angle.y() or angle.x()) / NOTCH
        if notches:
            self._eye.hand.zoom_by(notches)
            self.moved.emit()
        return True

    def _gesture(self, event: QNativeGestureEvent) -> bool:
        """Two fingers are moved apart."""
        if event.gestureType() != Qt.NativeGestureType.ZoomNativeGesture:
            return False
        self._eye.hand.dolly_by(float(np.log1p(max(event.value(), -0.9)) / -np.log(WHEEL_FACTOR)))
        self.moved.emit()
        return True
