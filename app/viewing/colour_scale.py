"""The scale of a picture's colours: which values they stand for, with ticks at round numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from app.rendering.channel_names import channel_name
from app.rendering.display import is_error
from app.rendering.overlays import round_step
from app.viewing.lengths import LengthScale

LENGTHS = ("depth", "error_depth", "range")
"""Channels whose values are lengths in the world."""
WORLD_UNITS = "world units"
FEWEST_TICKS = 2
LARGEST_PLAIN, MOST_DECIMALS = 1e6, 6
"""Numbers beyond these are written with a power of ten."""


@dataclass(frozen=True)
class ColourScale:
    """What the colours of a channel mean.

    Attributes:
        title: of what they are, for people.
        unit: of the limits; "": none.
        limits: the values at the two ends of the colours.
        channel, colour_map: as of `display.shade`.
    """

    title: str
    unit: str
    limits: tuple[float, float]
    channel: str
    colour_map: str = ""

    def of(self, name: str) -> ColourScale:
        """The scale, named after whose it is; "": as it is."""
        return replace(self, title=f"{self.title}, {name}") if name else self

    def share(self, value: float) -> float:
        """The place of a value along the colours: 0 at their lower end, 1 at their upper."""
        low, high = self.limits
        return (value - low) / (high - low)


def colour_scale(
    channel: str,
    limits: tuple[float, float],
    colour_map: str = "",
    lengths: LengthScale | None = None,
    is_range: bool = False,
) -> ColourScale:
    """The scale of a channel, in metres or what else a world unit is said to be.

    Args:
        lengths: how long a world unit is; None: not known.
        is_range: whether depths are along each pixel's ray.
    """
    name = "range" if is_range and channel == "depth" else channel
    title = f"{channel_name(channel.removeprefix('error_'))} error" if is_error(channel) and channel != "error" else ""
    title = title or channel_name(name)
    if channel not in LENGTHS:
        return ColourScale(title, "", limits, channel, colour_map)
    if lengths is None:
        return ColourScale(title, WORLD_UNITS, limits, channel, colour_map)
    low, high = (value * lengths.per_unit for value in limits)
    return ColourScale(title, lengths.unit, (low, high), channel, colour_map)


def round_ticks(limits: tuple[float, float], most: int) -> tuple[tuple[float, str], ...]:
    """Values between the limits that are multiples of 1, 2 or 5 times a power of ten, and how each is written.

    Args:
        most: about so many; two at least.
    """
    low, high = limits
    multiples = range(0)
    for count in range(max(most, FEWEST_TICKS), max(most, FEWEST_TICKS) + 10):
        step = round_step((high - low) / count)
        # What is a multiple but for the last bit is one.
        multiples = range(math.ceil(low / step - 1e-6), math.floor(high / step + 1e-6) + 1)
        if len(multiples) >= FEWEST_TICKS:
            break
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    values = [number * step for number in multiples]
    plain = decimals <= MOST_DECIMALS and max(abs(low), abs(high)) < LARGEST_PLAIN
    # The sum with zero takes the sign off a zero.
    return tuple((value, f"{value + 0.0:.{decimals}f}" if plain else f"{value + 0.0:.6g}") for value in values)
