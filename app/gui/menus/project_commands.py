"""The commands of projects."""

from __future__ import annotations

from app.gui.menus.command import Command

FILE = "&File"

PROJECT_COMMANDS = (
    Command(
        "project_open",
        "Open pro&ject…",
        FILE,
        ("Ctrl+J",),
        "Open a project: its scene, view, camera path and what else was saved with it",
        separated=True,
    ),
    Command("project_save", "Sa&ve project", FILE, ("Ctrl+S",), "Save what is worked on in one file"),
    Command("project_save_as", "Save projec&t as…", FILE, ("Ctrl+Shift+S",), "Save the project elsewhere"),
    Command(
        "project_recover",
        "Recover an &autosave",
        FILE,
        ("Ctrl+Shift+J",),
        "Open what was not saved when the program was killed",
        "left",
    ),
)
