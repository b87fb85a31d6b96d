"""Throttling of numbers beside a picture that moves: told as often as somebody can read them."""

from __future__ import annotations

from collections.abc import Callable

from app.gui.qt import QObject, QTimer

TELL_MS = 100


class Throttle:
    """Calls `work` at once, then again at most every `TELL_MS`; whatever happened last is told in the end."""

    def __init__(self, parent: QObject, work: Callable[[], object]) -> None:
        self._work, self._again = work, False
        self._timer = QTimer(parent)
        self._timer.setSingleShot(True)
        self._timer.setInterval(TELL_MS)
        self._timer.timeout.connect(self._elapsed)

    def soon(self) -> None:
        """Has it called: now, or when its turn comes."""
        if self._timer.isActive():
            self._again = True
        else:
            self._work()
            self._timer.start()

    def now(self) -> None:
        """Calls it, whenever it was called last."""
        self._again = False
        self._work()

    @property
    def waiting(self) -> bool:
        """Whether it may be called again by itself."""
        return self._again

    def _elapsed(self) -> None:
        if self._again:
            self._again = False
            self._work()
            self._timer.start()
