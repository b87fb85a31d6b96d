"""Channels by commands: a key for each of the first, one for the next."""

from __future__ import annotations

from collections.abc import Callable

from app.gui.host import Host
from app.gui.menus.command_table import CHANNEL_COUNT
from app.gui.panel.channel_panel import ChannelCard
from app.rendering.channel_names import channel_name


class ChannelCommands:
    """The channels of the open scene as commands, and on their card."""

    def __init__(self, window: Host, card: ChannelCard, changed: Callable[[], None]) -> None:
        """`changed`: draws what is on the screen anew."""
        self._window, self._card, self._changed, self._session = window, card, changed, window.session
        self._offered: tuple[str, ...] = ()

    def handlers(self) -> dict[str, Callable[..., None]]:
        """What the commands do."""
        numbers = range(1, CHANNEL_COUNT + 1)
        handlers: dict[str, Callable[..., None]] = {"next_channel": self._next}
        return handlers | {f"channel_{number}": lambda _, number=number: self._choose(number - 1) for number in numbers}

    def enter(self) -> None:
        """A scene was adopted."""
        self._offer()
        self._window.commands["lock_limits"].setChecked(False)
        self._card.show_channel(self._session.view.channel, None, "")

    def follow(self) -> None:
        """The open scene may have other channels than before: one that is cropped has an opacity."""
        session = self._session
        if session.channels == self._offered:
            return
        if session.view.channel not in session.channels:
            session.set_channel("rgb")
        self._offer()
        self._changed()

    def _offer(self) -> None:
        session, commands = self._session, self._window.commands
        self._offered = session.channels
        self._card.set_channels(session.channels)
        for number in range(1, CHANNEL_COUNT + 1):
            action, there = commands[f"channel_{number}"], number <= len(session.channels)
            action.setVisible(there)
            action.setText(channel_name(session.channels[number - 1]) if there else f"Channel {number}")
        shown = session.channels.index(session.view.channel) + 1
        if shown <= CHANNEL_COUNT:
            commands[f"channel_{shown}"].setChecked(True)

    def choose(self, channel: str) -> None:
        """Shows a channel by its name."""
        channels = self._session.channels
        if channel in channels:
            self._choose(channels.index(channel))

    def _choose(self, index: int) -> None:
        channels = self._session.channels
        if index >= len(channels):
            return
        self._session.set_channel(channels[index])
        if index < CHANNEL_COUNT:
            self._window.commands[f"channel_{index + 1}"].setChecked(True)
        self._window.commands["lock_limits"].setChecked(False)
        self._changed()

    def _next(self) -> None:
        channels = self._session.channels
        if channels:
            self._choose((channels.index(self._session.view.channel) + 1) % len(channels))
