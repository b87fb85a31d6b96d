"""The worker's promises: newest first, one frame at a time, previews in time, nothing drawn twice, errors survived."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from app.rendering import display
from app.rendering.render_requests import RenderedImage, RenderRequest
from app.rendering.render_worker import RenderWorker
from app.rendering.reprojection import Reprojector
from engines.core.errors import UserError
from tests.app.fake_scene import FakeScene
from tests.app.watched import LONG_S, Watch, Watched, opened, turned


def drag(watched: Watched, until: Callable[[], object]) -> None:
    """A hand that moves on until something has come of it, however busy the machine is."""
    end = time.perf_counter() + LONG_S
    for step in itertools.count(1):
        watched.ask(turned(watched.scene, 0.01 * step), moving=True)
        time.sleep(0.02)
        if until():
            return
        assert time.perf_counter() < end, f"{len(watched.pictures)} pictures"


def test_a_still_camera_gets_the_exact_frame(watch: Watch) -> None:
    watched = opened(watch, FakeScene(chunks=2))
    (picture,) = watched.exact
    assert picture.pixels.shape == (64, 64, 3) and picture.pixels.dtype == np.uint8
    assert picture.frame is not None and picture.frame.depth is not None
    assert picture.ms >= 20 and not watched.previews and not watched.worker.busy


def test_the_newest_wins_and_one_frame_at_a_time_is_drawn(watch: Watch) -> None:
    watched = opened(watch, FakeScene(chunks=10))
    for step in range(30):
        watched.ask(turned(watched.scene, 0.01 * step))
        time.sleep(0.005)
    last = watched.ask(turned(watched.scene, 0.5))
    watched.wait(lambda: watched.pictures[-1][1].request is last)
    watched.settle()
    assert watched.pictures[-1][1].request is last and watched.pictures[-1][1].kind == "exact"
    assert watched.scene.most_at_once == 1
    assert len(watched.scene.finished) == 2, "the first, and the last of all"


def test_an_exact_frame_stops_within_a_chunk_when_the_camera_moves(watch: Watch) -> None:
    go_on, done = threading.Semaphore(0), list[None]()

    def chunk() -> None:
        # The first frame takes its time: one that is drawn quickly is drawn while the camera moves, too.
        time.sleep(0.02)
        if scene.finished:
            assert go_on.acquire(timeout=LONG_S)
        done.append(None)

    scene = FakeScene(chunks=50, chunk=chunk)
    watched = opened(watch, scene)
    done.clear()
    watched.ask(turned(scene, 0.1))
    go_on.release(5)
    watched.wait(lambda: len(done) == 5)
    watched.ask(turned(scene, 0.2), moving=True)
    go_on.release(1000)
    watched.wait(lambda: scene.stopped)
    # The sixth was under way when the camera moved.
    assert len(done) <= 6


def test_refinement_begins_only_when_the_hand_has_stopped(watch: Watch) -> None:
    scene = FakeScene(chunks=10)
    watched = opened(watch, scene)
    for attempt in range(20):
        delay_s = refinement_delay_s(watched, 0.1 * attempt)
        if delay_s is not None:
            assert delay_s > 0.1, "a hand that only hesitates is not interrupted"
            return
    raise AssertionError("nothing exact while it moves")


def refinement_delay_s(watched: Watched, from_rad: float) -> float | None:
    """From the last move of a drag to the exact frame's beginning; None where the hand itself was held up."""
    scene = watched.scene
    before = len(scene.began)
    for step in range(10):
        watched.ask(turned(scene, from_rad + 0.005 * step), moving=True)
        time.sleep(0.02)
    if len(scene.began) > before:
        return None  # for so long that it seemed to rest
    ended = time.perf_counter()
    last = watched.ask(turned(scene, from_rad + 0.1), moving=True)
    watched.wait(lambda: watched.exact[-1].request is last)
    began, camera = scene.began[before]
    assert camera is last.camera
    return began - ended


