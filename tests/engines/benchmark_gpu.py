"""Learning on a GPU, of every method: `./vantage benchmark --gpu`. docs/gpu.md says what each figure tells."""

from __future__ import annotations

import math
from contextlib import closing
from pathlib import Path

import pytest
import torch

from app.conformance.learning import begins
from app.conformance.samples import small_samples
from app.conformance.trial import Trial
from app.training.runs.measure import measure as measured
from engines import registry
from engines.core.contract import checkpoint_of, resumed
from engines.core.engine import never_stop
from tests.benchmarks.measuring import Measure

METHODS = pytest.mark.parametrize("name", sorted(registry.all_engines()))
THERE, HERE = torch.device("cuda"), torch.device("cpu")


def trial_of(name: str, folder: Path, device: torch.device) -> Trial:
    """On the first small sample that the method trains on."""
    trial = Trial(registry.find_engine(name), small_samples(folder / "data"), {}, folder, device)
    begins(trial)
    return trial


@METHODS
def benchmark_going_on_elsewhere(name: str, tmp_path: Path, measure: Measure) -> None:
    def losses() -> list[float]:
        found = []
        trial = trial_of(name, tmp_path, THERE)
        for first, second in ((THERE, HERE), (HERE, THERE)):
            trial.device = first
            with trial.training() as training:
                training.step()
                kept = checkpoint_of(training)
            with closing(resumed(trial.engine, trial.data, kept, second)) as training:
                found.append(sum(training.step().values()))
        return found

    measure.figure("", [float(math.isfinite(loss)) for loss in measure.rounds(losses, 1)[0]], "", at_least=1)


@METHODS
def benchmark_told_memory(name: str, tmp_path: Path, measure: Measure) -> None:
    def share() -> float:
        """What `train --measure` says of the memory, of what some steps then take."""
        trial = trial_of(name, tmp_path, THERE)
        settings = trial.config(trial.data).model_dump(exclude_unset=True)
        told = measured(name, trial.data.source, tmp_path / "run", settings, "cuda", never_stop).memory_bytes
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
        with trial.training() as training:
            for _ in range(3):
                training.step()
        return told / torch.cuda.max_memory_reserved()

    measure.figure("of what it takes", measure.rounds(share, 1), "x", at_least=0.9, at_most=1.1)
