"""Motions by themselves: where they are at a time, worked out by hand, and when they end."""

from __future__ import annotations

import numpy as np
import pytest

from app.camera.camera_controller import CameraController
from app.camera.camera_place import CameraPlace
from app.camera.motions import LOSING_S, DragSpeed, Glide, Turntable
from engines.core.camera import Array, Camera, look_at
from tests.app.camera.followed import Followed

X, Y, Z = np.eye(3)


def place(eye: Array, pivot: Array, up: Array) -> CameraPlace:
    return CameraPlace(Camera(look_at(eye, pivot, up), (50.0, 50.0), (32.0, 32.0), (64, 64)), pivot, up)


def dragged(place: CameraPlace, right_px: float, down_px: float) -> CameraPlace:
    """A drag that is easy to read: the pivot moves by as much."""
    return CameraPlace(place.camera, place.pivot + np.array([right_px, down_px, 0]), place.up)


@pytest.mark.parametrize(
    ("up", "eye", "quarter"),
    [
        # The scene turns anticlockwise seen from above, so the camera goes clockwise: from +x to -y about +z.
        (Z, (3.0, 0, 1), (0.0, -3, 1)),
        (-Z, (3.0, 0, 1), (0.0, 3, 1)),
        (Y, (3.0, 1, 0), (0.0, 1, 3)),
        (-Y, (3.0, 1, 0), (0.0, 1, -3)),
    ],
    ids=str,
)
def test_a_quarter_of_a_turntable(up: Array, eye: tuple[float, ...], quarter: tuple[float, ...]) -> None:
    pivot = np.array([1.0, 2.0, 3.0])
    moved = Turntable(30).moved(place(pivot + np.array(eye), pivot, up), 5.0, 8.0)
    assert moved.camera.position - pivot == pytest.approx(np.array(quarter))
    # It looks at the pivot as before, level.
    assert moved.camera.forward == pytest.approx(-np.array(quarter) / np.sqrt(10))
    assert moved.camera.right @ up == pytest.approx(0, abs=1e-12) and moved.pivot is pivot


def test_a_whole_turn_in_steps_ends_where_it_began() -> None:
    start = now = place(np.array([3.0, 1, 1]), np.zeros(3), Z)
    for step in range(240):
        now = Turntable(-15).moved(now, 0.1 * step, 0.1 * (step + 1))
    assert now.camera.camera_to_world == pytest.approx(start.camera.camera_to_world, abs=1e-9)


def test_a_glide_goes_as_far_as_its_speed_times_its_decay() -> None:
    glide, start = Glide(dragged, (100.0, -50.0), 2.0), place(X * 3, np.zeros(3), Z)
    # After ln 2 of the time constant half of the way is done, whatever the steps.
    half = 2.0 + LOSING_S * np.log(2)
    whole = glide.moved(start, 2.0, half).pivot
    assert whole == pytest.approx((50 * LOSING_S, -25 * LOSING_S, 0))
    steps = glide.moved(glide.moved(start, 2.0, 2.05), 2.05, half).pivot
    assert steps == pytest.approx(whole) and not glide.over(half)
    assert glide.moved(start, 2.0, 99.0).pivot == pytest.approx((100 * LOSING_S, -50 * LOSING_S, 0))
    assert glide.over(4.0)


def test_the_speed_is_that_of_the_end_of_a_drag() -> None:
    speed = DragSpeed()
    # Slow for a second, then 4 px each hundredth of one.
    for step in range(100):
        speed.note(dragged, 0.1, 0.0, step / 100)
    for step in range(100, 121):
        speed.note(dragged, 4.0, 2.0, step / 100)
    glide = speed.let_go(1.205)
    assert glide is not None and glide.speed_px_s == pytest.approx((400, 200)) and glide.began_s == 1.205
    assert speed.let_go(1.205) is None, "a second release goes on"


def test_a_hand_that_held_still_or_moved_once_leaves_no_speed() -> None:
    for moves, released_s in (([0.0, 0.01, 0.02], 0.2), ([0.0], 0.001), ([0.0, 0.0], 0.0)):
        speed = DragSpeed()
        for at_s in moves:
            speed.note(dragged, 5.0, 0.0, at_s)
        assert speed.let_go(released_s) is None
    slow = DragSpeed()
    for step in range(10):
        slow.note(dragged, 0.01, 0.0, step / 100)
    assert slow.let_go(0.09) is None


def under_way(eye: CameraController) -> tuple[bool, bool]:
    """Whether something is, and whether that is a jump."""
    return eye.animating, eye.jumping


def test_what_moves_by_itself_gives_way() -> None:
    followed, ends = Followed(), list[str]()
    eye = followed.eye
    eye.steady.begin(Turntable(10), lambda: ends.append("drag"), now_s=1.0)
    eye.tick(1.1)
    assert under_way(eye) == (True, False) and followed.told == [True] and eye.view_index is None
    eye.hand.orbit_by(1, 0)
    eye.steady.begin(Turntable(10), lambda: ends.append("jump"))
    eye.reset()
    assert ends == ["drag", "jump"] and under_way(eye) == (True, True)
    eye.steady.begin(Turntable(10), lambda: ends.append("stop"))
    assert under_way(eye) == (True, False)
    followed.told.clear()
    eye.steady.stop()
    assert followed.told == [False] and under_way(eye) == (False, False)
    eye.steady.stop()
    assert followed.told == [False], "it rested twice"
    eye.steady.begin(Turntable(10), lambda: ends.append("leave"))
    eye.leave()
    eye.steady.begin(Turntable(10), lambda: ends.append("nothing is open"))
    assert ends == ["drag", "jump", "stop", "leave"] and under_way(eye) == (False, False)


def test_a_stalled_machine_makes_no_leap() -> None:
    followed = Followed()
    followed.eye.steady.begin(Turntable(90), now_s=0.0)
    start = followed.scene.start.position
    followed.eye.tick(60.0)
    assert followed.eye.camera is not None
    cosine = followed.eye.camera.position[:2] @ start[:2] / (start[:2] @ start[:2])
    assert np.degrees(np.arccos(cosine)) == pytest.approx(90 * 0.25)
