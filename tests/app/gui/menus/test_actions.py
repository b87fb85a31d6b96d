"""Every command: in a menu, with a key, on the sheet, and doing something."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app import demos
from app.demos import demo_scenes, demo_title
from app.gui.main import make_window
from app.gui.menus.command import Command
from app.gui.menus.command_table import COMMANDS
from app.gui.menus.shortcut_sheet import ShortcutSheet, sheet_sections
from app.gui.qt import QAction, QKeySequence, QLabel, QMenu, present
from app.gui.viewport.viewport import FLY_KEYS
from app.gui.window import Window
from engines.core.errors import UserError
from tests.app.gui.conftest import Shelf


def menu_actions(menu: QMenu) -> list[QAction]:
    """Those of the menu and its sub-menus."""
    found = []
    for action in menu.actions():
        below = action.menu()
        found += menu_actions(below) if below is not None else [action]
    return found


@pytest.fixture
def placed(window: Window) -> list[QAction]:
    return [found for top in window.menuBar().actions() for found in menu_actions(present(top.menu()))]


def test_every_command_has_a_menu_entry_and_a_key(window: Window, placed: list[QAction]) -> None:
    for command in COMMANDS:
        action = window.commands[command.id]
        assert action in placed, command.id
        # Those of the viewport are its own, and only written in the menu.
        assert command.local != bool(action.shortcuts()), command.id
        assert command.local == ("\t" in action.text()), command.id
        assert action.toolTip(), command.id


def test_every_menu_entry_is_a_command(window: Window, placed: list[QAction]) -> None:
    known = {command.id for command in COMMANDS}
    others = [action.text() for action in placed if not action.isSeparator() and action.objectName() not in known]
    # Files, like the recent ones; the first is a command, greyed where there is none.
    titles = [demo_title(path) for path in demo_scenes()]
    demo = window.commands["demo"]
    assert demo in placed and others == titles[1:]
    assert demo.isEnabled() == bool(titles) and demo.text().replace("&", "") == [*titles, "Demo scene"][0]


def test_without_a_demo_scene_its_command_says_so(
    shelf: Shelf, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demos, "DEMO_FOLDER", tmp_path)
    window = make_window("cpu")
    qtbot.addWidget(window)
    demo = window.commands["demo"]
    assert not demo.isEnabled() and demo.text() == "&Demo scene"
    with pytest.raises(UserError, match="holds no demo scene of a method that is installed; use File > Open"):
        window.files._open_demo()
    window.end()


def test_every_command_stands_on_the_sheet() -> None:
    rows = {row for section in sheet_sections().values() for row in section}
    for command in COMMANDS:
        keys = "  ".join(QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText) for key in command.keys)
        assert (keys, command.text.replace("&", "").rstrip("…")) in rows


def test_no_key_is_taken_twice() -> None:
    keys = Counter(QKeySequence(key).toString() for command in COMMANDS for key in command.keys)
    keys.update(QKeySequence(key).toString() for key in (*FLY_KEYS, "Space"))
    assert [key for key, count in keys.items() if count > 1] == []


def test_no_letter_is_underlined_twice_in_a_menu() -> None:
    letters = Counter((command.menu, letter(command)) for command in COMMANDS if letter(command))
    assert [entry for entry, count in letters.items() if count > 1] == []


def letter(command: Command) -> str:
    _, mark, after = command.text.partition("&")
    return after[0].lower() if mark else ""


def test_the_sheet_narrows(window: Window, qtbot: QtBot) -> None:
    sheet = ShortcutSheet(window)
    sheet.show()
    qtbot.waitExposed(sheet)
    everything = shown(sheet)
    sheet._find.setText("screenshot")
    assert "Save screenshot" in shown(sheet) and "Orbit" not in shown(sheet)
    # Another menu has an entry of the same name, which is not about meshes.
    sheet._find.setText("mesh and picture")
    assert shown(sheet) == ["View › Mesh", "Ctrl+6", "Wipe"]
    sheet._find.setText("")
    assert shown(sheet) == everything
    sheet.close()


def shown(sheet: ShortcutSheet) -> list[str]:
    return [label.text() for label in sheet.findChildren(QLabel) if label.isVisible()]
