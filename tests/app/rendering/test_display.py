"""Colours of the channels."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from app.rendering import display
from engines.core.frame import Frame


def ramp_frame() -> Frame:
    depth = torch.linspace(1, 3, 64).repeat(48, 1)
    depth[0, 0] = torch.inf
    depth[0, 1] = torch.nan
    return Frame(torch.rand(48, 64, 3), depth, {"alpha": torch.rand(48, 64), "normals": torch.zeros(48, 64, 3)})


def test_rgb_is_rounded_and_clamped() -> None:
    image = torch.tensor([[[0.0, 0.5, 1.0], [-0.2, 1.3, float("nan")], [1 / 255, 1.4 / 255, 1.6 / 255]]])
    assert display.shade(Frame(image), "rgb").tolist() == [[[0, 128, 255], [0, 255, 0], [1, 1, 2]]]


@pytest.mark.parametrize("size", [(1, 20000), (131, 173), (300, 200)])
def test_every_band_of_a_large_picture_is_rounded_and_clamped(size: tuple[int, int]) -> None:
    channels_first = torch.rand(3, *size, generator=torch.Generator().manual_seed(0)) * 1.4 - 0.2
    channels_first[:, -1, -1] = torch.tensor([float("nan"), torch.inf, -torch.inf])
    expected = np.nan_to_num(np.clip(channels_first.permute(1, 2, 0).numpy(), 0, 1)) * 255 + 0.5
    assert (display.shade(Frame(channels_first.permute(1, 2, 0)), "rgb") == expected.astype(np.uint8)).all()


def test_near_is_warm_far_is_cool_and_nothing_is_grey() -> None:
    pixels = display.shade(ramp_frame(), "depth", (1.0, 3.0)).astype(int)
    near, far = pixels[10, 6], pixels[10, -6]
    assert near[0] > near[2] + 80 and far[2] > far[0] + 80
    assert tuple(pixels[0, 0]) == tuple(pixels[0, 1]) == display.NOTHING_RGB


def test_limits_bound_the_colours() -> None:
    frame = Frame(torch.zeros(1, 4, 3), torch.tensor([[0.0, 1.0, 2.0, 9.0]]))
    pixels = display.shade(frame, "depth", (1.0, 2.0))
    assert (pixels[0, 0] == pixels[0, 1]).all() and (pixels[0, 2] == pixels[0, 3]).all()
    assert (pixels[0, 1] != pixels[0, 2]).any()


def test_depth_limits_are_percentiles_of_what_is_finite() -> None:
    depth = np.linspace(0, 100, 10000, dtype=np.float32).reshape(100, 100)
    assert display.depth_limits(depth) == pytest.approx((1, 99), abs=0.02)
    depth[:50] = np.inf
    assert display.depth_limits(torch.from_numpy(depth)) == pytest.approx((50.5, 99.5), abs=0.02)


@pytest.mark.parametrize("value", [np.inf, 2.0, 0.0])
def test_limits_of_a_map_without_range(value: float) -> None:
    low, high = display.depth_limits(np.full((8, 8), value, dtype=np.float32))
    assert low < high and np.isfinite([low, high]).all()


def test_normals_and_extras() -> None:
    frame = ramp_frame()
    assert (display.shade(frame, "normals") == 128).all()
    assert display.shade(frame, "alpha").shape == (48, 64, 3)
    assert display.has_limits(frame, "alpha") and display.has_limits(frame, "depth")
    assert not display.has_limits(frame, "rgb") and not display.has_limits(frame, "normals")


def test_errors_begin_at_zero() -> None:
    image = torch.full((4, 4, 3), 0.5)
    error = display.error_map(image, np.full((4, 4, 3), 0.2, dtype=np.float32))
    assert error.numpy() == pytest.approx(0.3, abs=1e-6)
    assert display.channel_limits(Frame(image, extra={"error": error}), "error")[0] == 0
    with pytest.raises(ValueError, match="size"):
        display.error_map(image, np.zeros((5, 4, 3), dtype=np.float32))


def test_a_missing_channel_is_named() -> None:
    with pytest.raises(ValueError, match="no channel depth"):
        display.shade(Frame(torch.zeros(2, 2, 3)), "depth")
    with pytest.raises(ValueError, match="5 values"):
        display.shade(Frame(torch.zeros(2, 2, 3), extra={"features": torch.zeros(2, 2, 5)}), "features")


@pytest.mark.parametrize("colour_map", display.COLOUR_MAPS)
def test_every_colour_map_tells_values_apart_and_nothing_from_any(colour_map: str) -> None:
    depth = torch.cat([torch.linspace(1, 2, 64), torch.tensor([torch.inf])])[None]
    pixels = display.shade(Frame(torch.zeros(1, 65, 3), depth), "depth", (1.0, 2.0), colour_map)[0]
    assert len({tuple(pixel) for pixel in pixels[:64]}) == 64
    assert tuple(pixels[64]) == display.NOTHING_RGB
    # Near is bright in all of those that go from dark to bright.
    if colour_map != "turbo":
        assert pixels[0].mean() > pixels[63].mean() + 60


@pytest.mark.parametrize("channel", ["depth", "alpha"])
@pytest.mark.parametrize("colour_map", display.COLOUR_MAPS)
def test_a_map_is_reversed_but_for_what_has_no_value(channel: str, colour_map: str) -> None:
    # 255 colours; each value has one of them, so that the other way round meets the same ones.
    values = torch.cat([torch.linspace(0, 1, 255), torch.tensor([torch.nan])])[None]
    frame = Frame(torch.zeros(1, 256, 3), values, {"alpha": values})
    name = colour_map + display.REVERSED
    assert display.is_colour_map(name) and not display.is_colour_map(name + display.REVERSED)
    pixels, other = (display.shade(frame, channel, (0.0, 1.0), each)[0] for each in (colour_map, name))
    np.testing.assert_array_equal(other[:255], pixels[:255][::-1])
    assert tuple(other[255]) == tuple(pixels[255]) == display.NOTHING_RGB


def test_the_usual_colours_are_those_without_a_choice() -> None:
    depth = torch.linspace(1, 2, 16)[None]
    frame = Frame(torch.zeros(1, 16, 3), depth, {"alpha": depth, "error": depth})
    for channel in ("depth", "alpha", "error"):
        usual = display.shade(frame, channel, None, display.usual_map(channel))
        np.testing.assert_array_equal(display.shade(frame, channel), usual)
        # What an older or newer version remembered is no reason to show nothing.
        np.testing.assert_array_equal(display.shade(frame, channel, None, "of another version"), usual)


def test_the_colour_bar_has_the_depths_colours() -> None:
    bar = display.colour_bar(200, 12)
    assert bar.shape == (200, 12, 3)
    frame = Frame(torch.zeros(1, 2, 3), torch.tensor([[1.0, 3.0]]))
    near, far = display.shade(frame, "depth", (1.0, 3.0))[0]
    assert (bar[-1, 0] == near).all() and (bar[0, 0] == far).all()
