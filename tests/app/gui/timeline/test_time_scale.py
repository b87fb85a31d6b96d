"""The scale of the timeline by hand-worked numbers."""

from __future__ import annotations

import itertools

import pytest

from app.gui.timeline.time_scale import LABEL_PX, TICK_PX, TimeScale, clock


def test_seconds_and_pixels() -> None:
    scale = TimeScale(2.0, 10.0, 500.0, 14.0)
    assert scale.x_of(2.0) == 14 and scale.x_of(7.0) == 264 and scale.time_of(264) == 7.0
    assert TimeScale(0.0, 10.0, 500.0, 14.0).time_of(0.0) == 0.0


def test_zooming_keeps_what_is_under_the_cursor() -> None:
    scale = TimeScale(12.0, 10.0, 500.0)
    for factor in (0.5, 2.0):
        assert scale.zoomed(factor, 300.0).time_of(300.0) == pytest.approx(18.0)
        assert scale.zoomed(factor, 300.0).span_s == 10 * factor
    assert scale.zoomed(1e-9, 0.0).span_s == 0.2
    assert scale.moved(50.0).start_s == 13.0 and scale.moved(-5000.0).start_s == 0.0


@pytest.mark.parametrize("span", [0.3, 1.0, 5.0, 17.0, 90.0, 4000.0])
@pytest.mark.parametrize("fps", [24.0, 29.97, 30.0])
def test_ticks_have_room(span: float, fps: float) -> None:
    scale = TimeScale(3.0, span, 600.0)
    ticks = list(scale.ticks(fps))
    places = [scale.x_of(time) for time, _ in ticks]
    assert places[0] <= 0 and places[-1] >= 600
    assert min(b - a for a, b in itertools.pairwise(places)) >= TICK_PX - 1e-6
    labelled = [scale.x_of(time) for time, text in ticks if text]
    assert len(labelled) >= 2
    assert min(b - a for a, b in itertools.pairwise(labelled)) >= LABEL_PX - 1e-6


def test_times_as_they_are_read() -> None:
    assert [clock(time, step) for time, step in ((1.5, 0.5), (2.0, 1.0), (0.04, 0.01))] == ["1.5 s", "2 s", "0.04 s"]
    assert [clock(time, step) for time, step in ((65.0, 1.0), (65.25, 0.05), (3600.0, 60.0))] == [
        "1:05",
        "1:05.25",
        "60:00",
    ]
