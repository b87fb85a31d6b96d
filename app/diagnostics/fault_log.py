"""Faults of the program, written to the log once for each place: a repaint may fail sixty times a second."""

from __future__ import annotations

import logging
import threading
import traceback

FRAMES = 3
"""The innermost of a traceback: by these a fault is known."""
LOUD = frozenset({10, 100, 1000, 10_000, 100_000})
"""Counts at which the log tells that a fault goes on."""

logger = logging.getLogger(__name__)


class FaultLog:
    """Counts faults; an exception of the same kind from the same place is the same one. Any thread may ask it."""

    def __init__(self) -> None:
        self._counts: dict[object, int] = {}
        self._lock = threading.Lock()

    def count(self, error: BaseException) -> int:
        """How often it has happened, this time among them; the first is logged with its traceback."""
        key = fault_key(error)
        with self._lock:
            count = self._counts[key] = self._counts.get(key, 0) + 1
        if count == 1:
            logger.error("a fault", exc_info=error)
        elif count in LOUD:
            logger.error("the same fault for the %dth time: %s", count, fault_line(error))
        return count


def fault_key(error: BaseException) -> object:
    """What is equal for the same fault, whatever its message says."""
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    places = tuple((frame.filename, frame.lineno) for frame in frames)
    return type(error), places or str(error)


def fault_line(error: BaseException) -> str:
    """The exception in a line."""
    return " ".join(traceback.format_exception_only(type(error), error)[-1].split())


def fault_lines(error: BaseException) -> list[str]:
    """The exception and its traceback, line by line."""
    return "".join(traceback.format_exception(type(error), error, error.__traceback__)).rstrip().splitlines()
