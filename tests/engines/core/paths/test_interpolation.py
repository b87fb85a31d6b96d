"""Curves against hand-worked numbers, slow references, and what they promise: no overshoot, no corner, no seam."""

from __future__ import annotations

import numpy as np
import pytest

from engines.core.camera import Array
from engines.core.paths.interpolation import (
    PlaceCurve,
    centripetal,
    monotone,
    quaternion_of,
    rotation_vector,
    rotations_by,
    turning,
)

STEP = 1e-5
"""Of finite differences: halves of its square are what they are wrong by."""


def column(*values: float) -> Array:
    return np.array(values, dtype=np.float64)[:, None]


def about(axis: tuple[float, float, float], *angles_deg: float) -> Array:
    vector = np.array(axis) / np.linalg.norm(axis)
    return rotations_by(np.radians(np.array(angles_deg))[:, None] * vector)


# Monotone


def test_monotone_by_hand() -> None:
    """Of 0, 1, 3 at 0, 1, 2: the slope in the middle is that of the parabola, 1.5; at the ends (3 * 1 - 1.5) / 2 and
    (3 * 2 - 1.5) / 2. Half way a cubic is the mean of its ends and an eighth of what its slopes differ by."""
    curve = monotone(np.arange(3.0), column(0, 1, 3))
    assert curve.slopes[:, 0] == pytest.approx([0.75, 1.5, 2.25])
    assert curve.at(np.array([0.5, 1.5]))[:, 0] == pytest.approx([0.5 + (0.75 - 1.5) / 8, 2 + (1.5 - 2.25) / 8])


def test_monotone_is_straight_where_values_are() -> None:
    times = np.array([0.0, 0.1, 2.0, 2.5])
    places = np.linspace(0, 2.5, 101)
    assert monotone(times, times[:, None] * 3 + 1).at(places)[:, 0] == pytest.approx(places * 3 + 1, abs=1e-12)


def test_monotone_never_overshoots() -> None:
    chance = np.random.default_rng(0)
    for _ in range(100):
        times = np.cumsum(chance.uniform(0.01, 3.0, 9))
        rising = np.cumsum(chance.exponential(1.0, 9) * (chance.random(9) < 0.7))
        for values in (rising, -rising):
            fine = monotone(times, values[:, None]).at(np.linspace(times[0], times[-1], 2000))[:, 0]
            assert (np.diff(fine) * np.sign(values[-1] - values[0] or 1) >= -1e-12).all()
        mixed = chance.normal(size=9)
        fine = monotone(times, mixed[:, None]).at(np.linspace(times[0], times[-1], 2000))
        assert mixed.min() - 1e-12 <= fine.min() and fine.max() <= mixed.max() + 1e-12


# Places


def barry_goldman(points: Array, at: float) -> Array:
    """[3] the Catmull-Rom spline between the second and the third of [4, 3] points, by its pyramid (1988)."""
    knots = np.concatenate([[0.0], np.cumsum(np.sqrt(np.linalg.norm(np.diff(points, axis=0), axis=1)))])
    u = knots[1] + at * (knots[2] - knots[1])
    level = list(points)
    for width in (1, 2):
        level = [
            ((knots[i + width] - u) * level[i] + (u - knots[i]) * level[i + 1]) / (knots[i + width] - knots[i])
            for i in range(len(level) - 1)
        ]
    # The last level is between the two middle knots.
    return np.asarray(((knots[2] - u) * level[0] + (u - knots[1]) * level[1]) / (knots[2] - knots[1]))


def test_places_are_those_of_the_pyramid() -> None:
    points = np.random.default_rng(1).normal(size=(4, 3)) * [1, 5, 20]
    spline = centripetal(points)
    for at in (0.0, 0.2, 0.5, 0.9, 1.0):
        u = spline.knots[1] + at * (spline.knots[2] - spline.knots[1])
        assert spline.curve.at(np.array([u]))[0] == pytest.approx(barry_goldman(points, at), abs=1e-12)


def test_places_on_a_line_never_go_back() -> None:
    """However unevenly they lie: a knot's slope is the harmonic mean of its neighbours', twice the flatter at most."""
    chance = np.random.default_rng(2)
    for _ in range(50):
        along = np.cumsum(10 ** chance.uniform(-6, 3, 8))
        spline = centripetal(along[:, None] * np.array([[1.0, 2.0, -2.0]]) / 3)
        fine = spline.curve.at(np.linspace(0, spline.knots[-1], 3000)) @ [1 / 3, 2 / 3, -2 / 3]
        assert (np.diff(fine) >= -1e-9 * along[-1]).all()


