"""Reads what runs have written, on a thread of its own, as long as somebody looks at it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.gui.host import Host
from app.gui.qt import QTimer
from app.settings import runs_home
from app.training.runs.library import Curves, Library, Run
from app.viewing.background_tasks import BackgroundTasks

LOOK_MS = 1500
"""Between two looks."""
Take = Callable[[Sequence[Run], Mapping[str, Curves]], None]
"""Takes all runs there are, and the curves of those that were asked for, by their names."""


@dataclass(frozen=True)
class Found:
    """What a look found; `unreadable`: why curves are missing, if any are."""

    runs: Sequence[Run]
    curves: Mapping[str, Curves]
    unreadable: OSError | None


class RunReading:
    """One look at a time; what it finds comes on the window's thread."""

    def __init__(self, window: Host, wanted: Callable[[], Sequence[Path] | None], take: Take) -> None:
        """`wanted`: the folders whose curves are shown; None: nobody looks."""
        self._window, self._wanted, self._take = window, wanted, take
        self._library = Library()
        self._background = BackgroundTasks(window.session.post, self._failed)
        self._looking = False
        self._told = ""
        """What did not work at the last look: told once, not at each."""
        self._timer = QTimer(window.widget)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self.look)

    def go_on(self, shown: bool) -> None:
        """Looks now and again, or not any more."""
        if shown:
            self._timer.start()
            self.look()
        else:
            self._timer.stop()

    def look(self) -> None:
        """Reads anew."""
        if self._looking or (folders := self._wanted()) is None:
            return
        self._looking = True
        settings = self._window.settings.current
        home, known = runs_home(settings), [Path(run) for run in settings.runs]
        self._background.submit(lambda: self._read(home, known, folders), self._found)

    def close(self) -> None:
        """Ends what is under way."""
        self._timer.stop()
        self._background.shut_down()

    def _read(self, home: Path, known: Sequence[Path], folders: Sequence[Path]) -> Found:
        runs, curves, unreadable = self._library.find(home, known), dict[str, Curves](), None
        for folder in folders:
            name = folder.name if folder.name not in curves else str(folder)
            try:
                curves[name] = self._library.curves(folder)
            except OSError as error:  # handed on: those of the others are shown
                unreadable = error
        return Found(runs, curves, unreadable)

    def _found(self, found: Found) -> None:
        self._looking = False
        self._tell(found.unreadable)
        self._take(found.runs, found.curves)

    def _failed(self, error: BaseException) -> None:
        self._looking = False
        self._tell(error)

    def _tell(self, error: BaseException | None) -> None:
        told, self._told = self._told, str(error or "")
        if error is not None and self._told != told:
            self._window.notifications.error(error)
