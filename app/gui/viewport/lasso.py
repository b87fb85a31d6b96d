"""The lasso: an outline drawn over the picture by the mouse."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from psygnal import Signal

from app.gui.host import Host
from app.gui.qt import QEvent, QKeyEvent, QMouseEvent, QObject, QPointF, Qt, position
from app.gui.viewport.picture_overlays import PictureOverlays
from app.gui.viewport.viewport import Viewport
from app.rendering.overlays import HOVERED_RGBA, LineSegments, join, polyline
from engines.core.camera import Array, Camera

APART_PX = 2.0
"""Logical pixels between two corners: what the mouse does in between is not seen."""
LEAST_PX = 6.0
"""An outline that is no wider and no higher was a click."""
APPLY_KEYS = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class Lasso(QObject):
    """Takes the mouse's left button on the picture while it is on; with a modifier it still moves the camera."""

    drawn = Signal(object, object)
    """The camera of the picture, in the scene's coordinates, and the outline [M, 2] in its pixels."""
    apply_wanted = Signal()
    end_wanted = Signal()

    def __init__(self, window: Host, viewport: Viewport, overlays: PictureOverlays, eye: Callable[[], object]) -> None:
        """`eye`: the camera that looks now, or None."""
        super().__init__(window.widget)
        self._viewport, self._overlays, self._eye = viewport, overlays, eye
        self.is_on = False
        self._corners: list[tuple[float, float]] = []
        """In shares of the picture's sides: while it is refined its size changes under the hand."""
        self._last = QPointF()
        self._is_drawing = False
        self._camera: Camera | None = None
        overlays.more.append(self._lines)
        viewport.canvas.widget.installEventFilter(self)

    def switch(self, on: bool) -> None:
        """Takes the mouse from now on, or leaves it."""
        if on == self.is_on:
            return
        self.is_on = on
        canvas = self._viewport.canvas.widget
        canvas.setCursor(Qt.CursorShape.CrossCursor) if on else canvas.unsetCursor()
        # Drags are for outlines now, not for cameras that are in the way.
        self._overlays.frustums.asleep = on
        if on:
            self._viewport.focus()
        self.clear()

    def clear(self) -> None:
        """No outline is shown any more."""
        self._corners, self._is_drawing, self._camera = [], False, None
        self._overlays.draw()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if not self.is_on:
            return False
        if isinstance(event, QKeyEvent):
            return self._key(event)
        if not isinstance(event, QMouseEvent):
            return False
        kind = event.type()
        if kind in (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonDblClick):
            return self._press(event)
        if kind == QEvent.Type.MouseMove and self._is_drawing:
            self._move(position(event))
            return True
        if kind == QEvent.Type.MouseButtonRelease and self._is_drawing:
            self._release()
            return True
        return False

    def _key(self, event: QKeyEvent) -> bool:
        if event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            return False
        if event.key() not in (*APPLY_KEYS, Qt.Key.Key_Escape):
            return False
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
        elif event.type() == QEvent.Type.KeyPress:
            (self.apply_wanted if event.key() in APPLY_KEYS else self.end_wanted).emit()
        return True

    def _press(self, event: QMouseEvent) -> bool:
        eye = self._eye()
        if event.button() != Qt.MouseButton.LeftButton or event.modifiers() or not isinstance(eye, Camera):
            return False
        self._viewport.focus()
        self._is_drawing, self._camera, self._corners = True, eye, []
        self._add(position(event))
        return True

    def _move(self, at: QPointF) -> None:
        if (at - self._last).manhattanLength() >= APART_PX:
            self._add(at)
            self._overlays.draw()

    def _add(self, at: QPointF) -> None:
        shown, self._last = self._overlays.eye, at
        if shown is None:
            return
        u, v = self._viewport.canvas.placement().to_picture(at.x(), at.y())
        self._corners.append((u / shown.size_px[0], v / shown.size_px[1]))

    def _release(self) -> None:
        self._is_drawing = False
        camera = self._camera
        if camera is None or len(self._corners) < 3:
            self.clear()
            return
        outline = np.array(self._corners) * camera.size_px
        if np.ptp(outline, axis=0).max() * self._viewport.canvas.placement().scale < LEAST_PX:
            self.clear()
            return
        self._overlays.draw()
        self.drawn.emit(camera, outline)

    def _lines(self, eye: Camera) -> LineSegments:
        """The outline, closed, in space a unit before the camera that it was drawn for."""
        camera = self._camera
        if camera is None or len(self._corners) < 2:
            return join([])
        corners: Array = np.array([*self._corners, self._corners[0]]) * camera.size_px
        rays = np.ones((len(corners), 3))
        rays[:, :2] = (corners - camera.centre_px) / camera.focal_px
        return polyline(camera.position + rays @ camera.camera_to_world[:3, :3].T, HOVERED_RGBA)
