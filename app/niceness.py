"""Threads that leave the processor to others."""

from __future__ import annotations

import os
import sys
import threading
from contextlib import suppress

RENDER_NICE = 5
"""The window and the previews come first."""
AHEAD_NICE = 10
"""Drawing comes before what is prepared for it."""


def step_back(nice: int) -> None:
    """The calling thread, and those that torch starts from it, come after the window's; only Linux has it."""
    if sys.platform == "linux":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), nice)
