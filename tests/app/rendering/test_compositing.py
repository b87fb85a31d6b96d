"""What lies behind pictures with an opacity: colours, the checkerboard, straight colours, by hand-worked numbers."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from app.rendering.compositing import backdrop_of, backdrop_pixels, colour_of, over, read_background, straight
from engines.core.errors import UserError
from engines.core.frame import BLACK, WHITE, Frame

ALPHA = torch.tensor([[0.0, 0.5, 1.0]])
RED = torch.tensor([0.8, 0.2, 0.0])


def laid_over(backdrop: tuple[float, float, float] | None) -> Frame:
    """Red, by opacities of 0, 0.5 and 1, as a scene gives it that lays its colours over `backdrop`."""
    share, behind = ALPHA[..., None], torch.tensor(backdrop or BLACK)
    image = RED.expand(1, 3, 3) if backdrop is None else share * RED + (1 - share) * behind
    return Frame(image, None, {"alpha": ALPHA}, backdrop)


@pytest.mark.parametrize("backdrop", [None, WHITE, BLACK, (0.2, 0.4, 0.6)])
def test_over_a_colour_it_is_the_same_whatever_it_was_over_before(backdrop: tuple[float, float, float] | None) -> None:
    made = over(laid_over(backdrop), "#0000ff").image
    expected = torch.tensor([[[0.0, 0.0, 1.0], [0.4, 0.1, 0.5], [0.8, 0.2, 0.0]]])
    torch.testing.assert_close(made, expected, atol=1e-6, rtol=0)
    assert torch.equal(over(laid_over(backdrop), "").image, laid_over(backdrop).image)


@pytest.mark.parametrize("backdrop", [WHITE, BLACK])
def test_straight_colours_are_those_of_what_covers(backdrop: tuple[float, float, float]) -> None:
    frame = straight(laid_over(backdrop))
    torch.testing.assert_close(frame.image[0, 1:], RED.expand(2, 3), atol=1e-6, rtol=0)
    assert frame.backdrop is None and frame.image[0, 0].tolist() == list(backdrop)


def test_without_an_opacity_nothing_is_behind() -> None:
    frame = Frame(torch.rand(2, 2, 3))
    assert over(frame, "black") is frame and straight(frame) is frame


def test_colours_are_read_by_their_names_and_numbers() -> None:
    assert [read_background(text) for text in ("White", "tomato", "#0080FF", "checkerboard")] == [
        "white", "#ff6347", "#0080ff", "checkerboard",
    ]  # fmt: skip
    assert colour_of("white") == WHITE and colour_of("#336699") == pytest.approx((0.2, 0.4, 0.6))


@pytest.mark.parametrize("text", ["", "reddish", "#12345", "#12345g", "rgb(1,2,3)", "#12345678"])
def test_what_is_no_colour_is_said(text: str) -> None:
    with pytest.raises(UserError, match="is no colour; write white, black, checkerboard, a name of CSS or #rrggbb"):
        read_background(text)


def test_the_checkerboard_has_as_many_squares_at_any_size() -> None:
    pixels = backdrop_pixels("checkerboard", (64, 32))
    assert pixels.shape == (32, 64, 3) and set(np.unique(pixels)) == {153, 204}
    # Two pixels a square, 32 along the longer side.
    assert (pixels[:2, :2] == 204).all() and (pixels[:2, 2:4] == 153).all() and (pixels[2:4, :2] == 153).all()
    large = backdrop_of("checkerboard", (256, 128)).numpy()
    np.testing.assert_array_equal(large[2::4, 2::4] > 0.7, pixels > 180)
