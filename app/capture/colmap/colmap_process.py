"""COLMAP in a process of its own: it takes all cores, and may end as native code does; nor does it go with OpenGL."""

from __future__ import annotations

import errno
import multiprocessing
import os
import queue
import sys
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.queues import Queue
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engines.core.errors import Cancelled, UserError
from engines.core.files import is_full, unwritable
from engines.core.reading import shortened

if TYPE_CHECKING:
    # It imports torch, which the process of COLMAP has no use for: it would begin a second or two later.
    from engines.core.engine import Stop

LOOK_S = 0.25
"""Between two looks at whether it is to stop."""
NICE = 10
"""The window comes first."""
MOST_TOLD = 300
"""Characters of an error of COLMAP's that are repeated."""

Message = tuple[str, Any]
"""("done", the result), ("failed", why), or what else the work tells of how far it is."""
Work = Callable[[Any, "Queue[Message]"], Any]
"""What is done there, from a job, with a queue to tell in; gives the result."""


def run_colmap(
    work: Work,
    job: Any,
    place: Path,
    stop: Stop,
    on_message: Callable[[str, Any], None] = lambda *_: None,
    in_background: bool = False,
) -> Any:
    """What `work` gives for `job`, both of which must survive pickling.

    Args:
        place: where it writes.
        on_message: called with what the work tells of how far it is.
        in_background: whether others that want the processor come first.

    Raises:
        UserError: it failed, or ended without a word; `Unwritable` where there is no room.
        Cancelled: `stop` said so.
    """
    context = multiprocessing.get_context("spawn")
    messages: multiprocessing.Queue[Message] = context.Queue()
    worker = context.Process(target=_work_there, args=(work, job, messages, in_background), daemon=True)
    worker.start()
    try:
        while True:
            if stop():
                raise Cancelled
            try:
                kind, value = messages.get(timeout=LOOK_S)
            except queue.Empty:
                if worker.is_alive() or not messages.empty():
                    continue
                raise _failure(
                    place, f"COLMAP ended unexpectedly (exit code {worker.exitcode}); it may have run out of memory"
                ) from None
            if kind == "done":
                return value
            if kind == "failed":
                raise _failure(place, f"COLMAP failed: {shortened(value, MOST_TOLD)}")
            on_message(kind, value)
    finally:
        # Not asked to end: pycolmap answers SIGTERM with a handler of its own, in which it was seen to wait for ever
        # (findings/pycolmap_answers_sigterm.sh). What is needed of it is here by now.
        worker.kill()
        worker.join()


def _failure(place: Path, text: str) -> UserError:
    """Where the disk is full that is why, whatever COLMAP calls it."""
    if os.strerror(errno.ENOSPC) in text or is_full(place):
        return unwritable(place, OSError(errno.ENOSPC, ""))
    return UserError(text)


def _work_there(work: Work, job: Any, messages: Queue[Message], in_background: bool) -> None:
    # What COLMAP writes about its work would stand between our own lines.
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())
        os.dup2(nowhere.fileno(), sys.stderr.fileno())
    if in_background:
        with suppress(OSError, AttributeError):
            os.nice(NICE)
    try:
        messages.put(("done", work(job, messages)))
    except Exception as error:  # native code raises what it likes, and the other end must hear of it
        messages.put(("failed", f"{type(error).__name__}: {error}"))
