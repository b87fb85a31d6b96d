"""A step of either stage against the networks as they are, over planes swept plainly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import nn

from engines.core.learning.optimisation import Optimisation
from engines.core.storage.scene_file import write_scene_file
from engines.mask_volume.training import MaskVolumeObjective, Networks
from tests.benchmarks.measuring import Measure
from tests.engines.mask_volume.captured import begun, recording
from tests.engines.mask_volume.reference import learn_plainly

SIDE_PX = 128
MPI_FLOOR, MASK_FLOOR = 2.0, 1.8
SETTINGS: dict[str, Any] = {"loss_type": "vgg", "img_wh": (SIDE_PX, SIDE_PX)}


def compare(training: Optimisation[MaskVolumeObjective], measure: Measure, floor: float) -> None:
    objective = training.objective
    networks = Networks(objective.config.stage)
    networks.load_state_dict(objective.network.state_dict())
    learnt = [weight for weight in networks.parameters() if weight.requires_grad]
    optimiser = torch.optim.Adam(learnt, lr=objective.config.lr)
    models = networks.models
    assert isinstance(models, nn.ModuleDict)

    def plain_step() -> None:
        (example,) = objective.read(training.step_count)
        optimiser.zero_grad()
        drawn = learn_plainly(models, example)
        judged = objective._judge(drawn, example.pictures[2:], example.moves, example.valid)
        judged["total"].backward()
        optimiser.step()

    measure.ratio(plain_step, training.step, at_least=floor, rounds=5)


def benchmark_mpi_step(tmp_path: Path, measure: Measure) -> None:
    compare(begun(recording(tmp_path, side_px=SIDE_PX), **SETTINGS), measure, MPI_FLOOR)


def benchmark_mask_step(tmp_path: Path, measure: Measure) -> None:
    rig = recording(tmp_path, side_px=SIDE_PX)
    write_scene_file(tmp_path / "mpi.safetensors", begun(rig).checkpoint())
    settings = {**SETTINGS, "stage": "mask", "mpi_model": str(tmp_path / "mpi.safetensors"), "loss_type": "full_loss"}
    compare(begun(rig, **settings), measure, MASK_FLOOR)
