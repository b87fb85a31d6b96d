"""Small trainings that the tests of SRN share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from engines.core.data.dataset import Dataset
from engines.core.learning.optimisation import Optimisation
from engines.srn.config import SrnConfig
from engines.srn.engine import ENGINE
from engines.srn.training import SrnObjective

CPU = torch.device("cpu")


def config(**settings: Any) -> SrnConfig:
    """Small pictures, few rays."""
    small = {
        "img_sidelengths": (16,),
        "batch_size_per_img_sidelength": (2,),
        "max_steps_per_img_sidelength": (100,),
        "rays_per_image": 64,
        "tracing_steps": 3,
        "embedding_size": 4,
        "lr": 1e-3,
        "max_steps": 100,
    }
    return SrnConfig(**{**small, **settings})


def equal(a: Mapping[str, Tensor], b: Mapping[str, Tensor]) -> bool:
    return list(a) == list(b) and all(torch.equal(a[name], b[name]) for name in a)


def begun(dataset: Dataset, **settings: Any) -> Optimisation[SrnObjective]:
    training = ENGINE.train(dataset, config(**settings), CPU, 0)
    assert isinstance(training, Optimisation)
    return training
