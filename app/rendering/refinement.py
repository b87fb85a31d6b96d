"""How far the exact picture of a standing camera is, by how long its steps took before."""

from __future__ import annotations

import time

from app.rendering.render_requests import RenderRequest, same_view

ALMOST = 0.97
"""A step that takes longer than expected stays here."""


def next_scale(scale: float) -> float:
    """The scale of the frame after one at `scale`; 1 is full size."""
    return 2 * scale if scale <= 0.25 else 1.0 if scale >= 0.5 else 0.5


def finer_scale(shown: float, width_px: int) -> float:
    """The scale of the next frame for a camera of that width, after one whose width was `shown` of it; never the same.

    Half of an odd width may be rounded to less than a half, after which `next_scale` gives a half again.
    """
    scale = next_scale(shown)
    return scale if round(scale * width_px) > round(shown * width_px) else next_scale(scale)


class Refinement:
    """Is told of each step as it begins and ends; any thread may ask how far it is."""

    def __init__(self) -> None:
        self._request: RenderRequest | None = None
        self._done_s = self._expected_s = self._after_s = 0.0
        self._began_s: float | None = None

    def begin(self, request: RenderRequest, scale: float, full_s: float | None) -> None:
        """A frame for `request` begins at `scale`; `full_s`: what one of full size takes, None before it is known."""
        if self._request is None or not same_view(request, self._request):
            self._done_s = 0.0
        self._request = request
        self._expected_s, self._after_s = (full_s or 0.0) * scale**2, 0.0
        while scale < 1:
            scale = next_scale(scale)
            self._after_s += (full_s or 0.0) * min(scale, 1.0) ** 2
        self._began_s = time.monotonic()

    def begin_round(self, request: RenderRequest, drawn: float, coming: float, full_s: float | None) -> None:
        """The part `coming` of a picture begins, where the part `drawn` is there; `full_s`: what all of it takes."""
        self._request, whole_s = request, full_s or 0.0
        self._done_s, self._expected_s = drawn * whole_s, coming * whole_s
        self._after_s = (1 - drawn - coming) * whole_s
        self._began_s = time.monotonic()

    def end(self) -> None:
        """The frame is there, or given up."""
        if self._began_s is not None:
            self._done_s += time.monotonic() - self._began_s
        self._began_s = None

    def share(self, request: RenderRequest) -> float | None:
        """The part of `request`, in any channel, that is done, in [0, 1]; None where nothing of it is under way."""
        began_s, expected_s = self._began_s, self._expected_s
        if began_s is None or expected_s <= 0 or self._request is None or not same_view(request, self._request):
            return None
        within_s = min(time.monotonic() - began_s, ALMOST * expected_s)
        return (self._done_s + within_s) / (self._done_s + expected_s + self._after_s)
