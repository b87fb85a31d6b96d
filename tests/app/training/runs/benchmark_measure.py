"""How near the estimate of a training's time is to what it takes."""

from __future__ import annotations

import itertools
import time
from pathlib import Path

from app.training.loop import run_training
from engines.core.engine import never_stop
from tests.app.training.runs.test_measure import measured
from tests.benchmarks.measuring import Measure

SETTINGS = {"max_steps": 12, "validate_every": 6}
ROUNDS = 3


def benchmark_estimate(photographs: Path, tmp_path: Path, measure: Measure) -> None:
    names = itertools.count()

    def ratio() -> float:
        found = measured("colour_grid", photographs, tmp_path / "none", **SETTINGS)
        return found.seconds / took_s(photographs, tmp_path / f"run{next(names)}")

    measure.figure("", measure.rounds(ratio, ROUNDS), "x", at_least=0.5, at_most=2)


def took_s(data: Path, out: Path) -> float:
    """From the first step to the last."""
    times: list[float] = []
    run_training(
        "colour_grid", data, out, SETTINGS, "cpu", False, lambda _: times.append(time.perf_counter()), never_stop
    )
    return times[-1] - times[0]
