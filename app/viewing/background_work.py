"""Work that must not keep the session's thread waiting: one piece at a time, the newest wins."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeAlias

from app.viewing.background_tasks import Post
from engines.core.engine import Stop
from engines.core.errors import Cancelled

Tell: TypeAlias = Callable[[Callable[[], None]], None]
"""Brings a call to the session's thread while the work still matters."""


class BackgroundWork:
    """Runs a piece of work on a thread; a newer one stops it. Answers come on the session's thread."""

    def __init__(self, post: Post, name: str) -> None:
        """`post` brings a call to the session's thread; `name`: of the thread."""
        self._post, self._name = post, name
        self._current: object | None = None
        """The piece of work that still matters."""

    @property
    def busy(self) -> bool:
        """Whether something is under way that still matters."""
        return self._current is not None

    def begin(
        self,
        work: Callable[[Tell, Stop], Any],
        done: Callable[[Any], None],
        failed: Callable[[BaseException], None],
    ) -> None:
        """Begins `work(tell, stop)`; what it gives goes to `done`, what it raises to `failed`."""
        current = self._current = object()

        def tell(call: Callable[[], None]) -> None:
            self._post(lambda: call() if current is self._current else None)

        def end(call: Callable[[], None]) -> None:
            self._current = None
            call()

        def run() -> None:
            try:
                result = work(tell, lambda: current is not self._current)
            except Cancelled:
                tell(self.stop)
            except Exception as error:  # handed on: whoever began it shows it
                failure = error
                tell(lambda: end(lambda: failed(failure)))
            else:
                tell(lambda: end(lambda: done(result)))

        threading.Thread(target=run, name=self._name, daemon=True).start()

    def stop(self) -> None:
        """What is under way does not matter any more."""
        self._current = None
