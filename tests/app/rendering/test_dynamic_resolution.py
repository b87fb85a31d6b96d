"""The size that keeps the time."""

from __future__ import annotations

import pytest

from app.rendering.dynamic_resolution import DynamicResolution, FrameTimeEstimate, ResolutionPolicy


def settled(size: DynamicResolution, full_s: float) -> DynamicResolution:
    for _ in range(20):
        size = size.after(full_s * size.scale**2, size.scale)
    return size


def test_it_finds_the_size_that_meets_the_target() -> None:
    assert settled(DynamicResolution(0.05, scale=1 / 8, smallest=1 / 32), 0.8).scale == pytest.approx(0.25)


def test_it_stays_between_the_smallest_and_the_whole() -> None:
    assert settled(DynamicResolution(0.05, scale=1 / 8, smallest=1 / 32), 1e3).scale == 1 / 32
    assert settled(DynamicResolution(0.05, scale=1 / 8, smallest=1 / 32), 1e-3).scale == 1


def test_small_changes_leave_the_size_alone() -> None:
    size, scales = DynamicResolution(0.05, scale=0.25, smallest=1 / 32), set()
    for full_s in (0.8, 0.9, 0.7, 1.0, 0.8):
        size = settled(size, full_s)
        scales.add(size.scale)
    assert len(scales) == 1


def test_one_hiccup_changes_little() -> None:
    size = settled(DynamicResolution(0.05, scale=1.0, smallest=0.25), 0.02)
    assert size.after(0.06, 1.0).scale == 1


def test_a_first_picture_that_is_like_no_other_says_nothing() -> None:
    size = DynamicResolution(0.05, scale=0.25, smallest=1 / 32, unlike=1).after(10.0, 0.25)
    assert size.scale == 0.25 and size.full_s is None
    assert size.after(10.0, 0.25).full_s == 160


@pytest.mark.parametrize(
    "before_s, seconds, fast",
    [
        ([], 0.0399, True),
        ([], 0.0401, False),  # somewhat less than 50 ms at first,
        ([0.03], 0.0624, True),  # and, once it is fast, somewhat more
        ([0.03, 0.0626], 0.0626, False),
        ([0.05], 0.05, False),
        ([0.03, 0.05], 0.05, True),
        ([0.03], 9.0, True),  # a hiccup
        ([0.03, 9.0], 9.0, False),
        ([9.0], 0.03, True),
    ],
)
def test_frames_are_fast_that_are_there_as_soon_as_previews(before_s: list[float], seconds: float, fast: bool) -> None:
    estimate = FrameTimeEstimate()
    for each in (*before_s, seconds):
        estimate = estimate.after(each, (10, 10))
    assert estimate.fast == fast and estimate.seconds == seconds


def test_a_larger_frame_takes_longer() -> None:
    assert FrameTimeEstimate().expected_s((1, 1)) == float("inf")
    assert FrameTimeEstimate().after(2.0, (10, 10)).expected_s((20, 10)) == pytest.approx(4.0)


def test_a_policy_says_how_long_and_how_small() -> None:
    usual, chosen = ResolutionPolicy(), ResolutionPolicy(rate=30.0, smallest=0.125)
    assert usual.drawn_s == 0.05 and usual.reprojected_s == pytest.approx(0.012)
    assert chosen.drawn_s == pytest.approx(1 / 30) and chosen.reprojected_s == pytest.approx(0.024)
    assert chosen.least(1 / 32) == 0.125 and chosen.least(0.25) == 0.25
    assert ResolutionPolicy(native=True).least(1 / 32) == 1.0
    # A file of settings may have anything.
    assert ResolutionPolicy(smallest=7.0).least(0.25) == 1.0


def test_another_target_is_met_by_what_is_known() -> None:
    size = settled(DynamicResolution(0.05, scale=1 / 8, smallest=1 / 32), 0.8)
    assert size.within(0.2, 1 / 32).scale == pytest.approx(0.5)
    assert size.within(0.0005, 1 / 8).scale == 1 / 8
    unknown = DynamicResolution(0.05, scale=1 / 8, smallest=1 / 32)
    assert unknown.within(0.2, 1 / 32).scale == 1 / 8 and unknown.within(0.2, 1.0).scale == 1.0


def test_frames_are_fast_by_the_rate_that_is_aimed_at() -> None:
    estimate = FrameTimeEstimate().after(0.07, (8, 8))
    assert not estimate.fast and estimate.within(0.1).fast and not estimate.within(0.1).within(0.05).fast
    assert estimate.within(0.1).after(0.07, (8, 8)).fast
