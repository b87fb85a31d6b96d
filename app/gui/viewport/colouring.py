"""The colours of a channel's values: which map they are taken from, and the range they are spread over."""

from __future__ import annotations

import math
from collections.abc import Callable

from app.gui.host import Host
from app.gui.panel.channel_panel import ChannelCard
from app.rendering.display import COLOUR_MAPS
from engines.core.errors import UserError


class Colouring:
    """Connects the channel's card and its command with the session."""

    def __init__(self, window: Host) -> None:
        self._window, self._session = window, window.session
        maps = {channel: name for channel, name in window.settings.current.colour_maps.items() if name in COLOUR_MAPS}
        self._session.view.colour_maps = maps

    def handlers(self) -> dict[str, Callable[..., None]]:
        """What the command does."""
        return {"lock_limits": self.lock}

    def watch(self, card: ChannelCard) -> None:
        """Follows the card."""
        self._card, command = card, self._window.commands["lock_limits"]
        card.keep.clicked.connect(lambda _: command.trigger())
        command.toggled.connect(card.keep.setChecked)
        card.colours_chosen.connect(self.choose)
        card.range_typed.connect(self._typed)

    def lock(self, locked: bool) -> None:
        """Keeps the range that is shown, or lets each picture have its own."""
        self._session.view.limits = self._session.images.limits if locked else None

    def choose(self, name: str) -> None:
        """Another map for the channel that is shown, now and later."""
        view = self._session.view
        view.colour_maps = {**view.colour_maps, view.channel: name}
        self._window.settings.update(colour_maps=dict(self._session.view.colour_maps))

    def _typed(self, low: str, high: str) -> None:
        try:
            limits = read_limits(low, high)
        except UserError as error:
            self._window.notifications.error(error)
        else:
            self._session.view.limits = limits
            self._window.commands["lock_limits"].setChecked(True)
        self._card.show_limits(self._session.view.limits or self._session.images.limits)


def read_limits(low: str, high: str) -> tuple[float, float]:
    """The range of colours that somebody typed.

    Raises:
        UserError: they are no numbers, or not in order.
    """
    try:
        limits = float(low.replace(",", ".")), float(high.replace(",", "."))
    except ValueError as error:
        raise UserError(f"{low} to {high}: the range takes two numbers.") from error
    if not all(map(math.isfinite, limits)) or limits[0] >= limits[1]:
        raise UserError(f"{low} to {high}: the range begins at the smaller of two numbers.")
    return limits
