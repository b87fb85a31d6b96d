"""The occupancy field of a step: that of one scene, or of several objects side by side, each by its code."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial

import torch
from torch import Tensor

from engines.dvr.inference import GPU_POINTS, PackedDecoder, PackedLayers
from engines.dvr.marching import Logits, RaySampling, SurfaceHits, march
from engines.dvr.network import Decoder
from engines.dvr.pruned_march import LearntGrid, OfRays, pruned_march, with_few_waits


@dataclass(frozen=True, eq=False)
class RayField:
    """What is asked of points on rays [N].

    Attributes:
        codes: [B, c_dim] of the objects; None: one scene.
        objects: [N] which of the codes a ray's object has.
        counts: how many rays each object has; they stand one object after the other.
    """

    decoder: Decoder
    codes: Tensor | None
    objects: Tensor
    counts: list[int]

    def at(self, points: Tensor, rays: Tensor) -> Tensor:
        """[M, 4] logit and colour before the sigmoid, of points [M, 3] on the rays of these numbers [M]."""
        rows = None if self.codes is None else self.objects[rays]
        out: Tensor = self.decoder(points, self.codes, rows)
        return out

    def logits(self, points: Tensor, rays: Tensor) -> Tensor:
        """[M] as `at`."""
        return self.at(points, rays)[:, 0]

    def search(
        self, origins: Tensor, directions: Tensor, sampling: RaySampling, level: float, grid: LearntGrid | None
    ) -> SurfaceHits:
        """The places where rays [N, 3] meet the surface, at logits of `level`, as it is: without gradients.

        Args:
            grid: what is surely empty, of each object; None: the rays are marched plainly.
        """
        if grid is not None and origins.device.type != "cpu":
            again = partial(self._marched, origins, directions, sampling, level)
            return with_few_waits(self._of_rays(level), origins, directions, sampling, grid, again)
        counts = [len(origins)] if self.codes is None else self.counts
        rays = zip(torch.split(origins, counts), torch.split(directions, counts), strict=True)
        found = list[SurfaceHits]()
        for number, part in enumerate(rays):
            # Of no rays at all the shapes are wanted, too.
            if counts[number] or not len(origins):
                logits = self.of(number, level)
                found.append(
                    march(logits, *part, sampling) if grid is None else pruned_march(logits, *part, sampling, grid)
                )
        return SurfaceHits.joined(found)

    def _of_rays(self, level: float) -> OfRays:
        """The field of each ray's object as it is now, without gradients."""
        if self.codes is None:
            logits = self.of(0, level)
            return lambda points, rays: logits(points)

        @torch.no_grad()
        def of_objects(points: Tensor, rays: Tensor) -> Tensor:
            parts = zip(torch.split(points, GPU_POINTS), torch.split(rays, GPU_POINTS), strict=True)
            return torch.cat([self.logits(*part) for part in parts]) - level

        return of_objects

    def _marched(
        self, origins: Tensor, directions: Tensor, sampling: RaySampling, level: float, rays: Tensor
    ) -> SurfaceHits:
        """Along the rays of some numbers [M], plainly, object by object."""
        counts = [len(rays)]
        if self.codes is not None:
            counts = torch.bincount(self.objects[rays], minlength=len(self.codes)).tolist()
        parts = [(number, part) for number, part in enumerate(torch.split(rays, counts)) if len(part)]
        return SurfaceHits.joined(
            [march(self.of(number, level), origins[part], directions[part], sampling) for number, part in parts]
        )

    def of(self, number: int, level: float) -> Logits:
        """The field of one object as it is now, 0 on its surface, without gradients."""
        code = None if self.codes is None else self.codes[number : number + 1]
        return PackedDecoder(self._layers, code, level).logits

    @cached_property
    def _layers(self) -> PackedLayers:
        """Made once in a step: the weights are the same for every object, and change with the next."""
        return PackedLayers(self.decoder)
