"""Going on with a run exactly where its checkpoint was taken."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from engines.core.averaging import WeightAverage
from engines.core.checkpoint import Checkpoint
from engines.core.errors import UserError
from engines.core.views import Views


def training_state(checkpoint: Checkpoint) -> Mapping[str, Any]:
    """What the checkpoint holds besides weights.

    Raises:
        UserError: nothing; it is one to look at.
    """
    if checkpoint.training is None:
        raise UserError("the checkpoint holds no training state (optimiser, step); only a run folder does")
    return checkpoint.training


def require_same_photographs(state: Mapping[str, Any], views: Views, source: Path) -> None:
    """Compares the fingerprint that was saved as `photographs`.

    Raises:
        UserError: they are not those of the run.
    """
    if state.get("photographs") != views.fingerprint():
        raise UserError(
            f"{source}: {len(views)} photographs, not those that the run began with, or under other names; resume with "
            "the same folder"
        )


def restore(
    network: torch.nn.Module, average: WeightAverage | None, optimiser: torch.optim.Optimizer, checkpoint: Checkpoint
) -> None:
    """Weights, their moving average (then the checkpoint's own weights are it) and the optimiser, as they were."""
    state = training_state(checkpoint)
    network.load_state_dict(dict(state.get("latest", checkpoint.weights)))
    if average is not None:
        average.restore(checkpoint.weights)
    optimiser.load_state_dict(state["optimiser"])
