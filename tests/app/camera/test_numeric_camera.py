"""The camera in numbers: each is set by itself, and the others stay."""

from __future__ import annotations

import numpy as np
import pytest

from app.camera.camera_place import CameraPlace
from app.camera.navigation import FARTHEST
from app.camera.numeric_camera import allowed, limits, numbers_of, with_number
from engines.core.camera import Array, Camera, look_at, project

X, Y, Z = np.eye(3)


def place(up: Array = Z) -> CameraPlace:
    """Four before the origin on y, three above it, five from the pivot, which it looks at."""
    pose = look_at(np.array([0.0, -4.0, 3.0]), np.zeros(3), up)
    return CameraPlace(Camera(pose, (50.0, 50.0), (32.0, 50.0), (64, 100)), np.zeros(3), up)


def test_the_numbers_worked_out_by_hand() -> None:
    found = numbers_of(place())
    expected = {
        **{"x": 0, "y": -4, "z": 3, "distance": 5, "heading": 0, "roll": 0},
        # Down by the angle whose tangent is 3 / 4.
        "pitch": -36.869897645844,
        # Half of the picture's height is as long as the focal length.
        "fov": 90,
    }
    assert found == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("up", [Z, -Y, Y, X], ids=str)
@pytest.mark.parametrize(
    ("name", "value"),
    [("x", 7.5), ("y", -1), ("z", 0), ("heading", 120), ("pitch", 20), ("roll", -35), ("fov", 40), ("distance", 2)],
)
def test_one_is_set_and_the_others_stay(up: Array, name: str, value: float) -> None:
    start = with_number(place(up), "roll", 10)
    before, set_one = numbers_of(start), with_number(start, name, value)
    after = numbers_of(set_one)
    assert after[name] == pytest.approx(value)
    # Nearer to the pivot it stands elsewhere, of course.
    moved = {name, *(("x", "y", "z") if name == "distance" else ())}
    assert {key: after[key] for key in after if key not in moved} == pytest.approx(
        {key: before[key] for key in before if key not in moved}, abs=1e-9
    )
    # The pivot is where it was in the picture.
    pixels = [project(each.camera, each.pivot[None])[0][0] for each in (start, set_one)]
    assert pixels[1] == pytest.approx(pixels[0])


def test_the_distance_leads_along_the_line_to_the_pivot() -> None:
    nearer = with_number(place(), "distance", 2.5)
    assert nearer.camera.position == pytest.approx((0, -2, 1.5)) and nearer.pivot.tolist() == [0, 0, 0]
    # At the pivot itself no line is left but the view's.
    inside = CameraPlace(place().camera, place().camera.position, Z)
    assert with_number(inside, "distance", 5).camera.position == pytest.approx((0, -8, 6))


def test_straight_down_and_up_again_keeps_the_heading() -> None:
    turned = with_number(place(), "heading", 75)
    again = with_number(with_number(turned, "pitch", -90), "pitch", 10)
    assert (numbers_of(again)["heading"], numbers_of(again)["roll"]) == pytest.approx((75, 0), abs=1e-6)


def test_what_can_be_set() -> None:
    there = place()
    assert [allowed(there, "pitch", value) for value in (-91, 45, 1e9)] == [-90, 45, 90]
    assert [allowed(there, "fov", value) for value in (0, 50, 180)] == [1, 50, 170]
    assert [allowed(there, "heading", value) for value in (350, -190)] == [-10, 170]
    assert allowed(there, "distance", -3) == limits(there, "distance")[0] > 0
    assert allowed(there, "x", -1e300) == -FARTHEST
