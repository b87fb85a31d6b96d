"""Splits, square pictures, and what is guessed from cameras alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engines.core.camera import Camera, look_at, project
from engines.core.dataset import (
    Dataset,
    bounds_ahead,
    bounds_between,
    bounds_seen,
    focus_depth,
    focus_point,
    up_direction,
)
from engines.core.views import View, Views
from tests.engines.core.examples import camera_at, camera_ring

BOX = np.array([[-1.0, -1, -1], [1, 1, 1]])
UP = np.array([0, 0, 1.0])


def dataset(train: int, validation: int = 0) -> Dataset:
    views = [View(camera, f"t{index}") for index, camera in enumerate(camera_ring(train))]
    views += [View(camera, f"v{index}", "validation") for index, camera in enumerate(camera_ring(validation))]
    return Dataset(Views.of(views), Path("folder"), "example", BOX, UP)


def test_holding_out_every_third_view() -> None:
    held = dataset(7).with_held_out(3)
    assert [view.name for view in held.split("validation")] == ["t2", "t5"]
    assert [view.name for view in held.views] == ["t0", "t1", "t3", "t4", "t6", "t2", "t5"]


def test_nothing_more_is_held_out_where_some_are_or_few_are_left() -> None:
    assert len(dataset(9, 1).with_held_out(3).split("validation")) == 1
    assert not dataset(5).with_held_out(3).split("validation")


def test_square_image_goes_with_square_camera(tmp_path: Path) -> None:
    """A dot at a point's projection is found, in the square image, at its projection by the square camera."""
    camera = camera_at(3, 1, 1).resized((64, 48))
    point = np.array([[0.1, -0.2, 0.3]])
    column, row = project(camera, point)[0][0]
    pixels = np.zeros((48, 64, 3), dtype=np.uint8)
    pixels[int(row) : int(row) + 1, int(column) : int(column) + 1] = 255
    Image.fromarray(pixels).save(tmp_path / "dot.png")
    view = View(camera, "dot", image_path=tmp_path / "dot.png")
    brightness = view.square_image(24)[:, :, 0]
    found_row, found_column = np.unravel_index(int(brightness.argmax()), brightness.shape)
    expected = project(view.square_camera(24), point)[0][0]
    assert (int(found_column), int(found_row)) == (int(expected[0]), int(expected[1]))


def test_focus_is_where_all_look() -> None:
    target = np.array([0.3, -0.2, 0.5])
    cameras = tuple(c.at(look_at(c.position, target, UP)) for c in camera_ring(5))
    assert focus_point(cameras) == pytest.approx(target)


def test_focus_of_parallel_cameras_is_ahead() -> None:
    camera = camera_at(3, 0, 0)
    assert focus_point((camera, camera)) == pytest.approx([2, 0, 0])


def test_up_snaps_to_a_world_axis_only_when_near_one() -> None:
    assert up_direction(camera_ring(6)).tolist() == [0, 0, 1]
    slanted = np.array([1.0, 1, 1]) / np.sqrt(3)
    camera = camera_at(3, 0, 0)
    tilted = camera.at(look_at(np.array([1.0, -1, 0]), np.zeros(3), slanted))
    assert up_direction((tilted,)) == pytest.approx(slanted)


def test_up_of_cameras_all_around_is_z() -> None:
    camera = camera_at(3, 0, 0)
    flipped = camera.at(camera.camera_to_world @ np.diag([-1.0, -1, 1, 1]))
    assert up_direction((camera, flipped)).tolist() == [0, 0, 1]


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


def test_bounds_ahead_are_at_the_focus_and_in_view() -> None:
    # 1 / (0.25 / 1.8 + 0.75 / 30)
    assert focus_depth(2, 6) == pytest.approx(6.1016949)
    cameras = row_of_cameras(5)
    low, high = bounds_ahead(cameras, 2, 6)
    assert (low + high) / 2 == pytest.approx([0, 0, 5 + 6.1016949])
    middle = np.array([[0, y, 5 + 6.1016949] for y in (low[1], high[1])])
    pixels, _ = project(cameras[2], middle)
    assert (pixels >= 0).all() and (pixels <= cameras[2].size_px).all()
    # Four fifths of the height.
    assert pixels[1, 1] - pixels[0, 1] == pytest.approx(0.8 * 24, abs=0.5)


def test_bounds_of_known_depths_are_where_cameras_look() -> None:
    parallel = row_of_cameras(5, 0.01)
    assert bounds_between(parallel, 2, 6) == pytest.approx(bounds_ahead(parallel, 2, 6))
    ring = camera_ring(6)
    assert bounds_between(ring, 1, 6) == pytest.approx(bounds_seen(ring))
    # Turned inwards they meet 0.6 or so ahead; turned outwards, behind.
    inwards, outwards = row_of_cameras(5, -0.3), row_of_cameras(5, 0.3)
    assert bounds_between(inwards, 0.1, 6) == pytest.approx(bounds_seen(inwards))
    assert bounds_between(inwards, 3, 6) == pytest.approx(bounds_ahead(inwards, 3, 6))
    assert bounds_between(outwards, 0.1, 6) == pytest.approx(bounds_ahead(outwards, 0.1, 6))
    all_about = row_of_cameras(8, 2 * np.pi / 8)
    assert np.isfinite(bounds_between(all_about, 1, 6)).all()
