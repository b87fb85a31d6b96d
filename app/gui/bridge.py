"""From workers' threads to the window's: calls that are queued."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PyQt5.QtCore import QObject, pyqtSignal


class Bridge(QObject):
    """Runs calls on the thread that made it, which is the window's."""

    _posted = pyqtSignal(object)

    def __init__(self) -> None:
        super().__init__()
        # Signals from other threads are queued, those from the window's own would not be.
        self._posted.connect(lambda work: work())

    def post(self, work: Callable[[], Any]) -> None:
        """Runs `work` on the window's thread, soon; may be called from any."""
        self._posted.emit(work)
