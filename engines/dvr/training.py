"""Learning a surface from photographs and silhouettes (paper, sections 3.2 to 3.4).

Each step looks at some pixels: where a surface is seen in front of the object's mask its colour is compared, where none
is seen there something must become occupied, and rays outside the mask must be empty.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from engines.core import distributed
from engines.core.data.dataset import Dataset
from engines.core.distributed import Share
from engines.core.errors import UserError
from engines.core.objective import Setup
from engines.core.seeding import generator_states
from engines.core.storage.checkpoint import Checkpoint, SceneInfo
from engines.dvr.comparison import RayComparison
from engines.dvr.config import DvrConfig, DvrOptions
from engines.dvr.field import RayField
from engines.dvr.marching import RaySampling
from engines.dvr.network import Dvr, sharpen
from engines.dvr.photograph_size import learnt_size
from engines.dvr.photographs import find_inputs
from engines.dvr.placement import place_cube
from engines.dvr.pruned_march import LearntGrid
from engines.dvr.scene import DvrScene, logit_of, measured_unit
from engines.dvr.training_data import of_first_instance, training_photographs
from engines.dvr.training_views import KnownPoints, RayBatch, RayBatchReader, RayFrame, ViewSchedule, workers_for
from engines.dvr.visual_hull import VisualHulls


def _as_learnt(config: DvrConfig, dataset: Dataset) -> DvrConfig:
    """As the data has it: objects that have a code of their own; what was laid over outside the masks is what rays see
    that hit nothing.

    Raises:
        UserError: colours are to be learnt by a network that has none.
    """
    if config.out_dim == 1 and (config.lambda_rgb > 0 or config.lambda_image_gradients > 0):
        raise UserError("out_dim=1 has no colours: set lambda_rgb=0 and lambda_image_gradients=0")
    objects = {"num_instances": max(len(dataset.instances), 1)} if config.encoder == "idx" else {}
    behind = {"background": "black"} if config.outside_masks == "black" else {}
    return config.model_copy(update={**objects, **behind})


class DvrObjective:
    """What is learnt: the decoder, and of a class the encoder of photographs."""

    def __init__(self, setup: Setup[DvrConfig]) -> None:
        """Begins at random weights.

        Raises:
            UserError: nothing can be trained on these photographs.
        """
        self.config = config = _as_learnt(setup.config, setup.dataset)
        self._dataset, self._device = setup.dataset, setup.device
        self.photographs = views = training_photographs(setup.dataset, config)
        of_first = of_first_instance(setup.dataset)
        placed = place_cube(config, setup.dataset, of_first)
        self.cube, self.notes = placed.cube, placed.notes
        self.network = Dvr(config)
        if config.init_sharpness:
            sharpen(self.network.decoder, config.init_sharpness)
        # The authors' depth_range is in units of the world that was measured.
        self._unit = self.cube.side / measured_unit(self.info())
        # Of a class each object would need a grid of its own, dearer than what it saves: its rays only end early.
        self._grid, self._learns_grid = LearntGrid() if config.prune_rays else None, config.c_dim == 0
        self.generators: Mapping[str, Tensor] = generator_states(setup.device)
        self._compare = RayComparison(config, 1 / self.cube.side)
        self._plan, rank = ViewSchedule(views.instances, config, setup.seed), distributed.here()
        rank.share_of_batch(config.batch_size * (config.n_training_points // config.patch_size**2), "n_training_points")
        self.workers = workers_for(views, config)
        hulls = VisualHulls(views, self.cube, config) if config.depth_from_visual_hull else None
        self.reader = RayBatchReader(
            views, self._plan, config, RayFrame(self.cube, self._unit, hulls), setup.seed, rank
        )

    def views(self, step: int) -> Sequence[int]:
        """The photographs of all ranks."""
        return self._plan.views(step)

    def read(self, step: int) -> RayBatch:
        """This rank's rays."""
        return self.reader.read(step)

    def share(self, batch: RayBatch) -> Share:
        """This rank's share of the step's patches."""
        return batch.share

    # A step

    def losses(self, batch: RayBatch) -> dict[str, Tensor]:
        """Those whose weight isn't 0, weighted."""
        batch = batch.to(self._device)
        level, sampling = logit_of(self.config.tau), self._sampling(batch.step)
        field = RayField(self.network.decoder, self._codes(batch), batch.objects, batch.counts)
        if self._grid is not None and self._learns_grid and self._grid.is_due(batch.step):
            self._grid.renew(field.of(0, level), self._device)
        hits = field.search(batch.origins, batch.directions, sampling, level, self._grid)
        found = self._compare(field, batch, hits)
        if batch.points is not None:
            found["sparse_depth"] = self._sparse_depth(field, batch, batch.points)
        return {"total": torch.stack(list(found.values())).sum(), **found}

    def _sparse_depth(self, field: RayField, batch: RayBatch, points: KnownPoints) -> Tensor:
        field = replace(field, objects=points.objects, counts=points.counts)
        sampling = self._sampling(batch.step)
        hits = field.search(points.origins, points.directions, sampling, logit_of(self.config.tau), self._grid)
        return self._compare.sparse_depth(field, points, hits) / batch.share.part

    def _sampling(self, step: int) -> RaySampling:
        near, far = (depth * self._unit for depth in self.config.depth_range)
        return RaySampling(self.config.samples_at(step), self.config.n_secant_steps, unseen=(near, far))

    def _codes(self, batch: RayBatch) -> Tensor | None:
        """[B, c_dim] of all objects of the step, also on ranks that have a share of their rays: so its statistics are
        those of one process."""
        encoder = self.network.encoder
        return None if encoder is None else encoder(batch.inputs)

    # From step to step

    def accept(self, generators: Mapping[str, Tensor]) -> None:
        """Goes on with the random generators as the step left them: states [N] uint8, by the kind of device."""
        self.generators = generators

    def state(self) -> dict[str, Any]:
        """The grid as it was made last, and what tells the photographs from others."""
        grid = {} if self._grid is None else self._grid.state()
        return {"grid": grid, "photographs": self.photographs.fingerprint()}

    def restore(self, checkpoint: Checkpoint) -> None:
        """Goes on with the same photographs."""
        state = checkpoint.training or {}
        if state.get("photographs") != self.photographs.fingerprint():
            raise UserError(
                f"{self._dataset.source}: {len(self.photographs)} photographs, not those that the run began with, or "
                "under other names; resume with the same folder"
            )
        if self._grid is not None:
            self._grid.restore(state.get("grid", {}), self._device)

    # What comes of it

    def trained_px(self, size_px: tuple[int, int], step: int) -> tuple[int, int]:
        """At `img_size`."""
        return learnt_size(size_px, self.config)

    def scene(self, weights: Mapping[str, Tensor]) -> DvrScene:
        """A scene of these weights, in the network's shapes, whose cube stands as in training."""
        options = DvrOptions(**{name: getattr(self.config, name) for name in DvrOptions.AS_TRAINED})
        inputs = find_inputs(self.config, weights, self._dataset, None)
        return DvrScene(self.config, weights, self.info(), self.notes, self._device, options, inputs)

    def info(self) -> SceneInfo:
        """What a checkpoint keeps of the data, with the cube's place."""
        info = SceneInfo.of_dataset(self._dataset)
        return replace(info, bounds=self.cube.bounds(0.0), hints={**info.hints, **self.cube.to_hints()})
