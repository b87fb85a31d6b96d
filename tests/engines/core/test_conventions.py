"""One test for each row of the table in `engines/core/__init__.py`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.synthetic.materials import Material, Plain
from app.synthetic.raytracer import draw
from app.synthetic.scene import Solid, SyntheticScene
from app.synthetic.shapes import Box
from engines.core.camera import Camera, look_at, pixel_rays, project
from engines.core.data.images import read_image, write_png

CAMERA = Camera(np.eye(4), (10.0, 10.0), (4.0, 3.0), (8, 6))


def test_camera_axes_are_right_down_forward() -> None:
    pixels, depth = project(CAMERA, np.array([[0, 0, 2.0], [1, 0, 2], [0, 1, 2], [0, 0, -2]]))
    assert pixels[0] == pytest.approx((4, 3))
    assert pixels[1] == pytest.approx((9, 3))  # +x: to the right
    assert pixels[2] == pytest.approx((4, 8))  # +y: down
    assert (depth > 0).tolist() == [True, True, True, False]


def test_pose_is_camera_to_world_in_float64() -> None:
    pose = look_at(np.array([5.0, 0, 0]), np.zeros(3), np.array([0, 0, 1.0])).astype(np.float32)
    camera = CAMERA.at(pose)
    assert camera.camera_to_world.dtype == np.float64
    # Where the camera stands, and the point 5 ahead of it, worked by hand.
    assert camera.camera_to_world @ [0, 0, 0, 1] == pytest.approx([5, 0, 0, 1])
    assert camera.camera_to_world @ [0, 0, 5, 1] == pytest.approx([0, 0, 0, 1])
    assert camera.camera_to_world @ [0, 1, 0, 1] == pytest.approx([5, 0, -1, 1])


def test_pixel_is_sampled_at_its_centre() -> None:
    origin, directions = pixel_rays(CAMERA)
    # Column 0, row 0: (0.5 - 4) / 10 and (0.5 - 3) / 10.
    assert directions[0, 0] / directions[0, 0, 2] == pytest.approx([-0.35, -0.25, 1])
    pixels, _ = project(CAMERA, origin + 3 * directions[5, 2][None])
    assert pixels[0] == pytest.approx((2.5, 5.5))


def test_sizes_are_width_height_and_arrays_height_width() -> None:
    assert pixel_rays(CAMERA)[1].shape == (6, 8, 3)
    assert CAMERA.resized((16, 6)).focal_px == (20.0, 10.0)


def test_image_is_float32_srgb_as_stored(tmp_path: Path) -> None:
    stored = np.zeros((2, 3, 3), dtype=np.uint8)
    stored[0, 1] = (255, 128, 0)
    write_png(tmp_path / "image.png", stored)
    image = read_image(tmp_path / "image.png")
    assert image.dtype == np.float32 and image.shape == (2, 3, 3)
    assert image[0, 1] == pytest.approx((1, 128 / 255, 0))


def test_depth_is_along_z_and_infinite_where_nothing_is_hit() -> None:
    wall = Box((0.4, 0.4, 0.1))
    solid = Solid("wall", wall, Material(Plain((0.5, 0.5, 0.5))), np.eye(4))
    camera = replace(CAMERA, camera_to_world=look_at(np.array([0, 0, 2.0]), np.zeros(3), np.array([0, 1.0, 0])))
    depth = draw(SyntheticScene((solid,)), camera, samples=1).depth
    hit = np.isfinite(depth)
    assert 0 < hit.sum() < hit.size and np.isposinf(depth[~hit]).all()
    # A wall across the view is equally deep all over, though the rays to its edges are longer.
    assert depth[hit] == pytest.approx(1.9)


def test_directions_are_of_unit_length() -> None:
    pose = look_at(np.array([1.0, 2, 3]), np.zeros(3), np.array([0, 0, 7.0]))
    assert np.linalg.norm(pixel_rays(CAMERA.at(pose))[1], axis=-1) == pytest.approx(1)
    camera = CAMERA.at(pose)
    assert [np.linalg.norm(axis) for axis in (camera.right, camera.down, camera.forward)] == pytest.approx([1, 1, 1])
