"""Splits, square pictures, and what is guessed from cameras alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from engines.core.camera import project
from engines.core.data.dataset import Dataset
from engines.core.data.views import View, Views
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
