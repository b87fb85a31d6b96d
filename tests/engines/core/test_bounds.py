"""The box of a scene, from what cameras see."""

from __future__ import annotations

import numpy as np
import pytest

from engines.core.bounds import (
    bounds_ahead,
    bounds_between,
    bounds_of,
    bounds_of_points,
    bounds_seen,
    focus_depth,
    focus_point,
)
from engines.core.camera import Camera, look_at, project
from tests.engines.core.examples import camera_at, camera_ring

UP = np.array([0, 0, 1.0])


def test_focus_is_where_all_look() -> None:
    target = np.array([0.3, -0.2, 0.5])
    cameras = tuple(c.at(look_at(c.position, target, UP)) for c in camera_ring(5))
    assert focus_point(cameras) == pytest.approx(target)


def test_focus_of_parallel_cameras_is_ahead() -> None:
    camera = camera_at(3, 0, 0)
    assert focus_point((camera, camera)) == pytest.approx([2, 0, 0])


def test_bounds_are_in_view_of_every_camera() -> None:
    cameras = camera_ring(6)
    low, high = bounds_seen(cameras)
    centre = (low + high) / 2
    assert centre == pytest.approx(focus_point(cameras)) and (low < high).all()
    for axis in np.eye(3):
        pixels, _ = project(cameras[0], np.stack([centre + axis * (high - low) / 2]))
        assert (pixels[0] >= 0).all() and (pixels[0] <= cameras[0].size_px).all()


def test_bounds_of_a_camera_turning_on_the_spot_are_a_box() -> None:
    here = np.array([1.0, 2, 3])
    targets = ([2, 2, 3], [1, 3, 3], [0, 2, 3.5])
    cameras = tuple(camera_at(3, 0, 0).at(look_at(here, np.array(target, dtype=float), UP)) for target in targets)
    low, high = bounds_seen(cameras)
    assert high - low == pytest.approx(2)


def row_of_cameras(count: int, turn: float = 0.0) -> tuple[Camera, ...]:
    """0.2 apart along x, at z = 5, looking along +z; each turned by `turn` radians more than the one before."""
    cameras = []
    for index in range(count):
        place, angle = 0.2 * (index - (count - 1) / 2), turn * (index - (count - 1) / 2)
        eye = np.array([place, 0, 5.0])
        pose = look_at(eye, eye + np.array([np.sin(angle), 0, np.cos(angle)]), np.array([0, -1.0, 0]))
        cameras.append(camera_at(3, 0, 0).at(pose))
    return tuple(cameras)


def test_focus_is_that_of_llff_where_it_is_among_what_is_seen() -> None:
    # 1 / (0.25 / 1.8 + 0.75 / 60)
    assert focus_depth(2, 12) == pytest.approx(6.6055046)
    # LLFF's own is 6.1; 1 / (0.25 / 2 + 0.75 / 6)
    assert focus_depth(2, 6) == pytest.approx(4)
    for ratio in np.geomspace(1.001, 1000, 200):
        assert 2 < focus_depth(2, 2 * ratio) < 2 * ratio


def test_bounds_ahead_are_at_the_focus_and_in_view() -> None:
    cameras = row_of_cameras(5)
    low, high = bounds_ahead(cameras, 2, 12)
    assert (low + high) / 2 == pytest.approx([0, 0, 5 + 6.6055046])
    middle = np.array([[0, y, 5 + 6.6055046] for y in (low[1], high[1])])
    pixels, _ = project(cameras[2], middle)
    assert (pixels >= 0).all() and (pixels <= cameras[2].size_px).all()
    # Four fifths of the height.
    assert pixels[1, 1] - pixels[0, 1] == pytest.approx(0.8 * 24, abs=0.5)


