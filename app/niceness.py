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
SWITCH_S = 0.001


def take_turns() -> None:
    """Python's threads change five times as often as usual: the window's doesn't wait 5 ms for each of the others."""
    sys.setswitchinterval(SWITCH_S)


def step_back(nice: int) -> None:
    """The calling thread, and those that torch starts from it, come after the window's; only Linux has it."""
    if sys.platform == "linux":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), nice)
