"""Dynamic resolution: how large a picture may be to be there in time."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

PREVIEW_S = 0.05
"""20 frames a second."""
REPROJECTION_S = 0.012
"""60 pictures a second, as displays show, and time for the window; larger ones are reprojected at a smaller size."""
# A size is kept until another is better by this factor along a side, so that pictures don't flicker.
HYSTERESIS = 1.25
# Of a new measurement in the running mean: a hiccup of the machine moves the size little.
WEIGHT = 0.4


@dataclass(frozen=True)
class DynamicResolution:
    """The scale at which a picture takes `target_s`, by how long pictures took.

    Time is taken to grow with the number of pixels.

    Attributes:
        target_s: how long a picture may take.
        scale: of a picture's sides; at first as it is given.
        smallest: the scale is never less.
        unlike: so many of the next pictures say nothing of the others.
        full_s: how long a picture of full size is expected to take; None before the first.
    """

    target_s: float
    scale: float
    smallest: float
    unlike: int = 0
    full_s: float | None = None

    def after(self, seconds: float, scale: float) -> DynamicResolution:
        """Learns from a picture at `scale` that took so long; gives the resolution from then on."""
        if self.unlike > 0:
            return replace(self, unlike=self.unlike - 1)
        measured_s = max(seconds, 1e-6) / scale**2
        full_s = measured_s if self.full_s is None else (1 - WEIGHT) * self.full_s + WEIGHT * measured_s
        ideal = min(1.0, max(self.smallest, math.sqrt(self.target_s / full_s)))
        better = not 1 / HYSTERESIS < ideal / self.scale < HYSTERESIS
        if better or (ideal == 1.0 and self.scale > 1 / HYSTERESIS):
            return replace(self, scale=ideal, full_s=full_s)
        return replace(self, full_s=full_s)


@dataclass(frozen=True)
class FrameTimeEstimate:
    """How long exact frames take, and so whether they can be drawn while the camera moves.

    Attributes:
        seconds: of the last one; None before the first.
        fast: whether they are there as soon as previews.
        pixel_s: of the last one, for each of its pixels; infinite before the first.
    """

    seconds: float | None = None
    fast: bool = False
    pixel_s: float = math.inf

    def after(self, seconds: float, size_px: tuple[int, int]) -> FrameTimeEstimate:
        """Learns from a frame of that size that took so long; gives the estimate from then on."""
        bound = PREVIEW_S * (HYSTERESIS if self.fast else 1 / HYSTERESIS)
        # The faster of the last two: one hiccup of the machine changes nothing.
        fast = min(seconds, self.seconds or seconds) < bound
        return FrameTimeEstimate(seconds, fast, seconds / math.prod(size_px))

    def expected_s(self, size_px: tuple[int, int]) -> float:
        """How long one of another size is going to take; infinite before the first."""
        return self.pixel_s * math.prod(size_px)
