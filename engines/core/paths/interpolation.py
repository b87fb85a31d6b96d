"""Interpolation: curves through given values, smooth (C1) and without overshoot: numbers, places and orientations.

Each passes exactly through what it is given. Closed ones come to their beginning as they left it.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from engines.core.camera import Array, quaternion_rotation

STEEPEST = 3.0
"""Times as steep as its flatter neighbour a monotone cubic may be at a knot (Fritsch & Carlson 1980, the box)."""
SAME_PLACE = 1e-12
"""Of a path's extent: places that are nearer to each other are one."""
HALF_TURN = 1e-6
"""Radians short of half a turn from where on either way around is as short."""


@dataclass(frozen=True, eq=False)
class Hermite:
    """Cubics between knots.

    Attributes:
        knots: [N] rising.
        values: [N, D] at the knots.
        slopes: [N, D] there, of one knot's unit.
    """

    knots: Array
    values: Array
    slopes: Array

    def at(self, places: Array) -> Array:
        """[M, D] of places [M]; beyond the ends as at the ends."""
        if len(self.knots) == 1:
            return np.repeat(self.values, len(places), axis=0)
        leg, s, step = located(self.knots, places)
        s, step = s[:, None], step[:, None]
        begin, end = self.values[leg], self.values[leg + 1]
        into, out = self.slopes[leg] * step, self.slopes[leg + 1] * step
        # At s = 0 and 1 all but one term vanish: knots are hit to the bit.
        return np.asarray(
            begin * ((1 + 2 * s) * (1 - s) ** 2)
            + into * (s * (1 - s) ** 2)
            + end * (s * s * (3 - 2 * s))
            + out * (s * s * (s - 1))
        )


def located(knots: Array, places: Array) -> tuple[Array, Array, Array]:
    """Which leg between knots [N >= 2] each place [M] is on, how far along it (0 to 1), and how long that leg is."""
    leg = np.clip(np.searchsorted(knots, places, side="right") - 1, 0, len(knots) - 2)
    step = knots[leg + 1] - knots[leg]
    return leg, np.clip((places - knots[leg]) / step, 0.0, 1.0), step


def monotone(knots: Array, values: Array, period: float | None = None, gain: float = 0.0) -> Hermite:
    """The curve through values [N, D] that rises only where they rise (Fritsch & Carlson 1980).

    Args:
        knots: [N] rising.
        period: of a closed curve, at whose end it is at its first value again; longer than the knots reach.
        gain: by which its values are higher after a period.
    """
    if period is not None and len(knots) > 1:
        knots, values = closed(knots, values, period, gain)
    if len(knots) == 1:
        return Hermite(knots, values, np.zeros_like(values))
    step = np.diff(knots)[:, None]
    secants = np.diff(values, axis=0) / step
    before, after, weights = _around(secants, step, period is not None)
    # The slope of the parabola through three knots, which is exact where values lie on one.
    slopes = before * weights + after * (1 - weights)
    rising = np.sign(before) == np.sign(after)
    most = STEEPEST * np.minimum(np.abs(before), np.abs(after))
    inner = np.where(rising, np.clip(slopes, -most, most), 0.0)
    return Hermite(knots, values, _with_ends(inner, secants, period is not None))


def closed(knots: Array, values: Array, period: float, gain: float = 0.0) -> tuple[Array, Array]:
    """Knots [N + 1] and values [N + 1, D] with the first again, a period later."""
    return np.append(knots, knots[0] + period), np.concatenate([values, values[:1] + gain])


def _around(secants: Array, step: Array, is_closed: bool) -> tuple[Array, Array, Array]:
    """[M, D] what leads to each inner knot and from it, and what the former counts; of a closed curve to its seam, too.

    Args:
        secants: [N, D].
        step: [N, 1].
    """
    if is_closed:
        secants, step = np.concatenate([secants[-1:], secants]), np.concatenate([step[-1:], step])
    weights = step[1:] / (step[:-1] + step[1:])
    return secants[:-1], secants[1:], weights


