"""Where a capture falls in a drawing of it."""

from __future__ import annotations

import numpy as np
import pytest

from app.capture.inspection.drawing import Capture, camera_at, capture_of, flat, overview
from engines.core.camera import Array, Camera, look_at, project
from tests.engines.core.examples import camera_ring

UP = np.array([0.0, 0, 1])
BOUNDS = np.array([[-1.0] * 3, [1.0] * 3])
SIZE_PX = (400, 300)


def row() -> list[Camera]:
    """Cameras that look along +y."""
    eyes = [np.array([0.3 * index - 1, -4, 0]) for index in range(7)]
    return [Camera(look_at(eye, eye + np.array([0, 1, 0]), UP), (50.0, 50.0), (30.0, 20.0), (60, 40)) for eye in eyes]


def drawn(cameras: list[Camera], size_px: tuple[int, int] = SIZE_PX) -> tuple[Capture, Camera]:
    capture = capture_of(cameras, BOUNDS, UP)
    return capture, overview(cameras, capture, size_px)


def corners_of_box() -> Array:
    return np.stack(np.meshgrid(*BOUNDS.T), axis=-1).reshape(-1, 3)


@pytest.mark.parametrize("cameras", [row(), list(camera_ring(9)), row()[:1]])
@pytest.mark.parametrize("size_px", [SIZE_PX, (160, 500), (900, 120)])
def test_the_whole_capture_fills_the_drawing(cameras: list[Camera], size_px: tuple[int, int]) -> None:
    capture, eye = drawn(cameras, size_px)
    pixels, depth = project(eye, np.concatenate([capture.corners.reshape(-1, 3), corners_of_box()]))
    share = (pixels.max(axis=0) - pixels.min(axis=0)) / size_px
    assert (depth > 0).all() and (pixels >= 0).all() and (pixels <= size_px).all() and 0.8 < share.max() < 1
    assert np.abs(eye.right @ UP) < 1e-9 and eye.down @ UP < 0 and eye.size_px == size_px


def test_a_camera_far_outside_does_not_make_the_rest_small() -> None:
    usual = drawn(row())[0].size
    outlier = row()[0].at(look_at(np.array([0, -400.0, 0]), np.zeros(3), UP))
    assert drawn([*row(), outlier])[0].size == pytest.approx(usual, rel=0.01)


def test_pictures_are_in_the_cameras_own_shape() -> None:
    capture, _ = drawn(row())
    place, top_left, top_right, bottom_right, _ = capture.corners[2]
    assert np.allclose(place, row()[2].position)
    # 60x40 pixels; left to right along +x, the top up.
    assert np.allclose((top_right - top_left) / np.linalg.norm(top_right - top_left), [1, 0, 0])
    assert np.allclose(np.cross(top_right - bottom_right, UP), 0) and (top_right - bottom_right) @ UP > 0
    assert np.linalg.norm(top_right - top_left) / np.linalg.norm(top_right - bottom_right) == pytest.approx(1.5)


def test_from_behind_its_camera_a_picture_is_not_mirrored() -> None:
    capture, eye = drawn(row())
    assert flat(capture, eye).from_behind.all()
    front = eye.at(look_at(np.array([0.0, 9, 3]), np.zeros(3), UP))
    assert not flat(capture, front).from_behind.any()


def test_the_nearest_camera_under_the_pointer_is_found() -> None:
    capture, eye = drawn(list(camera_ring(9)))
    seen = flat(capture, eye)
    assert (np.diff(seen.depth[seen.order]) <= 0).all() and len(seen.order) == 9
    nearest = int(seen.order[-1])
    u, v = seen.pixels[nearest, 1:].mean(axis=0)
    assert camera_at(seen, u, v, 5) == nearest
    u, v = seen.pixels[nearest, 0]
    assert camera_at(seen, u + 3, v + 3, 5) is not None
    assert camera_at(seen, -500, -500, 5) is None
    # With an eye among them, those behind it are not there.
    inside = flat(capture, eye.at(look_at(np.zeros(3), np.array([1.0, 0, 0]), UP)))
    assert 0 < len(inside.order) < 9 and not inside.whole.all()
