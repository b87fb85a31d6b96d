"""How far a picture is, and when that is not known."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest

from app.camera.camera_controller import CameraController
from app.rendering.refinement import Refinement, finer_scale, next_scale
from app.rendering.render_requests import RenderedImage, RenderRequest, value_at
from engines.core.frame import Frame
from tests.app.ball_scene import BallScene, draw_ball, ring
from tests.app.fake_scene import FakeScene
from tests.app.watched import Watch, opened, turned


def test_steps_double_until_the_whole() -> None:
    scales = [1 / 8]
    while scales[-1] < 1:
        scales.append(next_scale(scales[-1]))
    assert scales == [0.125, 0.25, 0.5, 1.0] and next_scale(0.2) == 0.4 and next_scale(0.4) == 0.5


@pytest.mark.parametrize("first", [1 / 32, 0.1, 1 / 8, 0.2, 0.5])
def test_steps_come_to_an_end_at_any_width(first: float) -> None:
    camera = FakeScene().start
    for width in range(1, 1200):
        scale, sizes = first, list[int]()
        while scale < 1:
            sizes.append(camera.resized((width, 9)).scaled(scale).size_px[0])
            assert len(sizes) < 10, f"{width}: {sizes}"
            scale = finer_scale(min(sizes[-1] / width, 0.999), width)
        assert sizes == sorted(set(sizes)), f"{width}: none is drawn twice"


def test_a_share_grows_over_the_steps_and_never_ends_early(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    first, other = (RenderRequest(camera, {}) for camera in ring(2))
    refinement = Refinement()
    assert refinement.share(first) is None
    refinement.begin(first, 0.5, 8.0)  # 2 s, and then 8 s
    clock[0] += 1
    # Asked again in another channel it is the same frame.
    assert refinement.share(replace(first, channel="depth")) == pytest.approx(0.1) and refinement.share(other) is None
    clock[0] += 1
    refinement.end()
    assert refinement.share(first) is None
    refinement.begin(first, 1.0, 8.0)
    assert refinement.share(first) == pytest.approx(0.2)
    clock[0] += 4
    assert refinement.share(first) == pytest.approx(0.6)
    clock[0] += 400
    assert 0.9 < (refinement.share(first) or 0) < 1
    refinement.begin(other, 1.0, None)
    assert refinement.share(other) is None


def test_a_worker_tells_how_far_its_exact_frame_is(watch: Watch) -> None:
    scene = FakeScene(chunks=30)
    watched = opened(watch, scene)
    at_rest = watched.worker.progress
    watched.ask(turned(scene, 0.3))
    shares = list[float]()
    while watched.worker.busy:
        if (share := watched.worker.progress) is not None:
            shares.append(share)
        time.sleep(0.01)
    assert len(shares) > 5 and shares == sorted(shares) and shares[0] < 0.4 and shares[-1] > 0.6
    assert at_rest is None and watched.worker.progress is None


def test_a_limit_makes_pictures_of_any_size_smaller_in_their_shape() -> None:
    told: list[bool] = []
    eye = CameraController(told.append)
    scene = BallScene()
    eye.enter(scene, scene.cameras)
    eye.size.resize((900, 600))
    eye.size.limit(300)
    assert eye.shown is not None and eye.shown.size_px == (300, 200) and told[-1] is False
    eye.whole_view = True
    assert eye.shown is not None and max(eye.shown.size_px) <= 300
    eye.whole_view = False
    eye.size.limit(0)
    assert eye.shown is not None and eye.shown.size_px == (900, 600)
    native = CameraController(told.append)
    native.enter(BallScene((32, 32)), scene.cameras)
    native.size.limit(16)
    assert native.shown is not None and native.shown.size_px == (32, 32)


def test_the_value_at_a_pixel_is_the_frames() -> None:
    camera = ring(1, (32, 32))[0]
    frame = draw_ball(camera)
    assert frame.depth is not None
    coarse = Frame(frame.image, frame.depth[::2, ::2], frame.extra)
    for drawn in (frame, coarse):
        picture = RenderedImage(
            RenderRequest(camera, {}, "depth"), "exact", np.zeros((32, 32, 3), np.uint8), camera, 1.0, drawn
        )
        assert value_at(picture, 16.2, 16.4) == pytest.approx(float(frame.depth[16, 16]))
        assert value_at(picture, 0.5, 0.5) is None and value_at(picture, -3, 5) is None
        assert value_at(picture, 40, 5) is None
    normals = RenderedImage(
        RenderRequest(camera, {}, "normals"), "exact", np.zeros((32, 32, 3), np.uint8), camera, 1.0, frame
    )
    assert value_at(normals, 16, 16) is None
