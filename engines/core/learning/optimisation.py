"""Learning by gradients, whatever the method: the part of every training that is the same.

An `Optimisation` does the steps of an `Objective`: learning rates along their course, losses piece by piece and rank by
rank, numbers that are checked for divergence before they move anything, the moving average of the weights, checkpoints.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Generic, TypeVar

import torch
from torch import Tensor, nn
from torch.nn.utils import get_total_norm

from engines.core import distributed
from engines.core.contract import checked_objective, require_losses
from engines.core.device import rounded_convolutions
from engines.core.distributed import Share
from engines.core.engine import Scene
from engines.core.errors import BrokenContract, Diverged, UserError
from engines.core.learning.ema import ExponentialMovingAverage
from engines.core.learning.read_ahead import ReadAhead
from engines.core.learning.same_network import SameParameters, fill
from engines.core.objective import (
    AnyOptimiserConfig,
    DescribesScene,
    HasAuxiliary,
    HasNotes,
    HasOptimisers,
    InPieces,
    KeepsState,
    LearnsAtSize,
    Objective,
    ReadsAhead,
    ReportsLosses,
    Setup,
    TakesShare,
)
from engines.core.reading import naming
from engines.core.seeding import (
    generator_states,
    global_generators_kept,
    seed_generators,
    seeded,
    set_generator_states,
    state_names,
)
from engines.core.storage.checkpoint import Checkpoint, SceneInfo, copied_to_cpu

AnyObjective = TypeVar("AnyObjective", bound=Objective)
CHANCE_OF_STEPS = 3
"""The purpose that a step's global generators are seeded for; a method's own purposes are its own numbers."""
WHOLE = Share(0, 1, 1)


class Optimisation(Generic[AnyObjective]):
    """One optimisation under way: a `Training`.

    All chance follows from the seed, none from torch's global generators, which are left as they were. A run that was
    resumed goes on bit for bit, on a CPU with as many threads.
    """

    def __init__(
        self, make: Callable[[Setup[AnyOptimiserConfig]], AnyObjective], setup: Setup[AnyOptimiserConfig]
    ) -> None:
        """Begins anew, or goes on from `setup.checkpoint`.

        Args:
            make: gives the objective.

        Raises:
            UserError: nothing can be trained on this data; or the checkpoint has no training state, or is not of
                these photographs.
        """
        state = _training_state(setup.checkpoint) if setup.checkpoint is not None else {}
        self._engine, self._dataset, self._device, self._seed = setup.engine, setup.dataset, setup.device, setup.seed
        with global_generators_kept(setup.device):
            seed_generators(setup.seed, setup.device)
            self.objective = objective = make(setup)
        checked_objective(objective, setup.engine)
        # As any object, which abilities can be asked of: to mypy a type variable has those of its bound only.
        self._known: object = objective
        distributed.require_divided(setup.engine, self.divides_steps)
        self.config, self.step_count = objective.config, 0
        self.notes = self._made_notes()
        self._network = objective.network.to(setup.device)
        self._auxiliary = {name: other.to(setup.device) for name, other in self._made_auxiliary().items()}
        self._losses = distributed.data_parallel(
            _Losses(objective, [self._network, *self._auxiliary.values()], setup.engine)
        )
        self._optimisers = self._made_optimisers()
        self._rates = {name: [group["lr"] for group in found.param_groups] for name, found in self._optimisers.items()}
        self._learnt = [tensor for optimiser in self._optimisers.values() for tensor in _tensors(optimiser)]
        self._parameters = SameParameters(setup.engine, {"": self._network, **self._auxiliary})
        decay = self.config.ema_decay
        self._average = ExponentialMovingAverage(self._network.state_dict(), decay) if decay else None
        self._ahead = self._made_reader()
        if setup.checkpoint is not None:
            self._restore(setup.checkpoint, state)

    def _made_notes(self) -> tuple[str, ...]:
        return self._known.notes if isinstance(self._known, HasNotes) else ()

    def _made_auxiliary(self) -> Mapping[str, nn.Module]:
        return self._known.auxiliary if isinstance(self._known, HasAuxiliary) else {}

    def _made_reader(self) -> ReadAhead[Any]:
        if isinstance(self._known, ReadsAhead):
            return ReadAhead(self._known.reader, self._known.workers)
        return ReadAhead(self.objective, 0)

    def _made_optimisers(self) -> Mapping[str, torch.optim.Optimizer]:
        if isinstance(self._known, HasOptimisers):
            return self._known.optimisers()
        learnt = [weights for weights in self._network.parameters() if weights.requires_grad]
        return {"optimiser": torch.optim.Adam(learnt, lr=self.config.lr, fused=True)}

    @property
    def divides_steps(self) -> bool:
        """Whether several processes can do it together."""
        return isinstance(self._known, TakesShare)

    def trained_px(self, size_px: tuple[int, int]) -> tuple[int, int]:
        """(width, height) that a photograph of `size_px` was learnt at in the last step; of the first before that."""
        if isinstance(self._known, LearnsAtSize):
            return self._known.trained_px(size_px, max(self.step_count - 1, 0))
        return size_px

    # A step

    def step(self) -> dict[str, float]:
        """One optimisation step; the losses by name.

        Raises:
            Diverged: a loss or gradient is not finite; the weights are as before the step.
            BrokenContract: a loss is none, or the network has other parameters than those that are learnt.
            Unreadable: a photograph can't be read.
        """
        batch = distributed.together(lambda: self._ahead.take(self.step_count))
        self._set_learning_rates()
        before = [buffer.clone() for buffer in self._buffers()]
        with global_generators_kept(self._device):
            if isinstance(self._known, KeepsState):
                set_generator_states(self._whole_states(self._known.generators), self._device)
            else:
                seed = seeded(self._seed, CHANCE_OF_STEPS, self.step_count).initial_seed()
                seed_generators(seed, self._device)
            with rounded_convolutions(self._device):
                names, losses = self._backward(batch)
            after = generator_states(self._device) if isinstance(self._known, KeepsState) else {}
        self._parameters.require({"": self.objective.network, **self._made_auxiliary()})
        size = get_total_norm([tensor.grad for tensor in self._learnt if tensor.grad is not None]).to(self._device)
        # One transfer for all numbers.
        *values, size_ = torch.cat([losses, size[None]]).tolist()
        told = dict(zip(names, values, strict=True))
        if isinstance(self._known, ReportsLosses):
            told = self._known.reported(told)
        if not all(math.isfinite(value) for value in (*values, size_)):
            with torch.no_grad():
                for buffer, old in zip(self._buffers(), before, strict=True):
                    buffer.copy_(old)
            raise self._diverged(told, "gradient" if all(map(math.isfinite, values)) else "loss")
        if isinstance(self._known, KeepsState):
            self._known.accept(after)
        for optimiser in self._optimisers.values():
            optimiser.step()
        self.step_count += 1
        if self._average is not None:
            self._average.update(self._network.state_dict(), self.step_count)
        return told

    def _whole_states(self, states: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        if lacking := [name for name in state_names(self._device) if name not in states]:
            raise BrokenContract(
                f"method {self._engine}: the objective's generators lack {', '.join(lacking)}; they must be what "
                "engines.core.seeding.generator_states(device) gives"
            )
        return states

    def _set_learning_rates(self) -> None:
        lr = self.config.lr_at(self.step_count)
        own = isinstance(self._known, HasOptimisers)
        for name, optimiser in self._optimisers.items():
            for group, rate in zip(optimiser.param_groups, self._rates[name], strict=True):
                # The plain optimiser's is exactly the course; a product would round it.
                group["lr"] = lr / self.config.lr * rate if own else lr

    def _buffers(self) -> Iterator[Tensor]:
        for module in (self._network, *self._auxiliary.values()):
            yield from module.buffers()

    def _backward(self, batch: Any) -> tuple[list[str], Tensor]:
        """The losses by name, means over all ranks; adds up the gradients of their total."""
        pieces = self._known.pieces(batch) if isinstance(self._known, InPieces) else [(batch, 1.0)]
        share = self._known.share(batch) if isinstance(self._known, TakesShare) else WHOLE
        whole, names, rows = sum(weight for _, weight in pieces), list[str](), list[Tensor]()
        for number, (piece, weight) in enumerate(pieces, start=1):
            with distributed.no_sync(self._losses, more_to_come=number < len(pieces)):
                losses = self._losses(piece)
                if number == 1:
                    self._forget_gradients()
                (losses["total"] * (share.part * (weight / whole))).backward()
            names = list(losses)
            rows.append(torch.stack([loss.detach() for loss in losses.values()]) * weight)
        self._sum_apart()
        return names, distributed.mean_of(sum(rows[1:], rows[0]) / whole, share)

    def _forget_gradients(self) -> None:
        """Those of the last step, once the activations of this one stand.

        Freed before, memory at the end of the heap goes back to the system, and is fetched again page by page: on a CPU
        that took a tenth of the step of a small network (measured).
        """
        for optimiser in self._optimisers.values():
            optimiser.zero_grad(set_to_none=True)

    def _sum_apart(self) -> None:
        """Sums over ranks the gradients of what is learnt but is no parameter: those are summed meanwhile."""
        if distributed.here().count > 1:
            parameters = {id(parameter) for parameter in self._losses.parameters()}
            for tensor in self._learnt:
                if id(tensor) not in parameters and tensor.grad is not None:
                    distributed.all_reduce(tensor.grad)

    def _diverged(self, losses: Mapping[str, float], what: str) -> Diverged:
        photographs = self.objective.photographs
        names = naming([photographs[number].name for number in self.objective.views(self.step_count)])
        numbers = ", ".join(f"{name} {value:g}" for name, value in losses.items())
        return Diverged(
            f"step {self.step_count + 1}: the {what} is not finite ({numbers}) on views {names}; the weights were not "
            "changed. Look at these photographs and their cameras",
            lower={"lr": self.config.lr},
        )

    # What comes of it

    def scene(self) -> Scene:
        """The scene as learnt so far, with a copy of the weights of its own."""
        return self.objective.scene({name: tensor.detach().clone() for name, tensor in self._shown().items()})

    def checkpoint(self) -> Checkpoint:
        """All that is needed to draw and to resume, copied to the CPU."""
        objective, weights = self.objective, copied_to_cpu(self._shown())
        for prefix, other in self._auxiliary.items():
            weights |= {f"{prefix}.{name}": tensor for name, tensor in copied_to_cpu(other.state_dict()).items()}
        training = {name: copied_to_cpu(found.state_dict()) for name, found in self._optimisers.items()}
        if isinstance(self._known, KeepsState):
            state = self._known.state()
            if taken := [name for name in state if name in training or name == "latest"]:
                raise BrokenContract(
                    f"method {self._engine}: the objective's state() has {', '.join(taken)}, as the state of what "
                    "learns it is called; choose another name"
                )
            training |= copied_to_cpu(state)
        else:
            training["photographs"] = objective.photographs.fingerprint()
        if self._average is not None:
            training["latest"] = copied_to_cpu(self._network.state_dict())
        info = self._known.info() if isinstance(self._known, DescribesScene) else SceneInfo.of_dataset(self._dataset)
        return Checkpoint(self._engine, self.config.model_dump(), self.step_count, weights, info, training)

    def _shown(self) -> Mapping[str, Tensor]:
        """The weights to look at: the average where one is kept, else the latest."""
        return self._network.state_dict() if self._average is None else self._average.weights

    def _restore(self, checkpoint: Checkpoint, state: Mapping[str, Any]) -> None:
        objective = self.objective
        if isinstance(self._known, KeepsState):
            self._known.restore(checkpoint)
        elif state.get("photographs") != objective.photographs.fingerprint():
            raise UserError(
                f"{self._dataset.source}: {len(objective.photographs)} photographs, not those that the run began with, "
                "or under other names; resume with the same folder"
            )
        shown = dict(checkpoint.weights)
        for prefix, other in self._auxiliary.items():
            names = {name: f"{prefix}.{name}" for name in other.state_dict()}
            kept = {name: shown.pop(long) for name, long in names.items() if long in shown}
            fill(other, kept, self._engine, f"{prefix}.")
        fill(self._network, state.get("latest", shown), self._engine)
        if self._average is not None:
            self._average.restore(shown)
        for name, optimiser in self._optimisers.items():
            # A copy: an optimiser goes on in the tensors that it is given.
            optimiser.load_state_dict(copied_to_cpu(state[name]))
        self.step_count = checkpoint.step

    def close(self) -> None:
        """Ends the processes that read photographs."""
        self._ahead.close()


class _Losses(nn.Module):
    """An objective's losses as a module: ranks divide its gradients."""

    def __init__(self, objective: Objective, networks: list[nn.Module], engine: str) -> None:
        super().__init__()
        self.networks, self._objective, self._engine = nn.ModuleList(networks), objective, engine

    def forward(self, piece: Any) -> Mapping[str, Tensor]:
        losses = self._objective.losses(piece)
        require_losses(losses, self._engine)
        return losses


def _training_state(checkpoint: Checkpoint) -> Mapping[str, Any]:
    if checkpoint.training is None:
        raise UserError("the checkpoint holds no training state (optimiser, step); only a run folder does")
    return checkpoint.training


def _tensors(optimiser: torch.optim.Optimizer) -> list[Tensor]:
    return [tensor for group in optimiser.param_groups for tensor in group["params"]]
