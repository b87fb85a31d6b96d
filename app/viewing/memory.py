"""Memory that a scene took, given back when it is closed."""

from __future__ import annotations

import ctypes
import gc
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress

ARENA_MAX = -8
"""As glibc's malloc.h numbers it."""
ARENAS = 2


def give_back() -> None:
    """Frees what nothing refers to any more, and returns it to the system.

    Networks and their hooks refer to each other in circles, which Python goes through only now and then, by the number
    of objects and not by their size; and glibc keeps what was freed between blocks that are still in use.
    """
    gc.collect()
    if sys.platform == "linux":
        # Of another C library, such as musl, there is no such function.
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).malloc_trim(0)


def share_arenas() -> None:
    """Lets this process's threads share two of glibc's arenas; to be called before threads are begun.

    Each opening has threads of its own. With an arena for each, the places that they leave half-used add up: after 50
    openings of a recording 600 MB, with two 420 MB from the first to the last (measured).
    """
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).mallopt(ARENA_MAX, ARENAS)


def end_and_give_back(parts: Sequence[Callable[[], None]]) -> None:
    """Ends what worked for a scene, in the background, each in its own time; then gives the memory back."""
    if parts:
        threading.Thread(target=_end, args=(list(parts),), name="close", daemon=True).start()


def _end(parts: list[Callable[[], None]]) -> None:
    closing = [threading.Thread(target=close, name="close", daemon=True) for close in parts]
    # They hold the scene, and this thread lives on.
    parts.clear()
    for thread in closing:
        thread.start()
    for thread in closing:
        thread.join()
    give_back()