def test_a_hand_that_holds_still_is_a_stop(watch: Watch) -> None:
    """The same moving request again and again doesn't put the exact frame off."""
    watched = opened(watch, FakeScene(chunks=5))
    camera = turned(watched.scene, 0.2)
    began = time.perf_counter()
    while len(watched.exact) < 2 and time.perf_counter() - began < LONG_S:
        watched.ask(camera, moving=True)
        time.sleep(0.01)
    # Asked for again in the moment that it came it is shaded again, but not drawn.
    assert len(watched.exact) >= 2
    watched.settle()
    assert len(watched.scene.began) == 2


def test_another_channel_is_shaded_without_rendering(watch: Watch) -> None:
    watched = opened(watch, FakeScene(chunks=10))
    watched.ask(channel="depth")
    watched.wait(lambda: len(watched.exact) == 2)
    watched.ask(channel="depth", limits=(1.0, 9.0))
    watched.wait(lambda: len(watched.exact) == 3)
    watched.settle()
    rgb, depth, limited = watched.exact
    assert len(watched.scene.began) == 1
    assert rgb.limits is None and depth.limits is not None and limited.limits == (1.0, 9.0)
    assert (rgb.pixels != depth.pixels).any() and (depth.pixels != limited.pixels).any()
    # Previews follow the channel.
    watched.ask(turned(watched.scene, 1e-9), moving=True, channel="depth", limits=(1.0, 9.0))
    watched.wait(lambda: watched.previews)
    assert np.abs(watched.previews[0].pixels.astype(int) - limited.pixels).max() <= 1


def test_the_same_again_draws_and_says_nothing(watch: Watch) -> None:
    watched = opened(watch, FakeScene(chunks=1))
    for _ in range(5):
        watched.ask(replace(watched.scene.start))
    watched.settle()
    assert len(watched.scene.began) == 1 and len(watched.pictures) == 1


def test_there_and_back_shows_the_kept_frame_again(watch: Watch) -> None:
    watched = opened(watch, FakeScene(chunks=20))
    watched.ask(turned(watched.scene, 0.1), moving=True)
    watched.wait(lambda: watched.previews)
    watched.ask()
    watched.wait(lambda: watched.pictures[-1][1].kind == "exact")
    watched.settle()
    assert len(watched.scene.began) == 1
    assert (watched.exact[0].pixels == watched.exact[1].pixels).all()


def test_an_error_is_told_and_survived(watch: Watch) -> None:
    scene = FakeScene(chunks=1)
    watched = opened(watch, scene)
    scene.error = UserError("no")
    failed = watched.ask(turned(scene, 0.1))
    watched.settle()
    assert watched.errors == [(failed, scene.error)] and len(scene.began) == 2, "told once, not tried again and again"
    scene.error = None
    watched.ask(turned(scene, 0.2))
    watched.wait(lambda: len(watched.exact) == 2)


def test_a_missing_channel_is_an_error_too(watch: Watch) -> None:
    watched = opened(watch, FakeScene())
    watched.ask(channel="smell")
    watched.wait(lambda: watched.errors)
    watched.ask(channel="depth")
    watched.wait(lambda: len(watched.exact) == 2)


def test_a_failing_callback_does_not_end_the_worker() -> None:
    scene, told, errors = FakeScene(), threading.Event(), list[BaseException]()

    def fail(picture: RenderedImage) -> None:
        if not errors:
            raise RuntimeError("the window is gone")
        told.set()

    worker = RenderWorker(scene, fail, lambda request, error: errors.append(error))
    worker.submit(RenderRequest(scene.start, {}))
    while not errors:
        time.sleep(0.01)
    worker.submit(RenderRequest(turned(scene, 0.1), {}))
    assert told.wait(LONG_S) and str(errors[0]) == "the window is gone"
    worker.close()


def test_closing_stops_a_frame_under_way_and_is_silent() -> None:
    scene = FakeScene(chunks=500)
    watched = Watched(scene)
    watched.ask()
    watched.wait(lambda: scene.began)
    watched.worker.close()
    assert not scene.finished, "it had five seconds to go"
    assert not watched.pictures and not watched.errors and not watched.worker.busy
    assert not [thread for thread in threading.enumerate() if thread.name in ("render", "preview")]
    watched.worker.close()


