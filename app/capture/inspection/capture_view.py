"""A capture looked at from outside: turned, slid, come nearer to, and which of its cameras is pointed at."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from app.camera import navigation
from app.capture.inspection.drawing import Capture, Flat, camera_at, capture_of, eye_lens, flat, overview
from engines.core.camera import Array, Camera

REACH_PX = 9.0
WHEEL_FACTOR = 0.88
"""How much nearer a wheel notch brings it."""


class CaptureView:
    """An eye on a capture; pixels are those of the drawing.

    It sees the whole from the best side until a hand moves it, also where the drawing gets another size.

    Attributes:
        size_px: (width, height) of the drawing.
        capture, eye, flat: what is drawn, from where, and where it falls in the drawing; None where nothing is.
        hovered: the number of the camera that is pointed at.
    """

    def __init__(self, size_px: tuple[int, int]) -> None:
        self.size_px = size_px
        self.capture: Capture | None = None
        self.eye: Camera | None = None
        self.flat: Flat | None = None
        self.hovered: int | None = None
        self._cameras: Sequence[Camera] = ()
        self._pivot: Array = np.zeros(3)
        self._touched = False

    def show(self, cameras: Sequence[Camera], bounds: Array, up: Array) -> None:
        """Another capture, or none: its cameras, its box [2, 3] and up [3], a unit vector, both in the world."""
        self._cameras, self.hovered = cameras, None
        self.capture = capture_of(cameras, bounds, up) if cameras else None
        self.look_over()

    def look_over(self) -> None:
        """Sees the whole capture, from its best side."""
        self._touched = False
        if self.capture is None:
            self.eye = self.flat = None
            return
        self._pivot = self.capture.extent.mean(axis=0)
        self._set_eye(overview(self._cameras, self.capture, self.size_px))

    def resize(self, size_px: tuple[int, int]) -> None:
        """Another size of the drawing."""
        self.size_px = size_px
        if self.eye is None:
            return
        if self._touched:
            self._set_eye(eye_lens(size_px).at(self.eye.camera_to_world))
        else:
            self.look_over()

    def turn(self, right_px: float, down_px: float) -> None:
        """A drag: turns the capture, by half a turn along the drawing's height."""
        if self.eye is not None and self.capture is not None:
            per_px = np.pi / self.size_px[1]
            self._move(navigation.orbit(self.eye, self._pivot, self.capture.up, right_px * per_px, down_px * per_px))

    def slide(self, right_px: float, down_px: float) -> None:
        """A drag: slides the capture."""
        if self.eye is not None:
            panned = navigation.pan(self.eye, self._pivot, right_px, down_px)
            self._pivot = self._pivot + panned.position - self.eye.position
            self._move(panned)

    def come_nearer(self, notches: float) -> None:
        """The wheel: nearer (> 0), or away."""
        if self.eye is not None:
            self._move(navigation.dolly(self.eye, self._pivot, WHEEL_FACTOR**notches))

    def point_at(self, u: float, v: float) -> bool:
        """The pointer is at a place of the drawing; whether it points at another camera than before."""
        before, seen = self.hovered, self.flat
        self.hovered = camera_at(seen, u, v, REACH_PX) if seen is not None else None
        return self.hovered != before

    def _move(self, eye: Camera) -> None:
        self._touched = True
        self._set_eye(eye)

    def _set_eye(self, eye: Camera) -> None:
        if self.capture is not None:
            self.eye, self.flat = eye, flat(self.capture, eye)
