"""How a hand moves the camera."""

from __future__ import annotations

import numpy as np
import pytest

from app.camera.hand_navigation import turning_of
from app.camera.hand_settings import HandSettings
from engines.core.camera import Camera, look_at, project
from tests.app.camera.followed import Followed


@pytest.fixture
def followed() -> Followed:
    return Followed()


def test_a_drag_orbits_at_the_same_distance_and_tells_so(followed: Followed) -> None:
    eye = followed.eye
    eye.hand.orbit_by(8, 2)
    assert followed.told == [True] and eye.view_index is None
    assert eye.camera is not None
    assert np.linalg.norm(eye.camera.position) == pytest.approx(np.linalg.norm(followed.scene.start.position))
    assert not np.allclose(eye.camera.position, followed.scene.start.position)
    eye.rest()
    assert followed.told == [True, False]


def test_fly_mode_looks_around_in_place(followed: Followed) -> None:
    eye = followed.eye
    eye.hand.mode = "fly"
    eye.hand.orbit_by(4, 0)
    assert eye.camera is not None
    assert eye.camera.position == pytest.approx(followed.scene.start.position)
    assert not np.allclose(eye.camera.forward, followed.scene.start.forward)
    # The pivot came along: it is straight ahead.
    pixels, depth = project(eye.camera, eye.pivot[None])
    assert depth[0] > 0 and pixels[0] == pytest.approx(eye.camera.centre_px, abs=1e-6)


def test_panning_takes_the_pivot_along(followed: Followed) -> None:
    eye = followed.eye
    before = project(followed.scene.start, np.zeros((1, 3)))[0][0]
    eye.hand.pan_by(5, -3)
    assert eye.camera is not None
    after = project(eye.camera, np.zeros((1, 3)))[0][0]
    assert after - before == pytest.approx((5, -3), abs=1e-6)
    assert project(eye.camera, eye.pivot[None])[0][0] == pytest.approx(before, abs=1e-6)


def test_the_wheel_goes_nearer_and_never_through(followed: Followed) -> None:
    eye = followed.eye
    eye.hand.dolly_by(1)
    assert eye.camera is not None
    start = np.linalg.norm(followed.scene.start.position)
    assert np.linalg.norm(eye.camera.position) == pytest.approx(0.9 * start)
    eye.hand.dolly_by(500)
    assert np.linalg.norm(eye.camera.position) > 0


def test_held_keys_fly_and_come_to_rest(followed: Followed) -> None:
    eye = followed.eye
    eye.hand.fly_by(["forward"], 0.1)
    assert eye.camera is not None
    moved = eye.camera.position - followed.scene.start.position
    # The diagonal of a cube of side 2 in four seconds.
    assert moved == pytest.approx(followed.scene.start.forward * np.sqrt(12) / 4 * 0.1)
    eye.hand.fly_by(["forward", "back"], 0.1)
    assert eye.camera.position == pytest.approx(followed.scene.start.position + moved)
    eye.hand.fly_by([], 0.1)
    eye.hand.fly_by([], 0.1)
    assert followed.told == [True, True, False]


def test_speeds_and_directions_are_those_that_are_set(followed: Followed) -> None:
    eye, start = followed.eye, followed.scene.start
    eye.hand.settings = HandSettings(2.0, 3.0, 0.5, 4.0, invert_look=True, invert_zoom=True)
    # Half of the picture's height is a quarter turn at the usual speed, and half a turn at twice that.
    eye.hand.orbit_by(16, 0)
    assert eye.camera is not None
    assert eye.camera.position == pytest.approx((-start.position[0], -start.position[1], start.position[2]))
    eye.reset()
    followed.settle()
    before = project(start, np.zeros((1, 3)))[0][0]
    eye.hand.pan_by(2, 1)
    assert project(eye.camera, np.zeros((1, 3)))[0][0] - before == pytest.approx((6, 3), abs=1e-6)
    eye.reset()
    followed.settle()
    # Two notches at half the speed are one; the wheel goes the other way, the key for a step nearer does not.
    eye.hand.zoom_by(2)
    assert np.linalg.norm(eye.camera.position) == pytest.approx(np.linalg.norm(start.position) / 0.9)
    eye.hand.dolly_by(1)
    assert eye.camera.position == pytest.approx(start.position)
    eye.hand.fly_by(["forward"], 0.1)
    assert eye.camera.position - start.position == pytest.approx(start.forward * 4 * np.sqrt(12) / 4 * 0.1)
    eye.reset()
    followed.settle()
    eye.hand.look_by(0, 3)
    assert eye.camera.forward[2] > start.forward[2], "a drag down did not look up"


def test_a_drag_goes_on_where_momentum_is_wanted(followed: Followed, monkeypatch: pytest.MonkeyPatch) -> None:
    eye, now = followed.eye, [10.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])

    def state() -> tuple[bool, bool]:
        """Whether it moves by itself, and what was told last."""
        return eye.animating, followed.told[-1]

    def let_go() -> None:
        for _ in range(5):
            now[0] += 0.01
            eye.hand.orbit_by(1, 0)
        eye.hand.let_go()

    let_go()
    assert state() == (False, False)
    eye.hand.settings = HandSettings(momentum=True)
    let_go()
    assert state() == (True, True) and eye.camera is not None
    before = eye.camera.position.copy()
    now[0] += 0.02
    eye.tick(now[0])
    assert not np.allclose(eye.camera.position, before)
    for _ in range(200):
        now[0] += 0.02
        eye.tick(now[0])
    assert state() == (False, False)
    # A hand that is put on the mouse stops it.
    let_go()
    eye.hand.hold()
    assert state() == (False, False)


def looking(eye: tuple[float, float, float], at: tuple[float, float, float]) -> Camera:
    pose = look_at(np.array(eye), np.array(at), np.array([0.0, -1.0, 0.0]))
    return Camera(pose, (50.0, 50.0), (32.0, 32.0), (64, 64))


def test_a_capture_that_faces_one_way_is_turned_gently() -> None:
    ahead = np.array([0.0, 0.0, 5.0])
    rig = [looking((x, 0.0, 0.0), (x, 0.0, 5.0)) for x in (-0.5, 0.0, 0.5)]
    # Over the whole height, four times the angle to the outermost camera.
    assert turning_of(rig, ahead) == pytest.approx(4 * np.arctan(0.1) / np.pi)
    assert turning_of(rig[:1], ahead) == 1.0 and turning_of((), ahead) == 1.0
    around = [looking((5 * np.sin(angle), 0.0, 5 * np.cos(angle)), (0.0, 0.0, 0.0)) for angle in (0, 2, 4)]
    assert turning_of(around, np.zeros(3)) == 1.0
