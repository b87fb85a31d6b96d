"""Two pictures of one camera, brought to one size and told apart."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch

from app.rendering import display
from app.rendering.render_requests import RenderedImage, RenderRequest
from app.viewing.two_pictures import blended, difference, seen_by, wiped
from engines.core.camera import Camera
from engines.core.frame import Frame
from tests.app.ball_scene import draw_ball, ring


def drawn(camera: Camera, channel: str = "rgb", by: float = 0.0) -> RenderedImage:
    """The ball, exact; `by`: added to its depth."""
    frame = draw_ball(camera)
    assert frame.depth is not None
    frame = Frame(frame.image, frame.depth + by, frame.extra)
    limits = display.channel_limits(frame, channel) if display.has_limits(frame, channel) else None
    pixels = display.shade(frame, channel, limits)
    return RenderedImage(RenderRequest(camera, {}, channel), "exact", pixels, camera, 1.0, frame, 0.0, limits)


def test_wiping_and_blending() -> None:
    dark, bright = np.zeros((2, 4, 3), dtype=np.uint8), np.full((2, 4, 3), 200, dtype=np.uint8)
    assert wiped(bright, dark, 0.25)[:, :, 0].tolist() == [[0, 200, 200, 200]] * 2
    assert (blended(bright, dark, 0.25) == 150).all()


def test_a_picture_of_the_same_camera_stays_as_it_is() -> None:
    picture = drawn(ring(1)[0])
    assert seen_by(picture.pixels, picture.camera, picture.camera, (0.0,)) is picture.pixels


def test_a_wider_camera_sees_the_square_in_its_middle() -> None:
    square = ring(1, (32, 32))[0]
    wide = square.cropped(-16, 0, 64, 32)
    own, seen = drawn(square).pixels, seen_by(drawn(square).pixels, square, wide, (96.0, 96.0, 96.0))
    assert seen.shape == (32, 64, 3) and np.array_equal(seen[:, 16:48], own)
    assert (seen[:, :15] == 96).all() and (seen[:, 49:] == 96).all()


def test_another_size_of_the_same_picture_is_brought_to_this_one() -> None:
    small, large = ring(1, (32, 32))[0], ring(1, (64, 64))[0]
    seen = seen_by(drawn(small).pixels, small, large, (0.0,) * 3)
    enlarged = cv2.resize(drawn(small).pixels, (64, 64), interpolation=cv2.INTER_LINEAR)
    # Not shifted by half a pixel; OpenCV takes places to a 32nd of one.
    assert np.abs(seen.astype(int) - enlarged)[2:-2, 2:-2].max() <= 5


def test_depths_differ_in_world_units() -> None:
    camera = ring(1)[0]
    found = difference(drawn(camera, "depth"), drawn(camera, "depth", 0.5), camera)
    assert found is not None and found.limits[1] == pytest.approx(0.5, abs=1e-3)
    # The ball has a depth.
    outside = ~torch.isfinite(draw_ball(camera).depth).numpy()  # type: ignore[arg-type]
    assert (found.pixels[outside] == display.NOTHING_RGB).all() and outside.any() and not outside.all()


def test_what_can_not_be_compared_has_no_difference() -> None:
    camera = ring(1)[0]
    assert difference(drawn(camera, "depth"), drawn(camera), camera) is None
    preview = drawn(camera, "depth")
    reprojected = RenderedImage(preview.request, "preview", preview.pixels, camera, 1.0, None, 0.0, preview.limits)
    assert difference(drawn(camera, "depth"), reprojected, camera) is None
    colours = RenderedImage(RenderRequest(camera, {}), "preview", drawn(camera).pixels, camera, 1.0)
    found = difference(drawn(camera), colours, camera)
    assert found is not None and found.limits[1] < 0.01
