"""A step against one of the modules as they are, by whole view volumes."""

from __future__ import annotations

from pathlib import Path

import torch

from app.synthetic.sample import deepvoxels_sample, write_sample
from engines.core.formats import open_dataset
from engines.core.learning.optimisation import Optimisation
from engines.deepvoxels.config import DeepVoxelsConfig
from engines.deepvoxels.engine import ENGINE
from engines.deepvoxels.training import DeepVoxelsObjective
from tests.benchmarks.measuring import Measure
from tests.engines.deepvoxels.reference import made_plain

FLOORS = {128: 2.0, 512: 1.6}


def begun(folder: Path, side_px: int) -> Optimisation[DeepVoxelsObjective]:
    if not folder.exists():
        write_sample(folder, deepvoxels_sample(0, side_px, train=6, validation=1, test=1), samples=1)
    training = ENGINE.train(open_dataset(folder), DeepVoxelsConfig(img_sidelength=side_px), torch.device("cpu"), seed=0)
    assert isinstance(training, Optimisation)
    return training


def compare(folder: Path, measure: Measure, side_px: int) -> None:
    training, plain = begun(folder, side_px), begun(folder, side_px).objective
    made_plain(plain.network)
    networks = (plain.network, plain._discriminator)
    for weights in (weights for network in networks for weights in network.parameters()):
        weights.data = weights.data.contiguous()
    optimisers = [torch.optim.Adam(network.parameters(), lr=plain.config.lr) for network in networks]

    def plain_step() -> None:
        losses = plain.losses(plain.read(0))
        for optimiser in optimisers:
            optimiser.zero_grad()
        losses["total"].backward()
        for optimiser in optimisers:
            optimiser.step()

    measure.ratio(plain_step, training.step, at_least=FLOORS[side_px], rounds=3)


def benchmark_step_128(tmp_path: Path, measure: Measure) -> None:
    compare(tmp_path / "still_life", measure, 128)


def benchmark_step_512(tmp_path: Path, measure: Measure) -> None:
    compare(tmp_path / "still_life", measure, 512)
