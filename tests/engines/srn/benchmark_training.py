"""A step piece by piece against one of the modules as they are, over all rays at once."""

from __future__ import annotations

from pathlib import Path

import torch

from app.synthetic.sample import srn_sample, write_sample
from engines.core.formats import open_dataset
from engines.core.learning.optimisation import Optimisation
from engines.srn.config import SrnConfig
from engines.srn.engine import ENGINE
from engines.srn.network import Srn
from engines.srn.training import SrnObjective
from tests.benchmarks.measuring import Measure

FLOOR = 1.15
SIDE_PX = 64
PICTURES = 4


def begun(folder: Path) -> Optimisation[SrnObjective]:
    write_sample(folder, srn_sample(0, SIDE_PX, objects=2, train=6, held_out=1), samples=1)
    config = SrnConfig(
        img_sidelengths=(SIDE_PX,), batch_size_per_img_sidelength=(PICTURES,), max_steps_per_img_sidelength=(100,)
    )
    training = ENGINE.train(open_dataset(folder), config, torch.device("cpu"), 0)
    assert isinstance(training, Optimisation)
    return training


def plain_step(network: Srn, optimiser: torch.optim.Optimizer, training: Optimisation[SrnObjective]) -> None:
    """As the authors' loop: forward, losses, backward, Adam."""
    objective = training.objective
    batch = objective.read(training.step_count)
    compared, codes = objective._compared(batch), objective._codes(batch)
    assert codes is not None
    phi = network.scene(codes.detach())
    ends = network.ray_marcher(phi, compared.rays.origins, compared.rays.directions, network.tracing_steps)
    features = ends
    for layer in phi:
        features = layer(features)
    image = (network.pixel_generator(features) - (compared.photographs / 127.5 - 1)).square().mean()
    optimiser.zero_grad()
    image.backward()
    optimiser.step()


def benchmark_step(tmp_path: Path, measure: Measure) -> None:
    training = begun(tmp_path / "cars")
    network = Srn(training.objective.config)
    network.load_state_dict(training.objective.network.state_dict())
    optimiser = torch.optim.Adam(network.parameters(), lr=5e-5)
    measure.ratio(lambda: plain_step(network, optimiser, training), training.step, at_least=FLOOR, rounds=3)
