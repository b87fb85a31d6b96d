"""Files of the authors' code (vsitzmann/scene-representation-networks), both ways.

They save `{'model': state dict, 'optimizer': state dict}`; bare state dicts are read too. What the names tell:
`phi.` a single scene, `latent_codes.` and `hyper_phi.` a class; `pixel_generator.net.0.in_layer.` the U-Net.
`tracing_steps` and whether codes were given with the data (`has_params`) are not in the file.
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
from engines.srn.config import MOST_FEATURES, UNET_PX, SrnConfig
from engines.srn.network import Srn

CODES = "latent_codes.weight"
MARCHER = "ray_marcher.lstm.weight_ih"
UNET = "pixel_generator.net.0.in_layer."


def recognises(content: Mapping[str, Any]) -> bool:
    """Whether this is an SRN state dict, bare or under `model`."""
    state = state_dict_of(content, MARCHER)
    names = [name for name in state if isinstance(name, str)]
    return MARCHER in state and any(name.startswith(("phi.net.", "hyper_phi.layers.")) for name in names)


def read(content: Mapping[str, Any], path: Path) -> Checkpoint:
    """Reads a file that `recognises` accepted; the configuration comes off the tensors.

    Raises:
        UserError: a tensor is missing or misshapen.
    """
    state = state_dict_of(content, MARCHER)
    config = _read_config(state, path)
    with torch.device("meta"):
        network = Srn(config)
    weights = checked_weights(state, network, path)
    return Checkpoint("srn", config.model_dump(), 0, weights)


def _read_config(state: Mapping[str, Any], path: Path) -> SrnConfig:
    unet = any(str(name).startswith(UNET) for name in state)
    values: dict[str, Any] = {"use_unet_renderer": unet}
    if unet:
        values |= {"img_sidelengths": (UNET_PX,), "nf0": _unet_features(state, path)}
    if any(str(name).startswith("phi.net.") for name in state):
        return SrnConfig(fit_single_srn=True, **values)
    codes = state.get(CODES)
    if not isinstance(codes, Tensor) or codes.dim() != 2 or 0 in codes.shape:
        raise UserError(f"{path}: tensor {CODES} is missing or not a table of codes; the file is not whole")
    return SrnConfig(num_instances=codes.shape[0], embedding_size=codes.shape[1], **values)


def _unet_features(state: Mapping[str, Any], path: Path) -> int:
    """`nf0`: features of the U-Net's first convolution.

    Raises:
        UserError: it is missing, or of no size that a U-Net can have.
    """
    first = state.get(UNET + "0.net.1.weight")
    if not isinstance(first, Tensor) or first.dim() != 4 or not 1 <= first.shape[0] <= MOST_FEATURES:
        raise UserError(f"{path}: tensor {UNET}0.net.1.weight is missing or no 3x3 convolution; the file is not whole")
    return first.shape[0]


def write(checkpoint: Checkpoint) -> dict[str, Any]:
    """What the authors' `custom_load` accepts, weights unchanged.

    Raises:
        UserError: the checkpoint was reduced.
    """
    with torch.device("meta"):
        network = Srn(SrnConfig(**checkpoint.config))
    return {"model": whole_state(checkpoint.weights, network)}
