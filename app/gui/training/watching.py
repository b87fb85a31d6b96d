"""The viewport follows a run: shows what it has learnt, and shares the machine between it and who looks."""

from __future__ import annotations

import time
from pathlib import Path

from app.gui.host import Host, Opener
from app.gui.qt import QTimer
from app.gui.viewport.viewport import Viewport
from app.training.runs.device_sharing import DeviceSharing
from app.training.runs.queue import QueuedRun, RunQueue
from app.training.runs.training_request import TrainingRequest
from engines.core.storage.run_folder import LIVE_NAME, is_run_folder

BEAT_MS = 50


class RunWatching:
    """Which run is followed; `sharing` decides who has the machine.

    Attributes:
        folder: of the run that the viewport follows; None: none.
    """

    def __init__(self, window: Host, queue: RunQueue, files: Opener, viewport: Viewport) -> None:
        self._session, self._queue, self._files = window.session, queue, files
        self.folder: Path | None = None
        self.sharing = DeviceSharing()
        self._shown_step: int | None = None
        self._beat = QTimer(window.widget)
        self._beat.setInterval(BEAT_MS)
        self._beat.timeout.connect(self._share)
        viewport.moved.connect(self._moved)

    def watch(self, folder: Path | None) -> None:
        """The viewport follows this run, from its next picture on."""
        self.folder, self._shown_step = folder, None
        self.sharing.forget()

    def watch_active(self) -> None:
        """The viewport follows the run that is under way."""
        if self._queue.active is not None:
            self.watch(self._queue.active.request.out)

    def changed(self, job: QueuedRun) -> None:
        """Something is new of a run; one that begins is followed where nothing is open."""
        active = self._queue.active
        if active is not None and not self._beat.isActive():
            self._beat.start()
        if active is job and job.status == "starting" and self.folder is None and self._session.opened is None:
            self.watch(job.request.out)
        if job.live_step is not None and job.live_step != self._shown_step and job.under_way:
            self._show_live(job)

    def ended(self, job: QueuedRun) -> None:
        """A run is over."""
        if self._queue.active is None:
            self._beat.stop()
        self._show_saved(job.request)
        if self.folder == job.request.out:
            self.watch(None)

    def close(self) -> None:
        """Nothing is followed any more."""
        self._beat.stop()

    def _moved(self) -> None:
        self.sharing.moved(time.monotonic())
        if self._queue.active is not None:
            self._queue.hold()

    def _share(self) -> None:
        """Who looks has the machine; who learns has the rest."""
        now, job, session = time.monotonic(), self._queue.active, self._session
        if job is None:
            return
        if session.eye.animating:
            self.sharing.moved(now)
        self._queue.hold() if self.sharing.holds(now, session.busy) else self._queue.release()
        opened = session.opened
        if (
            session.loader.opening is None
            and session.images.last is not None
            and opened is not None
            and not session.busy
        ):
            self.sharing.shown(now)
        if self.folder == job.request.out and job.status in ("running", "paused") and session.loader.opening is None:
            # A paused run does not change.
            if job.status == "paused" and self._shown_step is not None:
                return
            if self.sharing.wants_live(now, session.busy and opened is not None):
                self._queue.ask_live()

    def _show_live(self, job: QueuedRun) -> None:
        """What was learnt until now takes the place of what was shown before."""
        if self.folder != job.request.out:
            return
        path, first = job.request.out / LIVE_NAME, self._shown_step is None
        self._shown_step = job.live_step
        self.sharing.came()
        opened = self._session.opened
        if opened is not None and opened.path == path:
            self._session.loader.trained_further(path)
        elif first:
            self._files.open(path, job.request.data)
        else:
            # Somebody opened another scene meanwhile.
            self.watch(None)

    def _show_saved(self, request: TrainingRequest) -> None:
        """What was shown while it learnt is gone with its process; its last checkpoint takes the place."""
        live, opened = request.out / LIVE_NAME, self._session.opened
        if not is_run_folder(request.out):
            return
        if opened is not None and opened.path == live:
            self._session.loader.trained_further(request.out)
        elif self._session.loader.opening == live:
            self._files.open(request.out, request.data)
