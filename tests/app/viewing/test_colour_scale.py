"""Scales of colours: ticks at round numbers, names and units."""

from __future__ import annotations

import pytest

from app.viewing.colour_scale import ColourScale, colour_scale, round_ticks
from app.viewing.lengths import LengthScale


@pytest.mark.parametrize(
    ("limits", "most", "texts"),
    [
        ((0.0, 1.0), 5, ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
        ((2.007, 3.594), 4, ["2.5", "3.0", "3.5"]),
        ((-0.31, 0.29), 3, ["-0.2", "0.0", "0.2"]),
        ((7.0, 212.0), 5, ["50", "100", "150", "200"]),
        # A flat map has a thousandth either way.
        ((1.998, 2.002), 4, ["1.998", "1.999", "2.000", "2.001", "2.002"]),
        # One multiple of 50 would tell nothing of the next.
        ((40.0, 90.0), 2, ["40", "60", "80"]),
        ((0.0, 3e-9), 3, ["0", "1e-09", "2e-09", "3e-09"]),
        ((1e7, 3e7), 2, ["1e+07", "2e+07", "3e+07"]),
    ],
)
def test_ticks_are_round_and_within(limits: tuple[float, float], most: int, texts: list[str]) -> None:
    ticks = round_ticks(limits, most)
    assert [text for _, text in ticks] == texts
    margin = 1e-5 * (limits[1] - limits[0])
    for value, text in ticks:
        assert limits[0] - margin <= value <= limits[1] + margin and float(text) == pytest.approx(value, abs=1e-15)


def test_lengths_are_in_the_unit_that_is_said() -> None:
    metres = LengthScale(2.5, "m")
    assert colour_scale("depth", (1.0, 3.0)).unit == "world units"
    depth = colour_scale("depth", (1.0, 3.0), "turbo_r", metres)
    assert depth == ColourScale("Depth", "m", (2.5, 7.5), "depth", "turbo_r") and depth.share(5.0) == 0.5
    assert colour_scale("depth", (1.0, 3.0), lengths=metres, is_range=True).title == "Range"
    difference = colour_scale("error_depth", (0.0, 2.0), lengths=metres)
    assert (difference.title, difference.unit, difference.limits) == ("Depth error", "m", (0.0, 5.0))
    assert colour_scale("alpha", (0.0, 1.0), lengths=metres) == ColourScale("Opacity", "", (0.0, 1.0), "alpha")
    assert colour_scale("error", (0.0, 0.4)).of("car").title == "Error, car"
