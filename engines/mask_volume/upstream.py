"""Files of the authors' code (ken2576/deep-3dmask), both ways.

Lightning saves `{'state_dict': ..., 'hyper_parameters': ..., 'optimizer_states': ...}`, and `save_weights_only.py` of
theirs the state dict alone. Networks are `models.mpi_net.*` and, after the second stage, `models.mask_net.*`; the
losses' VGG is saved along as `loss.*` and not needed. A state dict of the MPI network alone is read too.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from engines.core.errors import UserError
from engines.core.storage.checkpoint import Checkpoint
from engines.core.storage.upstream_state import checked_weights
from engines.mask_volume.config import MaskVolumeConfig
from engines.mask_volume.network import MaskNet, MpiNet, VolumeUnet

MPI, MASK = "models.mpi_net.", "models.mask_net."
FIRST = "conv1_1.model.0.weight"
PREFIXES = (MPI, f"module.{MPI}", "mpi_net.", "")
"""Where the MPI network stands in files of various scripts."""
SWEPT_CHANNELS = 6


def recognises(content: Mapping[str, Any]) -> bool:
    """Whether this is the MPI network, with or without the mask network."""
    return _prefix(_state(content)) is not None


def read(content: Mapping[str, Any], path: Path) -> Checkpoint:
    """Reads a file that `recognises` accepted.

    Raises:
        UserError: a tensor is missing or misshapen.
    """
    state = _state(content)
    prefix = _prefix(state) or ""
    mask_prefix = prefix.replace("mpi_net.", "mask_net.")
    has_mask = prefix != "" and any(str(name).startswith(mask_prefix) for name in state)
    weights = _weights(state, MpiNet, prefix, MPI, path)
    if has_mask:
        weights |= _weights(state, MaskNet, mask_prefix, MASK, path)
    step = content.get("global_step")
    config = MaskVolumeConfig(stage="mask" if has_mask else "mpi")
    return Checkpoint("mask_volume", config.model_dump(), step if isinstance(step, int) else 0, weights)


def write(checkpoint: Checkpoint) -> dict[str, Any]:
    """What the authors' `load_ckpt` reads, weights unchanged.

    Raises:
        UserError: a tensor is missing.
    """
    for network, prefix in networks_of(checkpoint.weights).items():
        for name in network.state_dict():
            if prefix + name not in checkpoint.weights:
                raise UserError(f"the checkpoint has no {prefix + name}; it is not whole")
    return {"state_dict": dict(checkpoint.weights), "global_step": checkpoint.step}


def networks_of(weights: Mapping[str, Tensor]) -> dict[VolumeUnet, str]:
    """Networks on the meta device that `weights` are of, by names, not shapes; and the prefix of these names."""
    with torch.device("meta"):
        networks: dict[VolumeUnet, str] = {MpiNet(): MPI}
        if any(name.startswith(MASK) for name in weights):
            networks[MaskNet()] = MASK
    return networks


def _state(content: Mapping[str, Any]) -> Mapping[str, Any]:
    state = content.get("state_dict")
    return state if isinstance(state, Mapping) else content


def _prefix(state: Mapping[str, Any]) -> str | None:
    for prefix in PREFIXES:
        weight = state.get(prefix + FIRST)
        if isinstance(weight, Tensor) and weight.dim() == 5 and weight.shape[1] == SWEPT_CHANNELS:
            return prefix
    return None


def _weights(state: Mapping[str, Any], kind: type[VolumeUnet], prefix: str, own: str, path: Path) -> dict[str, Tensor]:
    with torch.device("meta"):
        network = kind()  # type: ignore[call-arg]
    bare = {str(name).removeprefix(prefix): value for name, value in state.items() if str(name).startswith(prefix)}
    return {own + name: tensor for name, tensor in checked_weights(bare, network, path, prefix).items()}
