"""Dynamic resolution: how large a picture may be to be there in time."""

from __future__ import annotations

import math

PREVIEW_S = 0.05
"""20 frames a second."""
REPROJECTION_S = 0.012
"""60 pictures a second, as displays show, and time for the window; larger ones are reprojected at a smaller size."""
# A size is kept until another is better by this factor along a side, so that pictures don't flicker.
HYSTERESIS = 1.25
# Of a new measurement in the running mean: a hiccup of the machine moves the size little.
WEIGHT = 0.4


class DynamicResolution:
    """Chooses the scale at which a picture takes `target_s`, from how long pictures took.

    Time is taken to grow with the number of pixels.
    """

    def __init__(self, target_s: float, first: float, smallest: float, unlike: int = 0) -> None:
        """Begins at scale `first`; so many pictures say nothing of the others that are `unlike` them."""
        self.scale = first
        self._target_s, self._smallest, self._unlike = target_s, smallest, unlike
        self._full_s: float | None = None

    @property
    def full_s(self) -> float | None:
        """How long a picture of full size is expected to take; None before the first."""
        return self._full_s

    def took(self, seconds: float, scale: float) -> None:
        """Learns that a picture at `scale` took so long."""
        if self._unlike > 0:
            self._unlike -= 1
            return
        full_s = max(seconds, 1e-6) / scale**2
        self._full_s = full_s if self._full_s is None else (1 - WEIGHT) * self._full_s + WEIGHT * full_s
        ideal = min(1.0, max(self._smallest, math.sqrt(self._target_s / self._full_s)))
        if not 1 / HYSTERESIS < ideal / self.scale < HYSTERESIS or (ideal == 1.0 and self.scale > 1 / HYSTERESIS):
            self.scale = ideal


class FrameTimeEstimate:
    """How long exact frames take, and so whether they can be drawn while the camera moves."""

    def __init__(self) -> None:
        self.seconds: float | None = None
        """Of the last one; None before the first."""
        self.fast = False
        """Whether they are there as soon as previews."""
        self._pixel_s = math.inf

    def took(self, seconds: float, size_px: tuple[int, int]) -> None:
        """Learns that one took so long."""
        bound = PREVIEW_S * (HYSTERESIS if self.fast else 1 / HYSTERESIS)
        # The faster of the last two: one hiccup of the machine changes nothing.
        self.fast = min(seconds, self.seconds or seconds) < bound
        self.seconds, self._pixel_s = seconds, seconds / math.prod(size_px)

    def expected_s(self, size_px: tuple[int, int]) -> float:
        """How long one of another size is going to take; infinite before the first."""
        return self._pixel_s * math.prod(size_px)
