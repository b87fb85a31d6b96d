"""What a killed program had not saved: found, offered, and opened again."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from psygnal import Signal

from app.gui.host import Host
from app.project.autosave import Recoverable, forget, recoverable


class Recovery:
    """Offers autosaves, the newest first."""

    recovered = Signal()
    """What was left is being opened."""

    def __init__(self, window: Host, folder: Path, recover: Callable[[Recoverable], bool]) -> None:
        """`recover` opens one, and says whether it did."""
        self._window, self._folder, self._recover = window, folder, recover
        self._left: list[Recoverable] = []
        self._recovered: list[Recoverable] = []
        self._offers = False

    @property
    def has_left(self) -> bool:
        """Whether there is something to recover."""
        return bool(self._left)

    def offer(self) -> None:
        """Looks for what was left, and tells of it; where a scene is on its way, when that is there."""
        self._left = recoverable(self._folder)
        self._window.commands.refresh()
        self._offers = bool(self._left)
        session = self._window.session
        if session.loader.opening is None:
            self._tell()
            return
        # What is told when a scene is there would take this away.
        for signal in (session.scene_changed, session.loader.failed):
            signal.connect(self._tell)

    def _tell(self, *_: object) -> None:
        if not (self._left and self._offers):
            return
        self._offers = False
        newest = self._left[0]
        when = time.strftime("%H:%M, %d %B", time.localtime(newest.changed_at))
        text = f"Vantage ended before {newest.name} was saved; its changes were kept ({when})."
        self._window.notifications.tell("warning", text, "Recover", self._window.notifications.guarded(self.recover))

    def recover(self) -> None:
        """Opens the newest that was left, as it was.

        Raises:
            UserError: it can't be read.
        """
        if self._left and self._recover(self._left[0]):
            self._recovered.append(self._left.pop(0))
            self._window.commands.refresh()
            self.recovered.emit()

    def let_go(self) -> None:
        """What was recovered is kept elsewhere by now."""
        while self._recovered:
            forget(self._recovered.pop())
