"""Small trainings that the tests of DVR share."""

from __future__ import annotations

from typing import Any

import torch

from engines.core.data.dataset import Dataset
from engines.core.learning.optimisation import Optimisation
from engines.dvr.config import DvrConfig
from engines.dvr.engine import ENGINE
from engines.dvr.training import DvrObjective

CPU = torch.device("cpu")
SMALL: dict[str, Any] = {
    "hidden_size": 32, "n_blocks": 2, "n_training_points": 256, "lr": 2e-3, "lr_milestones": [], "max_steps": 100,
}  # fmt: skip
CLASS: dict[str, Any] = {"encoder": "simple_conv", "c_dim": 8, "batch_size": 2, "img_size_input": 64}


def begun(dataset: Dataset, **settings: Any) -> Optimisation[DvrObjective]:
    training = ENGINE.train(dataset, DvrConfig(**{**SMALL, **settings}), CPU, 0)
    assert isinstance(training, Optimisation)
    return training
