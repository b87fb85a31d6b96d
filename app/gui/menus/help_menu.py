"""The Help menu: shortcuts, the manual, a report, what this program is."""

from __future__ import annotations

from collections.abc import Callable

from app.gui.menus.about import manual, show_about
from app.gui.menus.shortcut_sheet import ShortcutSheet
from app.gui.qt import QDesktopServices, QUrl, QWidget


def help_handlers(parent: QWidget, canvas: str, copy_report: Callable[[], object]) -> dict[str, Callable[..., object]]:
    """What the commands do, over `parent`; `canvas`: the name of what draws the pictures."""
    return {
        "shortcuts": lambda: ShortcutSheet(parent).exec(),
        "manual": lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(manual()))),
        "copy_report": copy_report,
        "about": lambda: show_about(parent, canvas, copy_report),
    }