def test_bounds_of_known_depths_are_where_cameras_look() -> None:
    parallel = row_of_cameras(5, 0.01)
    assert bounds_between(parallel, 2, 6) == pytest.approx(bounds_ahead(parallel, 2, 6))
    ring = camera_ring(6)
    assert bounds_between(ring, 1, 6) == pytest.approx(bounds_seen(ring))
    # No nearer than anything is: sqrt(10) away.
    low, high = bounds_between(ring, 2.9, 6)
    assert high - low == pytest.approx(2 * (np.sqrt(10) - 2.9))
    # Turned inwards they meet 0.6 or so ahead; turned outwards, behind.
    inwards, outwards = row_of_cameras(5, -0.3), row_of_cameras(5, 0.3)
    assert bounds_between(inwards, 0.1, 6) == pytest.approx(bounds_seen(inwards))
    assert bounds_between(inwards, 3, 6) == pytest.approx(bounds_ahead(inwards, 3, 6))
    assert bounds_between(outwards, 0.1, 6) == pytest.approx(bounds_ahead(outwards, 0.1, 6))
    all_about = row_of_cameras(8, 2 * np.pi / 8)
    low, high = bounds_between(all_about, 1, 6)
    assert (low < [-1, -0.5, 4]).all() and (high > [1, 0.5, 6]).all() and (np.abs([low, high]) < 12).all()


@pytest.mark.parametrize("ratio", [1.05, 1.5, 2.0, 3.0, 3.1, 5.0, 20.0])
@pytest.mark.parametrize("turn", [0.0, 0.01, -0.1, 0.3, 0.8])
def test_bounds_of_known_depths_lie_between_them(ratio: float, turn: float) -> None:
    cameras, near, far = row_of_cameras(7, turn), 2.0, 2.0 * ratio
    box = bounds_between(cameras, near, far)
    # Along the middle camera, which is the mean of those that face one way.
    if np.linalg.norm(np.mean([camera.forward for camera in cameras], axis=0)) > 0.5:
        _, depth = project(cameras[3], np.stack([box[0], box.mean(axis=0), box[1]]))
        assert near - 1e-9 <= depth[0] < depth[1] < depth[2] <= far + 1e-9


def arc(count: int, target: np.ndarray) -> tuple[Camera, ...]:
    """Over 120 degrees at a radius of 4 about `target`, which all see."""
    angles = np.radians(np.linspace(-60, 60, count))
    eyes = [target + 4 * np.array([np.cos(angle), np.sin(angle), 0.2]) for angle in angles]
    return tuple(camera_at(3, 0, 0).at(look_at(eye, target, UP)) for eye in eyes)


def test_one_camera_that_looks_past_the_scene_moves_no_box() -> None:
    target = np.array([0.3, -0.2, 0.5])
    cameras = arc(30, target)
    astray = cameras[4].at(look_at(cameras[4].position, cameras[4].position + np.array([0.5, 0, 3.0]), UP))
    some = (*cameras[:4], astray, *cameras[5:])
    for box in (bounds_between(some, 2, 9), bounds_seen(some)):
        assert np.linalg.norm(box.mean(axis=0) - target) < 0.05
        assert np.ptp(box, axis=0) == pytest.approx(np.ptp(bounds_seen(cameras), axis=0), rel=0.05)


def test_box_is_about_the_points_but_for_those_that_stray() -> None:
    random = np.random.default_rng(3)
    points = random.uniform([-1, -2, 0], [1, 2, 0.5], (2000, 3))
    stray = random.normal(0, 300, (30, 3))
    box = bounds_of_points(np.concatenate([points, stray]))
    assert box is not None
    assert box[0] == pytest.approx([-1, -2, 0], abs=0.2) and box[1] == pytest.approx([1, 2, 0.5], abs=0.2)
    inside = ((points >= box[0]) & (points <= box[1])).all(axis=1)
    assert inside.mean() > 0.98
    assert bounds_of_points(points[:5]) is None and bounds_of_points(np.zeros((50, 3))) is None
    ring = camera_ring(6)
    assert bounds_of(ring, (1, 6), points) == pytest.approx(bounds_of_points(points))
    assert bounds_of(ring, (1, 6), points[:5]) == pytest.approx(bounds_seen(ring))
