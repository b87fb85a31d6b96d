"""Who looks has the machine; looking costs a small share of the time."""

from __future__ import annotations

import itertools

import pytest

from app.training.runs.device_sharing import LOOKING_SHARE, SOONEST_S, STILL_S, DeviceSharing


def looks(took_s: float, seconds: float) -> list[float]:
    """When a picture was asked for, by somebody who does not move; each takes `took_s` to come and be drawn."""
    sharing, asked, done = DeviceSharing(), list[float](), float("inf")
    for tick in range(round(seconds / 0.05)):
        now = 0.05 * tick
        if now >= done:
            sharing.shown(now)
            done = float("inf")
        if sharing.wants_live(now, drawing=False):
            asked.append(now)
            sharing.came()
            done = now + took_s
    return asked


@pytest.mark.parametrize("took_s", [0.1, 0.5, 2.0, 10.0])
def test_looking_takes_its_share_at_most(took_s: float) -> None:
    asked = looks(took_s, 300)
    assert len(asked) > 3
    assert (len(asked) - 1) * took_s <= LOOKING_SHARE * (asked[-1] - asked[0]) + 1e-6
    gaps = [later - earlier for earlier, later in itertools.pairwise(asked)]
    # Not much rarer than it may be.
    assert max(gaps) <= max(SOONEST_S + took_s, took_s / LOOKING_SHARE) + 0.1


def test_nothing_is_asked_for_while_the_last_is_awaited() -> None:
    sharing = DeviceSharing()
    assert sharing.wants_live(0.0, drawing=False)
    # The window shows what it showed before: what was asked for has not come yet, however long a step takes.
    for now in (0.05, 5.0, 50.0):
        sharing.shown(now)
        assert not sharing.wants_live(now, drawing=False)
    sharing.came()
    sharing.shown(60.0)
    assert not sharing.wants_live(60 / LOOKING_SHARE - 1, drawing=False)
    assert sharing.wants_live(60 / LOOKING_SHARE + 1, drawing=False)


def test_nothing_is_asked_for_while_one_draws_or_moves() -> None:
    sharing = DeviceSharing()
    assert not sharing.wants_live(0.0, drawing=True)
    sharing.moved(1.0)
    assert not sharing.wants_live(1.4, drawing=False)
    assert sharing.wants_live(1.6, drawing=False)


def test_the_run_waits_while_the_camera_moves_and_a_little_for_its_picture() -> None:
    sharing = DeviceSharing()
    assert not sharing.holds(0.0, drawing=True)
    sharing.moved(1.0)
    assert sharing.holds(1.1, drawing=False)
    assert not sharing.holds(1.3, drawing=False)
    assert sharing.holds(1.3, drawing=True)
    # A scene that takes long to draw must not keep the run from learning.
    assert not sharing.holds(1.0 + STILL_S + 0.1, drawing=True)


def test_another_run_is_looked_at_at_once() -> None:
    sharing = DeviceSharing()
    sharing.wants_live(0.0, drawing=False)
    sharing.came()
    sharing.shown(100.0)
    sharing.forget()
    assert sharing.wants_live(100.1, drawing=False)
