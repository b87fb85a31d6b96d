"""The surface in a grid of occupancies: where what is interpolated between the voxels' centres crosses a threshold."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from engines.core.engine import Stop
from engines.core.errors import Cancelled
from engines.lsm.config import VMAX, VMIN

LEAST_STEP = 0.5
"""Of a voxel: what lies in one is not passed over."""
REFINEMENTS = 6
"""Halvings of the last step: a hundredth of a voxel."""
CELL_DIAGONAL = 3.0**0.5


class OccupancyField:
    """A grid, ready to be looked up and to be met by rays; all in the cube."""

    def __init__(self, occupancy: Tensor, threshold: float) -> None:
        """`occupancy` [n, n, n] along x, y, z; beyond its border there is nothing."""
        self.nvox, self.threshold = occupancy.shape[0], threshold
        padded = F.pad(occupancy, (1,) * 6)
        self.grid = padded - threshold
        self.voxel = (VMAX - VMIN) / self.nvox
        self.low, self.high = VMIN - self.voxel / 2, VMAX + self.voxel / 2
        self._clearance = self._free(padded)

    def _free(self, padded: Tensor) -> Tensor:
        """[(n + 1)^3] how far, in the cube's units, nothing of the inside is from anywhere in a cell between centres.

        At least half a voxel; 0 of cells that hold some of the inside.
        """
        from scipy.ndimage import distance_transform_cdt, distance_transform_edt

        cells = F.max_pool3d(padded[None, None], 2, 1)[0, 0] > self.threshold
        if not cells.any():
            return torch.full((cells.numel(),), 2 * (self.high - self.low), device=padded.device)
        empty = ~cells.cpu().numpy()
        # Between the middles of two cells; a diagonal less, or a side less along the axis where they are farthest.
        straight = distance_transform_edt(empty) - CELL_DIAGONAL
        along_axis = distance_transform_cdt(empty, "chessboard") - 1
        steps = np.maximum(np.maximum(straight, along_axis), LEAST_STEP) * empty * self.voxel
        return torch.tensor(steps, dtype=torch.float32, device=padded.device).flatten()

    def values(self, points: Tensor) -> Tensor:
        """[N] what is interpolated at points [N, 3], less the threshold: positive inside."""
        # The padded grid's first centre lies half a voxel below the cube's corner, and so on.
        scaled = (points - self.low) / (self.high - self.low) * 2 - 1
        # grid_sample's x is the last axis.
        found = F.grid_sample(self.grid[None, None], scaled.flip(1)[None, None, None], align_corners=True)
        outside = (scaled.abs() > 1).any(dim=1)
        return torch.where(outside, -self.threshold, found[0, 0, 0, 0])

    def normals(self, points: Tensor) -> Tensor:
        """[N, 3] of length 1, outwards."""
        step = self.voxel / 2
        axes = torch.eye(3, dtype=points.dtype, device=points.device) * step
        slopes = [self.values(points - axis) - self.values(points + axis) for axis in axes]
        return F.normalize(torch.stack(slopes, dim=1), dim=1)

    def hits(self, origin: Tensor, rays: Tensor, stop: Stop) -> Tensor:
        """[N] how far along rays [N, 3] of length 1 from `origin` [3] the surface is; +inf where it is not met.

        Raises:
            Cancelled: `stop` said so.
        """
        near, far = self._within(origin, rays)
        distance = torch.full_like(near, torch.inf)
        active = (near < far).nonzero()[:, 0]
        directions, at, end = rays[active], near[active], far[active]
        while len(active):
            if stop():
                raise Cancelled
            points = torch.addcmul(origin, directions, at[:, None])
            free = self._clear(points)
            inside = torch.zeros_like(at, dtype=torch.bool)
            close = (free == 0).nonzero()[:, 0]
            inside[close] = self.values(points[close]) > 0
            distance[active[inside]] = at[inside]
            at = at + free.clamp(min=LEAST_STEP * self.voxel)
            going = (~inside & (at < end)).nonzero()[:, 0]
            active, directions, at, end = active[going], directions[going], at[going], end[going]
        met = distance.isfinite().nonzero()[:, 0]
        distance[met] = self._refined(origin, rays[met], distance[met], near[met])
        return distance

    def _within(self, origin: Tensor, rays: Tensor) -> tuple[Tensor, Tensor]:
        """[N], [N] where rays enter and leave the grid; not before they begin."""
        safe = torch.where(rays.abs() < 1e-9, 1e-9, rays)
        first, second = (self.low - origin) / safe, (self.high - origin) / safe
        near = torch.minimum(first, second).amax(dim=1).clamp(min=0)
        return near, torch.maximum(first, second).amin(dim=1)

    def _clear(self, points: Tensor) -> Tensor:
        """[N] `_free` where points [N, 3] are."""
        cells = ((points - self.low) * (1 / self.voxel)).long().clamp_(0, self.nvox)
        side = self.nvox + 1
        return self._clearance[(cells[:, 0] * side + cells[:, 1]) * side + cells[:, 2]]

    def _refined(self, origin: Tensor, rays: Tensor, inside: Tensor, near: Tensor) -> Tensor:
        """[N] where the surface is, between the last place outside and the first inside."""
        outside = torch.maximum(inside - LEAST_STEP * self.voxel, near)
        for _ in range(REFINEMENTS):
            middle = (outside + inside) / 2
            within = self.values(origin + rays * middle[:, None]) > 0
            inside, outside = torch.where(within, middle, inside), torch.where(within, outside, middle)
        return inside