def test_without_depth_a_scene_of_any_size_is_drawn_coarsely(watch: Watch) -> None:
    scene = FakeScene(size_px=128, chunks=60, any_size=True, depth=False)
    watched = watch(scene)
    watched.ask()
    watched.wait(lambda: watched.exact)
    kinds = [picture.kind for _, picture in watched.pictures]
    assert len(kinds) >= 2 and kinds == ["preview"] * (len(kinds) - 1) + ["exact"], "something to look at first"
    seen = len(watched.previews)
    drag(watched, lambda: len(watched.previews) >= seen + 8)
    coarse = watched.previews[seen:]
    assert all(picture.camera.size_px[0] < 128 for picture in coarse)
    # 60 chunks of 10 ms at full size: 50 ms are reached at about 128 * sqrt(5 / 60) = 37 px; fewer on a busy machine.
    assert coarse[-1].camera.size_px[0] <= 60
    watched.wait(lambda: len(watched.exact) == 2)
    assert watched.exact[-1].pixels.shape == (128, 128, 3)


def test_a_coarse_frame_of_full_size_does_not_take_the_exact_ones_place(watch: Watch) -> None:
    pause_s, go = [0.2], threading.Event()
    go.set()

    def chunk() -> None:
        time.sleep(pause_s[0])
        go.wait(LONG_S)

    scene = FakeScene(chunks=1, chunk=chunk, any_size=True, depth=False)
    watched = opened(watch, scene)
    pause_s[0] = 0.0
    steps = itertools.count(1)

    def full_size() -> bool:
        watched.ask(turned(scene, 0.01 * next(steps)), moving=True)
        return watched.previews[-1].camera.size_px == (64, 64)

    # Quick frames need not be coarse.
    watched.wait(full_size)
    # A frame that is under way would be held up in the place of the next.
    watched.settle()
    go.clear()
    began = len(scene.began)
    watched.ask(turned(scene, 2.0), moving=True)
    watched.wait(lambda: len(scene.began) > began)
    last = watched.ask(turned(scene, 2.0))
    go.set()
    watched.wait(lambda: watched.exact[-1].request is last)


@pytest.mark.slow
def test_a_slow_scene_of_any_size_comes_in_steps(watch: Watch) -> None:
    scene = FakeScene(size_px=128, chunks=150, any_size=True)
    watched = watch(scene)
    watched.ask()
    watched.wait(lambda: watched.exact)
    sizes = [picture.camera.size_px[0] for _, picture in watched.pictures]
    assert sizes == sorted(sizes) and sizes[-1] == 128 and len(sizes) >= 3
    assert [picture.kind for _, picture in watched.pictures] == ["preview"] * (len(sizes) - 1) + ["exact"]
    # A step that is not wanted any more is given up.
    watched.ask(turned(scene, 1.0))
    watched.wait(lambda: watched.previews[-1].request.camera is not scene.start)
    last = watched.ask(turned(scene, 2.0))
    watched.settle()
    assert watched.exact[-1].request is last and len(watched.exact) == 2


@pytest.mark.slow
def test_steps_at_an_odd_width_come_to_an_end(watch: Watch) -> None:
    # Half of it is 32.5, drawn as 32, which is less than a half.
    scene = FakeScene(size_px=65, chunks=150, any_size=True)
    watched = watch(scene)
    watched.ask()
    watched.wait(lambda: watched.exact)
    sizes = [camera.size_px[0] for _, camera in scene.began]
    assert sizes == sorted(set(sizes)) and sizes[-1] == 65, "none is drawn twice"


@pytest.mark.slow
def test_another_channel_of_a_slow_scene_is_shown_at_once(watch: Watch) -> None:
    scene = FakeScene(size_px=128, chunks=200, any_size=True)
    watched = watch(scene)
    watched.ask()
    # The exact frame is under way, for two seconds.
    watched.wait(lambda: scene.began and scene.began[-1][1].size_px[0] == 128)
    last = watched.ask(channel="depth")
    watched.wait(lambda: watched.pictures[-1][1].request is last)
    shown = watched.pictures[-1][1]
    assert shown.kind == "preview" and shown.frame is not None and not watched.exact
    assert np.array_equal(shown.pixels, display.shade(shown.frame, "depth", shown.limits))
    watched.settle()
    assert watched.exact[-1].request is last, "the exact frame was not given up"
    assert sum(camera.size_px[0] == 128 for _, camera in scene.began) == 1


