"""What tests have the process of COLMAP do; this imports no more than that process does, which begins the sooner."""

from __future__ import annotations

import importlib
import os
import signal
import sys
import time
from multiprocessing.queues import Queue

from app.capture.colmap.colmap_process import Message


def doubled(job: int, messages: Queue[Message]) -> int:
    sys.stdout.write("COLMAP's own words\n")
    messages.put(("features", (job, 2 * job, "")))
    return 2 * job


def failing(job: str, messages: Queue[Message]) -> None:
    raise RuntimeError(job)


def dying(job: int, messages: Queue[Message]) -> None:
    os._exit(job)


def endless(job: float, messages: Queue[Message]) -> None:
    messages.put(("features", os.getpid()))
    time.sleep(job)


def deaf(job: float, messages: Queue[Message]) -> None:
    """Doesn't end when it is asked to."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    endless(job, messages)


def imported(job: str, messages: Queue[Message]) -> list[str]:
    """Packages that are there once the module `job` is."""
    importlib.import_module(job)
    return sorted({name.split(".")[0] for name in sys.modules})
