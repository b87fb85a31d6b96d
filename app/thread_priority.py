"""Thread priority: threads that leave the processor to others."""

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


def step_back(nice: int, process: int | None = None) -> None:
    """The calling thread, or a process just begun, and what they begin, come after others; only Linux has it."""
    if sys.platform == "linux":
        which = threading.get_native_id() if process is None else process
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, which, max(nice, os.getpriority(os.PRIO_PROCESS, which)))
