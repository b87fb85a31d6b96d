"""The wheel stops before the near plane cuts into the scene."""

from __future__ import annotations

import numpy as np
import pytest

from app.camera import navigation
from app.camera.camera_controller import CameraController
from app.camera.near_plane import Room, room
from app.rendering.render_requests import RenderedImage, RenderRequest, scene_points
from engines.core.camera import Camera, project
from tests.app.ball_scene import BallScene, draw_ball, ring

NEAR = 0.8


class NearScene(BallScene):
    """The ball, of which nothing nearer than `NEAR` is drawn."""

    near = NEAR


def eye_in(scene: BallScene) -> CameraController:
    eye = CameraController(lambda _: None)
    eye.enter(scene, scene.cameras)
    return eye


def look(eye: CameraController, scene: BallScene) -> None:
    """The exact picture is there."""
    assert eye.shown is not None
    eye.room = room(scene, draw_ball(eye.shown), eye.shown)


def nearest_depth(camera: Camera) -> float:
    depth = draw_ball(camera.scaled(4)).depth
    assert depth is not None
    return float(depth.min())


@pytest.mark.parametrize("looks", [1, 100])
def test_the_wheel_slows_and_stops_before_the_plane(looks: int) -> None:
    scene = NearScene()
    eye = eye_in(scene)
    look(eye, scene)
    distances = []
    for step in range(60):
        eye.hand.dolly_by(1)
        assert eye.camera is not None
        distances.append(float(np.linalg.norm(eye.camera.position)))
        if step < looks:
            look(eye, scene)
    stopped = eye.stopped
    assert stopped and eye.camera is not None
    # Not cut, and as near as what is known of the surface allows.
    assert NEAR < nearest_depth(eye.camera) < NEAR + 0.5
    steps = -np.diff([np.sqrt(17), *distances])
    assert steps[0] == pytest.approx(0.42, abs=0.05) and steps[-1] == 0
    assert np.diff(steps[3:]).max() <= 1e-9
    eye.hand.dolly_by(-1)
    assert not eye.stopped and np.linalg.norm(eye.camera.position) > distances[-1]


def test_a_scene_without_such_a_plane_is_entered_as_before() -> None:
    scene = BallScene()
    eye = eye_in(scene)
    look(eye, scene)
    assert eye.room is None
    eye.hand.dolly_by(30)
    assert eye.camera is not None and np.linalg.norm(eye.camera.position) < 0.3


def test_who_is_in_the_scene_already_may_go_on() -> None:
    camera = ring(1)[0]
    inside = Room(camera.position + 0.3 * camera.forward, NEAR)
    assert inside.left(camera) == pytest.approx(0.3 - NEAR)
    ahead = navigation.fly(camera, 0, 0, 1.0)
    assert inside.shortened(camera, ahead) is ahead


def test_going_aside_and_back_is_not_held_up() -> None:
    camera = ring(1)[0]
    tight = Room(camera.position + NEAR * 1.001 * camera.forward, NEAR)
    for move in ((1.0, 0, 0), (0, 1.0, 0), (0, 0, -1.0)):
        moved = navigation.fly(camera, *move)
        assert tight.shortened(camera, moved) is moved
    assert tight.shortened(camera, navigation.fly(camera, 0, 0, 0.1)) is None


@pytest.mark.parametrize("away", [1.0, 2.5])
def test_framing_fills_the_picture_with_what_is_there(away: float) -> None:
    """The ball in its box: the box's corners would leave it at half of the width."""
    scene = BallScene((32, 32))
    eye = eye_in(scene)
    camera = navigation.dolly(scene.start, np.zeros(3), away)
    picture = RenderedImage(
        RenderRequest(camera, {}), "exact", np.zeros((32, 32, 3), np.uint8), camera, 1.0, draw_ball(camera)
    )
    points = scene_points(picture)
    assert points is not None and np.linalg.norm(points, axis=1) == pytest.approx(1, abs=1e-3)
    eye.frame_points(points)
    eye.tick(1e12)
    assert eye.camera is not None
    pixels, _ = project(eye.camera, points)
    assert 0.8 < np.ptp(pixels, axis=0).max() / 32 <= 0.95 and pixels.min() > 0 and pixels.max() < 32


def test_what_goes_on_beyond_the_rim_is_framed_by_its_box() -> None:
    close = navigation.dolly(ring(1)[0], np.zeros(3), 0.4)
    picture = RenderedImage(
        RenderRequest(close, {}), "exact", np.zeros((32, 32, 3), np.uint8), close, 1.0, draw_ball(close)
    )
    assert scene_points(picture) is None


def test_framing_keeps_the_near_plane_off() -> None:
    scene = NearScene((32, 32))
    scene.near = 2.9
    eye = eye_in(scene)
    look(eye, scene)
    assert eye.shown is not None
    picture = RenderedImage(
        RenderRequest(eye.shown, {}), "exact", np.zeros((32, 32, 3), np.uint8), eye.shown, 1.0, draw_ball(eye.shown)
    )
    eye.frame_points(scene_points(picture))
    eye.tick(1e12)
    assert eye.camera is not None and nearest_depth(eye.camera) > 2.9
