"""The clock of a recording."""

from __future__ import annotations

import pytest

from app.viewing.playback import Playback


def always(time_step: int) -> bool:
    return True


@pytest.fixture
def clock() -> Playback:
    """Six time steps, ten a second."""
    return Playback(0, 5, fps=10)


def test_it_stands_until_it_is_played(clock: Playback) -> None:
    assert clock.advance(100.0, 2, always) == 2


def test_moments_follow_the_clock(clock: Playback) -> None:
    time_step = clock.play(0.0, 0)
    for now_s, expected in ((0.05, 0), (0.1, 1), (0.19, 1), (0.2, 2), (0.55, 5), (0.6, 0)):
        time_step = clock.advance(now_s, time_step, always)
        assert time_step == expected, now_s


def test_what_is_left_of_a_moment_is_not_lost(clock: Playback) -> None:
    time_step = clock.play(0.0, 0)
    for tick in range(1, 31):
        time_step = clock.advance(tick * 0.016, time_step, always)
    # 0.48 s of tenths.
    assert time_step == 4


def test_without_a_loop_it_ends_at_the_end(clock: Playback) -> None:
    clock.loop = False
    time_step = clock.play(0.0, 4)
    time_step = clock.advance(0.1, time_step, always)
    assert (time_step, clock.playing) == (5, True)
    assert (clock.advance(0.2, time_step, always), clock.playing) == (5, False)
    assert clock.play(1.0, 5) == 0


def test_it_waits_for_what_is_not_ready(clock: Playback) -> None:
    time_step = clock.play(0.0, 0)
    time_step = clock.advance(0.35, time_step, lambda wanted: wanted < 2)
    assert time_step == 1 and clock.waiting
    time_step = clock.advance(5.0, time_step, lambda wanted: wanted < 2)
    assert time_step == 1
    # The time that was waited is not made up for.
    assert clock.advance(5.1, time_step, always) == 2
    assert not clock.waiting


def test_another_rate_counts_from_now(clock: Playback) -> None:
    clock.play(0.0, 0)
    clock.set_fps(1.0, 0.05)
    assert clock.advance(1.0, 0, always) == 0
    assert clock.advance(1.06, 0, always) == 1


def test_what_comes_next(clock: Playback) -> None:
    assert clock.following(4, 3) == [4, 5, 0]
    assert clock.following(4, 100) == [4, 5, 0, 1, 2, 3]
    clock.loop = False
    assert clock.following(4, 3) == [4, 5]


def test_a_single_moment_has_nothing_after_it() -> None:
    assert Playback(0, 0).after(0) is None
