"""The menu on the timeline's strip: of a key, and of a time without one."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from app.gui.host import Host
from app.gui.qt import QAction, QMenu, QPoint, present
from app.gui.timeline.key_commands import KeyCommands
from app.gui.timeline.key_properties import EASE_TITLES
from app.path_editing import edits
from app.path_editing.document import PathDocument
from engines.core.paths.keyframes import EASES, Ease


class KeyMenu:
    """Offers what can be done where one clicked."""

    def __init__(self, window: Host, document: PathDocument, keys: KeyCommands) -> None:
        self._window, self._document, self._keys = window, document, keys

    def ask(self, number: int, time_s: float, at: QPoint) -> None:
        """Shows the menu of a key, or with -1 of a time, at a place on the screen."""
        menu = QMenu(self._window.widget)
        self.fill(menu, number, time_s)
        menu.exec(at)

    def fill(self, menu: QMenu, number: int, time_s: float) -> None:
        """What can be done with a key; -1: at a time without one."""
        if number < 0:
            self._offer(menu, "&Add key here", lambda: self._keys.add(time_s))
            self._offer(menu, "&End the video here", lambda: self._set_end(time_s))
            last = self._offer(menu, "End it at the &last key", lambda: self._set_end(None))
            last.setEnabled(self._document.path.end_s is not None)
            return
        for id in ("path_overwrite", "path_duplicate", "path_delete"):
            menu.addAction(self._window.commands[id])
        eases = present(menu.addMenu("&Ease to the next key"))
        for ease in EASES:
            action = self._offer(eases, EASE_TITLES[ease], partial(self._set_ease, ease))
            action.setCheckable(True)
            action.setChecked(self._document.path.keys[number].ease == ease)
        for title, to in (("Exchange with the key &before", number - 1), ("Exchange with the key a&fter", number + 1)):
            action = self._offer(menu, title, partial(self._reorder, number, to))
            action.setEnabled(0 <= to < len(self._document.path.keys))

    def _offer(self, menu: QMenu, title: str, work: Callable[[], object]) -> QAction:
        action = present(menu.addAction(title))
        run = self._window.notifications.guarded(work)
        action.triggered.connect(lambda _checked=False: run())
        return action

    def _set_ease(self, ease: Ease) -> None:
        self._document.edit("Ease", edits.set_ease(self._document.path, self._keys.chosen(), ease))

    def _reorder(self, number: int, to: int) -> None:
        self._document.edit("Reorder keys", edits.reorder_key(self._document.path, number, to))

    def _set_end(self, end_s: float | None) -> None:
        self._document.set_whole("End of the video", edits.set_end(self._document.path, end_s))
