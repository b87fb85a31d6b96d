"""Checkpoints of the authors' code (akar43/lsm, for TensorFlow 1), both ways.

Variables are called `MVNet/...`; beside each stand Adam's two where the checkpoint is one to go on with. The tensors
tell the networks; how many voxels the grid has and the size of the photographs stand in `args.json` beside them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from engines.core.config import SCENE_CONFIG, make_options
from engines.core.errors import UserError
from engines.core.reading import quoted, read_json, shortened
from engines.core.storage.checkpoint import Checkpoint
from engines.core.storage.upstream_state import checked_weights, whole_state
from engines.lsm.config import FILTERS, LsmConfig
from engines.lsm.network import Lsm

SCOPE = "MVNet/"
ARGS = "args.json"
FIRST, GRID = "MVNet/ImNet_UNet/conv1/weights", "MVNet/Grid_Unet/conv1/weights"
DEPTH = "MVNet/DepthNet/conv1/"
STEP = "global_step"
SLOTS = ("/Adam", "/Adam_1")
AUTHORS = "authors"
"""Under which a checkpoint keeps what stands beside the network's variables, in TensorFlow's layout."""
FIELDS = ("nvox", "im_h", "im_w", "grid_net", "rnn", "norm", "proj_x", "ray_samples", "sepup", "im_skip")
"""Of `args.json`: those that make the network. How it was trained does not concern who looks at it."""


def variable(name: str) -> str:
    """What TensorFlow calls a tensor of the network."""
    return SCOPE + name.replace(".", "/")


def to_torch(name: str, values: Tensor) -> Tensor:
    """A variable in torch's layout: kernels [k, ..., C, O] become [O, C, k, ...], others keep their shape.

    Kernels have their two kinds of channels first, in the opposite order: TensorFlow's transposed convolutions have
    inputs and outputs the other way round, as torch's have, so that one turn serves both. A filter for each channel,
    [k, k, in, multiplier], becomes [in * multiplier, 1, k, k].
    """
    if values.dim() < 4:
        return values
    if name.endswith("depth_weights"):
        return values.permute(2, 3, 0, 1).flatten(0, 1)[:, None].contiguous()
    return values.permute(values.dim() - 1, values.dim() - 2, *range(values.dim() - 2)).contiguous()


def to_tensorflow(name: str, values: Tensor) -> Tensor:
    """A tensor of the network in TensorFlow's layout: kernels [O, C, k, ...] become [k, ..., C, O].

    Others keep their shape; filters for each channel, [C, 1, k, k], have a multiplier of 1.
    """
    if values.dim() < 4:
        return values
    if name.endswith("depth_weights"):
        return values.permute(2, 3, 0, 1).contiguous()
    return values.permute(*range(2, values.dim()), 1, 0).contiguous()


def recognises(content: Mapping[str, Any]) -> bool:
    """Whether these are variables of LSM."""
    return FIRST in content and GRID in content


def read(content: Mapping[str, Any], path: Path, named: Path | None = None) -> Checkpoint:
    """Reads what `recognises` accepted.

    Args:
        path: the checkpoint's index.
        named: its `args.json`; None: that which lies beside, if there is one.

    Raises:
        UserError: a variable is missing, misshapen, or none of the authors'; or `args.json` is of another network.
    """
    told, notes = _told_by_tensors(content, path), tuple[str, ...]()
    args = named if named is not None else path.with_name(ARGS)
    if named is None and not args.is_file():
        side = 64 if told["grid_net"] == "unet64" else 32
        assumed = f"no {ARGS} beside it: a grid of {side} voxels a side, and photographs of 224x224, are assumed"
        said, notes = {"nvox": side}, (assumed,)
    else:
        said = _said(args, told)
    config = make_options(LsmConfig, {**said, **told}, str(args))
    with torch.device("meta"):
        network = Lsm(config)
    names = {name: variable(name) for name in network.state_dict()}
    _check_names(content, set(names.values()), path)
    state = {
        name: to_torch(name, value) if isinstance(value := content.get(theirs), Tensor) else value
        for name, theirs in names.items()
    }
    weights = checked_weights(state, network, path)
    beside = {name: value for name, value in content.items() if name not in names.values()}
    kept = config.model_dump(exclude_unset=True)
    return Checkpoint("lsm", kept, _step(content), weights, training={AUTHORS: beside}, notes=notes)


def _step(content: Mapping[str, Any]) -> int:
    step = content.get(STEP)
    return max(int(step), 0) if isinstance(step, Tensor) and step.dim() == 0 and not step.is_complex() else 0


def _check_names(content: Mapping[str, Any], known: set[str], path: Path) -> None:
    """Whether all that stands in the authors' scope is of the network, or of what optimised it."""
    for name in map(str, content):
        own = next((name.removesuffix(slot) for slot in SLOTS if name.endswith(slot)), name)
        if name.startswith(SCOPE) and own not in known:
            raise UserError(f"{path}: has a variable {shortened(name)}, which no network of the authors' has")


