"""Background tasks of a session: short work on a thread beside it, the result handed back to its own."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeAlias, TypeVar

Result = TypeVar("Result")
Post: TypeAlias = Callable[[Callable[[], Any]], None]
"""Runs a call on the session's thread, soon and in order; may be called from any thread."""


class BackgroundTasks:
    """One after the other, on one thread."""

    def __init__(self, post: Post, failed: Callable[[BaseException], None]) -> None:
        """`failed`: told on the session's thread of work that raised, where the work has nobody of its own to tell."""
        self._post, self._failed = post, failed
        self._pool, self._ended = ThreadPoolExecutor(1, thread_name_prefix="aside"), False

    def submit(
        self,
        work: Callable[[], Result],
        done: Callable[[Result], None],
        failed: Callable[[BaseException], None] | None = None,
    ) -> Future[None]:
        """Does `work` when its turn comes; `done` gets the result, or `failed` the error, on the session's thread."""

        def run() -> None:
            try:
                result = work()
            except Exception as error:  # an executor would swallow it
                failure = error
                self._tell(lambda: (failed or self._failed)(failure))
            else:
                self._tell(lambda: done(result))

        return self._pool.submit(run)

    def _tell(self, call: Callable[[], Any]) -> None:
        self._post(lambda: None if self._ended else call())

    def shut_down(self) -> None:
        """Waits for what is under way; what waits is not begun, and nothing is told any more."""
        self._ended = True
        self._pool.shutdown(wait=True, cancel_futures=True)
