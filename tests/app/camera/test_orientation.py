"""Heading, pitch and roll: worked out by hand for several ways up, there and back, and straight up and down."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from app.camera import navigation
from app.camera.orientation import Orientation, compass, orientation_of, oriented, wrapped_deg
from engines.core.camera import Array, Camera, look_at

X, Y, Z = np.eye(3)
UPS = [X, Y, Z, -X, -Y, -Z, np.array([0.6, 0.0, 0.8]), np.array([0.0, -3.0, 4.0])]


def camera(forward: Array, up: Array) -> Camera:
    """At (1, 2, 3), level where that can be."""
    eye = np.array([1.0, 2.0, 3.0])
    return Camera(look_at(eye, eye + forward, up), (50.0, 50.0), (32.0, 32.0), (64, 64))


@pytest.mark.parametrize(
    ("up", "north", "east"),
    [(Z, Y, X), (-Z, -Y, X), (Y, -Z, X), (-Y, Z, X), (X, Z, Y), (-X, -Z, Y), ((0.6, 0, 0.8), Y, (0.8, 0, -0.6))],
)
def test_the_compass_of_each_up(up: Array, north: Array, east: Array) -> None:
    found = compass(np.array(up))
    assert found[0] == pytest.approx(np.array(north)) and found[1] == pytest.approx(np.array(east))


@pytest.mark.parametrize(
    ("up", "forward", "heading", "pitch"),
    [
        # z up: along y is north, along x a quarter turn to the right, as on a map.
        (Z, Y, 0, 0),
        (Z, X, 90, 0),
        (Z, -X, -90, 0),
        (Z, X + Y, 45, 0),
        (Z, Y + Z, 0, 45),
        (Z, X - np.sqrt(3) * Z, 90, -60),
        # y down, as in OpenCV: a camera that was not turned looks north.
        (-Y, Z, 0, 0),
        (-Y, X, 90, 0),
        (-Y, Z - Y, 0, 45),
        (-Y, -Z + X, 135, 0),
        # y up, as in OpenGL: likewise.
        (Y, -Z, 0, 0),
        (Y, X, 90, 0),
        (Y, Y - Z, 0, 45),
    ],
)
def test_angles_worked_out_by_hand(up: Array, forward: Array, heading: float, pitch: float) -> None:
    found = orientation_of(camera(forward, up), up)
    assert (found.heading, found.pitch, found.roll) == pytest.approx((heading, pitch, 0), abs=1e-9)


def test_a_roll_is_clockwise_and_leaves_the_view() -> None:
    tilted = navigation.roll(camera(X, Z), np.radians(30))
    found = orientation_of(tilted, Z)
    assert (found.heading, found.pitch, found.roll) == pytest.approx((90, 0, 30))
    # The right side of the head goes down: cos 30 to the right (-y), sin 30 down.
    assert tilted.right == pytest.approx((0, -np.sqrt(3) / 2, -0.5))
    assert oriented(camera(Y, Z), Z, Orientation(90, 0, 30)).right == pytest.approx(tilted.right)


def test_straight_up_and_down_it_is_all_heading() -> None:
    down = oriented(camera(Y, Z), Z, Orientation(30, -90, 0))
    # The picture's upper edge is where one would look, were the head raised: 30 degrees from y to x.
    assert down.forward == pytest.approx(-Z) and -down.down == pytest.approx((0.5, np.sqrt(3) / 2, 0))
    up = oriented(camera(Y, Z), Z, Orientation(30, 90, 0))
    assert up.forward == pytest.approx(Z) and up.down == pytest.approx((0.5, np.sqrt(3) / 2, 0))
    for steep, pitch in ((down, -90), (up, 90)):
        found = orientation_of(steep, Z)
        assert (found.heading, found.pitch, found.roll) == pytest.approx((30, pitch, 0), abs=1e-6)
    # A roll there is a heading, and the pose is the same.
    rolled = oriented(camera(Y, Z), Z, Orientation(30, -90, 20))
    found = orientation_of(rolled, Z)
    assert (found.heading, found.pitch, found.roll) == pytest.approx((50, -90, 0), abs=1e-6)
    assert oriented(rolled, Z, found).camera_to_world == pytest.approx(rolled.camera_to_world, abs=1e-9)


@pytest.mark.parametrize("up", UPS, ids=str)
def test_there_and_back_for_every_up(up: Array) -> None:
    start = camera(np.array([0.3, 0.5, 0.7]), np.array([0.2, 1.0, 0.1]))
    for angles in product((-179, -90, 0, 30, 180), (-89.9, -45, 0, 60), (-170, 0, 45)):
        wanted = Orientation(*(float(angle) for angle in angles))
        turned = oriented(start, up, wanted)
        assert turned.position == pytest.approx(start.position)
        found = orientation_of(turned, up)
        assert oriented(start, up, found).camera_to_world == pytest.approx(turned.camera_to_world, abs=1e-9)
        assert (found.pitch, found.roll) == pytest.approx((wanted.pitch, wanted.roll), abs=1e-9)
        assert abs(wrapped_deg(found.heading - wanted.heading)) < 1e-6


def test_angles_go_all_the_way_round() -> None:
    assert [wrapped_deg(angle) for angle in (0, 180, -180, 181, 270, 370, -200)] == [0, 180, -180, -179, -90, 10, 160]
