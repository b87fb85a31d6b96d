"""The Help menu: what can be done, shortcuts, the manual, a report, what this program is."""

from __future__ import annotations

from collections.abc import Callable

from app.gui.menus.about import manual, show_about
from app.gui.menus.hints import Hints
from app.gui.menus.shortcut_sheet import ShortcutSheet
from app.gui.qt import QDesktopServices, QUrl, QWidget
from app.gui.viewport.viewport import Viewport


def help_handlers(
    parent: QWidget, viewport: Viewport, hints: Hints, copy_report: Callable[[], object]
) -> dict[str, Callable[..., object]]:
    """What the commands do, over `parent`; `hints` come by themselves at a first start."""
    canvas = viewport.canvas.name
    return {
        "hints": hints.show_again,
        "shortcuts": lambda: ShortcutSheet(parent).exec(),
        "manual": lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(manual()))),
        "copy_report": copy_report,
        "about": lambda: show_about(parent, canvas, copy_report),
    }
