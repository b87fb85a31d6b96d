"""The page of the window's commands and their keys, made of the one table that its menus are made of."""

from __future__ import annotations

from collections import defaultdict

from app.gui.menus.command_table import COMMANDS
from docs.site.pages import Page, escaped, table


def window_page() -> Page:
    """All commands, menu by menu."""
    menus = defaultdict[str, list[tuple[str, str, str]]](list)
    for command in COMMANDS:
        keys = ", ".join(f"`{key}`" for key in command.keys if key)
        menus[_plain(command.menu)].append((escaped(_plain(command.text)), keys, escaped(command.tip)))
    parts = [
        "# Commands of the window",
        "`F1` shows them in the window, too; those that need a scene are grey without one.",
    ]
    parts += [f"## {menu.replace('/', ' > ')}\n\n{table(('command', 'keys', 'what it does'), rows)}"
              for menu, rows in menus.items()]  # fmt: skip
    return Page("window-commands.md", "Commands of the window", "\n\n".join(parts) + "\n")


def _plain(text: str) -> str:
    """Without the marks of the letters that open it by the keyboard."""
    return text.replace("&", "")
