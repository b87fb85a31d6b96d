"""The eye: how the hand's commands move it."""

from __future__ import annotations

import numpy as np
import pytest

from app.camera.animation import JUMP_SECONDS
from app.camera.camera_controller import CameraController, turning_of
from app.camera.fitting import same_picture
from engines.core.camera import Camera, look_at, project
from tests.app.ball_scene import BallScene


class Followed:
    """An eye in a ball scene, and what it told."""

    def __init__(self, native_px: tuple[int, int] | None = (32, 32)) -> None:
        self.told: list[bool] = []
        self.eye = CameraController(self.told.append)
        self.scene = BallScene(native_px)
        self.eye.enter(self.scene, self.scene.cameras)

    def settle(self) -> None:
        self.eye.tick(1e12)


@pytest.fixture
def followed() -> Followed:
    return Followed()


def test_it_begins_at_the_start_which_is_a_view(followed: Followed) -> None:
    assert followed.eye.view_index == 0
    assert followed.eye.shown is not None
    assert np.array_equal(followed.eye.shown.camera_to_world, followed.scene.start.camera_to_world)


def test_a_drag_orbits_at_the_same_distance_and_tells_so(followed: Followed) -> None:
    eye = followed.eye
    eye.orbit_by(8, 2)
    assert followed.told == [True] and eye.view_index is None
    assert eye.camera is not None
    assert np.linalg.norm(eye.camera.position) == pytest.approx(np.linalg.norm(followed.scene.start.position))
    assert not np.allclose(eye.camera.position, followed.scene.start.position)
    eye.rest()
    assert followed.told == [True, False]


def test_fly_mode_looks_around_in_place(followed: Followed) -> None:
    eye = followed.eye
    eye.mode = "fly"
    eye.orbit_by(4, 0)
    assert eye.camera is not None
    assert eye.camera.position == pytest.approx(followed.scene.start.position)
    assert not np.allclose(eye.camera.forward, followed.scene.start.forward)
    # The pivot came along: it is straight ahead.
    pixels, depth = project(eye.camera, eye.pivot[None])
    assert depth[0] > 0 and pixels[0] == pytest.approx(eye.camera.centre_px, abs=1e-6)


def test_panning_takes_the_pivot_along(followed: Followed) -> None:
    eye = followed.eye
    before = project(followed.scene.start, np.zeros((1, 3)))[0][0]
    eye.pan_by(5, -3)
    assert eye.camera is not None
    after = project(eye.camera, np.zeros((1, 3)))[0][0]
    assert after - before == pytest.approx((5, -3), abs=1e-6)
    assert project(eye.camera, eye.pivot[None])[0][0] == pytest.approx(before, abs=1e-6)


def test_the_wheel_goes_nearer_and_never_through(followed: Followed) -> None:
    eye = followed.eye
    eye.dolly_by(1)
    assert eye.camera is not None
    start = np.linalg.norm(followed.scene.start.position)
    assert np.linalg.norm(eye.camera.position) == pytest.approx(0.9 * start)
    eye.dolly_by(500)
    assert np.linalg.norm(eye.camera.position) > 0


def test_held_keys_fly_and_come_to_rest(followed: Followed) -> None:
    eye = followed.eye
    eye.fly_by(["forward"], 0.1)
    assert eye.camera is not None
    moved = eye.camera.position - followed.scene.start.position
    # The diagonal of a cube of side 2 in four seconds.
    assert moved == pytest.approx(followed.scene.start.forward * np.sqrt(12) / 4 * 0.1)
    eye.fly_by(["forward", "back"], 0.1)
    assert eye.camera.position == pytest.approx(followed.scene.start.position + moved)
    eye.fly_by([], 0.1)
    eye.fly_by([], 0.1)
    assert followed.told == [True, True, False]


def test_a_jump_is_eased_and_ends_exactly(followed: Followed) -> None:
    eye = followed.eye
    eye.go_to_view(3)
    assert eye.animating and eye.view_index == 3 and followed.told[-1] is True
    followed.settle()
    assert not eye.animating and followed.told[-1] is False
    assert eye.shown is not None
    assert np.array_equal(eye.shown.camera_to_world, followed.scene.cameras[3].camera_to_world)
    assert 0.1 <= JUMP_SECONDS <= 0.4


def test_a_drag_takes_over_from_a_jump(followed: Followed) -> None:
    eye = followed.eye
    eye.go_to_view(3)
    eye.orbit_by(1, 0)
    assert not eye.animating and eye.view_index is None


def test_views_wrap_around_and_go_on_from_the_nearest(followed: Followed) -> None:
    eye = followed.eye
    eye.step_view(-1)
    assert eye.view_index == 7
    eye.step_view(1)
    assert eye.view_index == 0
    followed.settle()
    eye.orbit_by(1, 0)
    eye.go_to_nearest_view()
    assert eye.view_index == 0


def test_up_goes_through_the_axes_and_back(followed: Followed) -> None:
    axes = [tuple(followed.eye.cycle_up()) for _ in range(6)]
    assert len(set(axes)) == 6 and axes[-1] == (0, 0, 1)


def test_reset_and_frame(followed: Followed) -> None:
    eye = followed.eye
    eye.pan_by(9, 9)
    eye.cycle_up()
    eye.reset()
    followed.settle()
    assert eye.camera is not None
    assert np.array_equal(eye.camera.camera_to_world, followed.scene.start.camera_to_world)
    assert tuple(eye.up) == (0, 0, 1) and eye.pivot == pytest.approx(np.zeros(3))
    eye.dolly_by(-20)
    eye.frame_points()
    followed.settle()
    corners = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], dtype=float)
    pixels, _ = project(eye.camera, corners)
    assert pixels.min() >= 0 and pixels.max() <= 32 and np.ptp(pixels) > 16


def test_a_jump_to_where_a_view_is_is_at_that_view(followed: Followed) -> None:
    """Reset, a camera from the clipboard: wherever it comes from."""
    eye = followed.eye
    eye.orbit_by(9, 2)
    assert eye.view_index is None
    eye.reset()
    assert eye.view_index == 0
    eye.set_camera(followed.scene.cameras[5])
    assert eye.view_index == 5
    eye.step_by(1, 0)
    assert eye.view_index is None


def test_the_viewport_matters_only_to_scenes_of_any_size() -> None:
    native, free = Followed(), Followed(None)
    for followed in (native, free):
        followed.eye.resize((300, 200))
    assert native.told == [] and free.told == [True]
    assert native.eye.shown is not None and native.eye.shown.size_px == (32, 32)
    assert free.eye.shown is not None and free.eye.shown.size_px == (300, 200)


def test_nothing_is_open(followed: Followed) -> None:
    eye = followed.eye
    eye.leave()
    followed.told.clear()
    for move in (eye.reset, eye.frame_points, eye.level, eye.go_to_nearest_view, eye.cycle_up, eye.tick):
        move()
    eye.orbit_by(1, 1)
    eye.pan_by(1, 1)
    eye.fly_by(["up"], 1.0)
    eye.step_view(1)
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
    assert eye.shown is not None and same_picture(eye.shown, cropped_views[0])
    # Now it has the cropped picture's camera.
    eye.reset()
    followed.settle()
    place = eye.place
    assert place is not None
    eye.enter(scene, scene.cameras)
    eye.take(place)
    assert eye.shown is not None and same_picture(eye.shown, whole)
    assert eye.view_index == 0


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
