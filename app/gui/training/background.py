"""Work of the training dialog that must not keep the window waiting: one piece at a time, the newest wins."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from engines.core.engine import Stop
from engines.core.errors import Cancelled


class BackgroundWork:
    """Runs a piece of work on a thread; a newer one stops it. Answers come on the window's thread."""

    def __init__(self, post: Callable[[Callable[[], None]], None], name: str) -> None:
        """`post` brings a call to the window's thread."""
        self._post, self._name = post, name
        self._number = 0

    @property
    def busy(self) -> bool:
        """Whether something is under way that still matters."""
        return self._under_way

    _under_way = False

    def begin(
        self,
        work: Callable[[Callable[[Callable[[], None]], None], Stop], Any],
        done: Callable[[Any], None],
        failed: Callable[[BaseException], None],
    ) -> None:
        """Begins `work(tell, stop)`; `tell` brings a call to the window's thread while the work still matters."""
        self._number += 1
        number, self._under_way = self._number, True

        def tell(call: Callable[[], None]) -> None:
            self._post(lambda: call() if number == self._number else None)

        def end(call: Callable[[], None]) -> None:
            self._under_way = False
            call()

        def run() -> None:
            try:
                result = work(tell, lambda: number != self._number)
            except Cancelled:
                return
            except Exception as error:  # handed on: the dialog shows it
                failure = error
                tell(lambda: end(lambda: failed(failure)))
            else:
                tell(lambda: end(lambda: done(result)))

        threading.Thread(target=run, name=self._name, daemon=True).start()

    def stop(self) -> None:
        """What is under way does not matter any more."""
        self._number += 1
        self._under_way = False
