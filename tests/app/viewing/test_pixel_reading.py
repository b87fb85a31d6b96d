"""Pixels in numbers, against numbers worked by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from app.rendering.render_requests import RenderedImage, RenderRequest
from app.viewing.lengths import LengthScale, length_text, read_scale
from app.viewing.opening import Opened
from app.viewing.pixel_reading import pixel_of_second, read_photograph, read_pixel, reading_rows
from engines.core.camera import Camera
from engines.core.data.images import to_linear, to_srgb
from engines.core.errors import UserError
from engines.core.frame import Frame
from engines.core.storage.checkpoint import Checkpoint
from tests.app.gui.fake_scene import FakeScene

AT = np.eye(4)
AT[:3, 3] = (10, 0, 0)
CAMERA = Camera(AT, (2.0, 2.0), (2.0, 1.0), (4, 2))
ORIGIN = np.array([100.0, 200.0, 300.0])


def picture(channel: str = "rgb", kind: str = "exact") -> RenderedImage:
    """Of 4 by 2 pixels; what is hit is 4 before the camera, but for the left half, where nothing is."""
    image = torch.zeros(2, 4, 3)
    image[0, 3] = torch.tensor([0.5, 0.0404, 1.0])
    depth = torch.full((2, 4), torch.inf)
    depth[:, 2:] = 4.0
    frame = Frame(image, depth, {"normals": torch.ones(2, 4, 3) * 0.25})
    pixels = np.full((2, 4, 3), 51, dtype=np.uint8)
    made = RenderedImage(RenderRequest(CAMERA, {}, channel), "exact", pixels, CAMERA, 1.0, frame)
    return made if kind == "exact" else replace(made, kind="preview", frame=None)


def test_a_pixel_is_read_in_its_middle() -> None:
    read = read_pixel(picture(), 3.1, 0.9, ORIGIN, "toys")
    assert read is not None and read.final and read.colour is not None and read.point is not None
    np.testing.assert_allclose(read.colour, (0.5, 0.0404, 1.0), atol=1e-7)
    # The ray through (3.5, 0.5) is (0.75, -0.25, 1), four times as long at the depth 4; the camera stands at x = 10.
    assert read.depth == 4.0 and read.distance == pytest.approx(4 * np.sqrt(1.625))
    np.testing.assert_allclose(read.point, (113, 199, 304))
    assert dict(reading_rows([read], None)) == {
        "Colour": ["128 10 255"],
        "Hex": ["#800aff"],
        "sRGB": ["0.5000 0.0404 1.0000"],
        "Linear": ["0.2140 0.0031 1.0000"],
        "Depth z": ["4"],
        "Range": ["5.099"],
        "Point": ["113.000, 199.000, 304.000"],
    }


def test_nothing_is_read_where_nothing_is() -> None:
    read = read_pixel(picture(), 0.5, 0.5, ORIGIN, "toys")
    assert read is not None and (read.depth, read.distance, read.point) == (None, None, None)
    assert dict(reading_rows([read], None))["Point"] == ["–"]
    assert read_pixel(picture(), -0.1, 0.5, ORIGIN, "") is None and read_pixel(picture(), 4.0, 0.5, ORIGIN, "") is None


def test_another_channel_is_read_beside_the_colour() -> None:
    read = read_pixel(picture("normals"), 3.5, 0.5, ORIGIN, "toys")
    assert read is not None and read.colour is not None and read.colour[0] == pytest.approx(0.5)
    assert dict(reading_rows([read, None], None))["normals"] == ["0.2500 0.2500 0.2500", "–"]


def test_a_preview_has_its_bytes_alone() -> None:
    read = read_pixel(picture(kind="preview"), 3.5, 0.5, ORIGIN, "toys")
    assert read is not None and not read.final and read.depth is None and read.colour is not None
    np.testing.assert_allclose(read.colour, 0.2)
    # Of a depth in colours these bytes are no colour of the scene.
    read = read_pixel(picture("depth", "preview"), 3.5, 0.5, ORIGIN, "toys")
    assert read is not None and read.colour is None


def test_a_photograph_has_the_same_pixel() -> None:
    photograph = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    read = read_photograph(photograph, CAMERA, 3.5, 1.5)
    assert read is not None and read.colour is not None
    np.testing.assert_allclose(read.colour * 255, (21, 22, 23))


def opened() -> Opened:
    return Opened(FakeScene(), Checkpoint("colour_grid", {}, 0, {}), None, Path("a.pth"))


def test_a_second_scene_is_read_where_it_looks_at_the_same() -> None:
    first, second = opened(), opened()
    wide = replace(CAMERA, focal_px=(4.0, 3.0), centre_px=(5.0, 2.0), size_px=(10, 4))
    other = replace(picture(), camera=wide)
    # (3.5 - 2) / 2 * 4 + 5, (0.5 - 1) / 2 * 3 + 2
    assert pixel_of_second(other, second, picture(), first, 3.5, 0.5) == pytest.approx((8.0, 1.25))
    elsewhere = replace(other, camera=wide.at(np.eye(4)))
    assert pixel_of_second(elsewhere, second, picture(), first, 3.5, 0.5) is None


def test_lengths_are_told_in_the_scale_too() -> None:
    assert length_text(1.23456, None) == "1.235"
    scale = read_scale("2,5 cm", 0.5)
    assert scale == LengthScale(5.0, "cm") and length_text(1.2, scale) == "1.2 (6 cm)"
    assert read_scale("3", 1.5) == LengthScale(2.0, "m")
    for wrong in ("", "m", "-1 m", "0", "nan", "1 2 m"):
        with pytest.raises(UserError, match="length"):
            read_scale(wrong, 1.0)


def test_light_and_srgb_are_each_others_inverse() -> None:
    levels = np.linspace(0, 1, 256)
    np.testing.assert_allclose(to_srgb(to_linear(levels)), levels, atol=1e-7)
    # IEC 61966-2-1: half of sRGB is a fifth of the light.
    assert float(to_linear(np.array(0.5))) == pytest.approx(0.21404, abs=1e-5)
