"""What is background, and what is known of it from one picture to the next."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch

from app.rendering.background import PlainBackground, background_pixels, plain_background
from app.rendering.frame_shading import FrameShading
from app.rendering.render_requests import DrawnFrame, RenderRequest
from app.rendering.render_worker import RenderWorker
from engines.core.camera import Camera
from engines.core.engine import Stop
from engines.core.frame import Frame
from tests.app.ball_scene import BallScene, draw_ball, ring
from tests.app.fake_scene import FakeScene
from tests.app.watched import Watched


def test_white_on_the_object_is_no_background() -> None:
    image = torch.ones(20, 20, 3)
    image[5:15, 5:15] = 0.3
    image[8:12, 8:12] = 1.0
    colour = plain_background([image])
    assert colour is not None and colour.tolist() == [1, 1, 1]
    pixels = background_pixels(image, colour)
    assert pixels[0, 0] and pixels[4, 10] and not pixels[5:15, 5:15].any()
    # Untaught pixels at the rim, whatever their colour, hide none of it.
    framed = image.clone()
    framed[:2] = framed[-2:] = framed[:, :2] = framed[:, -2:] = 0.0
    untaught = plain_background([framed])
    assert untaught is None or untaught.tolist() == [0, 0, 0]
    colour = plain_background([framed], border_px=2)
    assert colour is not None and background_pixels(framed, colour, 2)[4, 10]


def test_a_blurred_outline_ends_where_half_of_it_is_background() -> None:
    image = torch.ones(20, 20, 3)
    image[:, 10:] = 0.2
    # Four fifths, three fifths, two fifths of the background.
    for column, share in ((8, 0.8), (9, 0.6), (10, 0.4)):
        image[:, column] = 0.2 + 0.8 * share
    image[:, -1] = 1.0
    pixels = background_pixels(image, torch.ones(3))
    assert pixels[5, :10].all() and not pixels[5, 10:18].any()


def test_pictures_without_one_colour_at_the_rim_have_no_plain_background() -> None:
    image = torch.linspace(0, 1, 20)[:, None, None].expand(20, 20, 3)
    assert plain_background([image]) is None


def test_a_colour_once_known_is_known_where_an_object_fills_the_picture() -> None:
    image = torch.ones(20, 20, 3)
    image[5:15, 5:15] = 0.3
    close = torch.full((20, 20, 3), 0.3)
    close[:5, :5] = 1.0
    known = PlainBackground()
    assert known.pixels(close) is None
    first = known.pixels(image)
    assert first is not None and first.sum() == 300
    second = known.pixels(close)
    assert second is not None and second[:4, :4].all() and not second[6:].any()
    assert known.pixels(torch.full((20, 20, 3), 0.3)) is None or plain_background([close]) is None


@pytest.mark.parametrize("factor", [1, 2])
def test_a_background_has_no_depth_whatever_the_method_invents(factor: int) -> None:
    """Grey in the depth's colours, beyond its limits, and nothing to turn about; also where the depth is coarser."""
    drawn = draw_ball(ring(1, (64, 64))[0])
    assert drawn.depth is not None
    nothing = drawn.depth.isinf()
    invented = Frame(drawn.image, torch.where(nothing, 3.2, drawn.depth)[::factor, ::factor], drawn.extra)
    background, request = PlainBackground().pixels(invented.image), RenderRequest(ring(1)[0], {}, "depth")
    shaded = FrameShading(BallScene()).shaded(DrawnFrame(request, invented, None, background), request.camera, request)
    frame, pixels, limits = shaded.frame, shaded.pixels, shaded.limits
    assert background is not None and frame.depth is not None and background.shape == (64, 64)
    outer = (nothing & torch.from_numpy(background))[::factor, ::factor]
    # An outline may go either way where a pixel of the depth is two of the picture.
    kernel = np.ones((3, 3), np.uint8)
    outer = torch.from_numpy(cv2.erode(outer.numpy().astype(np.uint8), kernel) > 0)
    assert outer.float().mean() > 0.5 and frame.depth[outer].isinf().all()
    ball = ~torch.from_numpy(background)[::factor, ::factor] & ~nothing[::factor, ::factor]
    inside = ball.clone()
    inside[1:, 1:] &= ball[:-1, :-1]
    inside[:-1, :-1] &= ball[1:, 1:]
    assert frame.depth[inside].isfinite().float().mean() > 0.9
    assert limits is not None and limits[1] < 4.5 and tuple(pixels[0, 0]) == (96, 96, 96)


class Walled(FakeScene):
    """Its white has a depth."""

    def _render(self, camera: Camera, stop: Stop) -> Frame:
        frame = super()._render(camera, stop)
        assert frame.depth is not None
        return Frame(frame.image, torch.where(frame.depth.isinf(), 3.0, frame.depth))


def test_previews_and_depths_of_a_worker_know_the_background() -> None:
    scene = Walled(chunks=20)
    watched = Watched(scene)
    try:
        watched.ask()
        watched.settle()
        frame = watched.exact[0].frame
        assert frame is not None and frame.depth is not None and frame.depth[0, 0].isinf()
        pose = scene.start.camera_to_world.copy()
        pose[:3, 3] += 0.4 * scene.start.right
        watched.ask(scene.start.at(pose), moving=True)
        watched.wait(lambda: watched.previews)
        corner = watched.previews[0].pixels[:10, :10]
        assert (np.abs(corner.astype(int) - 255) <= 1).all() and watched.previews[0].hole_fraction < 0.25
    finally:
        watched.worker.close()
    assert isinstance(watched.worker, RenderWorker)
