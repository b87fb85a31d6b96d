"""A session's own thread and whoever listens to it, in a test: calls run when the test waits for something."""

from __future__ import annotations

import queue
import time
from collections import defaultdict, deque
from collections.abc import Callable
from typing import Any

from app.viewing.session import Session

WAIT_S = 60.0


class Ear:
    """Keeps what a session tells, in order of its kind; runs what is posted to it."""

    def __init__(self) -> None:
        self.heard: dict[str, deque[Any]] = defaultdict(deque)
        self._calls: queue.Queue[Callable[[], Any]] = queue.Queue()

    def session(self, device: str = "auto") -> Session:
        """A session that is listened to."""
        session = Session(self._calls.put, device)
        session.scene_changed.connect(lambda: self.take("opened" if session.opened else "closed", session.opened))
        signals = {
            "failed": session.loader.failed,
            "picture": session.images.shown,
            "error": session.drawing_error,
            "compared": session.images.compared,
            "scored": session.images.scored,
            "unread": session.images.compare_failed,
            "picked": session.images.point_picked,
        }
        for name, signal in signals.items():
            signal.connect(lambda told, name=name: self.take(name, told))
        session.viewpoints_changed.connect(lambda: self.take("views", None))
        return session

    def take(self, name: str, told: Any) -> None:
        """Something is told."""
        self.heard[name].append(told)

    def next(self, name: str) -> Any:
        """What is told next of this kind; runs what is posted until then."""
        while not self.heard[name]:
            self._calls.get(timeout=WAIT_S)()
        return self.heard[name].popleft()

    def pump(self) -> None:
        """Runs what was posted until now."""
        for _ in range(self._calls.qsize()):
            self._calls.get()()

    def posted(self, count: int = 1) -> None:
        """Waits until so much is posted, and runs none of it."""
        end = time.monotonic() + WAIT_S
        while self._calls.qsize() < count:
            assert time.monotonic() < end
            time.sleep(0.002)

    def stolen(self) -> Callable[[], Any]:
        """What was posted first, to be run later than its turn."""
        return self._calls.get(timeout=WAIT_S)

    def forget(self) -> None:
        """Keeps nothing of what was told, and runs nothing of what is posted."""
        self.heard.clear()
        while not self._calls.empty():
            self._calls.get()
