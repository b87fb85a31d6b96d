"""Files of the authors' code (vsitzmann/deepvoxels), both ways.

They save `{'model': state dict, 'discriminator': state dict}`; bare state dicts are read too. Their padded
convolutions and U-Nets register some weights twice (`x.net.1.weight` and `x.weight`; `out_layer_weight`): the
second names are dropped here when reading and added again when writing.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from engines.core.errors import UserError
from engines.core.storage.checkpoint import Checkpoint
from engines.core.storage.upstream_state import checked_weights, state_dict_of, whole_state
from engines.deepvoxels.config import FEATURE_PX, DeepVoxelsConfig
from engines.deepvoxels.discriminator import PatchDiscriminator
from engines.deepvoxels.network import DeepVoxels

GRID = "deepvoxels"
UPS = "rendering_net.net.1.ups."
TRAINING_ONLY = ("feature_extractor.", "integration_net.", "discriminator.")
"""Parts that no picture needs."""


def recognises(content: Mapping[str, Any]) -> bool:
    """Whether this is a DeepVoxels state dict, bare or under `model`."""
    state = state_dict_of(content, GRID)
    grid = state.get(GRID)
    return (
        isinstance(grid, Tensor) and grid.dim() == 5 and any(str(name).startswith("rendering_net.") for name in state)
    )


def read(content: Mapping[str, Any], path: Path) -> Checkpoint:
    """Reads a file that `recognises` accepted; the configuration comes off the tensors.

    Raises:
        UserError: a tensor is missing or misshapen.
    """
    state = state_dict_of(content, GRID)
    config = read_config(state, path)
    with torch.device("meta"):
        network = DeepVoxels(config)
    weights = checked_weights(state, network, path)
    discriminator = content.get("discriminator")
    if isinstance(discriminator, Mapping):
        with torch.device("meta"):
            judge = PatchDiscriminator()
        judged = checked_weights(discriminator, judge, path)
        weights |= {f"discriminator.{name}": tensor for name, tensor in judged.items()}
    return Checkpoint("deepvoxels", config.model_dump(), 0, weights)


def read_config(state: Mapping[str, Any], path: Path) -> DeepVoxelsConfig:
    """The network sizes that these tensors have.

    Raises:
        UserError: the tensors that tell are missing, or tell of a network that the authors' code can't build.
    """
    grid, first_up = state[GRID], state.get(f"{UPS}0.net.0.weight")
    if len(set(grid.shape[2:])) != 1 or grid.shape[0] != 1:
        raise UserError(f"{path}: tensor {GRID} is {list(grid.shape)}; needs [1, F, G, G, G]")
    if not isinstance(first_up, Tensor) or first_up.dim() != 4:
        raise UserError(f"{path}: tensor {UPS}0.net.0.weight is missing; the file is not whole")
    steps = len({name[len(UPS) :].split(".")[0] for name in state if name.startswith(UPS)})
    try:
        return DeepVoxelsConfig(
            img_sidelength=FEATURE_PX * 2**steps,
            grid_dim=grid.shape[-1],
            num_grid_feats=grid.shape[1],
            nf0=first_up.shape[1],
            no_occlusion_net=not any(name.startswith("occlusion_net.") for name in state),
        )
    except ValueError as error:
        raise UserError(f"{path}: a network of sizes that DeepVoxels can't have ({error})") from error


def write(checkpoint: Checkpoint) -> dict[str, Any]:
    """What the authors' `custom_load` accepts, weights unchanged.

    Raises:
        UserError: the checkpoint was reduced to what drawing needs.
    """
    config = DeepVoxelsConfig(**checkpoint.config)
    with torch.device("meta"):
        network = DeepVoxels(config)
    model = whole_state(checkpoint.weights, network)
    prefix = "discriminator."
    judge = {name.removeprefix(prefix): t for name, t in checkpoint.weights.items() if name.startswith(prefix)}
    return {"model": model, **({"discriminator": judge} if judge else {})}
