"""Learning a DeepVoxels scene from photographs (paper, section 3.4 and 4).

Each step lifts the photograph of a view near the first target into the grid, draws the targets, and compares them
with their photographs by L1 and by a patch discriminator. One place differs from the authors' code, see `_gradients`.
What is not in the paper is off by default: `grid_learning`, `ema_decay`, `lr_final` of `config.py`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, TypeVar

import torch
from torch import Tensor

from engines.core import ranks
from engines.core.averaging import WeightAverage
from engines.core.camera import Array
from engines.core.chance import generator_states, global_generators_kept, set_generator_states
from engines.core.checkpoint import Checkpoint, SceneInfo, copied_to_cpu
from engines.core.dataset import Dataset
from engines.core.errors import Diverged, UserError
from engines.core.resuming import training_state
from engines.core.views import View
from engines.deepvoxels.comparison import Comparison, Losses
from engines.deepvoxels.config import DeepVoxelsConfig, DeepVoxelsOptions
from engines.deepvoxels.discriminator import PatchDiscriminator
from engines.deepvoxels.geometry import GridPlacement
from engines.deepvoxels.network import DeepVoxels
from engines.deepvoxels.placement import Placed, place_grid
from engines.deepvoxels.scene import DeepVoxelsScene, Surroundings
from engines.deepvoxels.training_views import (
    TrainingViews,
    Triplet,
    ViewOrder,
    kept_photographs,
    nearest_views,
    unsupported,
)
from engines.deepvoxels.upstream import TRAINING_ONLY

DISCRIMINATOR = "discriminator."

AnyModule = TypeVar("AnyModule", bound=torch.nn.Module)


def training_photographs(dataset: Dataset, sampling_pattern: str) -> tuple[View, ...]:
    """The training views with a photograph that `sampling_pattern` (`all`, `skip_N`) keeps.

    Raises:
        UserError: the data is `unsupported`.
    """
    if reason := unsupported(dataset, sampling_pattern):
        raise UserError(f"{dataset.source}: {reason}")
    return tuple(kept_photographs(dataset, sampling_pattern))


def _bounds_of(placed: Placed, dataset: Dataset) -> Array:
    """[2, 3] the box to show: the grid's, where it isn't the one that the folder states, with a box of its own."""
    return dataset.bounds if placed.stated else placed.placement.bounds()


class DeepVoxelsTraining:
    """One optimisation of one scene.

    All chance (weights at the start, order of views, dropout) comes from generators of its own, seeded by `seed`; the
    process's global generator is left as it was. Weights go by the engine's names, the discriminator's after
    `discriminator.`.
    """

    def __init__(self, dataset: Dataset, config: DeepVoxelsConfig, device: torch.device, seed: int) -> None:
        """Begins at random weights.

        Raises:
            UserError: too few photographs, or no camera sees the grid.
        """
        self.config, self.step_count, self.skipped = config, 0, 0
        self._device, self._dataset = device, dataset
        if config.no_occlusion_net and config.num_grid_feats != config.nf0:
            # What is collapsed has nf0 features, the rendering network takes num_grid_feats; so does theirs.
            raise UserError(
                f"no_occlusion_net takes as many features in the grid (num_grid_feats={config.num_grid_feats}) as in "
                f"the networks (nf0={config.nf0}); set them alike"
            )
        photographs = training_photographs(dataset, config.sampling_pattern)
        cameras = tuple(view.camera for view in photographs)
        placed = place_grid(config, dataset, photographs)
        self.placement, self.notes, self._bounds = placed.placement, placed.notes, _bounds_of(placed, dataset)
        self._views = TrainingViews(photographs, config.img_sidelength, self.placement, config.grid_dim, device)
        self._require_some_view_of_grid()
        self._order = ViewOrder(nearest_views(cameras), config.num_trgt, seed)
        with global_generators_kept(device):
            torch.manual_seed(seed)
            network, discriminator = DeepVoxels(config), PatchDiscriminator()
            if config.dropout is not None:
                _set_dropout(network, config.dropout)
            if config.grid_learning == "optimised":
                # All alike, neighbouring voxels would get like gradients.
                network.deepvoxels.normal_(std=0.01)
            if config.start_at_median:
                network.rendering_net.start_at(self._views.median_colour())
            self._generators = generator_states(device)
        self._network = _channels_last(network.to(device))
        self._discriminator = _channels_last(discriminator.to(device))
        self._comparison = Comparison(self._network, self._discriminator, config)
        groups = _trained(self._network, config)
        self._divided = ranks.divided(self._comparison)
        self._optimiser_g = torch.optim.Adam(groups, fused=True)
        self._optimiser_d = torch.optim.Adam(self._discriminator.parameters(), lr=config.lr, fused=True)
        self._average = WeightAverage(self._network.state_dict(), config.ema_decay) if config.ema_decay else None

    @staticmethod
    def resumed(
        dataset: Dataset, config: DeepVoxelsConfig, checkpoint: Checkpoint, device: torch.device
    ) -> DeepVoxelsTraining:
        """Continues where `checkpoint` was taken; bit for bit on a CPU with as many threads.

        Raises:
            UserError: the checkpoint has no training state, or the folder's photographs are not those of the run.
        """
        state = training_state(checkpoint)
        training = DeepVoxelsTraining(dataset, config, device, config.seed)
        if checkpoint.scene is not None:
            training._place(GridPlacement.from_hints(checkpoint.scene.hints))
        training._restore(checkpoint, state)
        return training

    def _place(self, placement: GridPlacement) -> None:
        """Stands the grid where it stood: a fit may have moved with the folder."""
        if placement != self.placement:
            self.placement, self._bounds = placement, placement.bounds()
        self._views = TrainingViews(
            self._views.views, self.config.img_sidelength, placement, self.config.grid_dim, self._device
        )

    def _restore(self, checkpoint: Checkpoint, state: Mapping[str, Any]) -> None:
        names = [view.name for view in self._views.views]
        if list(state["views"]) != names:
            raise UserError(
                f"{self._dataset.source}: {len(names)} training photographs, not the {len(state['views'])} that the "
                "run began with, or under other names; resume with the same folder and sampling_pattern"
            )
        is_judge = {name: name.startswith(DISCRIMINATOR) for name in checkpoint.weights}
        shown = {n: t for n, t in checkpoint.weights.items() if not is_judge[n]}
        self._network.load_state_dict(state.get("latest", shown))
        if self._average is not None:
            self._average.restore(shown)
        self._discriminator.load_state_dict(
            {n.removeprefix(DISCRIMINATOR): t for n, t in checkpoint.weights.items() if is_judge[n]}
        )
        self._optimiser_g.load_state_dict(copied_to_cpu(state["optimiser_g"]))
        self._optimiser_d.load_state_dict(copied_to_cpu(state["optimiser_d"]))
        self._order.restore(**state["order"])
        self._generators = self._generators | copied_to_cpu(state["generators"])
        self.step_count, self.skipped = checkpoint.step, int(state["skipped"])

    def _require_some_view_of_grid(self) -> None:
        if any(self._views.samples(index).index.numel() > 0 for index in range(len(self._views))):
            return
        raise UserError(
            f"{self._dataset.source}: no camera sees the voxel grid (side {self.placement.scale:g} about "
            f"{self.placement.centre}, near plane {self.placement.near_plane:g}); "
            "set scale and near_plane to where the scene is (--set scale=... --set near_plane=...)"
        )

    def step(self) -> dict[str, float]:
        """One optimisation step; the losses by name.

        Raises:
            UserError: a loss or gradient is not finite; the weights are as before the step.
        """
        triplet = self._next_triplet()
        photographs = ranks.together(lambda: self._comparison.photographs(triplet, self._views))
        self._set_learning_rates()
        self._network.train()
        self._discriminator.train()
        buffers = [*self._network.buffers(), *self._discriminator.buffers()]
        before = [buffer.clone() for buffer in buffers]
        statistics = self._comparison.statistics()
        with global_generators_kept(self._device):
            set_generator_states(self._generators, self._device)
            losses, grid = self._divided(triplet, self._views, photographs)
            sizes = self._gradients(losses)
            after = generator_states(self._device)
        own = torch.stack([losses.discriminator, losses.adversarial, losses.l1]).detach()
        values = torch.cat([ranks.mean_of(own, self._comparison.share), torch.stack(sizes)]).tolist()
        if not all(math.isfinite(value) for value in values):
            with torch.no_grad():
                for buffer, old in zip(buffers, before, strict=True):
                    buffer.copy_(old)
            self._refuse(triplet, values)
        integrated = self.config.grid_learning == "integrated"
        statistics.put_together(*([grid] if integrated else []))
        self._optimiser_d.step()
        self._optimiser_g.step()
        if integrated:
            self._network.deepvoxels.copy_(grid)
        self._generators = after
        self.step_count += 1
        if self._average is not None:
            self._average.update(self._network.state_dict(), self.step_count)
        discriminator, adversarial, l1 = values[:3]
        if self._comparison.judged:
            generator = self.config.adversarial_weight * adversarial + self.config.l1_weight * l1
            return {"generator": generator, "l1": l1, "adversarial": adversarial, "discriminator": discriminator}
        return {"l1": l1}

    def _set_learning_rates(self) -> None:
        share = self.config.lr_at(self.step_count) / self.config.lr
        for optimiser in (self._optimiser_g, self._optimiser_d):
            for group in optimiser.param_groups:
                group["lr"] = share * (self.config.grid_lr if group.get("is_grid") else self.config.lr)

    def _next_triplet(self) -> Triplet:
        """The next views that see the grid; the others are passed over and counted, as the authors' code does."""
        for _ in range(100 * len(self._views)):
            triplet = self._order.next()
            if not self._views.miss_grid(triplet, lifting=self.config.grid_learning == "integrated"):
                return triplet
            self.skipped += 1
        raise UserError(
            f"{self._dataset.source}: hardly any camera sees the voxel grid; set scale and near_plane to where the "
            "scene is (--set scale=... --set near_plane=...)"
        )

    def _gradients(self, losses: Losses) -> tuple[Tensor, Tensor]:
        """Sets every `.grad`; the size of each optimiser's gradient.

        The authors step the discriminator between two `backward`s. Their torch let them: the generator's gradient
        then went through the activations of the old discriminator and the weights of the new one. Here both gradients
        are taken before either step, at one and the same discriminator: the gradient of the loss that is reported.
        The two differ by one Adam step of the discriminator (`lr` a weight), in the adversarial part only.
        """
        self._optimiser_g.zero_grad(set_to_none=True)
        self._optimiser_d.zero_grad(set_to_none=True)
        total = self.config.adversarial_weight * losses.adversarial + self.config.l1_weight * losses.l1
        if self._comparison.judged:
            # Neither reaches what the other moves.
            total = total + losses.discriminator
        (total * self._comparison.share.part).backward()  # type: ignore[no-untyped-call]
        if self._network.deepvoxels.grad is not None:
            # No parameter, so it is not among those that are summed meanwhile.
            ranks.summed(self._network.deepvoxels.grad)
        return _norm(_parameters(self._optimiser_g)), _norm(_parameters(self._optimiser_d))

    def _refuse(self, triplet: Triplet, values: list[float]) -> None:
        names = [self._views.views[index].name for index in (triplet.lifted, *triplet.targets)]
        discriminator, adversarial, l1 = values[:3]
        what = "gradient" if all(math.isfinite(value) for value in values[:3]) else "loss"
        raise Diverged(
            f"step {self.step_count + 1}: the {what} is not finite (l1 {l1:g}, adversarial {adversarial:g}, "
            f"discriminator {discriminator:g}) on views {', '.join(names)}; the weights were not changed. "
            "Look at these photographs"
        )

    def close(self) -> None:
        """Nothing runs beside it."""

    def checkpoint(self) -> Checkpoint:
        """All that is needed to draw and to resume, copied to the CPU."""
        weights = copied_to_cpu(self._shown())
        judge = self._discriminator.state_dict()
        weights |= {DISCRIMINATOR + name: tensor for name, tensor in copied_to_cpu(judge).items()}
        training = {
            "optimiser_g": copied_to_cpu(self._optimiser_g.state_dict()),
            "optimiser_d": copied_to_cpu(self._optimiser_d.state_dict()),
            "order": self._order.state(),
            "generators": copied_to_cpu(self._generators),
            "views": [view.name for view in self._views.views],
            "skipped": self.skipped,
        }
        if self._average is not None:
            training["latest"] = copied_to_cpu(self._network.state_dict())
        return Checkpoint("deepvoxels", self.config.model_dump(), self.step_count, weights, self._info(), training)

    def scene(self) -> DeepVoxelsScene:
        """The scene as learnt so far, with a copy of the weights of its own."""
        weights = {name: t.detach().clone() for name, t in self._shown().items() if not name.startswith(TRAINING_ONLY)}
        surroundings = Surroundings(self._info(), self.placement, self.notes)
        return DeepVoxelsScene(self.config, weights, surroundings, self._device, DeepVoxelsOptions())

    def _shown(self) -> Mapping[str, Tensor]:
        """The weights to look at: the average where one is kept, else the latest."""
        return self._network.state_dict() if self._average is None else self._average.weights

    def _info(self) -> SceneInfo:
        cameras = tuple(view.camera for view in self._views.views)
        data = self._dataset
        hints = self.placement.to_hints()
        return SceneInfo(cameras[0], cameras, self._bounds, data.up, hints, data.up_found, data.origin)


