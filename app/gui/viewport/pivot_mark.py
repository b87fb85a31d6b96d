"""What one turns about: set by a double click, marked while one turns."""

from __future__ import annotations

from collections.abc import Callable

from app.gui.host import Host
from app.gui.qt import QTimer
from app.gui.viewport.overlay_layer import OverlayLayer
from app.gui.viewport.viewport import Viewport
from engines.core.camera import Array

PIVOT_MS = 1500
"""How long a pivot that was set is marked."""


class PivotMark:
    """The cross at the eye's pivot."""

    def __init__(self, window: Host, viewport: Viewport, overlays: OverlayLayer, changed: Callable[[], None]) -> None:
        """`changed`: draws the lines over the picture anew."""
        self._window, self._overlays, self._changed = window, overlays, changed
        self._shown = QTimer(window.widget)
        self._shown.setSingleShot(True)
        self._shown.timeout.connect(lambda: self._show(False))
        window.session.images.point_picked.connect(self._set)
        viewport.turning.connect(self._show)

    def _set(self, point: Array | None) -> None:
        if point is None:
            self._window.notifications.tell("info", "Nothing is there to turn about.")
            return
        self._window.session.eye.pivot = point
        self._show(True)
        self._shown.start(PIVOT_MS)
        self._window.notifications.tell("info", "Pivot set")

    def _show(self, shown: bool) -> None:
        """Marks what is turned about, while one turns."""
        self._overlays.show_pivot(self._window.session.eye.pivot if shown else None)
        self._changed()
