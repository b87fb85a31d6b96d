"""A step with the pruned search against one that marches plainly, and the curves of both."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from app.synthetic.dvr_sample import dvr_sample, write_dvr_sample
from engines.core.formats import open_dataset
from engines.core.learning.optimisation import Optimisation
from engines.dvr.config import DvrConfig
from engines.dvr.engine import ENGINE
from engines.dvr.training import DvrObjective
from tests.benchmarks.measuring import Measure

WARM_UP, STEPS = 400, 200
"""Before there is a surface neither has much to do."""
FEW = 16
"""Samples of a ray while it warms up."""
SIZES: dict[str, Any] = {
    "hidden_size": 128, "n_training_points": 512, "lr": 1e-3, "lr_milestones": [], "schedule_milestones": [],
    "init_resolution": 128, "max_steps": WARM_UP + STEPS,
}  # fmt: skip
FLOOR = 2.5
Pair = tuple[Optimisation[DvrObjective], Optimisation[DvrObjective]]


def pair(folder: Path, **sizes: Any) -> Pair:
    """The plain training and the pruned one, from the same weights on, where rays have 128 samples."""
    write_dvr_sample(folder, dvr_sample(3, 96, views=24), samples=1)
    dataset, cpu = open_dataset(folder), torch.device("cpu")
    begun = ENGINE.train(dataset, DvrConfig(**{**SIZES, **sizes, "init_resolution": FEW}), cpu, 0)
    for _ in range(WARM_UP):
        begun.step()
    saved = begun.checkpoint()
    trainings = []
    for prunes in (False, True):
        config = {**saved.config, "init_resolution": SIZES["init_resolution"], "prune_rays": prunes}
        training = ENGINE.resume(dataset, replace(saved, config=config), cpu)
        assert isinstance(training, Optimisation)
        trainings.append(training)
    return trainings[0], trainings[1]


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    return pair(tmp_path_factory.mktemp("samples") / "car")


def benchmark_step(both: Pair, measure: Measure) -> None:
    plain, pruned = both
    measure.ratio(plain.step, pruned.step, at_least=FLOOR)


def benchmark_curves(both: Pair, measure: Measure) -> None:
    """Over 200 steps, from the same one on."""
    totals = [sum(training.step()["total"] for _ in range(STEPS)) for training in both]
    apart = measure.rounds(lambda: 100 * abs(totals[1] / totals[0] - 1), 1)
    measure.figure("apart", apart, "%", at_most=1.0)
