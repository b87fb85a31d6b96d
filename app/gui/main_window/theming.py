"""Theming: which theme is chosen, and its colours for whoever paints by itself."""

from __future__ import annotations

from collections.abc import Callable

from psygnal import Signal

from app.gui.host import Host
from app.gui.qt import current_application
from app.gui.theme import THEMES, Colours, apply_theme, colours_of


class Theming:
    """The theme of the whole program, chosen by commands and remembered."""

    changed = Signal(Colours)

    def __init__(self, window: Host, system_dark: bool) -> None:
        """`system_dark`: whether the theme of the system is a dark one."""
        self._window, self._system_dark = window, system_dark

    @property
    def colours(self) -> Colours:
        """Those of the theme that is chosen."""
        return colours_of(self._window.settings.current.theme, self._system_dark)

    def handlers(self) -> dict[str, Callable[..., None]]:
        """What the commands do."""
        return {f"theme_{theme}": (lambda _checked, theme=theme: self.choose(theme)) for theme in THEMES}

    def choose(self, theme: str) -> None:
        """Paints the window in another theme."""
        theme = theme if theme in THEMES else "system"
        self._window.settings.update(theme=theme)
        self._window.commands[f"theme_{theme}"].setChecked(True)
        colours = self.colours
        apply_theme(current_application(), colours)
        self._window.commands.paint(colours)
        self.changed.emit(colours)
