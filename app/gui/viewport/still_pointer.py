"""Hides the mouse's pointer over the picture while it is still."""

from __future__ import annotations

from app.gui.qt import QEvent, QObject, Qt, QTimer
from app.gui.viewport.viewport import Viewport

STILL_MS = 1500


class StillPointer(QObject):
    """Hides it while asked to; any move of the mouse shows it again."""

    def __init__(self, viewport: Viewport) -> None:
        super().__init__(viewport)
        self._viewport, self._wanted = viewport, False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._hide)
        viewport.canvas.widget.installEventFilter(self)

    def set_hidden(self, wanted: bool) -> None:
        """Hides the pointer whenever it is still, from now on, or never."""
        self._wanted = wanted
        self._moved()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        # Of drags, which come hundreds of times a second, nothing is asked where it stays.
        if self._wanted and event.type() == QEvent.Type.MouseMove:
            self._moved()
        return False

    def _moved(self) -> None:
        self._viewport.unsetCursor()
        if self._wanted:
            self._timer.start(STILL_MS)
        else:
            self._timer.stop()

    def _hide(self) -> None:
        self._viewport.setCursor(Qt.CursorShape.BlankCursor)
