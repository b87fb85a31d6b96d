"""Learning a surface from photographs and silhouettes (paper, sections 3.2 to 3.4).

Each step looks at some pixels: where a surface is seen in front of the object's mask its colour is compared, where none
is seen there something must become occupied, and rays outside the mask must be empty.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from engines.core import ranks
from engines.core.checkpoint import SceneInfo
from engines.core.dataset import Dataset
from engines.core.errors import UserError
from engines.core.objective import Setup
from engines.core.ranks import Share
from engines.dvr import losses
from engines.dvr.config import DvrConfig, DvrOptions
from engines.dvr.field import Field
from engines.dvr.implicit_gradient import differentiable_distances
from engines.dvr.marching import RaySampling
from engines.dvr.network import Dvr
from engines.dvr.photographs import find_inputs
from engines.dvr.placement import place_cube
from engines.dvr.scene import DvrScene, logit_of, measured_unit
from engines.dvr.training_data import of_first_object, training_photographs
from engines.dvr.training_views import Batch, BatchReader, Frame, Plan, learnt_size, workers_for

NEIGHBOURS = 1e-3
"""Side of the cube about a point of the surface that its neighbour is in, in the field's units; the authors' number."""
DIFFERENCE = 1e-3
"""Between the points that a normal is taken from; the authors' number."""


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


def _numbers(chosen: Tensor) -> Tensor:
    """[M] numbers of those [N] that are chosen."""
    return chosen.nonzero()[:, 0]


