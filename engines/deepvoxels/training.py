"""Learning a DeepVoxels scene from photographs (paper, section 3.4 and 4).

Each step lifts the photograph of a view near the first target into the grid, draws the targets, and compares them
with their photographs by L1 and by a patch discriminator. One place differs from the authors' code, see `losses`.
What is not in the paper is off by default: `grid_learning`, `ema_decay`, `lr_final` of `config.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from engines.core.camera import Array
from engines.core.data.dataset import Dataset
from engines.core.distributed import Share
from engines.core.errors import UserError
from engines.core.objective import Setup
from engines.core.seeding import generator_states
from engines.core.storage.checkpoint import Checkpoint, SceneInfo
from engines.deepvoxels.beginning import networks, optimisers
from engines.deepvoxels.comparison import TargetComparison, TargetPhotographs
from engines.deepvoxels.config import DeepVoxelsConfig, DeepVoxelsOptions
from engines.deepvoxels.geometry import GridPlacement
from engines.deepvoxels.placement import PlacedGrid, place_grid
from engines.deepvoxels.scene import DeepVoxelsScene, Surroundings
from engines.deepvoxels.training_views import StepViews, TrainingViews, ViewOrder, nearest_views, training_photographs
from engines.deepvoxels.upstream import TRAINING_ONLY


def _bounds_of(placed: PlacedGrid, dataset: Dataset) -> Array:
    """[2, 3] the box to show: the grid's, where it isn't the one that the folder states, with a box of its own."""
    return dataset.bounds if placed.stated else placed.placement.bounds()


class DeepVoxelsObjective:
    """What is learnt: the grid, the networks, and the discriminator that they are judged by.

    The order of views goes on from step to step, and so do dropout's draws.
    """

    def __init__(self, setup: Setup[DeepVoxelsConfig]) -> None:
        """Begins at random weights.

        Raises:
            UserError: too few photographs, or no camera sees the grid.
        """
        self.config = config = setup.config
        self._device, self._dataset = setup.device, setup.dataset
        if config.no_occlusion_net and config.num_grid_feats != config.nf0:
            # What is collapsed has nf0 features, the rendering network takes num_grid_feats; so does theirs.
            raise UserError(
                f"no_occlusion_net takes as many features in the grid (num_grid_feats={config.num_grid_feats}) as in "
                f"the networks (nf0={config.nf0}); set them alike"
            )
        self.photographs = training_photographs(setup.dataset, config.sampling_pattern)
        self._photographs = tuple(self.photographs)
        placed = place_grid(config, setup.dataset, self._photographs)
        self.placement, self.notes, self._bounds = placed.placement, placed.notes, _bounds_of(placed, setup.dataset)
        self._views = self._views_of(self.placement)
        self._views.require_grid_in_sight(setup.dataset.source)
        cameras = tuple(view.camera for view in self._photographs)
        self._order, self._skipped = ViewOrder(nearest_views(cameras), config.num_trgt, setup.seed), 0
        self._triplet: StepViews | None = None
        start = self._views.median_colour() if config.start_at_median else None
        network, discriminator = networks(config, start)
        # Already here: what is compared is prepared for where the networks are.
        self.network, self._discriminator = network.to(setup.device), discriminator.to(setup.device)
        self.generators: Mapping[str, Tensor] = generator_states(setup.device)
        self.auxiliary = {"discriminator": self._discriminator}
        self._comparison = TargetComparison(self.network, self._discriminator, config)

    def _views_of(self, placement: GridPlacement) -> TrainingViews:
        return TrainingViews(
            self._photographs, self.config.img_sidelength, placement, self.config.grid_dim, self._device
        )

    def optimisers(self) -> dict[str, torch.optim.Optimizer]:
        """The generator's and the discriminator's."""
        return optimisers(self.network, self._discriminator, self.config)

    def views(self, step: int) -> tuple[int, ...]:
        """Those that were read last: lifted, then the targets."""
        return (self._triplet.lifted, *self._triplet.targets) if self._triplet is not None else ()

    def read(self, step: int) -> tuple[StepViews, TargetPhotographs]:
        """Those of the next views that see the grid; others are passed over and counted, as the authors' code does."""
        for _ in range(100 * len(self._views)):
            self._triplet = triplet = self._order.next()
            if not self._views.miss_grid(triplet, lifting=self.config.grid_learning == "integrated"):
                return triplet, self._comparison.photographs(triplet, self._views)
            self._skipped += 1
        raise UserError(
            f"{self._dataset.source}: hardly any camera sees the voxel grid; set scale and near_plane to where the "
            "scene is (--set scale=... --set near_plane=...)"
        )

    def share(self, batch: tuple[StepViews, TargetPhotographs]) -> Share:
        """This rank's share of the step's targets."""
        return self._comparison.share

    def losses(self, batch: tuple[StepViews, TargetPhotographs]) -> dict[str, Tensor]:
        """The generator's losses and the discriminator's, scalars, in one total: neither reaches what the other moves.

        The authors step the discriminator between two `backward`s. Their torch let them: the generator's gradient
        then went through the activations of the old discriminator and the weights of the new one. Here both gradients
        are taken before either step, at one and the same discriminator: the gradient of the loss that is reported.
        The two differ by one Adam step of the discriminator (`lr` a weight), in the adversarial part only.
        """
        triplet, photographs = batch
        self._statistics = self._comparison.statistics()
        losses, self._grid = self._comparison(triplet, self._views, photographs)
        total = self.config.adversarial_weight * losses.adversarial + self.config.l1_weight * losses.l1
        if self._comparison.judged:
            total = total + losses.discriminator
        return {
            "total": total, "l1": losses.l1, "adversarial": losses.adversarial, "discriminator": losses.discriminator
        }  # fmt: skip

    def reported(self, losses: Mapping[str, float]) -> dict[str, float]:
        """What the generator's loss is made of; without a discriminator that is one number."""
        l1, adversarial = losses["l1"], losses["adversarial"]
        if not self._comparison.judged:
            return {"l1": l1}
        generator = self.config.adversarial_weight * adversarial + self.config.l1_weight * l1
        return {"generator": generator, "l1": l1, "adversarial": adversarial, "discriminator": losses["discriminator"]}

    def accept(self, generators: Mapping[str, Tensor]) -> None:
        """Takes over the step's grid, where photographs are lifted into it, and the running statistics of all targets.

        Args:
            generators: states of torch's random generators, [N] uint8 each, by the kind of device.
        """
        self.generators = generators
        integrated = self.config.grid_learning == "integrated"
        self._statistics.put_together(*([self._grid] if integrated else []))
        if integrated:
            self.network.deepvoxels.copy_(self._grid)

    def state(self) -> dict[str, Any]:
        """The order of views, dropout's generators; the photographs by their names."""
        return {
            "order": self._order.state(),
            "generators": self.generators,
            "views": [view.name for view in self._photographs],
            "skipped": self._skipped,
        }

    def restore(self, checkpoint: Checkpoint) -> None:
        """Goes on with the same photographs, and with the grid where it stood: a fit may have moved with the folder."""
        state, names = checkpoint.training or {}, [view.name for view in self._photographs]
        if list(state["views"]) != names:
            raise UserError(
                f"{self._dataset.source}: {len(names)} training photographs, not the {len(state['views'])} that the "
                "run began with, or under other names; resume with the same folder and sampling_pattern"
            )
        if checkpoint.scene is not None:
            placement = GridPlacement.from_hints(checkpoint.scene.hints)
            if placement != self.placement:
                self.placement, self._bounds = placement, placement.bounds()
                self._views = self._views_of(placement)
        self._order.restore(**state["order"])
        self.generators = {**self.generators, **state["generators"]}
        self._skipped = int(state["skipped"])

    def scene(self, weights: Mapping[str, Tensor]) -> DeepVoxelsScene:
        """A scene of these weights, in the network's shapes, whose grid stands as in training."""
        drawn = {name: tensor for name, tensor in weights.items() if not name.startswith(TRAINING_ONLY)}
        surroundings = Surroundings(self.info(), self.placement, self.notes)
        return DeepVoxelsScene(self.config, drawn, surroundings, self._device, DeepVoxelsOptions())

    def info(self) -> SceneInfo:
        """The cameras, box and hints that a checkpoint keeps, the grid's place among them."""
        cameras = tuple(view.camera for view in self._photographs)
        data, hints = self._dataset, self.placement.to_hints()
        return SceneInfo(cameras[0], cameras, self._bounds, data.up, hints, data.up_found, data.origin)
