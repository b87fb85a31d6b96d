"""A capture that is looked at from outside."""

from __future__ import annotations

import numpy as np
import pytest

from app.capture.inspection.capture_view import WHEEL_FACTOR, CaptureView
from engines.core.camera import Array
from tests.app.ball_scene import UP, ring

BOUNDS = np.array([[-1.0] * 3, [1.0] * 3])


def place(view: CaptureView) -> Array:
    """[4, 4] the eye's pose."""
    assert view.eye is not None
    return view.eye.camera_to_world


@pytest.fixture
def view() -> CaptureView:
    view = CaptureView((300, 200))
    view.show(ring(6), BOUNDS, UP)
    return view


def test_it_sees_the_whole_and_follows_the_drawings_size_until_it_is_moved(view: CaptureView) -> None:
    assert view.eye is not None and view.flat is not None and view.flat.whole.all()
    assert (view.flat.pixels >= 0).all() and (view.flat.pixels <= (300, 200)).all()
    before = place(view)
    view.resize((200, 500))
    assert view.eye.size_px == (200, 500) and not np.allclose(place(view), before)
    view.turn(30, 0)
    turned = place(view)
    view.resize((300, 200))
    np.testing.assert_array_equal(place(view), turned)
    view.look_over()
    np.testing.assert_allclose(place(view), before)


def test_half_a_turn_along_the_height(view: CaptureView) -> None:
    before = place(view)
    view.turn(200, 0)
    middle = view.capture.extent.mean(axis=0) if view.capture is not None else np.zeros(3)
    away, was = place(view)[:3, 3] - middle, before[:3, 3] - middle
    # Half a turn about up: across turns round, the height stays.
    np.testing.assert_allclose(away, was * (-1, -1, 1), atol=1e-9)


def test_what_is_slid_is_turned_about_where_it_lies_then(view: CaptureView) -> None:
    view.slide(40, -10)
    moved = place(view)
    view.come_nearer(1)
    view.come_nearer(-1)
    np.testing.assert_allclose(place(view), moved, atol=1e-9)
    view.look_over()
    middle = view.capture.extent.mean(axis=0) if view.capture is not None else np.zeros(3)
    far = np.linalg.norm(place(view)[:3, 3] - middle)
    view.come_nearer(2)
    assert np.linalg.norm(place(view)[:3, 3] - middle) == pytest.approx(far * WHEEL_FACTOR**2, rel=0.05)


def test_the_nearest_camera_is_pointed_at(view: CaptureView) -> None:
    assert view.flat is not None
    nearest = int(view.flat.order[-1])
    u, v = view.flat.pixels[nearest, 1:].mean(axis=0)
    assert view.point_at(u, v) and view.hovered == nearest
    assert not view.point_at(u, v)
    assert view.point_at(1, 1) and view.hovered is None


def test_nothing_is_there() -> None:
    view = CaptureView((300, 200))
    view.show((), BOUNDS, UP)
    view.turn(1, 1)
    view.slide(1, 1)
    view.come_nearer(1)
    view.resize((20, 20))
    assert view.eye is None and view.flat is None and not view.point_at(5, 5)
