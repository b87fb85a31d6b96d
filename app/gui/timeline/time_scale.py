"""The scale of the timeline: seconds to pixels and back, and where its ruler has ticks."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

LABEL_PX = 68
"""Between two labels at least."""
TICK_PX = 7
"""Between two ticks at least."""
SHORTEST_S, LONGEST_S = 0.2, 100_000.0
"""What the whole width may show."""
STEPS_S = (
    0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0,
    10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0, 7200.0, 21600.0,
)  # fmt: skip


@dataclass(frozen=True)
class TimeScale:
    """What part of the time is seen.

    Attributes:
        start_s: at the left end.
        span_s: across the whole width.
        width_px: > 0.
        left_px: of the left end.
    """

    start_s: float
    span_s: float
    width_px: float
    left_px: float = 0.0

    def x_of(self, time_s: float) -> float:
        """The pixel of a time."""
        return self.left_px + (time_s - self.start_s) / self.span_s * self.width_px

    def time_of(self, x: float) -> float:
        """The time at a pixel, >= 0."""
        return max(self.start_s + (x - self.left_px) / self.width_px * self.span_s, 0.0)

    def zoomed(self, factor: float, x: float) -> TimeScale:
        """Shows `factor` times as much; the time at pixel `x` stays there."""
        span = min(max(self.span_s * factor, SHORTEST_S), LONGEST_S)
        share = (x - self.left_px) / self.width_px
        start = max(self.start_s + share * (self.span_s - span), 0.0)
        return TimeScale(start, span, self.width_px, self.left_px)

    def moved(self, by_px: float) -> TimeScale:
        """A scale that shows what is so many pixels later."""
        start = max(self.start_s + by_px / self.width_px * self.span_s, 0.0)
        return TimeScale(start, self.span_s, self.width_px, self.left_px)

    def ticks(self, fps: float) -> Iterator[tuple[float, str]]:
        """The times of the ruler's ticks, each with its label, which most have none of.

        Labels are seconds; ticks between them are frames where there is room.
        """
        px_per_s = self.width_px / self.span_s
        labelled = next((step for step in STEPS_S if step * px_per_s >= LABEL_PX), STEPS_S[-1])
        smaller = [step for step in (1 / fps, *STEPS_S) if step * px_per_s >= TICK_PX and step < labelled]
        # Only such as the labels' step is a multiple of.
        whole = (step for step in smaller if abs(labelled / step - round(labelled / step)) < 1e-6)
        step = next(whole, labelled)
        every = round(labelled / step)
        first = math.floor(self.start_s / step)
        for number in range(first, first + math.ceil(self.span_s / step) + 2):
            yield number * step, clock(number * step, labelled) if number % every == 0 else ""


def clock(time_s: float, step_s: float = 0.01) -> str:
    """A time as `1.5 s`, `1:05`: as fine as steps of `step_s` need."""
    digits = 0 if step_s >= 1 else 1 if step_s >= 0.1 else 2
    if time_s < 60:
        return f"{time_s:.{digits}f} s"
    minutes, seconds = divmod(round(time_s, digits), 60)
    return f"{int(minutes)}:{seconds:0{2 if not digits else 3 + digits}.{digits}f}"
