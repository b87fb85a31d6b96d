"""Dynamic resolution: how large a picture may be to be there in time, and what a person asks of that."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

PREVIEW_S = 0.05
"""20 frames a second."""
WITHOUT_WINDOW = 0.72
"""The share of a reprojected picture's time that it may take; the rest is the window's, to show it."""
REPROJECTION_S = WITHOUT_WINDOW / 60
"""60 pictures a second, as displays show; larger ones are reprojected at a smaller size."""
LIVE_S = 1 / 30
"""30 pictures a second, of what a graphics card draws anew for each."""
SMALLEST_LIVE = 1 / 2
"""Of a live picture's sides: what takes its time whatever the size is would gain nothing."""
SMALLEST_DRAWN, SMALLEST_REPROJECTED = 1 / 32, 1 / 4
"""Of a picture's sides: what is smaller shows nothing."""
# A size is kept until another is better by this factor along a side, so that pictures don't flicker.
HYSTERESIS = 1.25
# Of a new measurement in the running mean: a hiccup of the machine moves the size little.
WEIGHT = 0.4


@dataclass(frozen=True)
class ResolutionPolicy:
    """How pictures may be reduced while the camera moves.

    Attributes:
        rate: pictures a second that are aimed at; 0: 20 where each is drawn, 60 where the last one is reprojected.
        smallest: no picture's sides are a smaller share of its full size, even where the rate is missed for it.
        native: none is reduced, neither while the camera moves nor on the way to its final picture.
    """

    rate: float = 0.0
    smallest: float = SMALLEST_DRAWN
    native: bool = False

    @property
    def drawn_s(self) -> float:
        """How long a frame may take."""
        return 1 / self.rate if self.rate > 0 else PREVIEW_S

    @property
    def reprojected_s(self) -> float:
        """How long a reprojected picture may take."""
        return WITHOUT_WINDOW / self.rate if self.rate > 0 else REPROJECTION_S

    @property
    def live_s(self) -> float:
        """How long a picture may take that a graphics card draws."""
        return WITHOUT_WINDOW / self.rate if self.rate > 0 else LIVE_S

    def least(self, usual: float) -> float:
        """The smallest scale of pictures of a kind whose smallest is `usual` otherwise."""
        return 1.0 if self.native else min(max(self.smallest, usual), 1.0)


USUAL_POLICY = ResolutionPolicy()


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
        ideal = self._ideal(full_s)
        better = not 1 / HYSTERESIS < ideal / self.scale < HYSTERESIS
        if better or (ideal == 1.0 and self.scale > 1 / HYSTERESIS):
            return replace(self, scale=ideal, full_s=full_s)
        return replace(self, full_s=full_s)

    def within(self, target_s: float, smallest: float) -> DynamicResolution:
        """The resolution for another target and another smallest scale, by what is known."""
        aimed = replace(self, target_s=target_s, smallest=smallest)
        scale = max(self.scale, smallest) if self.full_s is None else aimed._ideal(self.full_s)
        return replace(aimed, scale=scale)

    def _ideal(self, full_s: float) -> float:
        return min(1.0, max(self.smallest, math.sqrt(self.target_s / full_s)))


@dataclass(frozen=True)
class FrameTimeEstimate:
    """How long exact frames take, and so whether they can be drawn while the camera moves.

    Attributes:
        seconds: of the last one; None before the first.
        fast: whether they are there as soon as previews.
        pixel_s: of the last one, for each of its pixels; infinite before the first.
        target_s: how long those may take that are drawn while the camera moves.
    """

    seconds: float | None = None
    fast: bool = False
    pixel_s: float = math.inf
    target_s: float = PREVIEW_S

    def after(self, seconds: float, size_px: tuple[int, int]) -> FrameTimeEstimate:
        """Learns from a frame of that size that took so long; gives the estimate from then on."""
        bound = self.target_s * (HYSTERESIS if self.fast else 1 / HYSTERESIS)
        # The faster of the last two: one hiccup of the machine changes nothing.
        fast = min(seconds, self.seconds or seconds) < bound
        return replace(self, seconds=seconds, fast=fast, pixel_s=seconds / math.prod(size_px))

    def within(self, target_s: float) -> FrameTimeEstimate:
        """The estimate for another target."""
        fast = self.seconds is not None and self.seconds < target_s / HYSTERESIS
        return replace(self, target_s=target_s, fast=self.fast if target_s == self.target_s else fast)

    def expected_s(self, size_px: tuple[int, int]) -> float:
        """How long one of another size is going to take; infinite before the first."""
        return self.pixel_s * math.prod(size_px)
