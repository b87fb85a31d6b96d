"""State dicts of the authors' code against networks of ours that have their names."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from engines.core.errors import UserError
from engines.core.networks.unet import SameConv2d, Unet2d
from engines.core.reading import shortened

FLOATS = (torch.float16, torch.bfloat16, torch.float32, torch.float64)


def state_dict_of(content: Mapping[str, Any], known: str) -> Mapping[str, Any]:
    """The state dict under `model`, or the content itself; without the `module.` of nn.DataParallel.

    Args:
        known: a name that tells whether they have it.
    """
    model = content.get("model")
    state = model if isinstance(model, Mapping) else content
    prefix = "module."
    if prefix + known in state:
        return {str(name).removeprefix(prefix): value for name, value in state.items()}
    return state


def checked_weights(
    state: Mapping[str, Any], network: torch.nn.Module, path: Path, prefix: str = ""
) -> dict[str, Tensor]:
    """The network's tensors out of `state`, without second names.

    Args:
        prefix: what the file's own names have before those in `state`.

    Raises:
        UserError: one is missing, misshapen, or holds what is no number.
    """
    weights: dict[str, Tensor] = {}
    for name, expected in network.state_dict().items():
        tensor = state.get(name)
        if not isinstance(tensor, Tensor):
            raise UserError(f"{path}: tensor {prefix}{name} is missing; the file is not whole")
        if tensor.shape != expected.shape:
            raise UserError(
                f"{path}: tensor {prefix}{name} is {list(tensor.shape)}; the network needs {list(expected.shape)}"
            )
        require_numbers(path, prefix + name, tensor)
        weights[name] = tensor
    return weights


def require_numbers(path: Path, name: str, tensor: Tensor) -> None:
    """Refuses a tensor of a file, of any shape, that is nothing to compute with.

    Raises:
        UserError: it is sparse, complex, of a type too small to compute with, or has a value that is not finite.
    """
    plain = tensor.layout == torch.strided and not (tensor.is_meta or tensor.is_quantized or tensor.is_complex())
    if not plain or (tensor.is_floating_point() and tensor.dtype not in FLOATS):
        kind = str(tensor.dtype).removeprefix("torch.")
        raise UserError(
            f"{path}: tensor {shortened(name)} is no plain array of numbers ({kind}); "
            "save dense, real weights of 16, 32 or 64 bits"
        )
    if tensor.is_floating_point() and not is_finite(tensor):
        raise UserError(
            f"{path}: tensor {shortened(name)} holds values that are not finite; the file is damaged, or its training "
            "failed: take an earlier one"
        )


def is_finite(tensor: Tensor) -> bool:
    """Whether a tensor of any shape is finite, by its least and largest value: `isfinite` takes five times as long."""
    if tensor.numel() == 0:
        return True
    least, largest = tensor.aminmax()  # not a number where any value is none
    return bool(least > -torch.inf) and bool(largest < torch.inf)


def second_names(network: torch.nn.Module) -> dict[str, str]:
    """The authors' second name of a tensor -> its first name: their padded convolutions register weights twice."""
    names: dict[str, str] = {}
    for path, module in network.named_modules():
        if isinstance(module, SameConv2d):
            names |= {f"{path}.{name}": f"{path}.net.1.{name}" for name, _ in module.net[1].named_parameters()}
        if isinstance(module, Unet2d):
            names[f"{path}.out_layer_weight"] = f"{path}.out_layer.0.net.1.weight"
    return names


def whole_state(weights: Mapping[str, Tensor], network: torch.nn.Module) -> dict[str, Tensor]:
    """What the authors' network of that form saves, second names and all; tensors and shapes unchanged.

    Raises:
        UserError: one is not there.
    """
    model: dict[str, Tensor] = {}
    for name in network.state_dict():
        if name not in weights:
            raise UserError(
                f"the checkpoint has no {name}: it was reduced to what drawing needs, and the authors' code wants all; "
                "convert the training's own checkpoint instead"
            )
        model[name] = weights[name]
    return model | {second: model[first] for second, first in second_names(network).items()}
