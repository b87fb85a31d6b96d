"""All runs that are known: of this program's queue, those of it that ended, and those on the disk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from app.training.runs.library import Run
from app.training.runs.queue import QueuedRun, RunQueue
from app.training.runs.rows import RunRow, rows_of
from app.training.runs.training_request import TrainingRequest
from engines.core.errors import UserError
from engines.core.files import free_name


class KnownRuns:
    """Keeps what has ended, and what was found on the disk; a run is known by its folder.

    Attributes:
        ended: what this program trained, the last one last.
    """

    def __init__(self, queue: RunQueue) -> None:
        self.ended: list[QueuedRun] = []
        self._queue = queue
        self._found: Sequence[Run] = ()
        self._notes: dict[Path, int] = {}
        """How many of the run's notes were told."""

    @property
    def rows(self) -> list[RunRow]:
        """Jobs first, then what lies on the disk."""
        return rows_of([*self._jobs(), *reversed(self.ended)], self._found)

    def with_own_folder(self, request: TrainingRequest) -> TrainingRequest:
        """The request, with a name that is still free where one that waits is going to make its folder.

        Raises:
            UserError: another one goes on with that run.
        """
        taken = {job.request.out.resolve() for job in self._jobs()}
        if request.out.resolve() not in taken:
            return request
        if request.resume:
            raise UserError(f"{request.out.name}: is in the queue already")
        return replace(request, out=free_name(request.out.resolve().parent, request.out.name, taken))

    def begin(self, request: TrainingRequest) -> None:
        """It is trained again: what ended there has not."""
        folder = request.out.resolve()
        self.ended = [job for job in self.ended if job.request.out.resolve() != folder]
        # It notes anew from the first on.
        self._notes.pop(folder, None)

    def end(self, job: QueuedRun) -> bool:
        """It has ended; whether there is something to tell of it: what was withdrawn before it began leaves nothing."""
        if job.last is None and job.status != "failed":
            return False
        self.ended.append(job)
        return True

    def find(self, runs: Sequence[Run]) -> None:
        """What lies on the disk now."""
        self._found = runs
        # A run that had begun, and whose folder was deleted since, is no run any more.
        self.ended = [job for job in self.ended if job.last is None or job.request.out.exists()]

    def forget(self, folder: Path) -> None:
        """The run is not there any more, or not under this name."""
        self.ended = [job for job in self.ended if job.request.out.resolve() != folder]
        self._found = [run for run in self._found if run.folder != folder]

    def new_notes(self, job: QueuedRun) -> tuple[str, ...]:
        """What was noted since they were asked for; what was assumed comes with the first report, and is not new."""
        if job.last is None:
            return ()
        folder = job.request.out.resolve()
        known = self._notes.get(folder, len(job.notes))
        self._notes[folder] = len(job.notes)
        return job.notes[known:]

    def _jobs(self) -> list[QueuedRun]:
        active = [self._queue.active] if self._queue.active is not None else []
        return [*active, *self._queue.waiting]
