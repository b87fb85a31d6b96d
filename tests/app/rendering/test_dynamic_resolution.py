"""The size that keeps the time."""

from __future__ import annotations

import pytest

from app.rendering.dynamic_resolution import DynamicResolution


def settled(pace: DynamicResolution, full_s: float) -> float:
    for _ in range(20):
        pace.took(full_s * pace.scale**2, pace.scale)
    return pace.scale


def test_it_finds_the_size_that_meets_the_target() -> None:
    assert settled(DynamicResolution(0.05, first=1 / 8, smallest=1 / 32), 0.8) == pytest.approx(0.25)


def test_it_stays_between_the_smallest_and_the_whole() -> None:
    assert settled(DynamicResolution(0.05, first=1 / 8, smallest=1 / 32), 1e3) == 1 / 32
    assert settled(DynamicResolution(0.05, first=1 / 8, smallest=1 / 32), 1e-3) == 1


def test_small_changes_leave_the_size_alone() -> None:
    pace = DynamicResolution(0.05, first=0.25, smallest=1 / 32)
    sizes = {settled(pace, full_s) for full_s in (0.8, 0.9, 0.7, 1.0, 0.8)}
    assert len(sizes) == 1


def test_one_hiccup_changes_little() -> None:
    pace = DynamicResolution(0.05, first=1.0, smallest=0.25)
    settled(pace, 0.02)
    pace.took(0.06, 1.0)
    assert pace.scale == 1


def test_a_first_picture_that_is_like_no_other_says_nothing() -> None:
    pace = DynamicResolution(0.05, first=0.25, smallest=1 / 32, unlike=1)
    pace.took(10.0, 0.25)
    assert pace.scale == 0.25 and pace.full_s is None
