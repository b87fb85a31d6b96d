"""The line between two pictures that are wiped, and the mouse that drags it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from app.gui.qt import QEvent, QMouseEvent, QObject, Qt, position
from app.gui.viewport.viewport import Viewport
from engines.core.camera import Array

GRAB_PX = 7
"""So near to the line, in logical pixels, the mouse takes hold of it."""
LINE_RGBA = (0.16, 0.55, 0.95, 1.0)


class WipeLine(QObject):
    """Takes the mouse where the line is, before the viewport does."""

    def __init__(self, viewport: Viewport, share: Callable[[], float | None], moved: Callable[[float], None]) -> None:
        """`share`: where the line is, of the picture's width; None: there is none. `moved`: where it was dragged to."""
        super().__init__(viewport)
        self._viewport, self._share, self._moved = viewport, share, moved
        self._dragged = self._pointed = False

    def watch(self) -> None:
        """Begins to take mouse events on the picture."""
        self._viewport.canvas.widget.installEventFilter(self)

    def segments(self, size_px: tuple[int, int]) -> tuple[Array, Array]:
        """The line as `Canvas.set_segments` takes it."""
        share = self._share()
        if share is None:
            return np.zeros((0, 2, 2)), np.zeros((0, 4))
        edge = float(round(share * size_px[0]))
        return np.array([[[edge, 0.0], [edge, float(size_px[1])]]]), np.array([LINE_RGBA])

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kinds = (QEvent.Type.MouseButtonPress, QEvent.Type.MouseMove, QEvent.Type.MouseButtonRelease)
        if event.type() not in kinds or not isinstance(event, QMouseEvent):
            return False
        if event.type() == QEvent.Type.MouseButtonPress:
            self._dragged = event.button() == Qt.MouseButton.LeftButton and self._on_line(position(event).x())
            return self._dragged
        if self._dragged:
            if event.type() == QEvent.Type.MouseButtonRelease:
                self._dragged = False
            else:
                left, width = self._span()
                self._moved((position(event).x() - left) / width)
            return True
        if event.buttons() == Qt.MouseButton.NoButton:
            self._point(self._on_line(position(event).x()))
        return False

    def _point(self, pointed: bool) -> None:
        """Tells by the pointer that the line can be taken hold of."""
        if pointed != self._pointed:
            self._pointed, widget = pointed, self._viewport.canvas.widget
            widget.setCursor(Qt.CursorShape.SplitHCursor) if pointed else widget.unsetCursor()

    def _on_line(self, x: float) -> bool:
        left, width = self._span()
        share = self._share()
        return share is not None and abs(left + share * width - x) <= GRAB_PX

    def _span(self) -> tuple[float, float]:
        """Where the picture begins in the viewport, and how wide it is, logical pixels."""
        canvas = self._viewport.canvas
        left = canvas.placement().left
        return left, max(canvas.widget.width() - 2 * left, 1.0)
