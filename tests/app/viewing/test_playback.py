"""The clock of a recording."""

from __future__ import annotations

import pytest

from app.viewing.playback import Playback


def always(moment: int) -> bool:
    return True


@pytest.fixture
def clock() -> Playback:
    """Six moments, ten a second."""
    return Playback(0, 5, fps=10)


def test_it_stands_until_it_is_played(clock: Playback) -> None:
    assert clock.advance(100.0, 2, always) == 2


def test_moments_follow_the_clock(clock: Playback) -> None:
    moment = clock.play(0.0, 0)
    for now_s, expected in ((0.05, 0), (0.1, 1), (0.19, 1), (0.2, 2), (0.55, 5), (0.6, 0)):
        moment = clock.advance(now_s, moment, always)
        assert moment == expected, now_s


def test_what_is_left_of_a_moment_is_not_lost(clock: Playback) -> None:
    moment = clock.play(0.0, 0)
    for tick in range(1, 31):
        moment = clock.advance(tick * 0.016, moment, always)
    # 0.48 s of tenths.
    assert moment == 4


def test_without_a_loop_it_ends_at_the_end(clock: Playback) -> None:
    clock.loop = False
    moment = clock.play(0.0, 4)
    moment = clock.advance(0.1, moment, always)
    assert moment == 5 and clock.playing
    assert clock.advance(0.2, moment, always) == 5 and not clock.playing
    assert clock.play(1.0, 5) == 0


def test_it_waits_for_what_is_not_ready(clock: Playback) -> None:
    moment = clock.play(0.0, 0)
    moment = clock.advance(0.35, moment, lambda wanted: wanted < 2)
    assert moment == 1 and clock.waiting
    moment = clock.advance(5.0, moment, lambda wanted: wanted < 2)
    assert moment == 1
    # The time that was waited is not made up for.
    assert clock.advance(5.1, moment, always) == 2
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
