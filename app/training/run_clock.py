"""How fast a training goes."""

from __future__ import annotations

import time
from collections import deque

RATE_STEPS = 50
"""Steps that the rate is measured over."""


class RunClock:
    """How fast a run goes, validation and saving included."""

    def __init__(self, step: int, max_steps: int) -> None:
        self._max_steps = max_steps
        self._marks = deque([(step, time.monotonic())], maxlen=RATE_STEPS + 1)

    def leave_out(self, seconds: float) -> None:
        """Time in which nothing was learnt on purpose."""
        if seconds > 0:
            self._marks = deque(((step, at + seconds) for step, at in self._marks), maxlen=RATE_STEPS + 1)

    def read(self, step: int) -> tuple[float, float]:
        """Steps per second over the latest steps, and the seconds until the last step."""
        self._marks.append((step, time.monotonic()))
        (first, began), (last, now) = self._marks[0], self._marks[-1]
        rate = (last - first) / max(now - began, 1e-9)
        return rate, (self._max_steps - step) / rate