@pytest.mark.slow
def test_a_drag_begins_from_a_frame_that_is_not_exact_yet(watch: Watch) -> None:
    scene = FakeScene(size_px=128, chunks=200, any_size=True)
    watched = watch(scene)
    watched.ask()
    watched.wait(lambda: scene.began and scene.began[-1][1].size_px[0] == 128)
    time.sleep(0.1)
    asked = watched.ask(turned(scene, 0.05), moving=True)
    watched.wait(lambda: watched.previews[-1].request is asked)
    shown = watched.previews[-1]
    assert shown.frame is None and shown.camera.size_px[0] >= 32, "reprojected, not drawn coarsely"
    assert not watched.exact
    watched.settle()
    assert watched.exact[-1].request is asked


def test_without_depth_at_one_size_frames_are_finished_while_it_moves(watch: Watch) -> None:
    scene = FakeScene(chunks=8, depth=False)
    watched = opened(watch, scene)
    drag(watched, lambda: len(watched.exact) >= 3)
    assert not watched.previews


def test_a_fast_scene_is_drawn_exactly_while_it_moves(watch: Watch) -> None:
    scene = FakeScene(size_px=48)
    watched = opened(watch, scene)
    watched.ask(turned(scene, 0.5))
    watched.wait(lambda: len(watched.exact) == 2)
    drag(watched, lambda: len(watched.exact) >= 8)
    assert not watched.previews


def test_other_controls_are_rendered_not_reprojected(watch: Watch) -> None:
    scene = FakeScene(chunks=8)
    watched = opened(watch, scene)
    for step in range(30):
        watched.worker.submit(RenderRequest(scene.start, {"time": step / 30}, moving=True))
        time.sleep(0.01)
    watched.settle()
    assert len(watched.exact) >= 3 and not watched.previews
    assert watched.exact[-1].request.controls == {"time": 29 / 30}


def test_a_long_drag_gets_newer_frames_to_preview_from(watch: Watch) -> None:
    scene = FakeScene(size_px=128, chunks=20)
    watched = opened(watch, scene)
    exact = watched.exact[0]
    assert exact.frame is not None and exact.frame.depth is not None
    first = Reprojector(exact.pixels, exact.frame.depth.numpy(), scene.start)
    began, right_rad, invented = time.perf_counter(), 0.0, 1.0
    # The first, and some on the way; and a preview that had less to invent than one from the first frame alone.
    while len(scene.finished) < 3 or right_rad < 1.2 or invented > 0.6:
        elapsed_s = time.perf_counter() - began
        assert elapsed_s < LONG_S, f"{len(scene.finished)} frames, {invented:.2f} of the holes"
        # Ever slower, but never at rest.
        right_rad = float(1.6 * (1 - np.exp(-elapsed_s)))
        watched.ask(turned(scene, right_rad), moving=True)
        time.sleep(1 / 40)
        if watched.previews:
            shown = watched.previews[-1]
            invented = shown.hole_fraction / max(first.draw(shown.camera).hole_fraction, 1e-6)
    assert all(picture.kind == "preview" for _, picture in watched.pictures[1:]), "none jumps back"
    last = watched.ask(turned(scene, right_rad))
    watched.settle()
    assert watched.exact[-1].request is last
    assert scene.most_at_once == 1


def test_a_newer_frame_on_the_way_gives_way_to_a_resting_hand(watch: Watch) -> None:
    scene = FakeScene(size_px=128, chunks=100)
    watched = opened(watch, scene)
    for step in range(30):
        watched.ask(turned(scene, 0.04 * step), moving=True)
        time.sleep(1 / 60)
    watched.wait(lambda: len(scene.began) == 2)
    watched.ask(turned(scene, 1.3))
    watched.wait(lambda: len(scene.began) == 3)
    watched.settle()
    assert len(scene.finished) == 2 and watched.exact[-1].request.camera is scene.finished[-1]
