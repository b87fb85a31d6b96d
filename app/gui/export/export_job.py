"""An export on a thread of its own, with a scene of its own, so that looking goes on meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from app.export.progress import OnProgress
from app.thread_priority import step_back
from app.viewing.opening import Opened, SceneSource
from engines.core.engine import Stop
from engines.core.errors import Cancelled
from engines.core.files import holding

NICE = 10
"""Behind the window and its rendering, where the system can say so for a thread."""


class BrokenOff(Exception):
    """The program ends, by no fault of the export's."""


@dataclass(frozen=True)
class Exported:
    """What was written; `remark` says more of it in a few words, `notes` what has to be known of it, a line each."""

    path: Path
    remark: str = ""
    notes: tuple[str, ...] = ()


Work = Callable[[Opened, OnProgress, Stop], Exported]
"""Writes something of a scene: a video, a mesh."""


class ExportJob:
    """One export under way.

    `work` and the callbacks are called on its thread; the last is either `on_done` or `on_failed`.
    """

    def __init__(
        self,
        source: SceneSource,
        out: Path,
        work: Work,
        on_progress: OnProgress,
        on_done: Callable[[Exported], None],
        on_failed: Callable[[BaseException], None],
    ) -> None:
        self._source, self._work = source, work
        self._on_progress, self._on_done, self._on_failed = on_progress, on_done, on_failed
        self.out = out
        self._stop, self._leaving, self._goes_on = threading.Event(), False, threading.Event()
        self._goes_on.set()
        self._thread = threading.Thread(target=self._run, name="export", daemon=True)
        self._thread.start()

    def cancel(self) -> None:
        """Asks it to stop; `on_failed` is told `Cancelled` when it has, and nothing of the output is left."""
        self._stop.set()
        self._goes_on.set()

    def leave(self) -> None:
        """Asks it to break off; finished frames of a video or a folder are kept, to be gone on with."""
        self._leaving = True
        self.cancel()

    def pause(self, paused: bool) -> None:
        """Has it wait where it would ask whether to stop, or go on."""
        if paused and not self._stop.is_set():
            self._goes_on.clear()
        else:
            self._goes_on.set()

    def _is_to_stop(self) -> bool:
        self._goes_on.wait()
        if self._leaving:
            raise BrokenOff
        return self._stop.is_set()

    def join(self, timeout_s: float | None = None) -> None:
        """Waits for its end."""
        self._thread.join(timeout_s)

    def _run(self) -> None:
        step_back(NICE)
        try:
            with holding(self.out):
                opened = self._source.open()
                if self._is_to_stop():
                    raise Cancelled
                exported = self._work(opened, self._on_progress, self._is_to_stop)
        except Exception as error:  # handed on: the window shows it and goes on
            self._on_failed(error)
        else:
            self._on_done(exported)
