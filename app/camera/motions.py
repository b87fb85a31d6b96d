"""Motions of a camera that take time, as values: a turntable, and what goes on when a drag is let go."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from app.camera import navigation
from app.camera.camera_place import CameraPlace

Drag = Callable[[CameraPlace, float, float], CameraPlace]
"""What a drag by so many pixels of the picture, to the right and down, makes of a place."""
MEASURED_S = 0.1
"""The last of a drag, of which its speed is taken."""
HELD_S = 0.05
"""A hand that held still so long before it let go means to stop there."""
LOSING_S = 0.3
"""After which the speed is the e-th part of what it was; viewers that have momentum take 0.1 to 0.5."""
OVER_PX_S = 5.0
"""Slower than this it stops: but for a pixel or two it is there, and the exact picture waits for it."""


class TimedMotion(Protocol):
    """Something that moves a camera as time goes by."""

    def moved(self, place: CameraPlace, before_s: float, now_s: float) -> CameraPlace:
        """The place at a time, where `place` is that of the time before."""

    def over(self, now_s: float) -> bool:
        """Whether it has come to its end."""


@dataclass(frozen=True)
class Turntable:
    """The scene turns about its up axis through the pivot; anticlockwise seen from above, where the speed is > 0."""

    degrees_per_second: float

    def moved(self, place: CameraPlace, before_s: float, now_s: float) -> CameraPlace:
        """The camera on its circle, so much later."""
        angle = float(np.radians(self.degrees_per_second * (now_s - before_s)))
        return replace(place, camera=navigation.spin(place.camera, place.pivot, place.up, angle))

    def over(self, now_s: float) -> bool:
        """Never: it turns until it is stopped."""
        return False


@dataclass(frozen=True)
class Glide:
    """A drag that goes on, slower and slower.

    Attributes:
        drag: what moves.
        speed_px_s: (right, down), when it was let go.
        began_s: when that was.
    """

    drag: Drag
    speed_px_s: tuple[float, float]
    began_s: float

    def moved(self, place: CameraPlace, before_s: float, now_s: float) -> CameraPlace:
        """The place where the drag has led meanwhile: speed times what its decay leaves of the time."""
        decay = np.exp(-(np.array([before_s, now_s]) - self.began_s) / LOSING_S)
        seconds = LOSING_S * float(decay[0] - decay[1])
        return self.drag(place, self.speed_px_s[0] * seconds, self.speed_px_s[1] * seconds)

    def over(self, now_s: float) -> bool:
        """Whether it is too slow to be seen."""
        return float(np.hypot(*self.speed_px_s)) * float(np.exp(-(now_s - self.began_s) / LOSING_S)) < OVER_PX_S


class DragSpeed:
    """Measures how fast a drag is when it is let go."""

    def __init__(self) -> None:
        self._drag: Drag | None = None
        self._steps: deque[tuple[float, float, float]] = deque(maxlen=64)
        """(when, right, down) of each move, seconds and pixels."""

    def note(self, drag: Drag, right_px: float, down_px: float, now_s: float) -> None:
        """The hand moved."""
        if drag != self._drag:
            self._drag = drag
            self._steps.clear()
        self._steps.append((now_s, right_px, down_px))

    def let_go(self, now_s: float) -> Glide | None:
        """How it goes on from now; None where the hand held still, or all but."""
        drag, steps = self._drag, [step for step in self._steps if now_s - step[0] <= MEASURED_S]
        self._drag = None
        self._steps.clear()
        if drag is None or len(steps) < 2 or now_s - steps[-1][0] > HELD_S:
            return None
        # What the first one moved was before it.
        seconds = steps[-1][0] - steps[0][0]
        if seconds <= 0:
            return None
        right, down = (sum(step[axis] for step in steps[1:]) / seconds for axis in (1, 2))
        glide = Glide(drag, (right, down), now_s)
        return None if glide.over(now_s) else glide
