"""The playhead: frames, keys, playing and loops; and the view that follows it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.path_editing.document import PathDocument
from app.path_editing.preview import PathPreview
from engines.core.paths.keyframes import KeyedPath
from tests.app.path_editing.test_document import keyed


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
