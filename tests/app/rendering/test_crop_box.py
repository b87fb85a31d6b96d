"""Crop boxes: read, moved, and which pixels lie in them, by hand-worked numbers."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from app.rendering.crop_box import CropBox, inside, read_crop_box
from engines.core.camera import Camera, look_at
from engines.core.errors import UserError

UNIT = CropBox((-1.0, -1.0, -1.0), (1.0, 1.0, 1.0))
WHOLE = np.array([[-2.0, -2.0, -2.0], [2.0, 2.0, 3.0]])
NOWHERE = np.zeros(3)


def test_a_pixel_lies_where_its_depth_says() -> None:
    """At (0, 0, -3), looking along +z: 2 x 1 pixels, whose rays go through x = -0.5 and 0.5, y = 0 at depth 1."""
    pose = np.eye(4)
    pose[2, 3] = -3
    camera = Camera(pose, (1.0, 1.0), (1.0, 0.5), (2, 1))
    for depth, z, x in ((2.0, -1.0, 1.0), (1.9, -1.1, 0.95), (2.1, -0.9, 1.05)):
        kept = inside(torch.tensor([[depth, torch.inf]]), camera, UNIT)
        assert kept.tolist() == [[-1 <= z <= 1 and abs(x) <= 1, False]], depth
    # Twice as wide a box holds the point at depth 2.1; sides bound each axis alone.
    wide = UNIT.with_side(0, upper=False, value=-1.06)
    assert inside(torch.tensor([[2.1, 2.1]]), camera, wide).tolist() == [[True, False]]


def test_turned_cameras_and_coarse_depths_agree_with_points() -> None:
    camera = Camera(
        look_at(np.array([3.0, -2.0, 1.0]), np.zeros(3), np.array([0.0, 0.0, 1.0])), (50, 60), (30, 20), (64, 48)
    )
    depth = torch.from_numpy(np.random.default_rng(0).uniform(2, 6, (24, 32)).astype(np.float32))
    kept = inside(depth, camera, UNIT).numpy()
    rows, columns = np.mgrid[:24, :32]
    # The middle of pixel (column, row) of the coarse depth lies at twice that in the picture.
    u, v = 2 * (columns + 0.5), 2 * (rows + 0.5)
    rays = np.stack([(u - 30) / 50, (v - 20) / 60, np.ones_like(u)], axis=-1)
    points = camera.position + (rays * depth.numpy()[..., None]) @ camera.camera_to_world[:3, :3].T
    np.testing.assert_array_equal(kept, (np.abs(points) <= 1).all(axis=-1))
    assert 0 < kept.mean() < 1


def test_what_has_no_place_lies_in_no_box() -> None:
    camera = Camera(np.eye(4), (1.0, 1.0), (1.5, 0.5), (3, 1))
    assert not inside(torch.tensor([[torch.inf, torch.nan, -torch.inf]]), camera, CropBox((-9,) * 3, (9,) * 3)).any()
    # Depth 0 is where the camera itself stands.
    assert inside(torch.zeros(1, 3), camera, UNIT).all()
    assert not inside(torch.zeros(1, 3), camera, UNIT.moved(np.array([0.0, 0.0, 2.0]))).any()


def test_boxes_are_read_in_the_world_and_moved_to_the_scene() -> None:
    numbers = ["-1", "-2", "-3", "1", "2", "3.5"]
    assert read_crop_box(numbers, WHOLE, NOWHERE) == CropBox((-1.0, -2.0, -3.0), (1.0, 2.0, 3.5))
    assert read_crop_box(["-1,-2,-3,", "1,2,3.5"], WHOLE, NOWHERE) == read_crop_box(numbers, WHOLE, NOWHERE)
    moved = read_crop_box(numbers, WHOLE, np.array([10.0, 0.0, -1.0]))
    assert moved == CropBox((-11.0, -2.0, -2.0), (-9.0, 2.0, 4.5))
    assert read_crop_box(["scene"], WHOLE, np.ones(3)) == CropBox((-2.0, -2.0, -2.0), (2.0, 2.0, 3.0))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["1", "2", "3"], "crop box '1 2 3': write xmin ymin zmin xmax ymax zmax, in world units, or scene"),
        (["all"], "crop box 'all': write xmin"),
        (["0", "0", "0", "1", "-1", "1"], "crop box: y goes from 0 to -1; the first must be the smaller"),
        (["0", "0", "nan", "1", "1", "1"], "crop box: z goes from nan to 1"),
        (["0", "0", "0", "inf", "1", "1"], "crop box: x goes from 0 to inf"),
    ],
)
def test_what_is_no_box_is_said_in_a_line(words: list[str], said: str) -> None:
    with pytest.raises(UserError) as failure:
        read_crop_box(words, WHOLE, NOWHERE)
    assert str(failure.value).startswith(said) and "\n" not in str(failure.value)


def test_a_side_stays_before_the_other_and_flat_bounds_have_some_thickness() -> None:
    assert UNIT.with_side(1, upper=True, value=0.25) == CropBox((-1.0, -1.0, -1.0), (1.0, 0.25, 1.0))
    with pytest.raises(ValueError, match="y goes from -1 to -1"):
        UNIT.with_side(1, upper=True, value=-1.0)
    flat = CropBox.of(np.array([[0.0, 0.0, 1.0], [2.0, 2.0, 1.0]]))
    assert flat.low[2] < 1 < flat.high[2] and (flat.low[0], flat.high[0]) == (0.0, 2.0)
