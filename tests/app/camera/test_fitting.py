"""Cameras fitted to a size of another shape."""

from __future__ import annotations

from typing import Any

import pytest

from app.camera.fitting import FITS, fit_cameras, fit_note
from engines.core.errors import UserError
from tests.app.ball_scene import BallScene, ring


def square_learner(**changes: Any) -> BallScene:
    return BallScene(trained_part=lambda camera: camera.square(), **changes)


def test_a_size_of_another_shape_is_what_was_learnt_from_or_shows_all() -> None:
    wide = ring(1, (64, 48))
    # What was learnt are centred squares: a square picture is such a one.
    (square,) = fit_cameras(square_learner(), wide, (96, 96))
    assert square.focal_px == pytest.approx((120, 120)) and square.centre_px == pytest.approx((48, 48))
    assert fit_note(square_learner(), wide, (96, 96), None).endswith("the sides are cut off (--fit crop or pad)")
    (wider,) = fit_cameras(square_learner(), wide, (128, 48))
    assert wider.focal_px == (60.0, 60.0) and wider.centre_px == (64.0, 24.0)
    assert "all of it is shown, and more at the sides" in fit_note(square_learner(), wide, (128, 48), None)
    (whole,) = fit_cameras(BallScene(), wide, (96, 96))
    assert whole.focal_px == pytest.approx((90, 90))
    assert "more at the top and bottom" in fit_note(BallScene(), wide, (96, 96), None)


def test_the_fit_can_be_chosen() -> None:
    wide = ring(1, (64, 48))
    assert fit_cameras(BallScene(), wide, (96, 96), "crop")[0].focal_px == pytest.approx((120, 120))
    assert fit_cameras(square_learner(), wide, (96, 96), "pad")[0].focal_px == pytest.approx((90, 90))
    assert "top and bottom are cut off" in fit_note(BallScene(), wide, (128, 48), "crop")
    with pytest.raises(UserError, match="fit pad: this scene can only draw 32x32"):
        fit_cameras(BallScene(native_px=(32, 32)), wide, None, "pad")
    assert "cut off" in fit_note(BallScene(native_px=(32, 32)), wide, None, None)


@pytest.mark.parametrize("size", [(64, 48), (32, 24), (957, 718)])
def test_one_shape_is_one_shape_at_any_number_of_pixels(size: tuple[int, int]) -> None:
    for fit in (None, *FITS):
        assert fit_note(BallScene(), ring(1, (64, 48)), size, fit) == ""
