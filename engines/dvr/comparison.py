"""What the rays of a step are compared by: the losses of `losses.py`, each of the pixels that it concerns."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from engines.core import distributed
from engines.dvr import losses
from engines.dvr.chosen import numbers_of
from engines.dvr.config import DvrConfig
from engines.dvr.field import RayField
from engines.dvr.implicit_gradient import differentiable_distances
from engines.dvr.marching import SurfaceHits
from engines.dvr.training_views import KnownPoints, RayBatch

NEIGHBOURS = 1e-3
"""Side of the cube about a point of the surface that its neighbour is in, in the field's units; the authors' number."""
DIFFERENCE = 1e-3
"""Between the points that a normal is taken from; the authors' number."""


@dataclass(frozen=True, eq=False)
class _Of:
    """Numbers of the rays [N] that a step's losses are of.

    Attributes:
        outside, not_yet: where something must be empty, and must become occupied.
        surface: those that see the object's.
        places: [N] which of `surface` a ray is, where it is one.
        known: those of `surface` whose depth is known.
        smooth: those whose surface is to be smooth.
        patches: numbers of the patches [K] all of whose rays are of `surface`.
    """

    outside: Tensor
    not_yet: Tensor
    surface: Tensor
    places: Tensor
    known: Tensor
    smooth: Tensor
    patches: Tensor


class RayComparison:
    """The losses of a step, weighted, by their names."""

    def __init__(self, config: DvrConfig, axis_length: float) -> None:
        """`axis_length`: of a step of d along the camera's axis, in the field's units."""
        self._config, self._axis_length = config, axis_length

    def __call__(self, field: RayField, batch: RayBatch, hits: SurfaceHits) -> dict[str, Tensor]:
        """The weighted losses, scalars by name, of rays that meet the surface at `hits`.

        Those whose weight is 0 are left out where they cost something.
        """
        # Of rays that begin within the surface the authors take the camera's place for what is seen.
        distances = torch.where(hits.hit, hits.distances, 0.0)
        seen = hits.hit | hits.starts_inside
        points = batch.origins + distances[:, None] * batch.directions
        of = self._chosen(batch, seen)
        empty = torch.where(seen[:, None], points, batch.origins + batch.empty_at[:, None] * batch.directions)
        occupied = batch.origins + batch.occupied_at[:, None] * batch.directions
        found = {
            "freespace": self._sum(losses.freespace(field.logits(empty[of.outside], of.outside))),
            "occupied": self._sum(losses.occupied(field.logits(occupied[of.not_yet], of.not_yet))),
            **self._of_surface(field, batch, distances, hits.hit, of),
        }
        if self._config.lambda_normal:
            smoothness = self._smoothness(field, points, batch.beside, of.smooth)
            found["normal"] = smoothness.sum() / self._config.batch_size
        weights = self._config.loss_weights()
        # Of a share: what it weighs in the step's sum is divided out, as the mean over shares is taken.
        return {name: loss * (weights[name] / batch.share.part) for name, loss in found.items()}

    def _chosen(self, batch: RayBatch, seen: Tensor) -> _Of:
        """What is compared of rays [N], some of which are `seen` to meet a surface; a GPU is waited for once."""
        surface, side = seen & batch.inside & batch.valid, self._config.patch_size
        outside = ~batch.inside & batch.valid & (seen if not self._config.always_freespace else True)
        masks = (outside, ~seen & batch.inside & batch.valid, surface, surface & batch.depths.isfinite())
        whole = surface.view(-1, side**2).all(dim=1)
        outside, not_yet, of_surface, known, smooth, patches = numbers_of(*masks, seen & batch.valid, whole)
        return _Of(outside, not_yet, of_surface, surface.cumsum(0) - 1, known, smooth, patches)

    def _of_surface(
        self, field: RayField, batch: RayBatch, distances: Tensor, hit: Tensor, of: _Of
    ) -> dict[str, Tensor]:
        """The losses that move the surface along the rays that see it, of the batch's [N]."""
        rays = of.surface
        config = self._config
        origins, directions = batch.origins[rays], batch.directions[rays]
        moving = differentiable_distances(
            lambda points: field.logits(points, rays), origins, directions, distances[rays], hit[rays]
        )
        found = dict[str, Tensor]()
        if config.lambda_rgb:
            colours = torch.sigmoid(field.at(origins + moving[:, None] * directions, rays)[:, 1:])
            found["rgb"] = self._sum(losses.photo_consistency(colours, batch.colours[rays]))
            if config.lambda_image_gradients:
                found["image_gradients"] = self._image_gradients(batch, colours, of)
        if config.lambda_depth:
            at = of.places[of.known]
            apart = losses.depth(moving[at], batch.depths[of.known], self._lengths(directions[at]))
            found["depth"] = self._sum(apart)
        return found

    def _lengths(self, directions: Tensor) -> Tensor | float:
        """Of a step of d [N], in what depths are compared by."""
        return directions.norm(dim=1) if self._config.depth_loss_on_world_points else self._axis_length

    def sparse_depth(self, field: RayField, points: KnownPoints, hits: SurfaceHits) -> Tensor:
        """The weighted loss of points that photographs are known to see; their rays meet the surface at `hits`."""
        (rays,) = numbers_of(hits.hit | hits.starts_inside)
        origins, directions = points.origins[rays], points.directions[rays]
        distances = torch.where(hits.hit, hits.distances, 0.0)[rays]
        moving = differentiable_distances(
            lambda places: field.logits(places, rays), origins, directions, distances, hits.hit[rays]
        )
        apart = losses.depth(moving, points.known_at[rays], self._lengths(directions))
        return self._sum(apart) * self._config.lambda_sparse_depth

    def _image_gradients(self, batch: RayBatch, colours: Tensor, of: _Of) -> Tensor:
        """Of patches all of whose pixels see the object's surface."""
        side, there = self._config.patch_size, of.patches
        drawn = torch.zeros_like(batch.colours).index_put((of.surface,), colours).view(-1, side, side, 3)
        photographed = batch.colours.view(-1, side, side, 3)
        return self._sum(losses.image_gradients(drawn[there], photographed[there]))

    def _smoothness(self, field: RayField, points: Tensor, beside: Tensor, rays: Tensor) -> Tensor:
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
        count = distributed.all_reduce(torch.full((), float(len(values)), device=values.device))
        return values.sum() / count.clamp(min=1) / self._config.batch_size
