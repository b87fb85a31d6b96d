from __future__ import annotations

import numpy as np
import pytest

from app.synthetic.materials import Material, Plain
from app.synthetic.motion import (
    Bouncing,
    Crossing,
    Floating,
    Motion,
    Mover,
    Oval,
    Rolling,
    Swinging,
    Turning,
)
from app.synthetic.scene import Solid, placed
from app.synthetic.shapes import cylinder
from engines.core.camera import Array

OVAL = Oval((0.1, 0.2, 0.3), (1.5, 0.8), -1, 0.3, rise=0.1, bank_deg=20)
MOTIONS: dict[str, Motion] = {
    "rolling": Rolling((0.1, -1, 0.2), 0.2, 0.8, 5.0, 0.3),
    "bouncing": Bouncing((0, -1, 0.2), (0.7, 0.05), 0.5, 3, 0.2),
    "turning": Turning((0.8, 0, 0.2), -1, 30.0),
    "oval": OVAL,
    "crossing": Crossing(0.5, 0.1, (3.0, -3.0), 0.4),
    "swinging": Swinging((0, 0, 2.9), 10.0, 20.0, 0.1, 2),
    "floating": Floating((0, 0.5, 1.2), 0.2, 0.3, 0.7),
}
each_motion = pytest.mark.parametrize("motion", MOTIONS.values(), ids=MOTIONS.keys())


def positions(motion: Motion, phases: Array) -> Array:
    return np.array([motion.pose(float(phase))[:3, 3] for phase in phases])


@each_motion
def test_the_end_is_the_beginning_and_poses_are_rigid(motion: Motion) -> None:
    np.testing.assert_allclose(motion.pose(0.0), motion.pose(1.0), atol=1e-9)
    poses = np.array([motion.pose(phase) for phase in np.linspace(0, 1, 17)])
    rotations = poses[:, :3, :3]
    np.testing.assert_allclose(rotations @ rotations.transpose(0, 2, 1), np.tile(np.eye(3), (17, 1, 1)), atol=1e-12)
    assert (np.linalg.det(rotations) > 0).all()
    assert np.abs(poses - poses[0]).max() > 0.1


def test_a_rolling_ball_does_not_slip() -> None:
    motion = MOTIONS["rolling"]
    for phase in (0.05, 0.3, 0.62):
        before, after = motion.pose(phase - 1e-6), motion.pose(phase + 1e-6)
        # The point of the ball that touches the ground at that moment.
        touching = np.linalg.inv(motion.pose(phase)) @ [*(motion.pose(phase)[:3, 3] - [0, 0, 0.2]), 1.0]
        moved = (after - before) @ touching
        travelled = np.linalg.norm(after[:3, 3] - before[:3, 3])
        assert np.linalg.norm(moved) < 1e-3 * travelled


def test_on_an_oval_it_drives_ahead_at_an_even_pace() -> None:
    path = positions(Oval((0, 0, 0), (1.5, 0.8), -1, 0.3), np.linspace(0, 1, 101))
    steps = np.diff(path, axis=0)
    lengths = np.linalg.norm(steps, axis=1)
    assert lengths.max() < 1.002 * lengths.min()
    assert lengths.sum() == pytest.approx(OVAL.length, rel=1e-3)
    np.testing.assert_allclose((path[:, :2] ** 2 / [1.5**2, 0.8**2]).sum(axis=1), 1, atol=1e-4)
    headings = np.array([Oval((0, 0, 0), (1.5, 0.8), -1, 0.3).pose(p)[:3, 0] for p in np.linspace(0.005, 0.995, 100)])
    assert ((steps / lengths[:, None] * headings).sum(axis=1) > 0.999).all()
    # Clockwise from above.
    assert np.cross(path[0], path[1])[2] < 0


def test_a_pendulum_keeps_its_length() -> None:
    motion = MOTIONS["swinging"]
    bobs = np.array([motion.pose(phase) @ [0, 0, -2.0, 1] for phase in np.linspace(0, 1, 21)])[:, :3]
    np.testing.assert_allclose(np.linalg.norm(bobs - [0, 0, 2.9], axis=1), 2.0)
    assert np.degrees(np.arccos((2.9 - bobs[:, 2]) / 2).max()) == pytest.approx(20, abs=1)


def test_wheels_roll_the_way_the_car_drives() -> None:
    axle = placed((0.2, 0.15, 0.08), 0, 90)
    wheel = Solid("hub", cylinder(0.05, 0.02), Material(Plain((1, 1, 1))), axle)
    car = Mover("car", (), Crossing(0, 0, (-1, 1), 0.0), (wheel,), wheel_turns=-4)
    before, after = (car.at(phase)[0] for phase in (0.5, 0.501))
    # A point on top of the wheel goes ahead faster than the axle.
    on_top = before.to_object(before.centre[None] + [0, 0, 0.05])
    moved = (on_top @ after.rotation.T + after.centre - before.centre - [0, 0, 0.05])[0]
    assert moved[0] > (after.centre - before.centre)[0] > 0
