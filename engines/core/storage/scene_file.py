"""Scene files: one `.safetensors` with the weights, and in its header all that is needed to render.

Format 2 has besides the weights what an engine made of them (`Checkpoint.derived`): its names have `derived:` before
them, and the header lists them. Files without such are of format 1.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor

from engines.core.errors import UserError
from engines.core.files import replacing, unwritable
from engines.core.reading import quoted, reading, require_file
from engines.core.storage.checkpoint import Checkpoint, SceneInfo
from engines.core.storage.upstream_state import is_finite, require_numbers

FORMAT = 2
WITHOUT_DERIVED = 1
DERIVED = "derived:"
MOST_HEADER_BYTES = 100_000_000
"""As the format has it."""
NO_SCENE = "not a scene file, or damaged"
HEADER = {"engine": str, "config": dict, "step": int, "scene": dict | None}
"""What a header must have, besides the format's number."""


def write_scene_file(path: Path, checkpoint: Checkpoint, half: bool = False) -> None:
    """Writes `checkpoint` without its training state, atomically.

    Args:
        half: store floating point weights in 16 bits, half the size; readers widen them again.

    Raises:
        UserError: the place can't be written.
    """
    tensors = {name: _storable(tensor, half) for name, tensor in checkpoint.weights.items()}
    derived = {DERIVED + name: _storable(tensor, False) for name, tensor in checkpoint.derived.items()}
    header = {
        "format": FORMAT if derived else WITHOUT_DERIVED,
        "engine": checkpoint.engine,
        "config": dict(checkpoint.config),
        "step": checkpoint.step,
        "scene": checkpoint.scene.to_json() if checkpoint.scene else None,
        "dtypes": {name: str(tensor.dtype).removeprefix("torch.") for name, tensor in checkpoint.weights.items()}
        if half
        else {},
        "derived": list(derived),
    }
    with replacing(path) as temporary:
        try:
            safetensors.torch.save_file(tensors | derived, temporary, metadata={"vantage": json.dumps(header)})
        except SafetensorError as error:
            said = re.search(r"os error (\d+)", str(error))
            reason = OSError(int(said[1]), os.strerror(int(said[1]))) if said else RuntimeError()
            raise unwritable(path, reason) from error


def as_halved(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The weights, types and shapes kept, that readers find in a file which stores them in 16 bits."""
    return {name: _storable(tensor, True).to(tensor.dtype) for name, tensor in weights.items()}


def _storable(tensor: Tensor, half: bool) -> Tensor:
    # A copy each: safetensors refuses two names on one storage, and torch files have such pairs.
    tensor = tensor.detach().cpu().clone(memory_format=torch.contiguous_format)
    if not half or not tensor.is_floating_point():
        return tensor
    # A value beyond 65504 would become infinite; such a tensor stays as it is.
    halved = tensor.half()
    return halved if is_finite(halved) else tensor


def read_scene_header(path: Path) -> dict[str, Any]:
    """What Vantage wrote into the header, alone, without touching the weights.

    Raises:
        UserError: not a scene file of ours, damaged, or of a newer format.
    """
    require_file(path)
    with reading(path, NO_SCENE), path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if length > MOST_HEADER_BYTES:
            raise ValueError
        return _header(path, file.read(length))


def _header(path: Path, written: bytes) -> dict[str, Any]:
    """What Vantage wrote into the header of a `.safetensors` file."""
    metadata = json.loads(written).get("__metadata__") or {}
    if "vantage" not in metadata:
        raise UserError(f"{path}: a .safetensors file, but not a scene written by Vantage")
    with reading(path, "its header can't be read"):
        header = dict(json.loads(metadata["vantage"]))
        if header["format"] > FORMAT:
            raise UserError(f"{path}: written by a newer Vantage (format {quoted(header['format'])}); update this one")
    return header


def read_scene_file(path: Path) -> Checkpoint:
    """Reads what `write_scene_file` wrote.

    Weights are read into memory: of a file that is mapped there, another program that cuts it ends this one.

    Raises:
        UserError: not a scene file of ours, damaged, or of a newer format; a weight is not finite.
    """
    require_file(path)
    with reading(path, NO_SCENE):
        content = path.read_bytes()
        weights = dict(safetensors.torch.load(content))
        header = _header(path, content[8 : 8 + int.from_bytes(content[:8], "little")])
    with reading(path, "damaged scene file"):
        for name, kind in HEADER.items():
            if not isinstance(header[name], kind):
                raise ValueError(f"{name} is {quoted(header[name])}")
        for name, dtype in header.get("dtypes", {}).items():
            weights[name] = weights[name].to(_dtype(dtype))
        derived = {name.removeprefix(DERIVED): weights.pop(name) for name in header.get("derived", ())}
        scene = SceneInfo.from_json(header["scene"]) if header["scene"] is not None else None
    # What was derived is its engine's to judge: it can make it again.
    for name, tensor in weights.items():
        require_numbers(path, name, tensor)
    return Checkpoint(header["engine"], header["config"], header["step"], weights, scene, derived=derived)


def rewrite_scene_file(path: Path, scene: SceneInfo) -> None:
    """Replaces the cameras, box and up in the header atomically; the weights are copied as they are.

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
        raise unwritable(path, error) from error


def _dtype(name: str) -> torch.dtype:
    found = getattr(torch, name)
    if not isinstance(found, torch.dtype):
        raise TypeError(f"{name} is no dtype")
    return found
