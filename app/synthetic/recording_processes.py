"""Several processes that record at the same time, told to stop together."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import resource_tracker
from multiprocessing.synchronize import Event
from typing import Any, Protocol, TypeVar

from engines.core.errors import Cancelled, UserError

# Numpy's libraries read one of these when they are loaded.
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
# How often the pictures that were taken are counted, seconds.
LOOK_EVERY_S = 0.2

Stop = Callable[[], bool]
"""As the engines'; theirs brings torch, which would take each process seconds to load."""
Result = TypeVar("Result", covariant=True)


class RecordingWork(Protocol[Result]):
    """Work for one process, which can be sent there."""

    def record(self, on_picture: Callable[[], None], stop: Stop) -> Result:
        """Tells of every picture."""
        ...


def record_all(
    work: Sequence[RecordingWork[Result]], processes: int, on_pictures: Callable[[int], None], stop: Stop
) -> Generator[tuple[int, Result]]:
    """The number and result of each piece of work, as they are done.

    Args:
        processes: 1: in this one.
        on_pictures: told how many more pictures were taken.

    Raises:
        Cancelled: `stop` said so.
        UserError: the work's own, or a process was ended from outside.
    """
    processes = min(processes, len(work))
    if processes <= 1:
        for number, piece in enumerate(work):
            yield number, piece.record(lambda: on_pictures(1), stop)
        return
    # A fork would copy locks that other threads hold at that moment.
    context = multiprocessing.get_context("spawn")
    taken, halt = context.Value("Q", 0), context.Event()
    told = 0
    with ProcessPoolExecutor(processes, context, _begin, (taken, halt)) as pool:
        try:
            with _interrupts_held(), _one_thread_each():
                waiting: dict[Future[Result], int] = {pool.submit(_record, piece): n for n, piece in enumerate(work)}
            while waiting:
                done, _ = wait(waiting, LOOK_EVERY_S, FIRST_COMPLETED)
                # Read once: what is taken between two readings would never be told.
                now = taken.value
                on_pictures(now - told)
                told = now
                if stop():
                    raise Cancelled
                yield from ((waiting.pop(future), future.result()) for future in done)
        except BrokenProcessPool as error:
            raise UserError("a process that draws was ended from outside; the memory may be too small") from error
        finally:
            halt.set()
            pool.shutdown(wait=True, cancel_futures=True)


_shared: dict[str, Any] = {}
"""In a process of the crew: the counter of pictures, and the event that ends the work."""


def _begin(taken: Any, halt: Event) -> None:
    # The terminal sends an interrupt to all; the first process passes it on.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _shared.update(taken=taken, halt=halt)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _record(piece: RecordingWork[Result]) -> Result:
    def count() -> None:
        with _shared["taken"].get_lock():
            _shared["taken"].value += 1

    return piece.record(count, _shared["halt"].is_set)


@contextlib.contextmanager
def _interrupts_held() -> Iterator[None]:
    """Processes begun meanwhile don't hear an interrupt, not even while they start."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    # When it starts it lets interrupts through again.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextlib.contextmanager
def _one_thread_each() -> Iterator[None]:
    """Processes begun meanwhile leave the other cores to each other: threads for matrices this thin double the work."""
    before = {name: os.environ.get(name) for name in THREADS}
    os.environ.update(dict.fromkeys(THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
