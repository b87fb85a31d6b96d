"""Ways to move that lead back to their beginning, as poses over a phase from 0 to 1; the heading is an object's +x."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from app.synthetic.scene import Solid, moved, placed
from engines.core.camera import Array

Place = tuple[float, float, float]


class Motion(Protocol):
    """A closed path through poses."""

    def pose(self, phase: float) -> Array:
        """[4, 4] object_to_world; the same for phases 0 and 1."""
        ...


@dataclass(frozen=True)
class Mover:
    """Something that moves.

    Attributes:
        body: solids about the origin of the motion's frame.
        wheels: solids that besides turn about their own z, `wheel_turns` times (a whole number) in a loop.
    """

    name: str
    body: tuple[Solid, ...]
    motion: Motion
    wheels: tuple[Solid, ...] = ()
    wheel_turns: int = 0

    def at(self, phase: float) -> tuple[Solid, ...]:
        """Its solids in the world."""
        pose = self.motion.pose(phase)
        spin = placed((0, 0, 0), 360 * self.wheel_turns * phase)
        wheels = (Solid(w.name, w.shape, w.material, pose @ w.object_to_world @ spin) for w in self.wheels)
        return (*moved(self.body, pose), *wheels)


@dataclass(frozen=True)
class Rolling:
    """A ball to and fro along a line on the ground, without slipping.

    Attributes:
        middle: of the line, at the height of the ball's centre.
        reach: to either side.
        along_deg: the line's direction, about z from +x.
        start: phase of the middle.
    """

    middle: Place
    radius: float
    reach: float
    along_deg: float
    start: float

    def pose(self, phase: float) -> Array:
        way = self.reach * np.sin(2 * np.pi * (phase + self.start))
        line = placed(self.middle, self.along_deg)
        return np.asarray(line @ shifted(way, 0, 0) @ about_y(way / self.radius))


@dataclass(frozen=True)
class Bouncing:
    """A ball that hops along a closed oval while it turns."""

    middle: Place
    reach: tuple[float, float]
    height: float
    hops: int
    start: float

    def pose(self, phase: float) -> Array:
        angle = 2 * np.pi * (phase + self.start)
        beat = self.hops * phase % 1.0
        up = 4 * self.height * beat * (1 - beat)
        x, y, z = self.middle
        place = shifted(x + self.reach[0] * np.cos(angle), y + self.reach[1] * np.sin(angle), z + up)
        return np.asarray(place @ about_y(2 * np.pi * self.hops * phase))


@dataclass(frozen=True)
class Turning:
    """On the spot, about an upright axis, a whole number of turns."""

    place: Place
    turns: int
    start_deg: float

    def pose(self, phase: float) -> Array:
        return placed(self.place, self.start_deg + 360 * self.turns * phase)


@dataclass(frozen=True)
class Oval:
    """Around an ellipse at an even pace, ahead along its tangent.

    Attributes:
        way: 1 is counter-clockwise from above, -1 clockwise.
        rise: up and down once on the way round.
        bank_deg: how far it leans into the curve.
    """

    middle: Place
    half_axes: tuple[float, float]
    way: int
    start: float
    rise: float = 0.0
    bank_deg: float = 0.0

    def pose(self, phase: float) -> Array:
        angles, way = self._angles_and_way()
        angle = float(np.interp((self.way * phase + self.start) % 1.0 * way[-1], way, angles))
        (a, b), (x, y, z) = self.half_axes, self.middle
        heading = np.degrees(np.arctan2(self.way * b * np.cos(angle), -self.way * a * np.sin(angle)))
        place = (x + a * np.cos(angle), y + b * np.sin(angle), z + self.rise * np.sin(angle + 1.0))
        return placed(place, float(heading), -self.way * self.bank_deg)

    @property
    def length(self) -> float:
        """Once around."""
        return float(self._angles_and_way()[1][-1])

    def _angles_and_way(self) -> tuple[Array, Array]:
        """Angles [N] from 0 to a whole turn, and [N] how far it is along the ellipse to each."""
        angles = np.linspace(0, 2 * np.pi, 721)
        points = np.stack([self.half_axes[0] * np.cos(angles), self.half_axes[1] * np.sin(angles)], axis=1)
        steps = np.linalg.norm(np.diff(points, axis=0), axis=1)
        return angles, np.concatenate([[0.0], np.cumsum(steps)])


@dataclass(frozen=True)
class Crossing:
    """Straight through the picture along x; it comes back to the beginning where nobody sees it.

    Attributes:
        ends: x of the beginning and the end.
    """

    y: float
    z: float
    ends: tuple[float, float]
    start: float

    def pose(self, phase: float) -> Array:
        first, last = self.ends
        way = (phase + self.start) % 1.0
        return placed((first + (last - first) * way, self.y, self.z), 0.0 if last > first else 180.0)


@dataclass(frozen=True)
class Swinging:
    """A pendulum that hangs along -z from `pivot`; it swings along x turned by `plane_deg` about z."""

    pivot: Place
    plane_deg: float
    swing_deg: float
    start: float
    swings: int = 1

    def pose(self, phase: float) -> Array:
        angle = np.radians(self.swing_deg) * np.sin(2 * np.pi * (self.swings * phase + self.start))
        return np.asarray(placed(self.pivot, self.plane_deg) @ about_y(float(angle)))


@dataclass(frozen=True)
class Floating:
    """Rising and sinking, swaying, turning slowly."""

    place: Place
    rise: float
    sway: float
    start: float
    turns: int = 1

    def pose(self, phase: float) -> Array:
        angle = 2 * np.pi * (phase + self.start)
        x, y, z = self.place
        place = (x + self.sway * np.sin(angle), y + 0.4 * self.sway * np.cos(angle), z + self.rise * np.cos(angle))
        return placed(place, 360 * self.turns * phase, 4 * float(np.sin(angle)))


def about_y(angle: float) -> Array:
    """[4, 4] rotation by `angle` radians that takes z towards x."""
    pose = np.eye(4)
    pose[0, 0] = pose[2, 2] = np.cos(angle)
    pose[0, 2], pose[2, 0] = np.sin(angle), -np.sin(angle)
    return pose


def shifted(x: float, y: float, z: float) -> Array:
    """[4, 4] without rotation."""
    return placed((float(x), float(y), float(z)))
