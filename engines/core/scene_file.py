"""Scene files: one `.safetensors` with the weights, and in its header all that is needed to render."""

from __future__ import annotations

import json
import shutil
import struct
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from engines.core.checkpoint import Checkpoint, SceneInfo
from engines.core.errors import UserError
from engines.core.files import replacing

FORMAT = 1


def write_scene_file(path: Path, checkpoint: Checkpoint, half: bool = False) -> None:
    """Writes `checkpoint` without its training state, whole or not at all.

    Args:
        half: store floating point weights in 16 bits, half the size; readers widen them again.

    Raises:
        UserError: the place can't be written.
    """
    weights = {name: _storable(tensor, half) for name, tensor in checkpoint.weights.items()}
    header = {
        "format": FORMAT,
        "engine": checkpoint.engine,
        "config": dict(checkpoint.config),
        "step": checkpoint.step,
        "scene": checkpoint.scene.to_json() if checkpoint.scene else None,
        "dtypes": {name: str(tensor.dtype).removeprefix("torch.") for name, tensor in checkpoint.weights.items()}
        if half
        else {},
    }
    with replacing(path) as temporary:
        try:
            save_file(weights, temporary, metadata={"vantage": json.dumps(header)})
        except SafetensorError as error:
            raise UserError(f"{path}: can't be written ({error})") from error


def _storable(tensor: Tensor, half: bool) -> Tensor:
    # A copy each: safetensors refuses two names on one storage, and torch files have such pairs.
    tensor = tensor.detach().cpu().clone(memory_format=torch.contiguous_format)
    if not half or not tensor.is_floating_point():
        return tensor
    # A value beyond 65504 would become infinite; such a tensor stays as it is.
    halved = tensor.half()
    return halved if bool(halved.isfinite().all()) else tensor


def read_scene_header(path: Path) -> dict[str, Any]:
    """The header alone, without touching the weights.

    Raises:
        UserError: not a scene file of ours, damaged, or of a newer format.
    """
    if not path.is_file():
        raise UserError(f"{path}: no such file")
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
    except (SafetensorError, OSError) as error:
        raise UserError(f"{path}: not a scene file, or damaged ({error})") from error
    if "vantage" not in metadata:
        raise UserError(f"{path}: a .safetensors file, but not a scene written by Vantage")
    try:
        header = json.loads(metadata["vantage"])
        newer = header["format"] > FORMAT
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path}: its header can't be read ({error})") from error
    if newer:
        raise UserError(f"{path}: written by a newer Vantage (format {header['format']}); update this one")
    return dict(header)


def rewrite_scene_file(path: Path, scene: SceneInfo) -> None:
    """Replaces the cameras, box and up in the header, whole or not at all; the weights are copied as they are.

    Raises:
        UserError: not a scene file of ours, or the place can't be written.
    """
    header = read_scene_header(path) | {"scene": scene.to_json()}
    try:
        with path.open("rb") as old, replacing(path) as temporary, temporary.open("wb") as new:
            (length,) = struct.unpack("<Q", old.read(8))
            table = json.loads(old.read(length))
            table["__metadata__"]["vantage"] = json.dumps(header)
            text = json.dumps(table, separators=(",", ":")).encode()
            # The weights begin at a multiple of eight bytes, so that they can be mapped.
            text += b" " * (-len(text) % 8)
            new.write(struct.pack("<Q", len(text)) + text)
            shutil.copyfileobj(old, new, 2**20)
    except OSError as error:
        raise UserError(f"{path}: can't be written ({error.strerror or error})") from error


def _dtype(name: str) -> torch.dtype:
    found = getattr(torch, name)
    if not isinstance(found, torch.dtype):
        raise TypeError(f"{name} is no dtype")
    return found


def read_scene_file(path: Path) -> Checkpoint:
    """Reads what `write_scene_file` wrote; weights are memory-mapped.

    Raises:
        UserError: not a scene file of ours, damaged, or of a newer format.
    """
    header = read_scene_header(path)
    try:
        dtypes = header.get("dtypes", {})
        with safe_open(path, framework="pt") as file:
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  (not a mapping)
        for name, dtype in dtypes.items():
            weights[name] = weights[name].to(_dtype(dtype))
        scene = SceneInfo.from_json(header["scene"]) if header["scene"] else None
        return Checkpoint(str(header["engine"]), dict(header["config"]), int(header["step"]), weights, scene)
    except (SafetensorError, ArithmeticError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{path}: damaged scene file ({error})") from error