def _with_ends(inner: Array, secants: Array, is_closed: bool) -> Array:
    """[N, D] slopes at all knots, of those that have legs on both sides: ends are straight, without curvature."""
    if is_closed:
        return np.concatenate([inner, inner[:1]])
    if not len(inner):
        return np.repeat(secants, 2, axis=0)
    first, last = (3 * secants[0] - inner[0]) / 2, (3 * secants[-1] - inner[-1]) / 2
    return np.concatenate([first[None], inner, last[None]])


@dataclass(frozen=True, eq=False)
class PlaceCurve:
    """A centripetal Catmull-Rom spline.

    Attributes:
        curve: through the places that differ, along the sum of the roots of their distances.
        knots: [N] where on it each given place is; of a closed one [N + 1].
    """

    curve: Hermite
    knots: Array


def centripetal(places: Array, is_closed: bool = False) -> PlaceCurve:
    """The curve through places [N, 3] that has no cusps and loops between them (Yuksel, Schaefer & Keyser 2011).

    Places one after the other that are the same are one knot.
    """
    around = np.concatenate([places, places[:1]]) if is_closed and len(places) > 1 else places
    distances = np.linalg.norm(np.diff(around, axis=0), axis=1)
    differs = distances > SAME_PLACE * float(np.ptp(around, axis=0).max())
    lengths = np.where(differs, np.sqrt(distances), 0.0)
    knots = np.concatenate([[0.0], np.cumsum(lengths)])
    chosen = np.concatenate([[True], differs])
    distinct, at = around[chosen], knots[chosen]
    if len(at) == 1:
        return PlaceCurve(Hermite(at, distinct, np.zeros_like(distinct)), knots)
    step = np.diff(at)[:, None]
    secants = np.diff(distinct, axis=0) / step
    before, after, weights = _around(secants, step, is_closed)
    slopes = _with_ends(before * weights + after * (1 - weights), secants, is_closed)
    return PlaceCurve(Hermite(at, distinct, slopes), knots)


@dataclass(frozen=True, eq=False)
class TurnCurve:
    """Orientations between knots: three turns one after the other on each leg (Kim, Kim & Shin 1995, cubic Hermite).

    Attributes:
        knots: [N] rising.
        rotations: [N, 3, 3] at the knots.
        turns: [N - 1, 3, 3] rotation vectors of each leg's three turns, in radians.
    """

    knots: Array
    rotations: Array
    turns: Array

    def at(self, places: Array) -> Array:
        """[M, 3, 3] of places [M]; beyond the ends as at the ends."""
        if len(self.knots) == 1:
            return np.repeat(self.rotations, len(places), axis=0)
        leg, s, _ = located(self.knots, places)
        shares = np.stack([1 - (1 - s) ** 3, s * s * (3 - 2 * s), s**3], axis=1)
        turned = self.rotations[leg]
        for number in range(3):
            turned = turned @ rotations_by(shares[:, number, None] * self.turns[leg, number])
        # What rounding of a leg's turns leaves at its end would be seen as a step.
        return np.where((s == 1)[:, None, None], self.rotations[leg + 1], turned)


def turning(knots: Array, rotations: Array, period: float | None = None) -> TurnCurve:
    """The curve through rotations [N, 3, 3] that turns the short way on each leg, and about one axis never back.

    Args:
        knots: [N] rising.
        period: of a closed curve.
    """
    rotations = np.stack([quaternion_rotation(*quaternion_of(rotation)) for rotation in rotations])
    if period is not None and len(knots) > 1:
        knots = np.append(knots, knots[0] + period)
        rotations = np.concatenate([rotations, rotations[:1]])
    if len(knots) == 1:
        return TurnCurve(knots, rotations, np.zeros((0, 3, 3)))
    step = np.diff(knots)[:, None]
    secants = _turns_between(rotations) / step
    before, after, weights = _around(secants, step, period is not None)
    inner = _not_back(before * weights + after * (1 - weights), before, after)
    speeds = _with_ends(inner, secants, period is not None)
    first, last = speeds[:-1] * step / 3, speeds[1:] * step / 3
    between = np.swapaxes(rotations[:-1], 1, 2) @ rotations[1:]
    rest = rotations_by(-first) @ between @ rotations_by(-last)
    middle = np.stack([rotation_vector(rotation) for rotation in rest])
    return TurnCurve(knots, rotations, np.stack([first, middle, last], axis=1))


