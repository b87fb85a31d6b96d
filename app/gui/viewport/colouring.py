"""The colours of a channel's values: which map they are taken from, and the range they are spread over."""

from __future__ import annotations

import math
from collections.abc import Callable

from app.gui.host import Host
from app.gui.panel.channel_panel import ChannelCard
from app.rendering.display import OWN_COLOURS, REVERSED, usual_map
from engines.core.errors import UserError


class Colouring:
    """Connects the channel's card and its command with the session."""

    def __init__(self, window: Host) -> None:
        self._window, self._session = window, window.session
        self._session.view.take_colour_maps(window.settings.current.colour_maps)

    def handlers(self) -> dict[str, Callable[..., None]]:
        """What the commands do."""
        return {"lock_limits": self.lock, "invert_colours": self.invert}

    @property
    def there(self) -> dict[str, bool]:
        """Whether the channel that is shown has a colour map that can be chosen."""
        return {"colour_map": self._session.opened is not None and has_colour_map(self._session.view.channel)}

    def watch(self, card: ChannelCard) -> None:
        """Follows the card."""
        self._card, command = card, self._window.commands["lock_limits"]
        card.keep.clicked.connect(lambda _: command.trigger())
        command.toggled.connect(card.keep.setChecked)
        card.colours_chosen.connect(self.choose)
        invert = self._window.commands["invert_colours"]
        card.invert.setToolTip(invert.toolTip())
        card.invert.clicked.connect(lambda _: invert.trigger())
        invert.toggled.connect(card.invert.setChecked)
        for name in ("channel", "colour_maps"):
            self._session.view.events[name].connect(lambda *_: self._show())
        self._session.scene_changed.connect(self._show)
        self._show()
        card.range_typed.connect(self._typed)

    def lock(self, locked: bool) -> None:
        """Keeps the range that is shown, or lets each picture have its own."""
        self._session.view.limits = self._session.images.limits if locked else None

    def choose(self, name: str) -> None:
        """Another map for the channel that is shown, now and later."""
        self._take(name + REVERSED if self._colour_map.endswith(REVERSED) else name)

    def invert(self, inverted: bool) -> None:
        """The colours of the channel that is shown the other way round, or as they are usually, now and later."""
        name = self._colour_map.removesuffix(REVERSED)
        self._take(name + REVERSED if inverted else name)

    def _take(self, name: str) -> None:
        view = self._session.view
        view.colour_maps = {**view.colour_maps, view.channel: name}
        self._window.settings.update(colour_maps=dict(self._session.view.colour_maps))

    @property
    def _colour_map(self) -> str:
        view = self._session.view
        return view.colour_maps.get(view.channel) or usual_map(view.channel)

    def _show(self) -> None:
        """Marks whether the colours of the channel are inverted."""
        is_inverted = has_colour_map(self._session.view.channel) and self._colour_map.endswith(REVERSED)
        self._window.commands["invert_colours"].setChecked(is_inverted)
        self._window.commands.refresh()

    def _typed(self, low: str, high: str) -> None:
        try:
            limits = read_limits(low, high)
        except UserError as error:
            self._window.notifications.error(error)
        else:
            self._session.view.limits = limits
            self._window.commands["lock_limits"].setChecked(True)
        self._card.show_limits(self._session.view.limits or self._session.images.limits)


def has_colour_map(channel: str) -> bool:
    """Whether another colour map can be chosen for a channel; that of errors stays, so that they can be compared."""
    return channel not in (*OWN_COLOURS, "error")


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
