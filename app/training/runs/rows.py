"""What a list of runs shows: jobs of this window, runs on the disk, and what either is doing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from app.training.runs.library import Run
from app.training.runs.queue import QueuedRun

STATES = {
    "waiting": "waiting",
    "starting": "starting …",
    "running": "training",
    "paused": "paused",
    "stopping": "saving …",
    "finished": "finished",
    "stopped": "stopped",
    "failed": "failed",
}


@dataclass(frozen=True)
class RunRow:
    """One line: a job of this window, or a run on the disk, or both."""

    folder: Path
    engine: str
    job: QueuedRun | None
    run: Run | None

    @property
    def under_way(self) -> bool:
        """Whether this window trains it."""
        return self.job is not None and self.job.under_way

    @property
    def elsewhere(self) -> bool:
        """Whether another program trains it."""
        return self.run is not None and self.run.training and not self.under_way

    @property
    def state(self) -> str:
        """What the job or run is doing, in a word or two; empty where neither tells."""
        if self.job is not None and (self.job.under_way or self.job.status in ("waiting", "failed")):
            return STATES[self.job.status]
        if self.elsewhere:
            return "training elsewhere"
        if self.run is None:
            return ""
        return "finished" if self.run.finished else "stopped" if self.run.has_scene else "nothing saved"

    @property
    def steps(self) -> str:
        """Done, and of how many."""
        if self.job is not None and self.job.last is not None and self.under_way:
            return f"{self.job.last.step} / {self.job.last.max_steps}"
        if self.run is None:
            return ""
        return f"{self.run.step}" if self.run.finished else f"{self.run.step} / {self.run.max_steps}"

    @property
    def psnr(self) -> float | None:
        """On held-out views, dB."""
        if self.job is not None and self.job.psnr is not None:
            return self.job.psnr
        return self.run.psnr if self.run is not None else None


def rows_of(jobs: Sequence[QueuedRun], runs: Sequence[Run]) -> list[RunRow]:
    """Jobs in their order, then runs that are none of them."""
    by_folder = {run.folder: run for run in runs}
    rows = []
    for job in jobs:
        folder = job.request.out.resolve()
        rows.append(RunRow(folder, job.request.engine, job, by_folder.pop(folder, None)))
    return rows + [RunRow(run.folder, run.engine, None, run) for run in by_folder.values()]
