"""The samples that the plain search takes on rays, one by one: to the bit those of `marching.py`."""

from __future__ import annotations

import torch
from torch import Tensor

from engines.dvr.marching import RaySampling, cube_interval

ROUNDING = 1e-4
"""Of the space between two samples."""


class RaySamples:
    """Rays and the samples that `march` takes on them."""

    def __init__(self, origins: Tensor, directions: Tensor, sampling: RaySampling) -> None:
        """`origins`, `directions`: [N, 3] in the field's coordinates."""
        self.origins, self.directions, self.sampling = origins, directions, sampling
        self.lengths = directions.norm(dim=1)
        near, far, self._meets = cube_interval(origins, directions, sampling.padding)
        first, last = sampling.unseen
        self._near, self._far = near.masked_fill(~self._meets, first), far.masked_fill(~self._meets, last)
        self._steps = torch.linspace(0, 1, sampling.samples, dtype=origins.dtype, device=origins.device)
        self._beside = torch.linspace(first, last, sampling.samples, dtype=origins.dtype, device=origins.device)

    def d(self, rays: Tensor, sample: Tensor) -> Tensor:
        """[M] of samples [M] on the rays with indices [M]; to the bit those of `march`."""
        near = self._near[rays]
        within = near + self._steps[sample] * (self._far[rays] - near)
        return torch.where(self._meets[rays], within, self._beside[sample])

    def points(self, rays: Tensor, d: Tensor) -> Tensor:
        """[M, 3] at d [M]."""
        return self.origins[rays] + d[:, None] * self.directions[rays]

    def spacing(self, rays: Tensor) -> Tensor:
        """[M] d between two samples."""
        return (self._far[rays] - self._near[rays]) / (self.sampling.samples - 1)

    def samples_until(self, rays: Tensor, d: Tensor) -> Tensor:
        """[M] how many samples lie before d [M]."""
        count = ((d - self._near[rays]) / self.spacing(rays) - ROUNDING).ceil()
        return count.nan_to_num(0).clamp(0, self.sampling.samples).long()

    def ends(self) -> tuple[Tensor, Tensor]:
        """[2, M, 3] first and last samples of those rays whose are finite, and [N] which these are."""
        ends = self._ends()
        finite = ends.isfinite().all(-1).all(0)
        return ends[:, finite], finite

    def finite(self) -> Tensor:
        """[N] whether a ray's first and last samples are."""
        return self._ends().isfinite().all(-1).all(0)

    def farthest(self) -> float:
        """The largest coordinate of any sample on rays whose samples are finite."""
        ends = self._ends()
        finite = ends.isfinite().all(-1).all(0)
        return float(torch.where(finite[:, None], ends, 0.0).abs().amax()) if ends.numel() else 0.0

    def _ends(self) -> Tensor:
        """[2, N, 3] first and last samples."""
        return torch.stack([self.origins + d[:, None] * self.directions for d in (self._near, self._far)])


def farthest_coordinate(origins: Tensor, directions: Tensor, sampling: RaySampling) -> float:
    """The largest coordinate of any sample on rays [N, 3]: so far a grid must reach, or more of it is made."""
    return RaySamples(origins, directions, sampling).farthest()
