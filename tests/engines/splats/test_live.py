"""Splats drawn by OpenGL, against the exact drawing; in software here, whose pixels are as true as a card's."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import TypeVar

import numpy as np
import pytest
import torch
from pytestqt.qtbot import QtBot

from app.gui.viewport import gaussian_drawing, gaussian_textures
from app.gui.viewport.gaussian_shaders import ALPHAS
from app.gui.viewport.gaussian_textures import layout_of
from app.gui.viewport.gl import probe_opengl
from app.gui.viewport.live_gaussians import OpenGlDrawers
from app.rendering import compositing, display
from engines.core.camera import Array, Camera
from engines.core.engine import never_stop
from engines.core.frame import Frame
from engines.splats import seen_order
from engines.splats.config import SplatsOptions
from engines.splats.example import example
from engines.splats.placement import placed
from engines.splats.scene import SplatScene
from engines.splats.splats import Splats
from tests.engines.splats.making import some_splats
from tests.engines.splats.scenes import camera_from

SIZE, FOCAL = (320, 224), (280, 256)
EYES = {"from afar": (0.0, -1.0, -9.0), "beside": (3.0, 1.0, -3.0), "within": (0.3, 0.2, 0.1)}
KINDS: Mapping[str, Callable[[], Splats]] = {
    **{f"degree {degree}": partial(some_splats, 1500, degree) for degree in range(5)},
    "antialiased": partial(some_splats, 1500, 3, antialiased=True),
    "2-D": partial(some_splats, 1500, 2, flat=True),
    "the example": example,
}
EQUAL, ENDED = 2, 3
"""Levels of 255, the latter where the exact drawing ends: of a pixel of which 0.01 is left open, or less, it leaves out
the next splat whole where less than 0.0001 were open behind it."""
Given = TypeVar("Given")


@pytest.fixture
def drawers(qtbot: QtBot, uncounted: None) -> Iterator[OpenGlDrawers]:
    if probe_opengl().renderer is None:
        pytest.skip("no OpenGL here")
    found = OpenGlDrawers()
    assert found.available
    yield found


def scene_of(splats: Splats, **options: object) -> SplatScene:
    return SplatScene(splats, placed(splats), torch.device("cpu"), SplatsOptions(**options))


def shaded(frame: Frame, background: str) -> Array:
    return display.shade(compositing.over(frame, background), "rgb").astype(int)


def is_equal(found: Array, expected: Array) -> bool:
    """Whether two pictures are one, but for rounding and where the exact drawing ends."""
    apart = np.abs(found - expected)
    return bool(apart.max() <= ENDED and (apart > EQUAL).mean() < 1e-3 and apart.mean() < 0.05)


def on_a_thread(work: Callable[[], Given]) -> Given:
    """What `work` gives, or raises, on a thread of its own, as previews are drawn."""
    given: list[Given] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            given.append(work())
        except BaseException as error:  # handed on
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]
    return given[0]


def live(drawers: OpenGlDrawers, whole: SplatScene, *views: tuple[SplatScene, Camera, str, bool]) -> list[Array]:
    """Pictures by OpenGL of a scene, each of it or of the same without some, over a background, exactly or soon."""

    def work() -> list[Array]:
        drawer = drawers.begin()
        try:
            for _ in drawer.pieces(whole):
                pass
            return [drawer.draw(*view).astype(int) for view in views]
        finally:
            drawer.close()

    return on_a_thread(work)


@pytest.mark.parametrize("kind", KINDS)
def test_pictures_of_a_standing_camera_are_the_exact_ones(kind: str, drawers: OpenGlDrawers) -> None:
    scene = scene_of(KINDS[kind](), antialiased=kind == "antialiased")
    cameras = [camera_from(eye, SIZE, FOCAL) for eye in EYES.values()]
    views = [(scene, camera, background, True) for camera in cameras for background in ("", "checkerboard", "#3366aa")]
    for (_, camera, background, _), found in zip(views, live(drawers, scene, *views), strict=True):
        expected = shaded(scene.render(camera, {}, never_stop), background)
        assert found.shape == expected.shape and expected.std() > 10
        assert is_equal(found, expected), (camera.position, background)


def test_pictures_of_a_moving_camera_are_nearly_so(drawers: OpenGlDrawers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seen_order, "FEW", 0)
    scene, camera = scene_of(some_splats(1500, 3)), camera_from((0, -1, -9), SIZE, FOCAL)
    expected = shaded(scene.render(camera, {}, never_stop), "")
    (found,) = live(drawers, scene, (scene, camera, "", False))
    apart = np.abs(found - expected)
    assert apart.mean() < 1 and (apart > EQUAL).mean() < 0.02


def test_sizes_may_change_and_one_drawer_draws_them_all(drawers: OpenGlDrawers) -> None:
    scene = scene_of(example())
    cameras = [camera_from((0, -1, -5), size, FOCAL) for size in (SIZE, (131, 77), SIZE, (64, 300))]
    for camera, found in zip(
        cameras, live(drawers, scene, *((scene, each, "", True) for each in cameras)), strict=True
    ):
        assert is_equal(found, shaded(scene.render(camera, {}, never_stop), ""))


def test_what_is_left_out_is_not_drawn_and_comes_back(drawers: OpenGlDrawers) -> None:
    scene, camera = scene_of(example()), camera_from((0, -1, -5), SIZE, FOCAL)
    removed = np.arange(len(example())) % 3 == 0
    less = scene.without(removed, removed & False)
    pictures = live(drawers, scene, (less, camera, "", True), (scene, camera, "", True))
    for of, found in zip((less, scene), pictures, strict=True):
        assert is_equal(found, shaded(of.render(camera, {}, never_stop), ""))
    assert np.abs(pictures[0] - pictures[1]).max() > 50


def test_far_from_the_origin_no_digits_are_lost(drawers: OpenGlDrawers) -> None:
    splats, camera, away = example(), camera_from((0, -1, -5), SIZE, FOCAL), np.array([2.0**17, -(2.0**16), 2.0**15])
    # Steps of float32 there are 1/64; what is rounded to them lies on both sides.
    moved = replace(splats, positions=(splats.positions + away).astype(np.float32))
    pose = camera.camera_to_world.copy()
    pose[:3, 3] += away + 0.3 / 64
    camera, scene = replace(camera, camera_to_world=pose), scene_of(moved)
    (found,) = live(drawers, scene, (scene, camera, "", True))
    expected = shaded(scene.render(camera, {}, never_stop), "")
    assert expected.std() > 20 and is_equal(found, expected)


def test_textures_have_as_many_rows_as_are_needed_and_are_filled_piece_by_piece(
    drawers: OpenGlDrawers, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene, camera = scene_of(some_splats(700, 3)), camera_from((0, -1, -9), SIZE, FOCAL)
    monkeypatch.setattr(gaussian_textures, "PIECE", 128)
    monkeypatch.setattr(gaussian_drawing, "layout_of", lambda splatting, _: layout_of(splatting, 512))
    assert layout_of(scene.splatting, 512).in_row == 32 and layout_of(scene.splatting, 512).rows == 22
    (found,) = live(drawers, scene, (scene, camera, "", True))
    assert is_equal(found, shaded(scene.render(camera, {}, never_stop), ""))


def test_nothing_is_the_background(drawers: OpenGlDrawers) -> None:
    for splats in (example().chosen(np.zeros(0, int)), replace(example(), positions=example().positions + 1000)):
        scene = scene_of(splats)
        (found,) = live(drawers, scene, (scene, camera_from((0, 0, -5)), "#102030", True))
        assert (found == [16, 32, 48]).all()


def test_scenes_are_drawn_on_threads_beside_each_other(drawers: OpenGlDrawers) -> None:
    camera, one, other = camera_from((0, -1, -5), SIZE, FOCAL), scene_of(example()), scene_of(some_splats(300, 1))

    def work() -> list[Array]:
        drawer = drawers.begin()
        for _ in drawer.pieces(one):
            pass
        # While this one is open, and between two of its pictures.
        before = drawer.draw(one, camera, "", True).astype(int)
        (beside,) = live(drawers, other, (other, camera, "", True))
        after = drawer.draw(one, camera, "", True).astype(int)
        drawer.close()
        return [before, beside, after]

    for scene, found in zip((one, other, one), on_a_thread(work), strict=True):
        assert is_equal(found, shaded(scene.render(camera, {}, never_stop), ""))


def test_more_than_there_is_room_for_is_said() -> None:
    with pytest.raises(ValueError, match=r"^628 Gaussians are more than textures of 16 pixels have room for$"):
        layout_of(replace(scene_of(example()).splatting, count=628), 16)


def test_an_older_opengl_is_said(drawers: OpenGlDrawers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gaussian_drawing, "LIVE_VERSION", (9, 0))
    with pytest.raises(ValueError, match=r"^OpenGL \d\.\d is older than 9\.0$"):
        on_a_thread(drawers.begin)


def test_a_shader_that_the_driver_refuses_is_said(drawers: OpenGlDrawers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gaussian_drawing, "ALPHAS", ALPHAS.replace("discard", "discarded"))
    with pytest.raises(RuntimeError, match=r"^the driver refuses a shader: .*discarded"):
        on_a_thread(drawers.begin)


def test_a_driver_without_instances_is_said(drawers: OpenGlDrawers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.gui.viewport.gl_instancing.gl_function_address", lambda *_: 0)
    with pytest.raises(ValueError, match=r"^the driver has no glGenVertexArrays$"):
        on_a_thread(drawers.begin)
