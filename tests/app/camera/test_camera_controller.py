"""The eye: how the hand's commands move it."""

from __future__ import annotations

import numpy as np
import pytest

from app.camera.animation import JUMP_SECONDS
from app.camera.fitting import same_framing
from engines.core.camera import project
from tests.app.ball_scene import BallScene
from tests.app.camera.followed import Followed


@pytest.fixture
def followed() -> Followed:
    return Followed()


def test_it_begins_at_the_start_which_is_a_view(followed: Followed) -> None:
    assert followed.eye.view_index == 0
    assert followed.eye.shown is not None
    assert np.array_equal(followed.eye.shown.camera_to_world, followed.scene.start.camera_to_world)


def test_a_jump_is_eased_and_ends_exactly(followed: Followed) -> None:
    eye = followed.eye
    eye.views.go_to(3)
    assert (eye.animating, eye.view_index, followed.told[-1]) == (True, 3, True)
    followed.settle()
    assert (eye.animating, followed.told[-1]) == (False, False)
    assert eye.shown is not None
    assert np.array_equal(eye.shown.camera_to_world, followed.scene.cameras[3].camera_to_world)
    assert 0.1 <= JUMP_SECONDS <= 0.4


def test_a_drag_takes_over_from_a_jump(followed: Followed) -> None:
    eye = followed.eye
    eye.views.go_to(3)
    eye.hand.orbit_by(1, 0)
    assert not eye.animating and eye.view_index is None


def test_up_goes_through_the_axes_and_back(followed: Followed) -> None:
    axes = [tuple(followed.eye.horizon.next_up()) for _ in range(6)]
    assert len(set(axes)) == 6 and axes[-1] == (0, 0, 1)


def test_reset_and_frame(followed: Followed) -> None:
    eye = followed.eye
    eye.hand.pan_by(9, 9)
    eye.horizon.next_up()
    eye.reset()
    followed.settle()
    assert eye.camera is not None
    assert np.array_equal(eye.camera.camera_to_world, followed.scene.start.camera_to_world)
    assert tuple(eye.up) == (0, 0, 1) and eye.pivot == pytest.approx(np.zeros(3))
    eye.hand.dolly_by(-20)
    eye.frame_points()
    followed.settle()
    corners = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], dtype=float)
    pixels, _ = project(eye.camera, corners)
    assert pixels.min() >= 0 and pixels.max() <= 32 and np.ptp(pixels) > 16


def test_a_jump_to_where_a_view_is_is_at_that_view(followed: Followed) -> None:
    """Reset, a camera from the clipboard: wherever it comes from."""
    eye = followed.eye
    eye.hand.orbit_by(9, 2)
    seen = [eye.view_index]
    eye.reset()
    seen.append(eye.view_index)
    eye.jump_to(followed.scene.cameras[5])
    assert [*seen, eye.view_index] == [None, 0, 5]
    eye.hand.step_by(1, 0)
    assert eye.view_index is None


def test_nothing_is_open(followed: Followed) -> None:
    eye = followed.eye
    eye.leave()
    followed.told.clear()
    for move in (
        eye.reset,
        eye.frame_points,
        eye.horizon.level,
        eye.views.go_to_nearest,
        eye.horizon.next_up,
        eye.tick,
    ):
        move()
    eye.hand.orbit_by(1, 1)
    eye.hand.pan_by(1, 1)
    eye.hand.fly_by(["up"], 1.0)
    eye.views.step(1)
    assert eye.shown is None and not eye.animating and followed.told == []


def test_it_takes_its_place_again_with_and_without_the_crop(followed: Followed) -> None:
    eye, scene = followed.eye, followed.scene
    whole = eye.shown
    assert whole is not None and whole.size_px == (32, 32)
    cropped_views = [camera.square().resized((32, 32)).cropped(3, 3, 26, 26) for camera in scene.cameras]
    cropped = BallScene((26, 26), cropped_px=3, start=cropped_views[0], cameras=tuple(cropped_views))
    place = eye.place
    assert place is not None
    eye.enter(cropped, cropped_views)
    eye.take(place)
    assert eye.shown is not None and same_framing(eye.shown, cropped_views[0])
    # Now it has the cropped picture's camera.
    eye.reset()
    followed.settle()
    place = eye.place
    assert place is not None
    eye.enter(scene, scene.cameras)
    eye.take(place)
    assert eye.shown is not None and same_framing(eye.shown, whole)
    assert eye.view_index == 0
