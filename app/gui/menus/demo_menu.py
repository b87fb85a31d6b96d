"""File > Demo scenes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from app.demos import demo_scenes, demo_title
from app.gui.menus.actions import Actions
from app.gui.menus.command_table import DEMOS


def fill_demo_menu(commands: Actions, choose: Callable[[Path], None]) -> None:
    """An entry for each."""
    demos = demo_scenes()
    if demos:
        # The first is a command of its own.
        commands["demo"].setText(f"&{demo_title(demos[0])}")
    for path in demos[1:]:
        action = commands.menus[DEMOS].addAction(demo_title(path))
        action.triggered.connect(lambda _=False, path=path: choose(path))
    commands["demo"].setEnabled(bool(demos))
