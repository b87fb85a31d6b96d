"""Files of the authors' code (autonomousvision/differentiable_volumetric_rendering), both ways.

They save `{'model': state dict, 'optimizer': state dict, 'epoch_it', 'it', 'loss_val_best', ...}`; bare state dicts are
read too. The sizes of the networks are told by the tensors.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from engines.core.checkpoint import Checkpoint
from engines.core.errors import UserError
from engines.core.upstream_state import checked_weights, state_dict_of, whole_state
from engines.dvr.config import DvrConfig
from engines.dvr.network import Dvr

POINT, OUT = "decoder.fc_p.weight", "decoder.fc_out.weight"
BLOCK = re.compile(r"decoder\.blocks\.(\d+)\.fc_0\.weight")
BLOCK_OF_LAYER3 = re.compile(r"encoder\.features\.layer3\.(\d+)\.conv1\.weight")


def recognises(content: Mapping[str, Any]) -> bool:
    """Whether this is a DVR state dict, bare or under `model`."""
    state = state_dict_of(content, POINT)
    return POINT in state and OUT in state and _depth(state) > 0


def read(content: Mapping[str, Any], path: Path) -> Checkpoint:
    """Reads a file that `recognises` accepted; the configuration comes off the tensors.

    Raises:
        UserError: a tensor is missing or misshapen.
    """
    state = state_dict_of(content, POINT)
    config = _read_config(state, path)
    with torch.device("meta"):
        network = Dvr(config)
    weights = checked_weights(state, network, path)
    step = content.get("it")
    return Checkpoint("dvr", config.model_dump(), step if isinstance(step, int) and step > 0 else 0, weights)


def _depth(state: Mapping[str, Any]) -> int:
    """How many blocks the decoder has."""
    numbers = [int(match[1]) for name in state if isinstance(name, str) and (match := BLOCK.fullmatch(name))]
    return max(numbers, default=-1) + 1


def _read_config(state: Mapping[str, Any], path: Path) -> DvrConfig:
    hidden, _ = _matrix(state, POINT, path)
    out_dim, _ = _matrix(state, OUT, path)
    values: dict[str, Any] = {"hidden_size": hidden, "n_blocks": _depth(state), "out_dim": out_dim}
    values["pixel_corners"] = True
    if "decoder.fc_c.0.weight" in state:
        values["c_dim"] = _matrix(state, "decoder.fc_c.0.weight", path)[1]
        values |= _encoder(state, path)
    return DvrConfig(**values)


def _encoder(state: Mapping[str, Any], path: Path) -> dict[str, Any]:
    if "encoder.weight" in state:
        return {"encoder": "idx", "num_instances": _matrix(state, "encoder.weight", path)[0]}
    if "encoder.conv0.weight" in state:
        return {"encoder": "simple_conv"}
    if "encoder.features.conv1.weight" in state:
        bottleneck = "encoder.features.layer1.0.conv3.weight" in state
        deep = any(BLOCK_OF_LAYER3.fullmatch(name) and name.split(".")[3] == "5" for name in state)
        kind = "resnet50" if bottleneck else "resnet34" if deep else "resnet18"
        return {"encoder": kind, "use_linear": "encoder.fc.weight" in state}
    raise UserError(f"{path}: has a decoder of codes, and no encoder that is known here makes them")


def _matrix(state: Mapping[str, Any], name: str, path: Path) -> tuple[int, int]:
    tensor = state.get(name)
    if not isinstance(tensor, Tensor) or tensor.dim() != 2 or 0 in tensor.shape:
        raise UserError(f"{path}: tensor {name} is missing or no matrix; the file is not whole")
    return tensor.shape[0], tensor.shape[1]


def write(checkpoint: Checkpoint) -> dict[str, Any]:
    """What the authors' `CheckpointIO` loads, weights unchanged.

    Raises:
        UserError: the checkpoint was reduced.
    """
    with torch.device("meta"):
        network = Dvr(DvrConfig(**checkpoint.config))
    return {"model": whole_state(checkpoint.weights, network), "it": checkpoint.step}
