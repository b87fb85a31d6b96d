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

from engines.core.checkpoint import Checkpoint
from engines.core.errors import UserError
from engines.core.unet import SameConv2d, Unet2d
from engines.srn.config import UNET_PX, SrnConfig
from engines.srn.network import Srn

CODES = "latent_codes.weight"
MARCHER = "ray_marcher.lstm.weight_ih"
UNET = "pixel_generator.net.0.in_layer."


def recognises(content: Mapping[str, Any]) -> bool:
    """Whether this is an SRN state dict, bare or under `model`."""
    state = _state(content)
    names = [name for name in state if isinstance(name, str)]
    return MARCHER in state and any(name.startswith(("phi.net.", "hyper_phi.layers.")) for name in names)


def _state(content: Mapping[str, Any]) -> Mapping[str, Any]:
    model = content.get("model")
    state = model if isinstance(model, Mapping) else content
    prefix = "module."
    if prefix + MARCHER in state:
        return {str(name).removeprefix(prefix): value for name, value in state.items()}
    return state


def read(content: Mapping[str, Any], path: Path) -> Checkpoint:
    """Reads a file that `recognises` accepted; the configuration comes off the tensors.

    Raises:
        UserError: a tensor is missing or misshapen.
    """
    state = _state(content)
    config = _read_config(state, path)
    with torch.device("meta"):
        network = Srn(config)
    weights: dict[str, Tensor] = {}
    for name, expected in network.state_dict().items():
        tensor = state.get(name)
        if not isinstance(tensor, Tensor):
            raise UserError(f"{path}: tensor {name} is missing; the file is not whole")
        if tensor.shape != expected.shape:
            raise UserError(f"{path}: tensor {name} is {list(tensor.shape)}; the network needs {list(expected.shape)}")
        weights[name] = tensor
    return Checkpoint("srn", config.model_dump(), 0, weights)


def _read_config(state: Mapping[str, Any], path: Path) -> SrnConfig:
    unet = any(str(name).startswith(UNET) for name in state)
    values: dict[str, Any] = {"use_unet_renderer": unet}
    if unet:
        values["img_sidelengths"] = (UNET_PX,)
    if any(str(name).startswith("phi.net.") for name in state):
        return SrnConfig(fit_single_srn=True, **values)
    codes = state.get(CODES)
    if not isinstance(codes, Tensor) or codes.dim() != 2 or 0 in codes.shape:
        raise UserError(f"{path}: tensor {CODES} is missing or not a table of codes; the file is not whole")
    return SrnConfig(num_instances=codes.shape[0], embedding_size=codes.shape[1], **values)


def second_names(network: torch.nn.Module) -> dict[str, str]:
    """The authors' second name of a tensor -> its first name: their padded convolutions register weights twice."""
    names: dict[str, str] = {}
    for path, module in network.named_modules():
        if isinstance(module, SameConv2d):
            names |= {f"{path}.{name}": f"{path}.net.1.{name}" for name, _ in module.net[1].named_parameters()}
        if isinstance(module, Unet2d):
            names[f"{path}.out_layer_weight"] = f"{path}.out_layer.0.net.1.weight"
    return names


def write(checkpoint: Checkpoint) -> dict[str, Any]:
    """What the authors' `custom_load` accepts, weights unchanged.

    Raises:
        UserError: the checkpoint was reduced.
    """
    with torch.device("meta"):
        network = Srn(SrnConfig(**checkpoint.config))
    missing = [name for name in network.state_dict() if name not in checkpoint.weights]
    if missing:
        raise UserError(f"the checkpoint has no {missing[0]}: it was reduced; convert the training's own checkpoint")
    model = {name: checkpoint.weights[name] for name in network.state_dict()}
    return {"model": model | {second: model[first] for second, first in second_names(network).items()}}
