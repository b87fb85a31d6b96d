"""Live previews by a drawer that needs no graphics card: what it is given, what is shown, and what if it fails."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import pytest

from app.rendering.display import Pixels
from app.rendering.left_out import OmittedPrimitives
from app.rendering.live_previews import GaussianDrawer
from app.rendering.render_requests import RenderedImage, RenderRequest
from engines.core.camera import Array, Camera
from engines.core.engine import Scene
from engines.core.scene_abilities import GaussianValues, MadeOfGaussians, Primitives, Splatting
from tests.app.fake_scene import FakeScene
from tests.app.watched import Watched, turned

COUNT, PIECES = 3, 4
COLOUR = 77
"""Of all pixels that the drawer draws."""


class GaussianScene(FakeScene):
    """Slow, and says that it is made of Gaussians, of which some may be left out."""

    def __init__(self, kept: Array | None = None, chunks: int = 30) -> None:
        super().__init__(chunks=chunks, any_size=True)
        self.kept = np.ones(COUNT, bool) if kept is None else kept

    @property
    def splatting(self) -> Splatting:
        return Splatting(COUNT, 0, 0.01, 0.3, False, 0.0, 0.15, 1 / 255, 0.99)

    def gaussians(self, begin: int, end: int) -> GaussianValues:
        raise NotImplementedError

    def near_to_far(self, camera: Camera, exactly: bool) -> Array:
        return np.flatnonzero(self.kept).astype(np.uint32)

    def primitives(self) -> Primitives:
        return Primitives(*(np.zeros(shape, np.float32) for shape in ((COUNT, 3), (COUNT,), (COUNT,))))

    def without(self, removed: Array, tinted: Array) -> Scene:
        return GaussianScene(~removed)


class OnePixelDrawer:
    """Draws pictures of one colour, and keeps what it was asked; fails where it is told to."""

    def __init__(self, failing: str) -> None:
        self.failing = failing
        self.thread = threading.current_thread()
        self.pieces_taken, self.closed = 0, False
        self.drawn: list[tuple[tuple[int, int], str, bool, int]] = []

    def pieces(self, scene: MadeOfGaussians) -> Iterator[None]:
        for _ in range(PIECES):
            self.fail_in("pieces")
            self.pieces_taken += 1
            yield

    def draw(self, scene: MadeOfGaussians, camera: Camera, background: str, exactly: bool) -> Pixels:
        self.fail_in("draw")
        assert threading.current_thread() is self.thread
        self.drawn.append((camera.size_px, background, exactly, len(scene.near_to_far(camera, exactly))))
        return np.full((camera.size_px[1], camera.size_px[0], 3), COLOUR, np.uint8)

    def close(self) -> None:
        assert threading.current_thread() is self.thread
        self.closed = True

    def fail_in(self, step: str) -> None:
        if self.failing == step:
            raise RuntimeError(f"no {step} today")


class OneDrawer:
    """Makes one drawer."""

    def __init__(self, failing: str = "") -> None:
        self.available, self.failing = True, failing
        self.made: list[OnePixelDrawer] = []

    def begin(self) -> GaussianDrawer:
        if self.failing == "begin":
            raise ValueError("no begin today")
        self.made.append(OnePixelDrawer(self.failing))
        return self.made[-1]

    def give_up(self) -> None:
        self.available = False


Opened = Callable[..., tuple[Watched, OneDrawer]]


@pytest.fixture
def opened() -> Iterator[Opened]:
    """A scene whose first exact picture is there, and that was given away as far as the drawer takes it."""
    all_watched: list[Watched] = []

    def open_scene(scene: FakeScene, failing: str = "") -> tuple[Watched, OneDrawer]:
        drawers = OneDrawer(failing)
        watched = Watched(scene, drawers)
        all_watched.append(watched)
        watched.ask(live=True)
        watched.wait(lambda: watched.exact)
        watched.settle()
        if isinstance(scene, GaussianScene) and not failing:
            watched.wait(lambda: drawers.made and drawers.made[0].pieces_taken == PIECES)
        return watched, drawers

    yield open_scene
    for watched in all_watched:
        watched.worker.close()


def is_live(picture: RenderedImage) -> bool:
    return picture.kind == "preview" and bool((picture.pixels == COLOUR).all())


def answered(watched: Watched, asked: RenderRequest) -> bool:
    return any(picture.request is asked for _, picture in watched.pictures)


def drag(watched: Watched, steps: int = 6, **more: object) -> None:
    for step in range(1, steps + 1):
        asked = watched.ask(turned(watched.scene, step / 20), moving=step < steps, live=True, **more)
        watched.wait(partial(answered, watched, asked))
    watched.settle()


def test_what_is_seen_while_the_camera_moves_is_live_and_then_exact(opened: Opened) -> None:
    watched, drawers = opened(GaussianScene())
    before, drawn = len(watched.pictures), drawers.made[0].drawn
    # Before its first exact picture it was seen live.
    assert [exactly for *_, exactly, _ in drawn] == [True]
    drawn.clear()
    drag(watched)
    seen = [picture for _, picture in watched.pictures[before:]]
    assert [is_live(picture) for picture in seen] == [True] * (len(seen) - 1) + [False]
    assert seen[-1].kind == "exact" and len(watched.exact) == 2, "drawn beside the hand"
    # Of the standing camera at its full size, and of all digits.
    assert [exactly for *_, exactly, _ in drawn] == [False] * 5 + [True] and drawn[-1][0] == (64, 64)
    assert all(picture.frame is None and picture.hole_fraction == 0 for picture in seen[:-1])


def test_the_background_and_what_is_left_out_are_handed_on(opened: Opened) -> None:
    watched, drawers = opened(GaussianScene())
    drawers.made[0].drawn.clear()
    removed = OmittedPrimitives(np.array([True, False, False]))
    drag(watched, left_out=removed, background="checkerboard")
    assert {(background, count) for _, background, _, count in drawers.made[0].drawn} == {("checkerboard", 2)}


def test_other_scenes_are_given_to_nobody(opened: Opened) -> None:
    watched, drawers = opened(FakeScene(chunks=30, any_size=True))
    drag(watched)
    assert not drawers.made and not any(is_live(picture) for _, picture in watched.pictures)


def test_where_it_is_not_wanted_nothing_is_given_away(opened: Opened) -> None:
    drawers = OneDrawer()
    watched = Watched(GaussianScene(), drawers)
    watched.ask()
    watched.wait(lambda: watched.exact)
    watched.settle()
    assert not drawers.made
    # Chosen while the scene is open.
    watched.ask(live=True)
    watched.wait(lambda: drawers.made and drawers.made[0].pieces_taken == PIECES)
    watched.worker.close()


@pytest.mark.parametrize("failing", ["begin", "pieces", "draw"])
def test_a_drawer_that_fails_is_told_once_and_the_last_picture_is_seen_from_elsewhere(
    failing: str, opened: Opened, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        watched, drawers = opened(GaussianScene(), failing)
        watched.ask(turned(watched.scene, 0.03), moving=True, live=True)
        watched.wait(lambda: not drawers.available)
        drag(watched)
        drag(watched)
    assert [record.getMessage() for record in caplog.records] == [
        f"no live previews of Gaussians from here on: no {failing} today"
    ]
    moving = [picture for _, picture in watched.pictures if picture.request.moving]
    assert moving and not any(is_live(picture) for picture in moving) and not watched.errors
    # Nor are there any of the scene that is opened next.
    again = Watched(GaussianScene(), drawers)
    again.ask(live=True)
    again.wait(lambda: again.exact)
    again.worker.close()
    assert len(drawers.made) <= 1


def test_the_drawer_is_ended_on_its_own_thread(opened: Opened) -> None:
    watched, drawers = opened(GaussianScene())
    watched.worker.close()
    assert drawers.made[0].closed
