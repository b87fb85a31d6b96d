"""The menu of scenes that were open before."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from app.gui.menus.actions import Actions
from app.gui.panel.panel_parts import elided
from app.gui.qt import present
from app.settings import Recent, RememberedSettings, Settings

MENU_LETTERS = 70


class RecentMenu:
    """File > Open recent, and the commands that need something in it."""

    def __init__(self, commands: Actions, settings: RememberedSettings, choose: Callable[[Recent], None]) -> None:
        self._commands, self._choose = commands, choose
        self.menu = present(commands.menus["&File"].addMenu("Open recen&t"))
        self.menu.setToolTipsVisible(True)
        commands.menus["&File"].insertMenu(commands["reopen"], self.menu)

        settings.changed.connect(self._settings_changed)
        self._show(settings.current.recent)

    def _settings_changed(self, settings: Settings, before: Settings) -> None:
        if settings.recent != before.recent:
            self._show(settings.recent)

    def _show(self, recent: Sequence[Recent]) -> None:
        """Lists them, the newest first."""
        self.menu.clear()
        for each in recent:
            action = self.menu.addAction(elided(each.path, MENU_LETTERS).replace("&", "&&"))
            action.setToolTip(each.path)
            action.triggered.connect(lambda _=False, each=each: self._choose(each))
        self.menu.setEnabled(bool(recent))
        for id in ("reopen", "clear_recent"):
            self._commands[id].setEnabled(bool(recent))
