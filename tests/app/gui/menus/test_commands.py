"""Every command runs, whatever is open."""

from __future__ import annotations

from pathlib import Path

from pytestqt.qtbot import QtBot

from app.gui.menus.command_table import COMMANDS
from app.gui.viewport.photographs import MODES
from app.gui.window import Window
from tests.app.gui.conftest import open_and_wait

# A display without a window manager has no full screen. What ends in dots asks, and waits for an answer.
LOOKING = [
    c.id
    for c in COMMANDS
    if c.menu.startswith(("&View", "&Navigate")) and c.id != "full_screen" and not c.text.endswith("…")
]
OF_OTHERS = [c.id for c in COMMANDS if c.needs in ("mesh", "second", "evaluation", "report")]


def test_every_command_of_looking_runs_with_and_without_a_scene(window: Window, qtbot: QtBot) -> None:
    with qtbot.captureExceptions() as exceptions:
        for id in LOOKING:
            window.commands[id].trigger()
        open_and_wait(window, qtbot, Path("fast.pth"))
        for id in LOOKING:
            command = window.commands[id]
            assert command.isEnabled() or not command.isVisible() or id in (*MODES, *OF_OTHERS), id
            # Twice: toggles go back, movements overtake each other.
            window.commands[id].trigger()
            qtbot.wait(5)
            window.commands[id].trigger()
    assert exceptions == []


def test_photographs_make_their_commands_usable(window: Window, qtbot: QtBot, tmp_path: Path) -> None:
    open_and_wait(window, qtbot, Path("fast.pth"))
    assert not window.commands["photograph"].isEnabled() and not window.commands["channel_3"].isVisible()
    open_and_wait(window, qtbot, Path("fast.pth"), tmp_path)
    qtbot.waitUntil(window.commands["photograph"].isEnabled)
    assert window.commands["channel_3"].isVisible() and window.commands["channel_3"].text() == "Error"