def _told_by_tensors(content: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """The fields of `LsmConfig` that names and shapes tell."""
    first = FIRST.removesuffix("weights")
    values: dict[str, Any] = {
        "kind": "dlsm" if any(str(name).startswith(DEPTH) for name in content) else "vlsm",
        "grid_net": "unet64" if "MVNet/Grid_Unet/conv4/weights" in content else "unet32",
        "rnn": "lstm" if "MVNet/rnn/ConvLSTMCell/kernel" in content else "gru",
        "norm": next((kind for kind, scope in NORMS.items() if first + scope in content), "none"),
    }
    return values if values["kind"] == "vlsm" else values | _depth_net(content, path)


NORMS = {"IN": "InstanceNorm/bias", "BN": "BatchNorm/beta"}


def _depth_net(content: Mapping[str, Any], path: Path) -> dict[str, Any]:
    sepup = DEPTH + "depth_weights" in content
    name = "upconv" if sepup else "deconv"
    far = f"MVNet/DepthNet/{name}4/weights" in content
    sliced = _inputs(content, DEPTH + ("pt_weights" if sepup else "weights"), 2, path)
    # A transposed convolution has its inputs last.
    enlarged = _inputs(content, f"MVNet/DepthNet/{name}1/weights", 2 if sepup else 3, path)
    if sliced % FILTERS:
        raise UserError(f"{path}: its depth maps are made of {sliced} channels, which are no slices of {FILTERS} each")
    return {
        "proj_x": 8 if far else 4,
        "ray_samples": sliced // FILTERS,
        "sepup": sepup,
        "im_skip": enlarged == (256 if far else 128),
    }


def _inputs(content: Mapping[str, Any], name: str, axis: int, path: Path) -> int:
    kernel = content.get(name)
    if not isinstance(kernel, Tensor) or kernel.dim() != 4:
        raise UserError(f"{path}: variable {name} is missing or no kernel; the file is not whole")
    return kernel.shape[axis]


def _said(path: Path, told: Mapping[str, Any]) -> dict[str, Any]:
    """What `args.json` says, as fields of `LsmConfig`.

    Raises:
        UserError: it can't be read, or is of another network than the tensors.
    """
    content = read_json(path)
    if not isinstance(content, dict):
        raise UserError(f"{path}: must be a JSON object, as the authors' scripts write it")
    said = {name: content[name] for name in FIELDS if content.get(name) is not None}
    if "norm" in content and content["norm"] is None:
        said["norm"] = "none"
    for name, value in told.items():
        if name in said and said[name] != value:
            raise UserError(
                f"{path}: is of another network than the checkpoint beside it: it says {name}={quoted(said[name])}, "
                f"the tensors are of {name}={value}"
            )
    return said


def write(checkpoint: Checkpoint) -> dict[str, Tensor]:
    """The variables as the authors' code restores them, weights unchanged; and what stood beside them.

    Raises:
        UserError: the checkpoint was reduced.
    """
    with torch.device("meta"):
        network = Lsm(make_options(LsmConfig, checkpoint.config, SCENE_CONFIG))
    state = whole_state(checkpoint.weights, network)
    beside = (checkpoint.training or {}).get(AUTHORS) or {STEP: torch.tensor(checkpoint.step, dtype=torch.int32)}
    return {variable(name): to_tensorflow(name, tensor) for name, tensor in state.items()} | dict(beside)


def args_text(config: LsmConfig) -> str:
    """The options of the network as the authors' scripts read them, a JSON object."""
    values = {name: getattr(config, name) for name in FIELDS}
    values |= {"im_net": "unet", "norm": None if config.norm == "none" else config.norm, "im_batch": config.im_batch}
    return json.dumps(dict(sorted(values.items())), indent=4)
