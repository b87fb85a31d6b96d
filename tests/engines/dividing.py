"""A training in one process and in two that divide each step, compared."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from engines import registry
from engines.core.config import make_options
from engines.core.data.dataset import Dataset
from engines.core.engine import Training
from engines.core.errors import UserError
from engines.core.formats import open_dataset
from engines.core.storage.checkpoint import Checkpoint
from tests.two_ranks import TwoRanks

CPU = torch.device("cpu")


def begun(engine: str, dataset: Dataset, settings: Mapping[str, Any]) -> Training:
    found = registry.find_engine(engine)
    return found.train(dataset, make_options(found.Config, settings), CPU, 0)


def learn(engine: str, folder: str, settings: dict[str, Any], steps: int, out: str) -> list[dict[str, float]]:
    """Each step's losses; the checkpoint goes to `out`, with the rank's number after it."""
    return learn_dataset(engine, open_dataset(Path(folder)), settings, steps, out)


def learn_dataset(
    engine: str, dataset: Dataset, settings: dict[str, Any], steps: int, out: str
) -> list[dict[str, float]]:
    from engines.core import distributed

    training = begun(engine, dataset, settings)
    losses = [dict(training.step()) for _ in range(steps)]
    save(training.checkpoint(), f"{out}.{distributed.here().number}")
    training.close()
    return losses


def save(checkpoint: Checkpoint, path: str) -> None:
    torch.save({"weights": dict(checkpoint.weights), "training": checkpoint.training}, path)


def refused(engine: str, folder: str, settings: dict[str, Any]) -> str:
    """What is said of it."""
    try:
        begun(engine, open_dataset(Path(folder)), settings)
    except UserError as error:
        return str(error)
    return ""


def leaves(state: Any, name: str = "") -> dict[str, Any]:
    """Nested mappings and lists, flat."""
    if isinstance(state, Mapping):
        return {k: v for key in state for k, v in leaves(state[key], f"{name}.{key}").items()}
    if isinstance(state, list | tuple):
        return {k: v for number, part in enumerate(state) for k, v in leaves(part, f"{name}.{number}").items()}
    return {name: state}


def furthest(a: Mapping[str, Any], b: Mapping[str, Any]) -> float:
    """The largest difference between two checkpoints' numbers, by the largest of each tensor; what is no number must
    be equal."""
    one, other = leaves(a), leaves(b)
    assert list(one) == list(other)
    return max(_apart(one[name], other[name], name) for name in one)


def _apart(a: Any, b: Any, name: str) -> float:
    if not isinstance(a, Tensor) or not a.is_floating_point():
        assert torch.equal(a, b) if isinstance(a, Tensor) else a == b, name
        return 0.0
    # What begins at 0, a bias, is moved by `SMALLEST_LR`, this way or that.
    return float((a - b).abs().max() / a.abs().max().clamp(min=0.01)) if a.numel() else 0.0


SMALLEST_LR = 1e-7
"""So that a step's gradients are taken at the same weights: Adam makes steps of full size of what is only rounding."""
ROUNDING, KINKS = 2e-5, 2e-3
"""By the largest gradient of all: sums in another order in one step; in later ones a ReLU at its kink may fall on the
other side, for a pixel. A wrong share is off by tenths."""


def assert_equal_learning(
    engine: str, folder: Path, settings: dict[str, Any], steps: int, out: Path, two_ranks: TwoRanks
) -> None:
    """Of one process and of two ranks, whose weights, buffers and generators must also be each other's to the bit."""
    settings = {**settings, "lr": SMALLEST_LR}
    alone = learn(engine, str(folder), settings, steps, str(out / "alone"))
    losses = two_ranks(learn, engine, str(folder), settings, steps, str(out / "divided"))
    assert_equal_checkpoints(out, ROUNDING if steps == 1 else KINKS)
    assert losses[0] == losses[1]
    assert [list(step) for step in losses[0]] == [list(step) for step in alone]
    for one, other in zip(alone, losses[0], strict=True):
        assert all(abs(one[name] - other[name]) <= ROUNDING * abs(one[name]) + 1e-9 for name in one)


def assert_equal_checkpoints(out: Path, most_apart: float) -> None:
    """Of `alone.0`, `divided.0` and `divided.1`."""
    paths = [out / name for name in ("alone.0", "divided.0", "divided.1")]
    alone, first, second = (leaves(torch.load(path, weights_only=True)) for path in paths)
    assert furthest(first, second) == 0
    assert list(alone) == list(first)
    for end in (".exp_avg", ".exp_avg_sq"):
        names = [name for name in alone if name.endswith(end)]
        largest = max(float(alone[name].abs().max()) for name in names)
        apart = {name: float((alone[name] - first[name]).abs().max()) / largest for name in names}
        assert max(apart.values()) <= most_apart, max(apart.items(), key=lambda item: item[1])
    rest = [name for name in alone if "exp_avg" not in name]
    assert max(_apart(alone[name], first[name], name) for name in rest) <= most_apart