class DvrObjective:
    """What is learnt: the decoder, and of a class the encoder of photographs."""

    def __init__(self, setup: Setup[DvrConfig]) -> None:
        """Begins at random weights.

        Raises:
            UserError: nothing can be learnt from these photographs.
        """
        self.config = config = _as_learnt(setup.config, setup.dataset)
        self._dataset, self._device = setup.dataset, setup.device
        self.photographs = views = training_photographs(setup.dataset, config)
        placed = place_cube(config, setup.dataset, of_first_object(setup.dataset))
        self.cube, self.notes = placed.cube, placed.notes
        self.network = Dvr(config)
        # The authors' depth_range is in units of the world that was measured.
        self._unit = self.cube.side / measured_unit(self.info())
        self._plan, rank = Plan(views.instances, config, setup.seed), ranks.here()
        rank.share_of_batch(config.batch_size * (config.n_training_points // config.patch_size**2), "n_training_points")
        self.workers = workers_for(views, config)
        self.reader = BatchReader(views, self._plan, config, Frame(self.cube, self._unit), setup.seed, rank)

    def views(self, step: int) -> Sequence[int]:
        """The photographs of all ranks."""
        return self._plan.views(step)

    def read(self, step: int) -> Batch:
        """This rank's rays."""
        return self.reader.read(step)

    def share(self, batch: Batch) -> Share:
        """Of the step's patches."""
        return batch.share

    # A step

    def losses(self, batch: Batch) -> dict[str, Tensor]:
        """Those whose weight isn't 0, weighted."""
        batch = batch.to(self._device)
        field = Field(self.network.decoder, self._codes(batch), batch.objects, batch.counts)
        hits = field.search(batch.origins, batch.directions, self._sampling(batch.step), logit_of(self.config.tau))
        # Of rays that begin within the surface the authors take the camera's place for what is seen.
        distances = torch.where(hits.hit, hits.distances, 0.0)
        seen = hits.hit | hits.starts_inside
        points = batch.origins + distances[:, None] * batch.directions
        outside = _numbers(~batch.inside & batch.valid & (seen if not self.config.always_freespace else True))
        not_yet = _numbers(~seen & batch.inside & batch.valid)
        empty = torch.where(seen[:, None], points, batch.origins + batch.empty_at[:, None] * batch.directions)
        occupied = batch.origins + batch.occupied_at[:, None] * batch.directions
        found = {
            "freespace": self._sum(losses.freespace(field.logits(empty[outside], outside))),
            "occupied": self._sum(losses.occupied(field.logits(occupied[not_yet], not_yet))),
            **self._of_surface(field, batch, distances, hits.hit, _numbers(seen & batch.inside & batch.valid)),
        }
        if self.config.lambda_normal:
            smoothness = self._smoothness(field, points, batch.beside, _numbers(seen & batch.valid))
            found["normal"] = smoothness.sum() / self.config.batch_size
        weights = self.config.loss_weights()
        # Of a share: what it weighs in the step's sum is divided out, as the mean over shares is taken.
        found = {name: loss * (weights[name] / batch.share.part) for name, loss in found.items()}
        return {"total": torch.stack(list(found.values())).sum(), **found}

    def _sampling(self, step: int) -> RaySampling:
        near, far = (depth * self._unit for depth in self.config.depth_range)
        return RaySampling(self.config.samples_at(step), self.config.n_secant_steps, unseen=(near, far))

    def _codes(self, batch: Batch) -> Tensor | None:
        """[B, c_dim] of all objects of the step, also on ranks that have a share of their rays: so its statistics are
        those of one process."""
        encoder = self.network.encoder
        return None if encoder is None else encoder(batch.inputs)

    def _of_surface(
        self, field: Field, batch: Batch, distances: Tensor, hit: Tensor, rays: Tensor
    ) -> dict[str, Tensor]:
        """The losses that move the surface along some rays [M] of the batch's [N]."""
        config = self.config
        origins, directions, known = (part[rays] for part in (batch.origins, batch.directions, batch.depths))
        moving = differentiable_distances(
            lambda points: field.logits(points, rays), origins, directions, distances[rays], hit[rays]
        )
        found = dict[str, Tensor]()
        if config.lambda_rgb:
            colours = torch.sigmoid(field.at(origins + moving[:, None] * directions, rays)[:, 1:])
            found["rgb"] = self._sum(losses.photo_consistency(colours, batch.colours[rays]))
            if config.lambda_image_gradients:
                found["image_gradients"] = self._image_gradients(batch, colours, rays)
        if config.lambda_depth:
            has_depth = known.isfinite()
            lengths = directions.norm(dim=1) if config.depth_loss_on_world_points else 1 / self.cube.side
            apart = losses.depth(moving, torch.where(has_depth, known, moving.detach()), lengths)
            found["depth"] = self._sum(apart[has_depth])
        return found

    def _image_gradients(self, batch: Batch, colours: Tensor, rays: Tensor) -> Tensor:
        """Of patches all of whose pixels see the object's surface."""
        side = self.config.patch_size
        drawn = torch.zeros_like(batch.colours).index_put((rays,), colours).view(-1, side, side, 3)
        there = torch.zeros_like(batch.inside).index_fill(0, rays, True).view(-1, side**2).all(dim=1)
        photographed = batch.colours.view(-1, side, side, 3)
        return self._sum(losses.image_gradients(drawn[there], photographed[there]))

    def _smoothness(self, field: Field, points: Tensor, beside: Tensor, rays: Tensor) -> Tensor:
        """[M] of points [N, 3] of the surface on some rays [M], and steps [N, 3] to their neighbours by chance."""
        points = points[rays]
        both = torch.stack([points, points + beside[rays] * NEIGHBOURS])
        steps = torch.eye(3, device=points.device) * DIFFERENCE / 2
        ends = torch.stack([both[:, :, None] + steps, both[:, :, None] - steps])
        # [2 ends, 2 points, M rays, 3 axes]
        of_rays = rays[:, None].expand(*ends.shape[:-1]).reshape(-1)
        ahead, behind = field.logits(ends.view(-1, 3), of_rays).view(ends.shape[:-1])
        return losses.normal_smoothness(*(ahead - behind))

    def _sum(self, values: Tensor) -> Tensor:
        """Over the pixels of a view [M], or their mean, as is configured; the mean over views."""
        if self.config.reduction_method == "sum":
            return values.sum() / self.config.batch_size
        count = ranks.summed(torch.tensor(float(len(values)), device=values.device))
        return values.sum() / count.clamp(min=1) / self.config.batch_size

    # What comes of it

    def learnt_px(self, size_px: tuple[int, int], step: int) -> tuple[int, int]:
        """At `img_size`."""
        return learnt_size(size_px, self.config)

    def scene(self, weights: Mapping[str, Tensor]) -> DvrScene:
        """With the cube where it stands in training."""
        options = DvrOptions(**{name: getattr(self.config, name) for name in DvrOptions.AS_TRAINED})
        inputs = find_inputs(self.config, weights, self._dataset, None)
        return DvrScene(self.config, weights, self.info(), self.notes, self._device, options, inputs)

    def info(self) -> SceneInfo:
        """With where the cube stands."""
        info = SceneInfo.of_dataset(self._dataset)
        return replace(info, bounds=self.cube.bounds(0.0), hints={**info.hints, **self.cube.to_hints()})
