"""A recording in the session: played, stopped, walked around in while it is made."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

import app.viewing.scene_loader
from app.rendering.render_requests import RenderedImage, RenderRequest
from app.viewing.opening import Opened
from app.viewing.session import Session
from engines.core.engine import INSTANCE, TIME, Control
from engines.core.storage.checkpoint import Checkpoint
from tests.app.recorded import RecordedScene
from tests.app.viewing.ear import Ear


class Seen(Ear):
    """What a window does with it, on this thread."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: Session | None = None
        self.pictures: list[RenderedImage] = []
        self.now_s, self.runs = 0.0, True

    def pump(self) -> None:
        """Takes what came; drives the clock."""
        assert self.opened is not None
        super().pump()
        self.pictures.extend(self.heard.pop("picture", ()))
        session = self.opened
        last, timeline = session.images.last, session.timeline
        if last is not None and not last.request.draft:
            # Time passes as fast as there are pictures: a busy machine leaves out time steps otherwise.
            shown = round(last.request.controls[TIME])
            self.now_s += 1.01 / timeline.playback.fps if self.runs and shown == timeline.time_step else 0
        timeline.tick(self.now_s)

    def until(self, done: Callable[[], object], seconds: float = 30.0) -> None:
        end = time.monotonic() + seconds
        while not done():
            assert time.monotonic() < end
            self.pump()
            time.sleep(0.004)

    @property
    def time_steps(self) -> list[int]:
        """Of the pictures, repetitions left out."""
        shown = [round(picture.request.controls[TIME]) for picture in self.pictures if not picture.request.draft]
        return [time_step for at, time_step in enumerate(shown) if at == 0 or shown[at - 1] != time_step]


def begin(monkeypatch: pytest.MonkeyPatch, scene: RecordedScene) -> tuple[Seen, Session]:
    made = Opened(scene, Checkpoint("fake", {}, 0, {}), None, Path("recorded.pth"))
    monkeypatch.setattr(app.viewing.scene_loader, "open_scene", lambda *_: made)
    seen = Seen()
    seen.opened = session = seen.session()
    session.loader.open(Path("recorded.pth"))
    seen.next("opened")
    return seen, session


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Seen, Session, RecordedScene]]:
    scene = RecordedScene()
    seen, session = begin(monkeypatch, scene)
    yield seen, session, scene
    session.shut_down()


Opened_ = tuple[Seen, Session, RecordedScene]


def test_a_placeholder_then_the_moment(opened: Opened_) -> None:
    seen, session, _ = opened
    seen.until(lambda: session.images.last is not None and session.images.last.kind == "exact")
    assert seen.pictures[0].request.draft and seen.pictures[0].kind == "preview"
    assert session.images.last is not None and not session.images.last.request.draft


class TwoRecordings(RecordedScene):
    """The first of six time steps, the second of three."""

    def __init__(self) -> None:
        super().__init__()
        choice = Control(INSTANCE, "Recording", "choice", 0, 1, 0, ("long", "short"))
        self.controls = (choice, *self.controls)

    def time_steps(self, controls: Mapping[str, float]) -> int:
        return 3 if controls.get(INSTANCE) else 6


def test_each_recording_is_as_long_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    _, session = begin(monkeypatch, TwoRecordings())
    timeline = session.timeline
    assert (timeline.playback.first, timeline.playback.last) == (0, 5)
    session.set_control(TIME, 5)
    timeline.play(0.0)
    session.set_control(INSTANCE, 1)
    assert (timeline.playback.last, timeline.time_step, timeline.playback.playing) == (2, 2, False)
    session.set_control(INSTANCE, 0)
    assert timeline.playback.last == 5
    session.shut_down()


def test_a_recording_that_stands_makes_nothing_ahead(opened: Opened_) -> None:
    seen, session, scene = opened
    seen.until(lambda: scene.there == {0})
    session.set_control(TIME, 3)
    seen.until(lambda: scene.there == {0, 3})
    time.sleep(0.15)
    seen.pump()
    assert scene.order == [0, 3]


def test_playing_shows_every_moment_and_loops(opened: Opened_) -> None:
    seen, session, scene = opened
    seen.until(lambda: scene.there == {0})
    session.timeline.play(seen.now_s)
    seen.until(lambda: len(seen.time_steps) > 13, 60)
    order = seen.time_steps
    first_round = order[order.index(0) :][:6]
    assert first_round == [0, 1, 2, 3, 4, 5]
    # Each was made once.
    assert sorted(scene.order) == [0, 1, 2, 3, 4, 5]
    session.timeline.pause()
    seen.until(lambda: session.images.last is not None and session.images.last.kind == "exact" and not session.busy)
    assert (
        session.images.last is not None
        and round(session.images.last.request.controls[TIME]) == session.timeline.time_step
    )


def test_no_more_is_made_ahead_than_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = RecordedScene(room=3)
    seen, session = begin(monkeypatch, scene)
    try:
        seen.until(lambda: scene.there == {0})
        seen.runs = False
        session.timeline.play(seen.now_s)
        end = time.monotonic() + 0.4
        seen.until(lambda: time.monotonic() > end)
        assert scene.there == {0, 1, 2}
    finally:
        session.shut_down()


def test_the_camera_moves_while_the_next_moment_is_made(opened: Opened_) -> None:
    seen, session, scene = opened
    seen.until(lambda: session.images.last is not None and session.images.last.kind == "exact")
    scene.prepare_s = 1.0
    session.set_control(TIME, 1)
    count = len(seen.pictures)
    session.eye.hand.step_by(1, 0)
    seen.until(lambda: len(seen.pictures) > count)
    # A placeholder of the time step that is wanted, from where the camera is now.
    assert round(seen.pictures[-1].request.controls[TIME]) == 1 and seen.pictures[-1].request.draft
    assert scene.there == {0} and session.timeline.making == 1
    seen.until(lambda: seen.time_steps[-1] == 1)


def test_an_error_on_the_way_is_told(opened: Opened_) -> None:
    seen, session, scene = opened
    seen.until(lambda: scene.there == {0})
    scene.broken = 2
    session.set_control(TIME, 2)
    assert "time step 2 can't be read" in str(seen.next("error"))
    session.set_control(TIME, 3)
    seen.until(lambda: seen.time_steps[-1:] == [3])


def test_each_move_asks_for_one_picture(opened: Opened_, monkeypatch: pytest.MonkeyPatch) -> None:
    _, session, _ = opened
    asked: list[tuple[int, bool]] = []
    assert session.worker is not None

    def submit(request: RenderRequest) -> None:
        asked.append((round(request.controls[TIME]), request.moving))

    monkeypatch.setattr(session.worker, "submit", submit)
    timeline = session.timeline
    moves: tuple[tuple[Callable[[], object], tuple[int, bool]], ...] = (
        (lambda: timeline.play(0.0), (0, True)),
        (lambda: timeline.step(-1), (5, False)),
        (lambda: timeline.step(1), (0, False)),
        (lambda: session.set_control(TIME, 5), (5, False)),
    )
    for move, expected in moves:
        move()
        assert asked == [expected] and timeline.playback.playing is expected[1]
        asked.clear()
    timeline.playback.loop = False
    timeline.play(0.0)
    assert asked == [(0, True)]
