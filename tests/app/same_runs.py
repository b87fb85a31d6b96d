"""What two runs left, compared to the bit."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from engines.core.storage.run_folder import read_history, read_run_checkpoint, read_run_training


def equal(a: Mapping[str, Tensor], b: Mapping[str, Tensor]) -> bool:
    return list(a) == list(b) and all(torch.equal(a[name], b[name]) for name in a)


def flattened(state: Any) -> list[Any]:
    """The leaves of nested dicts and lists; tensors as lists."""
    if isinstance(state, Mapping):
        return [leaf for key in state for leaf in (key, *flattened(state[key]))]
    if isinstance(state, list | tuple):
        return [leaf for part in state for leaf in flattened(part)]
    return [state.tolist() if isinstance(state, Tensor) else state]


def assert_same(out: Path, whole: Path) -> None:
    """Everything that a run leaves, to the bit."""
    run, other = read_run_training(out), read_run_training(whole)
    assert run.step == other.step and equal(run.weights, other.weights)
    assert flattened(run.training) == flattened(other.training)
    scene, other_scene = read_run_checkpoint(out), read_run_checkpoint(whole)
    # Of a scene file the order is chance, whenever it is read.
    in_order = [dict(sorted(checkpoint.weights.items())) for checkpoint in (scene, other_scene)]
    assert scene.step == other_scene.step and equal(*in_order)
    lines = [[{**entry, "time": 0} for entry in read_history(folder)] for folder in (out, whole)]
    assert lines[0] == lines[1]
    pictures = [{path.name: path.read_bytes() for path in (folder / "held_out").iterdir()} for folder in (out, whole)]
    assert pictures[0] == pictures[1]
    assert not [path for path in out.rglob("*") if ".part" in path.name or path.name.startswith(".tmp")]
