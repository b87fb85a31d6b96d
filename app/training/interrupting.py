"""Ctrl+C and SIGTERM during a training: the step under way ends, and what is learnt is saved."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Iterator
from types import FrameType

from engines.core.engine import Stop

SAME_SIGNAL_S = 0.5


@contextlib.contextmanager
def interrupted() -> Iterator[Stop]:
    """Whether Ctrl+C or SIGTERM was received. A second one ends at once.

    Only the main thread gets signals: in another one nothing is ever received.
    """
    received = threading.Event()
    first_s = 0.0

    def receive(number: int, frame: FrameType | None) -> None:
        nonlocal first_s
        # `timeout` and job schedulers signal the process and its group: twice at once.
        if received.is_set() and time.monotonic() - first_s > SAME_SIGNAL_S:
            raise KeyboardInterrupt
        if not received.is_set():
            first_s = time.monotonic()
        received.set()

    if threading.current_thread() is not threading.main_thread():
        yield received.is_set
        return
    before = {number: signal.signal(number, receive) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield received.is_set
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
