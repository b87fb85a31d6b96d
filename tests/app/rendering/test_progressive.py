"""Progressive refinement: each pixel once, edges early, the last picture exact, what is on the way close to it."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping

import numpy as np
import pytest
import torch
from torch import Tensor

from app.rendering import progressive
from app.rendering.background import PlainBackground, without
from app.rendering.progressive import ProgressivePicture, first_stride, rounds
from app.rendering.refinement import Refinement
from app.rendering.render_requests import RenderRequest
from engines.core.camera import Camera
from engines.core.engine import Stop, never_stop
from engines.core.errors import Cancelled
from engines.core.frame import Frame, Samples
from tests.app.fake_scene import FakeScene, ray_trace, start_camera
from tests.app.watched import Watch, turned

SIZE_PX = 192


class PixelScene(FakeScene):
    """Draws single pixels of the balls; each batch of a few takes as long as it is told."""

    draws_pixels = True
    channels: tuple[str, ...] = ("rgb", "depth", "row")

    def __init__(self, size_px: int = SIZE_PX, batch_s: float = 0.0, batch: int = 500) -> None:
        super().__init__(size_px, any_size=True)
        self.batch_s, self.batch = batch_s, batch
        self.drawn: list[Tensor] = []

    def draw_pixels(self, camera: Camera, controls: Mapping[str, float], pixels: Tensor, stop: Stop) -> Samples:
        """The same as `render`, and the row that a pixel is in."""
        for _ in range(math.ceil(len(pixels) / self.batch)):
            if stop():
                self.stopped.append(time.perf_counter())
                raise Cancelled
            time.sleep(self.batch_s)
        image, depth = (torch.from_numpy(array) for array in ray_trace(camera))
        self.drawn.append(pixels)
        row = pixels.div(camera.size_px[0], rounding_mode="floor").float()
        return Samples(image.view(-1, 3)[pixels], depth.view(-1)[pixels], {"row": row})

    def frame_of(self, camera: Camera, samples: Samples) -> Frame:
        """As they are."""
        width, height = camera.size_px
        assert samples.depth is not None
        row = samples.extra["row"].view(height, width)
        return Frame(samples.image.view(height, width, 3), samples.depth.view(height, width), {"row": row})


def psnr(frame: Frame, exact: np.ndarray) -> float:
    error = float(((frame.image.clamp(0, 1) - torch.from_numpy(exact)) ** 2).mean())
    return math.inf if error == 0 else -10 * math.log10(error)


@pytest.fixture
def slow_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many rounds as of a slow scene."""
    monkeypatch.setattr(progressive, "ROUND_S", 0.0)
    monkeypatch.setattr(progressive, "LAST_S", 0.0)
    monkeypatch.setattr(progressive, "FIRST_PIXELS", 500)


@pytest.mark.usefixtures("slow_rounds")
@pytest.mark.parametrize("size", [(192, 192), (161, 97), (40, 300)])
def test_each_pixel_is_drawn_once_and_the_last_picture_is_exact(size: tuple[int, int]) -> None:
    scene, camera = PixelScene(), start_camera(SIZE_PX).resized(size)
    image, depth = ray_trace(camera)
    picture, shares, quality = ProgressivePicture(scene, camera, {}), [], list[float]()
    while picture.drawn < 1:
        picture.choose()
        before, coming = picture.drawn, picture.coming
        frame = picture.draw(never_stop)
        assert picture.drawn == pytest.approx(before + coming)
        shares.append(picture.drawn)
        quality.append(psnr(frame, image))
        assert frame.image.shape == image.shape
        # All channels are interpolated: rows lie evenly, but behind the last one of the grid.
        there = frame.extra["row"][8:-16] - torch.arange(size[1])[8:-16, None]
        assert there.abs().max() < 0.5
    assert torch.equal(torch.cat(scene.drawn).sort().values, torch.arange(size[0] * size[1]))
    assert frame.depth is not None
    assert np.array_equal(frame.image.numpy(), image) and np.array_equal(frame.depth.numpy(), depth)
    assert torch.equal(frame.extra["row"], torch.arange(size[1]).float()[:, None].expand(size[1], size[0]))
    assert quality == sorted(quality) and len(shares) >= 4
    # Half as many pixels again, of edges; by chance they would gain a tenth of that.
    assert shares[1] < 2 * shares[0] and quality[1] > quality[0] + 1


@pytest.mark.usefixtures("slow_rounds")
def test_the_background_is_known_after_each_round(monkeypatch: pytest.MonkeyPatch) -> None:
    scene, refinement, request = PixelScene(), Refinement(), RenderRequest(start_camera(SIZE_PX), {})
    made = list(rounds(scene, request, never_stop, refinement, PlainBackground(), 8.0))
    assert [drawn for *_, drawn in made] == sorted(drawn for *_, drawn in made) and made[-1][2] == 1
    for frame, plain, _ in made:
        depth = without(frame, plain).depth
        assert plain is not None and plain.any() and depth is not None
        assert bool(depth[torch.from_numpy(plain)].isposinf().all())


def test_what_takes_a_moment_comes_in_two_rounds() -> None:
    picture = ProgressivePicture(PixelScene(), start_camera(SIZE_PX), {})
    for _ in range(2):
        picture.choose()
        picture.draw(never_stop)
    assert picture.drawn == 1


def test_grids_are_as_coarse_as_pictures_are_large() -> None:
    assert [first_stride((side, side)) for side in (32, 64, 128, 256, 512, 1024, 4096)] == [1, 1, 2, 4, 8, 16, 16]
    assert first_stride((951, 703)) == 8


def test_a_scene_of_whole_pictures_is_refused() -> None:
    with pytest.raises(ValueError, match="whole pictures only"):
        ProgressivePicture(FakeScene(), start_camera(64), {})


def test_a_worker_refines_one_picture(watch: Watch) -> None:
    """About two seconds of drawing: pictures of the whole size, of which ever more is drawn, and another channel."""
    scene = PixelScene(256, batch_s=0.015)
    watched = watch(scene)
    watched.ask()
    watched.wait(lambda: len(watched.previews) >= 2)
    other = watched.ask(channel="depth")
    watched.wait(lambda: watched.exact)
    watched.settle()
    shown = [picture for _, picture in watched.pictures]
    assert all(picture.camera.size_px == (256, 256) for picture in shown)
    assert [picture.kind for picture in shown] == ["preview"] * (len(shown) - 1) + ["exact"]
    drawn = [picture.drawn for picture in shown]
    assert drawn == sorted(drawn) and len(set(drawn)) >= 3 and drawn[0] < 0.1 and drawn[-1] == 1
    assert shown[-1].request is other and not scene.began, "single pixels only"
    assert sum(map(len, scene.drawn)) == 256 * 256


def test_a_round_that_is_not_wanted_any_more_is_given_up(watch: Watch) -> None:
    scene = PixelScene(256, batch_s=0.02)
    watched = watch(scene)
    watched.ask()
    watched.wait(lambda: len(watched.previews) >= 2)
    asked = watched.ask(turned(scene, 0.05), moving=True)
    watched.wait(lambda: watched.previews[-1].request is asked)
    # Seen from elsewhere; the picture under way ends within a batch.
    assert watched.previews[-1].frame is None and not watched.exact
    watched.wait(lambda: scene.stopped)
    last = watched.ask(turned(scene, 1.0))
    scene.batch_s = 0.0
    watched.settle()
    assert watched.exact[-1].request is last and len(watched.exact) == 1
