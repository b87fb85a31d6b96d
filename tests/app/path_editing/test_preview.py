"""The playhead: frames, keys, playing and loops; and the view that follows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import app.viewing.scene_loader
from app.path_editing.document import PathDocument
from app.path_editing.preview import PathPreview, PathViewer
from app.project.session_state import look_as, view_of
from app.viewing.opening import Opened
from app.viewing.session import Session
from engines.core.camera import Camera
from engines.core.data.dataset import Dataset
from engines.core.data.views import View, Views
from engines.core.engine import INSTANCE, Control
from engines.core.paths.keyframes import KeyedPath, Keyframe
from engines.core.storage.checkpoint import Checkpoint
from tests.app.ball_scene import UP, BallScene, ring
from tests.app.path_editing.test_document import keyed
from tests.app.viewing.ear import Ear


class Screen:
    """What was shown."""

    def __init__(self, path: KeyedPath) -> None:
        self.document = PathDocument()
        self.document.begin(path)
        self.shown: list[tuple[float, bool]] = []
        self.preview = PathPreview(self.document, lambda time, moving: self.shown.append((time, moving)))


def test_frames_one_by_one() -> None:
    screen = Screen(keyed(3))
    for step, frame in ((1, 1), (1, 2), (-1, 1), (-5, 0)):
        screen.preview.step_frames(step)
        assert screen.preview.time_s * 30 == pytest.approx(frame) and screen.shown[-1][1] is False
    # From between two to the nearer one in that direction.
    for step, frame in ((1, 4), (-1, 3)):
        screen.preview.seek(3.4 / 30)
        screen.preview.step_frames(step)
        assert screen.preview.time_s * 30 == pytest.approx(frame)


def test_keys_one_by_one() -> None:
    screen = Screen(keyed(3))
    assert [screen.preview.step_keys(step) for step in (1, 1, 1, -1, -1, -1)] == [1, 2, None, 1, 0, None]
    screen.preview.seek(3.0)
    assert screen.preview.step_keys(-1) == 1 and screen.preview.time_s == 2.0
    assert Screen(KeyedPath()).preview.step_keys(1) is None


def test_playing_to_the_end() -> None:
    screen = Screen(keyed(2))
    screen.preview.play(100.0)
    for now in (100.0, 100.5, 101.0, 103.0):
        screen.preview.tick(now)
    assert [time for time, _ in screen.shown] == pytest.approx([0, 0.5, 1.0, 2.0])
    assert [moving for _, moving in screen.shown] == [True, True, True, False]
    playing = [screen.preview.playing]
    # From the end it begins again.
    screen.preview.play(200.0)
    assert screen.preview.time_s == 0.0 and [*playing, screen.preview.playing] == [False, True]
    screen.preview.tick(200.25)
    screen.preview.pause()
    assert screen.preview.time_s == pytest.approx(7 / 30) and screen.shown[-1] == (screen.preview.time_s, False)


@pytest.mark.parametrize("loop", [True, False])
def test_playing_again_and_again(loop: bool) -> None:
    screen = Screen(replace(keyed(2), loop=loop))
    screen.preview.repeats = not loop
    screen.preview.play(0.0)
    period = 3.0 if loop else 61 / 30
    screen.preview.tick(period + 0.5)
    assert screen.preview.time_s == pytest.approx(0.5) and screen.preview.playing


def test_playing_stops_where_the_keys_go() -> None:
    screen = Screen(keyed(2))
    screen.preview.play(0.0)
    screen.document.begin(KeyedPath())
    screen.preview.tick(1.0)
    assert not screen.preview.playing
    screen.preview.play(2.0)
    screen.preview.seek(-3.0)
    assert not screen.preview.playing and screen.preview.time_s == 0.0


class Recordings(BallScene):
    """Two recordings, each filmed from elsewhere, drawn from their photographs."""

    def sources(self, camera: Camera, controls: Mapping[str, float]) -> tuple[Camera, ...]:
        return ()

    def advice(self, camera: Camera, controls: Mapping[str, float]) -> str:
        return ""


@pytest.fixture
def recordings(monkeypatch: pytest.MonkeyPatch) -> tuple[Session, Ear]:
    """Two recordings are open, the first of them shown."""
    scene = Recordings(controls=(Control(INSTANCE, "Recording", "choice", 0, 1, 0, ("street", "yard")),))
    views = [View(camera, f"{i}", instance=i % 2, image_path=Path("none.png")) for i, camera in enumerate(ring(8))]
    data = Dataset(Views.of(views), Path("folder"), "recordings", BallScene.bounds, UP, instances=("street", "yard"))
    opened = Opened(scene, Checkpoint("ball", {}, 0, {}), data, Path("scene.pth"))
    monkeypatch.setattr(app.viewing.scene_loader, "open_scene", lambda *_: opened)
    ear = Ear()
    session = ear.session()
    session.loader.open(Path("scene.pth"))
    ear.next("opened")
    return session, ear


def test_keys_that_change_the_recording_leave_the_eye_on_the_path(recordings: tuple[Session, Ear]) -> None:
    session, ear = recordings
    try:
        document = PathDocument()
        one, other = ring(3)[1:]
        keys = (Keyframe(one, 0.0, {INSTANCE: 0.0}), Keyframe(other, 1.0, {INSTANCE: 1.0}))
        document.begin(KeyedPath(keys, stepped=frozenset([INSTANCE])))
        viewer = PathViewer(session, document)
        for time_s, camera in ((0.0, one), (1.0, other)):
            viewer.show(time_s, moving=False)
            if time_s:
                ear.next("views")
            assert session.eye.destination is not None
            np.testing.assert_allclose(session.eye.destination.camera_to_world, camera.camera_to_world, atol=1e-9)
        # A project that is opened again looks where it was left, too.
        left = view_of(session, ())
        assert left is not None
        viewer.show(0.0, moving=False)
        ear.next("views")
        look_as(session, left)
        ear.next("views")
        assert session.eye.destination is not None and session.view.instance == 1
        np.testing.assert_allclose(session.eye.destination.position, other.position, atol=1e-9)
        # Who chooses a recording by hand is led to where it was filmed.
        session.set_control(INSTANCE, 0.0)
        ear.next("views")
        middle = session.visited.points[len(session.visited.points) // 2].camera
        np.testing.assert_allclose(session.eye.destination.position, middle.position, atol=1e-9)
    finally:
        session.shut_down()
