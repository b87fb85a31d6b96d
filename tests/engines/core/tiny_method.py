"""A method of a few lines: weights that are drawn towards what is read for a step, an objective for each ability.

Its network has what networks can have: a parameter, a running mean, and a buffer that may be learnt.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engines.core import distributed
from engines.core.camera import Camera
from engines.core.config import OptimiserConfig
from engines.core.data.dataset import Dataset
from engines.core.data.views import View, Views
from engines.core.distributed import Share
from engines.core.errors import UserError
from engines.core.learning.optimisation import Optimisation
from engines.core.objective import Setup
from engines.core.seeding import generator_states, seeded
from engines.core.storage.checkpoint import Checkpoint, SceneInfo

CPU = torch.device("cpu")
ROWS = 6

Batch = tuple[slice, Tensor]
"""Which of the rows are compared, and with what [N, 2]."""


def photographed(names: Sequence[str] = ("a", "b")) -> Dataset:
    """Photographs that nobody opens."""
    camera = Camera(np.eye(4), (4.0, 4.0), (2.0, 2.0), (4, 4))
    views = Views.of([View(camera, name, image_path=Path(f"{name}.png")) for name in names])
    return Dataset(views, Path("photographs"), "tiny", np.array([[-1.0] * 3, [1.0] * 3]), np.array([0.0, 0.0, 1.0]))


class Network(nn.Module):
    seen: Tensor
    apart: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(ROWS, 2))
        self.register_buffer("seen", torch.zeros(()))
        self.register_buffer("apart", torch.ones(2))


@dataclass
class Targets:
    """Follow from the seed and the step, in any process."""

    seed: int
    spoilt: bool = False

    def read(self, step: int) -> Batch:
        if self.spoilt:
            raise UserError("b: is damaged")
        return slice(0, ROWS), torch.randn(ROWS, 2, generator=seeded(self.seed, 1, step)) * 0.1 + 3


class TinyObjective:
    """What every objective has."""

    def __init__(self, setup: Setup[OptimiserConfig]) -> None:
        self.config: Any = setup.config
        self.photographs = setup.dataset.split("train").photographed
        self.network = Network()
        self.targets = Targets(setup.seed)
        self.read_so_far: list[int] = []
        self.spoilt = ""

    def views(self, step: int) -> list[int]:
        return [1, 0]

    def read(self, step: int) -> Batch:
        self.read_so_far.append(step)
        return self.targets.read(step)

    def losses(self, batch: Batch) -> dict[str, Tensor]:
        """The mean over rows; a number that dropout has drawn stands beside it."""
        rows, targets = batch
        weight = self.network.weight[rows]
        total = (weight - targets).square().mean()
        size = F.dropout(self.network.weight.detach(), 0.5).square().mean()
        with torch.no_grad():
            self.network.seen.mul_(0.5).add_(self.network.weight.mean())
        if self.spoilt == "loss":
            total = total * torch.nan
        if self.spoilt == "gradient":
            # 0, but steeper than any number there.
            total = total + (weight * 0).sqrt().sum()
        return {"total": total, "size": size}

    def scene(self, weights: Mapping[str, Tensor]) -> Any:
        return SimpleNamespace(weights=weights)


class ReadingAhead(TinyObjective):
    def __init__(self, setup: Setup[OptimiserConfig]) -> None:
        super().__init__(setup)
        self.reader, self.workers = self.targets, 1


class InThreePieces(TinyObjective):
    """And at a size of its own."""

    pieces_seen = 0

    def pieces(self, batch: Batch) -> list[tuple[Batch, float]]:
        cuts = (slice(0, 3), slice(3, 5), slice(5, 6))
        return [((rows, batch[1][rows]), rows.stop - rows.start) for rows in cuts]

    def losses(self, batch: Batch) -> dict[str, Tensor]:
        self.pieces_seen += 1
        return super().losses(batch)

    def trained_px(self, size_px: tuple[int, int], step: int) -> tuple[int, int]:
        return 4, step


class Divided(TinyObjective):
    """Each rank reads its rows."""

    def read(self, step: int) -> Batch:
        rows = distributed.here().share(ROWS - 1).rows
        return rows, super().read(step)[1][rows]

    def share(self, batch: Batch) -> Share:
        return distributed.here().share(ROWS - 1)


class WithJudge(TinyObjective):
    """Two optimisers, one of a network beside; a buffer is learnt, too."""

    def __init__(self, setup: Setup[OptimiserConfig]) -> None:
        super().__init__(setup)
        self.judge = nn.Linear(2, 1, bias=False)
        self.auxiliary = {"judge": self.judge}

    def optimisers(self) -> dict[str, torch.optim.Optimizer]:
        apart = {"params": [self.network.apart.requires_grad_()], "lr": 0.5}
        groups: list[dict[str, Any]] = [{"params": [self.network.weight], "lr": self.config.lr}, apart]
        return {"first": torch.optim.Adam(groups), "second": torch.optim.SGD(self.judge.parameters(), lr=0.2)}

    def losses(self, batch: Batch) -> dict[str, Tensor]:
        losses = super().losses(batch)
        judged = (self.judge(self.network.weight[batch[0]].detach()) - 1).square().mean()
        return {"total": losses["total"] + judged + self.network.apart.square().sum(), "size": losses["size"]}


class DividedWithJudge(WithJudge, Divided):
    """As they are."""


class WithState(TinyObjective):
    """Counts its steps by itself, goes on with one stream of chance, and tells other numbers, notes and a scene."""

    notes = ("photographs were not looked at",)
    accepted = 0

    def __init__(self, setup: Setup[OptimiserConfig]) -> None:
        super().__init__(setup)
        self.generators: Mapping[str, Tensor] = generator_states(setup.device)
        self._dataset = setup.dataset

    def read(self, step: int) -> Batch:
        return super().read(self.accepted)

    def reported(self, losses: Mapping[str, float]) -> dict[str, float]:
        return {**losses, "half": losses["total"] / 2}

    def accept(self, generators: Mapping[str, Tensor]) -> None:
        self.generators, self.accepted = generators, self.accepted + 1

    def state(self) -> dict[str, Any]:
        return {"generators": self.generators, "accepted": self.accepted}

    def restore(self, checkpoint: Checkpoint) -> None:
        state = checkpoint.training or {}
        self.generators, self.accepted = state["generators"], state["accepted"]

    def info(self) -> SceneInfo:
        return replace(SceneInfo.of_dataset(self._dataset), hints={"near": 1.0})


def begun(kind: type[TinyObjective] = TinyObjective, seed: int = 0, **settings: Any) -> Optimisation[Any]:
    config = OptimiserConfig(**{"lr": 0.1, "seed": seed, **settings})
    return Optimisation(kind, Setup("tiny", photographed(), config, CPU, seed))


def resumed(
    checkpoint: Checkpoint, kind: type[TinyObjective] = TinyObjective, dataset: Dataset | None = None
) -> Optimisation[Any]:
    return Optimisation(kind, Setup.resumed(checkpoint, OptimiserConfig, dataset or photographed(), CPU))


def equal(a: Any, b: Any) -> bool:
    """Nested mappings and lists, to the bit."""
    if isinstance(a, Tensor):
        return torch.equal(a, b)
    if isinstance(a, Mapping):
        return list(a) == list(b) and all(equal(a[name], b[name]) for name in a)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(equal, a, b))
    return bool(a == b)