def _not_back(speeds: Array, before: Array, after: Array) -> Array:
    """[M, 3] speeds of turning without what is against the leg before or after, none much faster than the slower."""
    for leg in (before, after):
        square = np.maximum((leg * leg).sum(axis=1, keepdims=True), np.finfo(np.float64).tiny)
        speeds = speeds - np.minimum((speeds * leg).sum(axis=1, keepdims=True), 0.0) / square * leg
    most = STEEPEST * np.minimum(np.linalg.norm(before, axis=1), np.linalg.norm(after, axis=1))[:, None]
    length = np.maximum(np.linalg.norm(speeds, axis=1, keepdims=True), np.finfo(np.float64).tiny)
    return np.asarray(speeds * np.minimum(1.0, most / length))


def _turns_between(rotations: Array) -> Array:
    """[N - 1, 3] the rotation vector from each of [N, 3, 3] to the next; of half a turn as the one before it went."""
    turns = list[Array]()
    for begin, end in itertools.pairwise(rotations):
        turn = rotation_vector(begin.T @ end)
        angle = float(np.linalg.norm(turn))
        if turns and angle > np.pi - HALF_TURN and turn @ turns[-1] < 0:
            turn = turn * (1 - 2 * np.pi / angle)
        turns.append(turn)
    return np.stack(turns)


def rotation_vector(rotation: Array) -> Array:
    """[3] axis times angle, 0 to pi radians, of a rotation [3, 3]."""
    real, *imaginary = quaternion_of(rotation)
    axis = np.array(imaginary)
    sine = float(np.linalg.norm(axis))
    # Of a small angle the axis is not known, nor needed.
    return np.asarray(2 * axis if sine < 1e-9 else axis * (2 * np.arctan2(sine, real) / sine))


def rotations_by(vectors: Array) -> Array:
    """[N, 3, 3] the rotations of rotation vectors [N, 3] (Rodrigues)."""
    angle = np.linalg.norm(vectors, axis=1)[:, None, None]
    x, y, z = vectors.T
    zero = np.zeros_like(x)
    cross = np.stack([zero, -z, y, z, zero, -x, -y, x, zero], axis=1).reshape(-1, 3, 3)
    # np.sinc(x) is sin(pi x) / (pi x), and 1 at 0.
    return np.asarray(
        np.eye(3) + np.sinc(angle / np.pi) * cross + 0.5 * np.sinc(angle / (2 * np.pi)) ** 2 * (cross @ cross)
    )


def quaternion_of(rotation: Array) -> tuple[float, float, float, float]:
    """(w, x, y, z) of length 1, w >= 0, of a rotation [3, 3] (Shepperd 1978: by the largest of the four)."""
    (a, b, c), (d, e, f), (g, h, i) = rotation.tolist()
    squares = (1 + a + e + i, 1 + a - e - i, 1 - a + e - i, 1 - a - e + i)
    rows = (
        (squares[0], h - f, c - g, d - b),
        (h - f, squares[1], b + d, c + g),
        (c - g, b + d, squares[2], f + h),
        (d - b, c + g, f + h, squares[3]),
    )
    found = np.array(rows[int(np.argmax(squares))])
    found = found / np.linalg.norm(found)
    w, x, y, z = (float(value) for value in (-found if found[0] < 0 else found))
    return w, x, y, z
