"""Files of the authors' code (autonomousvision/differentiable_volumetric_rendering), both ways.

They save `{'model': state dict, 'optimizer': state dict, 'epoch_it', 'it', 'loss_val_best', ...}`; bare state dicts are
read too. The tensors tell the sizes of the networks, the authors' YAML what is not in them (`authors_options.py`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from engines.core.config import SCENE_CONFIG, make_options
from engines.core.errors import UserError
from engines.core.reading import shortened
from engines.core.storage.checkpoint import Checkpoint
from engines.core.storage.upstream_state import checked_weights, state_dict_of, whole_state
from engines.dvr.authors_options import NAMES, Said, disagreement, find_beside, read_said
from engines.dvr.config import DvrConfig
from engines.dvr.network import Dvr

NETWORKS = ("decoder.", "encoder.")
POINT, OUT = "decoder.fc_p.weight", "decoder.fc_out.weight"
BLOCK = re.compile(r"decoder\.blocks\.(\d+)\.fc_0\.weight")
AUTHORS = "authors"
"""Under which a checkpoint keeps what stands in the authors' file beside the weights."""
SIXTH_BLOCK = "encoder.features.layer3.5.conv1.weight"


def recognises(content: Mapping[str, Any]) -> bool:
    """Whether this is a DVR state dict, bare or under `model`."""
    state = state_dict_of(content, POINT)
    return POINT in state and OUT in state and _depth(state) > 0


def read(content: Mapping[str, Any], path: Path, named: Path | None = None) -> Checkpoint:
    """Reads a file that `recognises` accepted: sizes come off the tensors, all else from the authors' YAML.

    What neither says is left out of the checkpoint's configuration.

    Args:
        named: the YAML; None: that which lies beside the file, if there is one.

    Raises:
        UserError: a tensor is missing or misshapen, or the YAML is of no such network.
    """
    state = state_dict_of(content, POINT)
    told = _told_by_tensors(state, path)
    said = _said(path, named, told)
    values = {**said.values, **told, "pixel_corners": True}
    if said.values.get("encoder") == "resnet101":
        values["encoder"] = "resnet101"
    config = make_options(DvrConfig, values, str(said.path), NAMES)
    with torch.device("meta"):
        network = Dvr(config)
    weights = checked_weights(state, network, path)
    if strange := [name for name in state if str(name).startswith(NETWORKS) and name not in weights]:
        raise UserError(f"{path}: has a tensor {shortened(strange[0])}, which no network of the authors' has")
    kept = config.model_dump(exclude_unset=True)
    step = content.get("it")
    step = step if isinstance(step, int) and step > 0 else 0
    return Checkpoint("dvr", kept, step, weights, training=_training(content), notes=said.notes)


def _said(path: Path, named: Path | None, told: Mapping[str, Any]) -> Said:
    """What the YAML says, if there is one that is of this network; and what is to be known of it."""
    found, note = (named, "") if named is not None else find_beside(path)
    if found is None:
        return Said(path, {}, (note,) if note else ())
    said = read_said(found)
    if not (apart := disagreement(said.values, told)):
        own = () if named else (f"its options are those of {found.name} beside it",)
        return replace(said, notes=(*own, *said.notes))
    if named is not None:
        raise UserError(f"{found}: is of another network than {path.name}: it says {apart}")
    return Said(path, {}, (f"{found.name} beside it is of another network and isn't obeyed: it says {apart}",))


def _training(content: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """What stands beside the weights, so that it can be written back; None where there is nothing."""
    beside = {str(name): value for name, value in content.items() if name != "model"}
    return {AUTHORS: beside} if isinstance(content.get("model"), Mapping) and beside else None


def _depth(state: Mapping[str, Any]) -> int:
    """How many blocks the decoder has."""
    numbers = [int(match[1]) for name in state if isinstance(name, str) and (match := BLOCK.fullmatch(name))]
    return max(numbers, default=-1) + 1


def _told_by_tensors(state: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """The fields of `DvrConfig` that names and shapes tell."""
    hidden, dim = _matrix(state, POINT, path)
    out_dim, _ = _matrix(state, OUT, path)
    values: dict[str, Any] = {"hidden_size": hidden, "n_blocks": _depth(state), "out_dim": out_dim}
    values |= {"dim": dim, "c_dim": 0, "encoder": None}
    if out_dim == 1:
        # Without colours these can't have been trained on.
        values |= {"lambda_rgb": 0.0, "lambda_image_gradients": 0.0}
    if "decoder.fc_c.0.weight" in state:
        values["c_dim"] = _matrix(state, "decoder.fc_c.0.weight", path)[1]
        values |= _encoder(state, path)
    if dim != 3:
        raise UserError(f"{path}: its points have {dim} coordinates; only fields of three dimensions can be drawn")
    return values


def _encoder(state: Mapping[str, Any], path: Path) -> dict[str, Any]:
    if "encoder.weight" in state:
        return {"encoder": "idx", "num_instances": _matrix(state, "encoder.weight", path)[0]}
    if "encoder.conv0.weight" in state:
        return {"encoder": "simple_conv"}
    if "encoder.features.conv1.weight" in state:
        bottleneck = "encoder.features.layer1.0.conv3.weight" in state
        kind = "resnet50" if bottleneck else "resnet34" if SIXTH_BLOCK in state else "resnet18"
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
        network = Dvr(make_options(DvrConfig, checkpoint.config, SCENE_CONFIG))
    beside = (checkpoint.training or {}).get(AUTHORS) or {"it": checkpoint.step}
    return {"model": whole_state(checkpoint.weights, network), **beside}
