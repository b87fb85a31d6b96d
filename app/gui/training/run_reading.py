"""Reads what runs have written, on a thread of its own, as long as somebody looks at it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from app.gui.host import Host
from app.gui.qt import QTimer
from app.settings import runs_home
from app.training.runs.library import Curves, Library, Run

LOOK_MS = 1500
"""Between two looks."""
Take = Callable[[Sequence[Run], Mapping[str, Curves]], None]
"""Takes all runs there are, and the curves of those that were asked for, by their names."""


class RunReading:
    """One look at a time; what it finds comes on the window's thread."""

    def __init__(self, window: Host, wanted: Callable[[], Sequence[Path] | None], take: Take) -> None:
        """`wanted`: the folders whose curves are shown; None: nobody looks."""
        self._window, self._wanted, self._take = window, wanted, take
        self._library = Library()
        self._aside = ThreadPoolExecutor(1, thread_name_prefix="runs")
        self._looking = False
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
        self._aside.submit(self._read, runs_home(settings), [Path(run) for run in settings.runs], folders)

    def close(self) -> None:
        """Ends what is under way."""
        self._timer.stop()
        self._aside.shutdown(wait=True, cancel_futures=True)

    def _read(self, home: Path, known: Sequence[Path], folders: Sequence[Path]) -> None:
        runs, curves = list[Run](), dict[str, Curves]()
        try:
            runs = self._library.find(home, known)
            for folder in folders:
                name = folder.name if folder.name not in curves else str(folder)
                curves[name] = self._library.curves(folder)
        except OSError as error:
            failure = error
            self._window.session.post(lambda: self._window.notifications.error(failure))
        finally:
            self._window.session.post(lambda: self._found(runs, curves))

    def _found(self, runs: Sequence[Run], curves: Mapping[str, Curves]) -> None:
        self._looking = False
        self._take(runs, curves)
