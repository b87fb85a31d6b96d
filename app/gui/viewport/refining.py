"""How far the picture's refinement is, as a line under it, and how large it becomes."""

from __future__ import annotations

from collections.abc import Callable

from app.gui.feedback.status import Status
from app.gui.host import Host
from app.gui.qt import QProgressBar, QTimer
from app.gui.viewport.live_gaussians import LiveGaussians
from app.gui.viewport.resolution import Resolution
from app.gui.viewport.viewport import Viewport

TICK_MS = 150
SHOWN_AFTER = 3
"""Ticks: what is there sooner needs no bar."""
LINE_PX = 3


class Refining:
    """Watches the session, and tells.

    Attributes:
        resolution: what is chosen of it.
    """

    def __init__(self, window: Host, viewport: Viewport, status: Status) -> None:
        self._window, self._viewport, self._status = window, viewport, status
        self.line = QProgressBar(viewport)
        self.line.setRange(0, 1000)
        self.line.setTextVisible(False)
        self.line.setFixedHeight(LINE_PX)
        self.line.setProperty("role", "thin")
        self.line.hide()
        self._ticks = 0
        self._timer = QTimer(window.widget)
        self._timer.timeout.connect(self._tick)
        self._timer.start(TICK_MS)
        self.resolution, self._live = Resolution(window), LiveGaussians(window, viewport.opengl)

    def handlers(self) -> dict[str, Callable[..., None]]:
        """What the commands do."""
        return self.resolution.handlers() | self._live.handlers()

    def restore(self) -> None:
        """Shows what was chosen the last time."""
        self.resolution.restore()
        self._live.restore()

    def _tick(self) -> None:
        worker = self._window.session.worker
        share = worker.progress if worker is not None else None
        self._ticks = 0 if share is None else self._ticks + 1
        presents = self._window.commands["present"].isChecked()
        shown = share is not None and self._ticks >= SHOWN_AFTER and not presents
        if shown != self.line.isVisibleTo(self._viewport):
            self.line.setVisible(shown)
            self._status.show_refining(None)
        if share is not None and shown:
            viewport = self._viewport
            self.line.setGeometry(0, viewport.height() - LINE_PX, viewport.width(), LINE_PX)
            self.line.setValue(round(1000 * share))
            self.line.raise_()
            self._status.show_refining(share)