def test_the_same_place_twice_is_one_knot() -> None:
    spline = centripetal(np.array([[0.0, 0, 0], [1, 0, 0], [1, 0, 0], [2, 1, 0]]))
    assert spline.knots[1] == spline.knots[2] and len(spline.curve.knots) == 3
    still = centripetal(np.ones((3, 3)))
    assert (still.knots == 0).all() and (still.curve.at(np.array([0.0, 5.0])) == 1).all()


@pytest.mark.parametrize("closed", [False, True])
def test_places_have_no_corner(closed: bool) -> None:
    spline = centripetal(np.random.default_rng(3).normal(size=(6, 3)), closed)
    for knot in spline.knots[1:-1]:
        assert sides(spline, knot, knot) == pytest.approx(0, abs=100 * STEP)
    if closed:
        assert sides(spline, spline.knots[-1], 0.0) == pytest.approx(0, abs=100 * STEP)


def sides(spline: PlaceCurve, before: float, after: float) -> Array:
    """[3] by how much the slope before one place and after another differ."""
    a, b, c, d = spline.curve.at(np.array([before - STEP, before, after, after + STEP]))
    return np.asarray((b - a - (d - c)) / STEP)


# Orientations


def test_vectors_and_rotations() -> None:
    chance = np.random.default_rng(4)
    vectors = chance.normal(size=(200, 3))
    vectors *= (chance.uniform(0, np.pi, 200) / np.linalg.norm(vectors, axis=1))[:, None]
    vectors[0], vectors[1] = 0, 1e-12
    for vector, rotation in zip(vectors, rotations_by(vectors), strict=True):
        assert rotation @ rotation.T == pytest.approx(np.eye(3), abs=1e-14)
        assert rotation_vector(rotation) == pytest.approx(vector, abs=1e-9)
    assert quaternion_of(np.diag([-1.0, -1.0, 1.0])) == pytest.approx((0, 0, 0, 1))


def test_turns_about_one_axis_are_the_monotone_curve_of_its_angle() -> None:
    times, angles = np.array([0.0, 1.0, 2.5, 3.0]), (0.0, 40.0, 130.0, 140.0)
    curve = turning(times, about((1, 2, 3), *angles))
    plain = monotone(times, column(*angles))
    for place in np.linspace(0, 3, 31):
        wanted = about((1, 2, 3), float(plain.at(np.array([place]))[0, 0]))[0]
        assert curve.at(np.array([place]))[0] == pytest.approx(wanted, abs=1e-9)


@pytest.mark.parametrize("closed", [False, True])
def test_turns_have_no_corner_and_hit_their_knots(closed: bool) -> None:
    chance = np.random.default_rng(5)
    times = np.cumsum(chance.uniform(0.2, 2.0, 7))
    rotations = rotations_by(chance.normal(size=(7, 3)))
    curve = turning(times, rotations, times[-1] - times[0] + 0.7 if closed else None)
    assert curve.at(times) == pytest.approx(rotations, abs=1e-9)
    speeds = [(speed(curve.at(np.array([t - STEP, t]))), speed(curve.at(np.array([t, t + STEP])))) for t in times[1:-1]]
    if closed:
        end = curve.knots[-1]
        assert curve.at(np.array([end]))[0] == pytest.approx(rotations[0], abs=1e-9)
        speeds.append((speed(curve.at(np.array([end - STEP, end]))), speed(curve.at(times[0] + np.array([0.0, STEP])))))
    for before, after in speeds:
        assert before == pytest.approx(after, abs=200 * STEP)


def speed(rotations: Array) -> Array:
    """[3] radians a unit, in the body's axes, between [2, 3, 3]."""
    return rotation_vector(rotations[0].T @ rotations[1]) / STEP


def test_a_turn_goes_the_short_way() -> None:
    curve = turning(np.arange(2.0), about((0, 1, 0), 170.0, -170.0))
    assert curve.at(np.array([0.5]))[0] == pytest.approx(about((0, 1, 0), 180.0)[0], abs=1e-9)


def test_half_turns_go_on_as_they_began() -> None:
    """The axis of a half turn points either way: a second one may not undo the first."""
    for axis in ((0, 1, 0), (0, -1, 0), (1, -2, 0.5)):
        curve = turning(np.arange(4.0), about(axis, 0.0, 90.0, 270.0, 450.0))
        places = np.linspace(0, 3, 61)
        turned = [
            rotation_vector(a.T @ b) @ np.array(axis)
            for a, b in zip(curve.at(places)[:-1], curve.at(places)[1:], strict=True)
        ]
        assert min(turned) > 0


def test_turning_back_does_not_overshoot() -> None:
    curve = turning(np.arange(3.0), about((0, 0, 1), 0.0, 60.0, 0.0))
    angles = [np.degrees(rotation_vector(rotation)[2]) for rotation in curve.at(np.linspace(0, 2, 201))]
    assert max(angles) <= 60 + 1e-9 and min(angles) >= -1e-9
