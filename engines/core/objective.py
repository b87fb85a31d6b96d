"""What a method gives to be learnt by `engines.core.learning.optimisation`: its network, losses, and photographs.

An `Objective` is what there must be; the other protocols are abilities, for methods that need them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar, runtime_checkable

import torch
from torch import Tensor, nn

from engines.core.config import SCENE_CONFIG, OptimiserConfig, make_options
from engines.core.data.dataset import Dataset
from engines.core.data.views import Views
from engines.core.distributed import Share
from engines.core.engine import Scene
from engines.core.learning.read_ahead import StepReader
from engines.core.storage.checkpoint import Checkpoint, SceneInfo

AnyOptimiserConfig = TypeVar("AnyOptimiserConfig", bound=OptimiserConfig)


@dataclass(frozen=True, eq=False)
class Setup(Generic[AnyOptimiserConfig]):
    """What an optimisation begins with.

    Attributes:
        engine: the method's name.
        checkpoint: to go on from; None: it begins anew.
    """

    engine: str
    dataset: Dataset
    config: AnyOptimiserConfig
    device: torch.device
    seed: int
    checkpoint: Checkpoint | None = None

    @staticmethod
    def resumed(
        checkpoint: Checkpoint, kind: type[AnyOptimiserConfig], dataset: Dataset, device: torch.device
    ) -> Setup[AnyOptimiserConfig]:
        """A setup that goes on from a checkpoint, with the options that it has.

        Raises:
            UserError: they aren't such as `kind` takes.
        """
        config = make_options(kind, checkpoint.config, SCENE_CONFIG)
        return Setup(checkpoint.engine, dataset, config, device, config.seed, checkpoint)


class Objective(Protocol):
    """What is learnt: made of a `Setup`, with torch's generators at the run's seed, so that networks are just built.

    What a step does follows from the seed and the step's number alone, its chance too (`engines.core.seeding.seeded`);
    torch's global generators, which dropout draws from, are seeded with both before each step.
    """

    @property
    def config(self) -> OptimiserConfig:
        """The options that the checkpoint is going to have."""
        ...

    @property
    def photographs(self) -> Views:
        """All that is trained on; a run goes on with the same ones only."""
        ...

    @property
    def network(self) -> nn.Module:
        """Its state is what is saved, averaged and drawn with; what requires gradients is learnt."""
        ...

    def views(self, step: int) -> Sequence[int]:
        """Numbers of the photographs that a step looks at, all ranks' together; named where its loss isn't finite."""
        ...

    def read(self, step: int) -> Any:
        """What a step needs of the disk.

        Raises:
            UserError: a photograph, pose or the like can't be read.
        """
        ...

    def losses(self, batch: Any) -> Mapping[str, Tensor]:
        """Scalars by name, of what `read` gave: "total" is what the optimiser lowers, the others are told beside it."""
        ...

    def scene(self, weights: Mapping[str, Tensor]) -> Scene:
        """The scene that is drawn with these weights of the network, by name, in its shapes; a copy of its own."""
        ...


# Abilities


@runtime_checkable
class HasNotes(Protocol):
    """An objective that had to assume something."""

    notes: tuple[str, ...]
    """In plain words."""


@runtime_checkable
class DescribesScene(Protocol):
    """An objective whose scene files say something else than `SceneInfo.of_dataset`."""

    def info(self) -> SceneInfo:
        """What is needed to draw without the data folder."""
        ...


@runtime_checkable
class LearnsAtSize(Protocol):
    """An objective that brings photographs to another size; see `engines.core.engine.LearnsSmaller`."""

    def trained_px(self, size_px: tuple[int, int], step: int) -> tuple[int, int]:
        """(width, height) that a photograph of `size_px` is learnt at in a step."""
        ...


@runtime_checkable
class ReadsAhead(Protocol):
    """An objective whose photographs may be read by other processes, which get a copy of `reader`."""

    reader: StepReader[Any]
    workers: int
    """How many processes; 0: none, each step is read when its turn comes."""


@runtime_checkable
class InPieces(Protocol):
    """An objective whose losses are means over more than fits into memory at once: `losses` gets a piece at a time."""

    def pieces(self, batch: Any) -> Sequence[tuple[Any, float]]:
        """The pieces of what `read` gave, and how much each weighs in the mean."""
        ...


@runtime_checkable
class TakesShare(Protocol):
    """An objective of which several processes each learn a share of every step; others are refused there.

    `read` reads the share of this rank, `losses` gives the means over it, and all ranks must draw by chance what one
    process would.
    """

    def share(self, batch: Any) -> Share:
        """What this rank has of a step, of which `read` gave `batch`."""
        ...


@runtime_checkable
class HasOptimisers(Protocol):
    """An objective that is learnt otherwise than by one Adam."""

    def optimisers(self) -> Mapping[str, torch.optim.Optimizer]:
        """The optimisers by the name they have in checkpoints; asked for once, when the networks are on the device.

        Each group's learning rate is the one at the beginning; it follows the course of `lr`.
        """
        ...


@runtime_checkable
class HasAuxiliary(Protocol):
    """An objective with networks that are learnt and saved besides, neither averaged nor drawn with: an adversary."""

    auxiliary: Mapping[str, nn.Module]
    """By what stands before the names of their tensors, and a dot."""


@runtime_checkable
class ReportsLosses(Protocol):
    """An objective that tells other numbers than `losses` gives."""

    def reported(self, losses: Mapping[str, float]) -> dict[str, float]:
        """The numbers to tell, of the means of the losses over a step."""
        ...


@runtime_checkable
class KeepsState(Protocol):
    """An objective whose steps follow from those before: it goes on from a state of its own."""

    generators: Mapping[str, Tensor]
    """Of torch's global generators (`engines.core.seeding.generator_states`), before the next step."""

    def accept(self, generators: Mapping[str, Tensor]) -> None:
        """A step was sound, and the optimisers are going to make it: `generators`, [N] bytes each, are as it left them.

        Of a step that was not, buffers are put back, and this isn't called.
        """
        ...

    def state(self) -> Mapping[str, Any]:
        """Plain data and tensors for the checkpoint; what tells its photographs from others is among them."""
        ...

    def restore(self, checkpoint: Checkpoint) -> None:
        """Goes on where `state` was taken.

        Raises:
            UserError: the photographs are not those of the run.
        """
        ...
