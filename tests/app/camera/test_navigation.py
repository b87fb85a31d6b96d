"""Camera moves, in numbers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from app.camera import navigation
from engines.core.camera import Array, Camera, look_at, project

UP = np.array([0.0, 0.0, 1.0])
ORIGIN = np.zeros(3)


def camera_at(eye: Array | list[float], target: Array = ORIGIN) -> Camera:
    return Camera(look_at(np.array(eye), target, UP), (300.0, 310.0), (160.0, 118.0), (320, 240))


def pixel(camera: Camera, point: Array) -> Array:
    return np.asarray(project(camera, point[None])[0][0])


def roll_of(camera: Camera) -> float:
    """Clockwise tilt of the head against the horizon."""
    return float(np.arctan2(camera.right @ -UP, camera.down @ -UP))


def test_orbit_by_a_quarter_turn_ends_on_the_left() -> None:
    turned = navigation.orbit(camera_at([0, -4, 0]), ORIGIN, UP, np.pi / 2, 0)
    np.testing.assert_allclose(turned.position, [-4, 0, 0], atol=1e-12)
    np.testing.assert_allclose(turned.forward, [1, 0, 0], atol=1e-12)


def test_orbit_moves_the_near_side_with_the_hand() -> None:
    camera = camera_at([0, -4, 1.0])
    near_side = np.array([0.0, -1.0, 0.0])
    moved = pixel(navigation.orbit(camera, ORIGIN, UP, 0.1, 0.05), near_side) - pixel(camera, near_side)
    assert moved[0] > 1 and moved[1] > 1


def test_orbit_keeps_distance_and_horizon_over_a_thousand_steps() -> None:
    camera, pivot = camera_at([1, -4, 2]), np.array([0.2, 0.1, -0.3])
    distance, generator = np.linalg.norm(camera.position - pivot), np.random.default_rng(0)
    for right, down in generator.normal(0, 0.1, (1000, 2)):
        camera = navigation.orbit(camera, pivot, UP, right, down)
    assert np.linalg.norm(camera.position - pivot) == pytest.approx(distance, rel=1e-9)
    assert abs(roll_of(camera)) < 1e-9
    rotation = camera.camera_to_world[:3, :3]
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-12)


@pytest.mark.parametrize(
    "move", [lambda c, d: navigation.orbit(c, ORIGIN, UP, 0, d), lambda c, d: navigation.look(c, UP, 0, d)]
)
@pytest.mark.parametrize("sign", [1, -1])
def test_turntable_stops_one_degree_short_of_the_poles(move: Callable[[Camera, float], Camera], sign: int) -> None:
    camera = camera_at([0, -4, 0])
    for _ in range(20):
        camera = move(camera, sign * 0.2)
    assert np.degrees(np.arcsin(camera.forward @ UP)) == pytest.approx(-sign * 89, abs=1e-6)


def test_a_camera_at_the_pole_comes_back_without_a_jump() -> None:
    camera = camera_at([0, 0, 4])
    assert np.abs(navigation.orbit(camera, ORIGIN, UP, 0, 0).camera_to_world - camera.camera_to_world).max() < 1e-9
    back = navigation.orbit(camera, ORIGIN, UP, 0, -0.3)
    assert np.degrees(np.arccos(back.forward @ camera.forward)) == pytest.approx(np.degrees(0.3), abs=1e-6)
    assert abs(roll_of(back)) < 1e-9


def test_orbit_keeps_the_roll_and_follows_the_hand_when_rolled() -> None:
    camera = navigation.roll(camera_at([0, -4, 0.5]), 0.7)
    near_side = np.array([0.0, -1.0, 0.1])
    assert np.abs(navigation.orbit(camera, ORIGIN, UP, 0, 0).camera_to_world - camera.camera_to_world).max() < 1e-9
    turned = navigation.orbit(camera, ORIGIN, UP, 0.02, 0)
    assert roll_of(turned) == pytest.approx(0.7, abs=1e-9)
    moved = pixel(turned, near_side) - pixel(camera, near_side)
    assert moved[0] > 1 and abs(moved[1]) < 0.2 * moved[0]


def test_trackball_turns_by_the_angle_and_goes_over_the_pole() -> None:
    camera = camera_at([0, -4, 0])
    turned = navigation.trackball(camera, ORIGIN, 0, np.pi / 2)
    np.testing.assert_allclose(turned.position, [0, 0, 4], atol=1e-12)
    over = navigation.trackball(turned, ORIGIN, 0, 0.3)
    assert over.down @ UP > 0, "upside down behind the pole"
    np.testing.assert_allclose(navigation.trackball(camera, ORIGIN, np.pi / 2, 0).position, [-4, 0, 0], atol=1e-12)
    assert navigation.trackball(camera, ORIGIN, 0, 0) is camera


def test_look_turns_in_place() -> None:
    camera = camera_at([0, -4, 0])
    turned = navigation.look(camera, UP, 0.3, 0.2)
    np.testing.assert_allclose(turned.position, camera.position, atol=1e-12)
    assert turned.forward @ camera.right == pytest.approx(np.sin(0.3) * np.cos(0.2))
    assert turned.forward @ UP == pytest.approx(-np.sin(0.2))
    assert abs(roll_of(turned)) < 1e-12


def test_pan_makes_the_pivot_stick_to_the_cursor() -> None:
    camera, pivot = camera_at([1, -4, 2]), np.array([0.3, 0.2, 0.1])
    panned = navigation.pan(camera, pivot, 17.0, -9.0)
    np.testing.assert_allclose(pixel(panned, pivot) - pixel(camera, pivot), [17, -9], atol=1e-9)
    np.testing.assert_allclose(panned.forward, camera.forward, atol=1e-12)


def test_pan_with_the_pivot_behind_still_moves_by_its_distance() -> None:
    camera = camera_at([0, -4, 0])
    panned = navigation.pan(camera, np.array([0.0, -7.0, 0.0]), 30.0, 0)
    np.testing.assert_allclose(panned.position, [-0.3, -4, 0], atol=1e-12)


def test_dolly_scales_the_distance_and_never_arrives() -> None:
    camera, pivot = camera_at([0, -4, 0]), np.array([0.0, -1.0, 0.0])
    assert np.linalg.norm(navigation.dolly(camera, pivot, 0.5).position - pivot) == pytest.approx(1.5)
    for _ in range(200):
        camera = navigation.dolly(camera, pivot, 0.5)
    assert camera.position[1] < -1
    with pytest.raises(ValueError, match="factor"):
        navigation.dolly(camera, pivot, 0)


def test_dolly_to_a_point_keeps_that_point_under_the_cursor() -> None:
    camera, point = camera_at([1, -4, 2]), np.array([0.4, 0.1, -0.2])
    np.testing.assert_allclose(pixel(navigation.dolly(camera, point, 0.7), point), pixel(camera, point), atol=1e-9)


def test_fly_goes_along_the_cameras_axes() -> None:
    moved = navigation.fly(camera_at([0, -4, 0]), 1, 2, 3)
    np.testing.assert_allclose(moved.position, [1, -1, 2], atol=1e-12)


def test_level_takes_out_the_roll_only() -> None:
    camera = camera_at([1, -4, 2])
    rolled = navigation.roll(camera, 0.4)
    assert roll_of(rolled) == pytest.approx(0.4)
    levelled = navigation.level(rolled, UP * 3)
    np.testing.assert_allclose(levelled.camera_to_world, camera.camera_to_world, atol=1e-12)


@pytest.mark.parametrize("eye", [[1.0, -4.0, 2.0], [0.0, 0.0, 3.0], [0.1, 0.2, 0.1]])
def test_frame_bounds_fits_the_box_tightly(eye: list[float]) -> None:
    bounds = np.array([[-1.0, -0.5, 0.0], [2.0, 0.7, 3.0]])
    camera = camera_at(eye)
    framed = navigation.frame_bounds(camera, bounds, UP)
    corners = np.stack(np.meshgrid(*bounds.T), axis=-1).reshape(-1, 3)
    pixels, depth = project(framed, corners)
    assert (depth > 0).all()
    # Half the picture on each side of the optical axis, filled to nine tenths at the tightest side.
    room = np.where(pixels > framed.centre_px, np.array(framed.size_px) - framed.centre_px, framed.centre_px)
    assert (np.abs(pixels - framed.centre_px) / room).max() == pytest.approx(0.9, abs=1e-6)
    np.testing.assert_allclose(framed.forward, camera.forward, atol=1e-9)


def test_nearest_camera_weighs_place_and_direction() -> None:
    ring = [camera_at([4 * np.sin(a), -4 * np.cos(a), 1]) for a in np.linspace(0, 2 * np.pi, 12, endpoint=False)]
    close = navigation.orbit(ring[3], ORIGIN, UP, 0.1, 0.05)
    assert navigation.nearest_camera(close, ring) == 3
    away = camera_at([0, -4, 1], np.array([0.0, -8.0, 1.0]))
    assert navigation.nearest_camera(camera_at([0, -4, 1.1]), [away, ring[1], ring[0]]) == 2
    with pytest.raises(ValueError, match="no cameras"):
        navigation.nearest_camera(close, [])


def test_interpolate_begins_and_ends_exactly_and_turns_evenly() -> None:
    a, b = camera_at([0, -4, 0]), camera_at([4, 0, 0]).zoomed(2)
    for t, end in ((0, a), (1, b)):
        between = navigation.interpolate(a, b, t)
        np.testing.assert_allclose(between.camera_to_world, end.camera_to_world, atol=1e-9)
        assert between.focal_px == pytest.approx(end.focal_px)
    half = navigation.interpolate(a, b, 0.5)
    np.testing.assert_allclose(half.position, [2, -2, 0], atol=1e-9)
    np.testing.assert_allclose(half.forward, [-np.sqrt(0.5), np.sqrt(0.5), 0], atol=1e-9)


def test_interpolate_around_a_pivot_keeps_the_distance() -> None:
    a, b = camera_at([0, -4, 0]), camera_at([0.1, 4, 0])
    for t in np.linspace(0, 1, 7):
        between = navigation.interpolate(a, b, float(t), pivot=ORIGIN)
        assert np.linalg.norm(between.position) == pytest.approx(4, rel=1e-3)


def test_interpolate_takes_the_size_of_the_end() -> None:
    a, b = camera_at([0, -4, 0]), camera_at([4, 0, 0]).scaled(0.5)
    assert navigation.interpolate(a, b, 0.0).size_px == (160, 120)
    assert navigation.interpolate(a, b, 0.0).focal_px == pytest.approx((150, 155))


def test_the_wheel_may_turn_without_end() -> None:
    camera = camera_at([0.0, -4.0, 1.0])
    for _ in range(500):
        camera = navigation.dolly(camera, ORIGIN, 1.5)
    assert np.isfinite(camera.position).all() and np.abs(camera.position).max() > 1e9
    assert (navigation.fly(camera, 0.0, 0.0, 1e300).position == camera.position).all()
