"""Which colour maps the channels of an export have, as they are named on the command line."""

from __future__ import annotations

from collections.abc import Sequence

from app.rendering.display import COLOUR_MAPS, OWN_COLOURS, REVERSED, is_colour_map
from engines.core.errors import UserError


def read_colour_maps(words: Sequence[str], channels: Sequence[str]) -> dict[str, str]:
    """Colour maps by channel, of words such as "viridis", which is of all channels, or "depth=turbo_r".

    Args:
        channels: that are drawn.

    Raises:
        UserError: there is no such colour map or channel, or the channel has colours of its own.
    """
    chosen = dict[str, str]()
    for word in words:
        channel, separated, name = word.rpartition("=")
        if not is_colour_map(name):
            known = ", ".join(COLOUR_MAPS)
            raise UserError(f"colour map {name!r}: must be {known}, or one of them with {REVERSED} behind: reversed")
        mapped = [each for each in channels if each not in OWN_COLOURS]
        if separated and channel not in mapped:
            there = f"those that do are {', '.join(mapped)}" if mapped else "none does; name one with --channels"
            raise UserError(f"colour map {word}: what is drawn has no channel {channel} with a colour map; {there}")
        chosen |= dict.fromkeys([channel] if separated else mapped, name)
    return chosen
