"""Threads that open scenes, so that one goes on looking meanwhile."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from app.viewing.listener import Asked, Listener, OpenFailure, Opening

LONGEST_END_S = 3.0
"""That is waited for what is being opened when the program ends: nothing stops it but its own end."""


class Openers:
    """A thread for each scene that is asked for."""

    def __init__(self, open_scene: Callable[[Asked], Opening], listener: Listener) -> None:
        self._open, self._listener = open_scene, listener
        self._threads: list[threading.Thread] = []
        self._ended = False

    def begin(self, asked: Asked) -> None:
        """Opens it, and tells the listener what came of it."""
        thread = threading.Thread(target=self._run, args=(asked,), name="open", daemon=True)
        self._threads = [*(other for other in self._threads if other.is_alive()), thread]
        thread.start()

    def end(self) -> None:
        """Tells nothing from now on, and waits, but not for long."""
        self._ended = True
        until_s = time.monotonic() + LONGEST_END_S
        for thread in self._threads:
            thread.join(max(until_s - time.monotonic(), 0.0))

    def _run(self, asked: Asked) -> None:
        try:
            opening = self._open(asked)
        except Exception as error:  # handed on: the window shows it and goes on
            failure = OpenFailure(asked.number, asked.path, asked.data, error, asked.beside)
            if not self._ended:
                self._listener.open_failed(failure)
        else:
            if not self._ended:
                self._listener.opened(opening)
