"""Going on with a run: whether it can, and with what it does."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from app.training.runs.library import Run
from app.training.runs.rows import RunRow
from app.training.runs.training_request import TrainingRequest
from engines.core.errors import UserError


def is_free(row: RunRow) -> bool:
    """Whether nobody trains it, or is about to."""
    return not row.under_way and not row.elsewhere and (row.job is None or row.job.status != "waiting")


def resumable(row: RunRow) -> ResumeForm | None:
    """What is to be said to go on with a run; None where it can't go on now."""
    run = row.run
    return ResumeForm(run) if run is not None and run.resumable and is_free(row) else None


@dataclass(frozen=True)
class ResumeForm:
    """A run that can go on from its last checkpoint."""

    run: Run

    @property
    def data(self) -> Path | None:
        """The folder that it trains on; None where that is gone, and is to be named."""
        return self.run.data if self.run.data.is_dir() else None

    @property
    def least_steps(self) -> int | None:
        """Up to which step it has to go at least, where it has done all; None: it goes on as far as it was to."""
        return self.run.step + 1 if self.run.finished else None

    @property
    def usual_steps(self) -> int:
        """Up to which step one that has done all goes, unless somebody says otherwise: as many again."""
        return 2 * self.run.step

    def request(self, data: Path | None, max_steps: int | None = None) -> TrainingRequest:
        """The training that goes on.

        Args:
            data: the folder to train on.
            max_steps: up to which step, where it has done all.

        Raises:
            UserError: it is not said where the data is, or no step is left.
        """
        run = self.run
        if data is None:
            raise UserError(f"{run.data} is gone: name the folder that {run.name} trains on")
        least = self.least_steps
        if least is not None and (max_steps is None or max_steps < least):
            raise UserError(f"{run.name} has done all its {run.step} steps; name a step from {least} on")
        settings = {} if max_steps is None else {"max_steps": max_steps}
        return TrainingRequest(run.engine, data, run.folder, settings=settings, resume=True)
