"""Images for scripts: bytes to look at, numbers to compute with."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
import torch

from app.api.image import Image
from app.rendering.display import shade, shade_at
from engines.core.errors import UserError
from engines.core.frame import Frame
from tests.app.ball_scene import draw_ball, ring

CAMERA = ring(1, (48, 32))[0]


@pytest.fixture
def image() -> Image:
    return Image(draw_ball(CAMERA), CAMERA)


def test_it_is_an_array_of_bytes(image: Image) -> None:
    pixels = np.asarray(image)
    assert pixels.dtype == np.uint8 and pixels.shape == image.shape == (32, 48, 3) and image.size_px == (48, 32)
    assert np.array_equal(pixels, shade(image.frame, "rgb"))
    assert np.asarray(image, dtype=np.float32).dtype == np.float32
    pixels[:] = 0
    assert np.asarray(image).any()
    with pytest.raises(ValueError, match="read-only"):
        image.pixels[:] = 0


def test_channels_have_their_own_values(image: Image) -> None:
    assert image.channels == ("rgb", "depth", "normals", "alpha")
    assert image.depth.shape == image.alpha.shape == (32, 48) and image.normals.shape == (32, 48, 3)
    assert np.isinf(image.depth).any() and 2.9 < image.depth.min() < 3.4
    assert image.frame.depth is not None and np.array_equal(image.depth, image.frame.depth.numpy())
    assert torch.equal(image.torch(), image.frame.image) and image.numpy().dtype == np.float32
    assert np.array_equal(image.with_channel("depth").numpy(), image.depth)


def test_values_are_copies_that_may_be_computed_with() -> None:
    with torch.inference_mode():
        frame = Frame(draw_ball(CAMERA).image * 1)
    image = Image(frame, CAMERA)
    weight = torch.ones(3, requires_grad=True)
    (image.torch() * weight).square().sum().backward()
    assert weight.grad is not None and weight.grad.abs().sum() > 0
    image.torch().zero_()
    assert frame.image.abs().sum() > 0


def test_a_channel_is_shown_in_the_windows_colours(image: Image) -> None:
    depth = image.with_channel("depth")
    assert np.array_equal(depth, shade(image.frame, "depth")) and depth.channel == "depth"
    chosen = image.with_channel("depth", (2.0, 5.0), "viridis")
    assert np.array_equal(chosen, shade(image.frame, "depth", (2.0, 5.0), "viridis"))
    assert not np.array_equal(chosen, depth)
    assert np.array_equal(image.with_channel("normals"), shade(image.frame, "normals"))


def test_what_is_coarser_is_shown_as_large_as_the_image(image: Image) -> None:
    coarse = Frame(image.frame.image, torch.arange(24.0).reshape(4, 6))
    shown = Image(coarse, CAMERA, "depth")
    assert np.asarray(shown).shape == (32, 48, 3) and shown.depth.shape == (4, 6)
    assert np.array_equal(shown, shade_at(coarse, "depth", (48, 32)))


def test_a_notebook_shows_it(image: Image) -> None:
    for shown in (image, image.with_channel("depth")):
        with PIL.Image.open(io.BytesIO(shown._repr_png_())) as read:
            assert read.format == "PNG" and np.array_equal(np.asarray(read), shown)
    assert repr(image) == "<vantage.Image 48x32: rgb of rgb, depth, normals, alpha>"


def test_it_is_written_as_a_picture_or_as_numbers(image: Image, tmp_path: Path) -> None:
    assert image.save(tmp_path / "new" / "a.png") == tmp_path / "new" / "a.png"
    assert (tmp_path / "new" / "a.png").read_bytes() == image._repr_png_()
    image.with_channel("depth").save(str(tmp_path / "depth.npy"))
    assert np.array_equal(np.load(tmp_path / "depth.npy"), image.depth)
    with pytest.raises(UserError, match=r"a\.jpg: an image is written as \.png, or as numbers, \.npy"):
        image.save(tmp_path / "a.jpg")


def test_what_is_not_there_is_one_line(image: Image) -> None:
    with pytest.raises(UserError, match=r"^channel heat: this image has rgb, depth, normals, alpha$"):
        image.with_channel("heat")
    with pytest.raises(UserError, match=r"^colour_map pink: must be one of turbo, "):
        image.with_channel("depth", colour_map="pink")
    bare = Image(Frame(image.frame.image), CAMERA)
    for name in ("depth", "normals", "alpha"):
        with pytest.raises(UserError, match=f"^channel {name}: this image has rgb$"):
            getattr(bare, name)