def _channels_last(network: AnyModule) -> AnyModule:
    """Stores 2D convolutions with channels last, which they run faster with; the values stay."""
    for parameter in network.parameters():
        if parameter.dim() == 4:
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
    return network


def _trained(network: DeepVoxels, config: DeepVoxelsConfig) -> list[dict[str, Any]]:
    """What Adam moves, in groups of one learning rate."""
    if config.grid_learning == "integrated":
        return [{"params": list(network.parameters()), "lr": config.lr}]
    drawing = [weights for name, weights in network.named_parameters() if not name.startswith(TRAINING_ONLY)]
    for name, weights in network.named_parameters():
        weights.requires_grad_(not name.startswith(TRAINING_ONLY))
    network.deepvoxels.requires_grad_()
    return [
        {"params": drawing, "lr": config.lr},
        {"params": [network.deepvoxels], "lr": config.grid_lr, "is_grid": True},
    ]


def _set_dropout(network: torch.nn.Module, share: float) -> None:
    for module in network.modules():
        if isinstance(module, torch.nn.Dropout2d | torch.nn.Dropout3d):
            module.p = share


def _parameters(optimiser: torch.optim.Optimizer) -> list[Tensor]:
    return [parameter for group in optimiser.param_groups for parameter in group["params"]]


def _norm(parameters: list[Tensor]) -> Tensor:
    """The length of all gradients together; 0 where there is none."""
    sizes = [torch.linalg.vector_norm(p.grad) for p in parameters if p.grad is not None]
    size: Tensor = torch.linalg.vector_norm(torch.stack(sizes)) if sizes else parameters[0].new_zeros(())
    return size
