"""A motion that is under way by itself, until it is over or a hand takes the camera over."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

from app.camera.camera_place import CameraPlace
from app.camera.motions import TimedMotion
from engines.core.camera import Array, Camera

LONGEST_S = 0.25
"""A longer pause (a stalled machine) must not become a leap."""


class Movable(Protocol):
    """A camera in a scene, as far as a motion moves it."""

    pivot: Array
    up: Array

    @property
    def shown(self) -> Camera | None:
        """The camera of the picture; None in no scene."""

    def take_over(self) -> Camera | None:
        """The camera as it is, with all that is under way given up; None in no scene."""

    def move(self, camera: Camera) -> None:
        """Goes there at once."""

    def rest(self) -> None:
        """The movement is over."""


class SteadyMotion:
    """One motion at a time, or none."""

    def __init__(self, eye: Movable) -> None:
        self._eye = eye
        self._motion: TimedMotion | None = None
        self._ended: Callable[[], object] | None = None
        self._ticked_s = 0.0

    @property
    def under_way(self) -> bool:
        """Whether `tick` has something to do."""
        return self._motion is not None

    def begin(self, motion: TimedMotion, ended: Callable[[], object] | None = None, now_s: float | None = None) -> None:
        """Begins a motion in place of what is under way; `ended` is told when it is over, or given up."""
        if self._eye.take_over() is None:
            return
        self._motion, self._ended = motion, ended
        self._ticked_s = time.monotonic() if now_s is None else now_s

    def stop(self) -> None:
        """Stands still; the exact picture comes."""
        if self._motion is not None:
            self.give_up()
            self._eye.rest()

    def give_up(self) -> None:
        """Something else moves the camera, or there is none any more."""
        ended, self._motion, self._ended = self._ended, None, None
        if ended is not None:
            ended()

    def tick(self, now_s: float) -> None:
        """Moves on; called at the display's rate."""
        motion, eye = self._motion, self._eye
        if motion is None or (shown := eye.shown) is None:
            return
        before_s, self._ticked_s = max(self._ticked_s, now_s - LONGEST_S), now_s
        place = motion.moved(CameraPlace(shown, eye.pivot, eye.up), before_s, now_s)
        eye.pivot = place.pivot
        eye.move(place.camera)
        if motion.over(now_s):
            self.stop()
