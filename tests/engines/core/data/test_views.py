"""Which pixels of a photograph count."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engines.core.camera import Array, Camera
from engines.core.data.images import write_png
from engines.core.data.views import View
from engines.core.errors import UserError
from engines.core.upright import upper_edge

SIZE_PX = (16, 12)


def view_with(folder: Path, mask: Array | None, name: str = "mask.png") -> View:
    camera = Camera(np.eye(4), (20.0, 20.0), (8.0, 6.0), SIZE_PX)
    write_png(folder / "a.png", np.full((12, 16, 3), 99, dtype=np.uint8))
    if mask is not None:
        write_png(folder / name, mask.astype(np.uint8))
    return View(camera, "a", image_path=folder / "a.png", valid_mask_path=None if mask is None else folder / name)


def test_without_a_file_every_pixel_counts(tmp_path: Path) -> None:
    view = view_with(tmp_path, None)
    assert view.valid_mask() is None and view.square_valid(6) is None


@pytest.mark.parametrize("white", [1, 128, 255])
def test_black_is_left_out_and_nothing_else(tmp_path: Path, white: int) -> None:
    """Writers mark what counts with 255 or with 1."""
    keeps = np.random.default_rng(0).random((12, 16)) < 0.5
    valid = view_with(tmp_path, keeps * white).valid_mask()
    assert valid is not None and np.array_equal(valid, keeps)


def test_a_mask_of_the_full_sized_photograph_fits_a_smaller_copy(tmp_path: Path) -> None:
    mask = np.full((24, 32), 255)
    mask[:, 17:] = 0
    valid = view_with(tmp_path, mask).valid_mask()
    # The ninth column is half masked, and does not count.
    assert valid is not None and np.array_equal(valid, np.tile(np.arange(16) < 8, (12, 1)))


def test_a_mask_of_another_shape_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"mask\.png: is 12x16, its photograph is 16x12"):
        view_with(tmp_path, np.ones((16, 12))).valid_mask()


def test_of_the_square_a_pixel_counts_if_all_that_it_averages_does(tmp_path: Path) -> None:
    mask = np.full((12, 16), 255)
    mask[0, 2] = mask[7, 9] = 0
    view = view_with(tmp_path, mask)
    # The square begins at column 2; of 6x6 each averages 2x2.
    expected = np.ones((6, 6), dtype=bool)
    expected[0, 0] = expected[3, 3] = False
    found = view.square_valid(6)
    assert found is not None and np.array_equal(found, expected)
    cropped = view.square_valid(6, 1)
    assert cropped is not None and np.array_equal(cropped, expected[1:5, 1:5])
    assert view.square_image(6, 1).shape == (4, 4, 3)


@pytest.mark.parametrize("stored_mask", [True, False])
def test_a_photograph_that_is_turned_when_it_is_read_takes_its_masks_with_it(tmp_path: Path, stored_mask: bool) -> None:
    stored = np.zeros((12, 16, 3), dtype=np.uint8)
    stored[0, 15] = 255
    write_png(tmp_path / "a.png", stored)
    # EXIF 6: the stored picture is shown turned by a quarter clockwise; its right end is below then.
    mask = np.full((12, 16), 255, dtype=np.uint8)
    mask[0, 15] = 0
    write_png(tmp_path / "mask.png", mask if stored_mask else np.rot90(mask, -1))
    camera = Camera(np.eye(4), (20.0, 20.0), (6.0, 8.0), (12, 16))
    path = tmp_path / "mask.png"
    view = View(camera, "a", image_path=tmp_path / "a.png", mask_path=path, valid_mask_path=path, turned=6)
    assert np.argwhere(view.image()[..., 0] == 1).tolist() == [[15, 11]]
    valid = view.valid_mask()
    assert valid is not None and np.argwhere(~valid).tolist() == [[15, 11]] == np.argwhere(~view.mask()).tolist()
    # Its upper edge is above, whatever the file's EXIF says.
    assert upper_edge(view).tolist() == [0, -1, 0]
