"""What the rays of a step are compared by: the losses of `losses.py`, each of the pixels that it concerns."""

from __future__ import annotations

import torch
from torch import Tensor

from engines.core import ranks
from engines.dvr import losses
from engines.dvr.config import DvrConfig
from engines.dvr.field import Field
from engines.dvr.implicit_gradient import differentiable_distances
from engines.dvr.marching import Hits
from engines.dvr.training_views import Batch, KnownPoints

NEIGHBOURS = 1e-3
"""Side of the cube about a point of the surface that its neighbour is in, in the field's units; the authors' number."""
DIFFERENCE = 1e-3
"""Between the points that a normal is taken from; the authors' number."""


def _numbers(chosen: Tensor) -> Tensor:
    """[M] numbers of those [N] that are chosen."""
    return chosen.nonzero()[:, 0]


class Comparison:
    """The losses of a step, weighted, by their names."""

    def __init__(self, config: DvrConfig, axis_length: float) -> None:
        """`axis_length`: of a step of d along the camera's axis, in the field's units."""
        self._config, self._axis_length = config, axis_length

    def __call__(self, field: Field, batch: Batch, hits: Hits) -> dict[str, Tensor]:
        """Of rays that meet the surface at `hits`; those whose weight is 0 are left out where they cost something."""
        # Of rays that begin within the surface the authors take the camera's place for what is seen.
        distances = torch.where(hits.hit, hits.distances, 0.0)
        seen = hits.hit | hits.starts_inside
        points = batch.origins + distances[:, None] * batch.directions
        outside = _numbers(~batch.inside & batch.valid & (seen if not self._config.always_freespace else True))
        not_yet = _numbers(~seen & batch.inside & batch.valid)
        empty = torch.where(seen[:, None], points, batch.origins + batch.empty_at[:, None] * batch.directions)
        occupied = batch.origins + batch.occupied_at[:, None] * batch.directions
        found = {
            "freespace": self._sum(losses.freespace(field.logits(empty[outside], outside))),
            "occupied": self._sum(losses.occupied(field.logits(occupied[not_yet], not_yet))),
            **self._of_surface(field, batch, distances, hits.hit, _numbers(seen & batch.inside & batch.valid)),
        }
        if self._config.lambda_normal:
            smoothness = self._smoothness(field, points, batch.beside, _numbers(seen & batch.valid))
            found["normal"] = smoothness.sum() / self._config.batch_size
        weights = self._config.loss_weights()
        # Of a share: what it weighs in the step's sum is divided out, as the mean over shares is taken.
        return {name: loss * (weights[name] / batch.share.part) for name, loss in found.items()}

    def _of_surface(
        self, field: Field, batch: Batch, distances: Tensor, hit: Tensor, rays: Tensor
    ) -> dict[str, Tensor]:
        """The losses that move the surface along some rays [M] of the batch's [N]."""
        config = self._config
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
            apart = losses.depth(moving[has_depth], known[has_depth], self._lengths(directions[has_depth]))
            found["depth"] = self._sum(apart)
        return found

    def _lengths(self, directions: Tensor) -> Tensor | float:
        """Of a step of d [N], in what depths are compared by."""
        return directions.norm(dim=1) if self._config.depth_loss_on_world_points else self._axis_length

    def sparse_depth(self, field: Field, points: KnownPoints, hits: Hits) -> Tensor:
        """Of points that photographs are known to see, where their rays meet the surface at `hits`; weighted."""
        rays = _numbers(hits.hit | hits.starts_inside)
        origins, directions = points.origins[rays], points.directions[rays]
        distances = torch.where(hits.hit, hits.distances, 0.0)[rays]
        moving = differentiable_distances(
            lambda places: field.logits(places, rays), origins, directions, distances, hits.hit[rays]
        )
        apart = losses.depth(moving, points.known_at[rays], self._lengths(directions))
        return self._sum(apart) * self._config.lambda_sparse_depth

    def _image_gradients(self, batch: Batch, colours: Tensor, rays: Tensor) -> Tensor:
        """Of patches all of whose pixels see the object's surface."""
        side = self._config.patch_size
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
        if self._config.reduction_method == "sum":
            return values.sum() / self._config.batch_size
        count = ranks.summed(torch.tensor(float(len(values)), device=values.device))
        return values.sum() / count.clamp(min=1) / self._config.batch_size
