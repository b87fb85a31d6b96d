"""The surface in a grid of occupancies: where what is interpolated between the voxels' centres crosses a threshold."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from engines.core.camera import Array
from engines.core.device import to_device
from engines.core.engine import Stop
from engines.core.errors import Cancelled
from engines.lsm.config import VMAX, VMIN
from engines.lsm.surface_mesh import SurfaceMesh

LEAST_STEP = 0.5
"""Of a voxel: what lies in one is not passed over."""
REFINEMENTS = 3
"""Of the place within the last step: to a hundredth of a voxel."""
CELL_DIAGONAL = 3.0**0.5
BESIDE_PX, BEFORE = 5, 0.5
"""Across which pixels, and by how much of a voxel, the surface may be elsewhere than its triangles."""
NEAR, TRUE = 0.3, 0.1
"""Of a voxel: how far from a triangle the surface is taken to be its, and how near to it a step along the slope comes,
so that one along the secant comes ten times nearer."""
SOON = 8
"""Steps that are looked at at once; within so many rays beside a triangle meet the surface, or pass it."""


@dataclass(frozen=True, eq=False)
class CubeRays:
    """Rays of one camera, in the cube.

    Attributes:
        origin: [3] where they begin.
        directions: [N, 3] of length 1.
        along_z: [N] each one's share along the camera's +z.
    """

    origin: Tensor
    directions: Tensor
    along_z: Tensor

    def at(self, distances: Tensor) -> Tensor:
        """[N, 3] points so far, [N], along each."""
        return torch.addcmul(self.origin, self.directions, distances[:, None])

    def chosen(self, which: Tensor) -> CubeRays:
        """Some of the rays, by their indices [M]."""
        return CubeRays(self.origin, self.directions[which], self.along_z[which])


def rays_of(K: Array, R: Array, pixels: Tensor, width: int) -> CubeRays:
    """The rays through pixels [N], numbered row by row in a picture `width` wide.

    Args:
        K: [3, 3] intrinsics, pixels.
        R: [3, 4] from the cube to the camera.
    """
    turned, origin = (
        to_device(torch.tensor(array, dtype=torch.float32), pixels.device)
        for array in (R[:, :3], -R[:, :3].T @ R[:, 3])
    )
    rows = torch.div(pixels, width, rounding_mode="floor")
    across = (pixels - rows * width + (0.5 - K[0, 2])) * (1 / K[0, 0])
    down = (rows + (0.5 - K[1, 2])) * (1 / K[1, 1])
    along_z = (across * across + down * down + 1).rsqrt()
    # A product of matrices so narrow takes longer than its three columns.
    directions = torch.stack([(across * x + down * y + z) * along_z for x, y, z in turned.T], dim=1)
    return CubeRays(origin, directions, along_z)


def _outwards(slopes: Tensor) -> Tensor:
    """[N, 3] of length 1, of how occupancy changes [3, N]."""
    # By rows: torch's own way along the other axis takes fifty times as long.
    lengths = slopes.square().sum(dim=0).clamp_(min=1e-24)
    return (slopes * lengths.rsqrt_().neg_()).T


@dataclass(frozen=True, eq=False)
class Met:
    """What a picture shows of a surface.

    Attributes:
        pixels: [M] numbers of those that show some, row by row.
        rays: of these M.
        distances: [M] along each, the cube's units.
        points: [M, 3] in the cube, and `normals` [M, 3] of length 1, outwards.
    """

    pixels: Tensor
    rays: CubeRays
    distances: Tensor
    points: Tensor
    normals: Tensor

    def joined(self, other: Met) -> Met:
        """Both, of the same camera."""
        mine, others = (
            (met.pixels, met.rays.directions, met.rays.along_z, met.distances, met.points, met.normals)
            for met in (self, other)
        )
        pixels, directions, along_z, *rest = (torch.cat(pair) for pair in zip(mine, others, strict=True))
        return Met(pixels, CubeRays(self.rays.origin, directions, along_z), *rest)


class OccupancyField:
    """A grid, ready to be looked up and to be met by rays; all in the cube."""

    def __init__(self, occupancy: Tensor, threshold: float) -> None:
        """`occupancy`: of the shape [n, n, n], along x, y, z, in [0, 1]; beyond its border there is nothing."""
        self.nvox, self.threshold = occupancy.shape[0], threshold
        padded = F.pad(occupancy, (1,) * 6)
        self.voxel = (VMAX - VMIN) / self.nvox
        self.low, self.high = VMIN - self.voxel / 2, VMAX + self.voxel / 2
        # Values, and how they change by a voxel along each axis.
        slopes = [slope[1:-1, 1:-1, 1:-1] for slope in torch.gradient(F.pad(padded, (1,) * 6))]
        self.grid = torch.stack([padded - threshold, *slopes])
        self.mesh = SurfaceMesh(self.grid[0].cpu().numpy(), self.low, self.voxel)
        self._clearance = self._free(F.max_pool3d(padded[None, None], 2, 1)[0, 0] > threshold)

    def _free(self, cells: Tensor) -> Tensor:
        """[(n + 1)^3] how far, in the cube's units, nothing of the inside is from anywhere in a cell between centres.

        At least half a voxel; 0 of `cells` that hold some of the inside.
        """
        from scipy.ndimage import distance_transform_cdt, distance_transform_edt

        if not cells.any():
            return torch.full((cells.numel(),), 2 * (self.high - self.low), device=cells.device)
        empty = ~cells.cpu().numpy()
        # Between the middles of two cells; a diagonal less, or a side less along the axis where they are farthest.
        straight = distance_transform_edt(empty) - CELL_DIAGONAL
        along_axis = distance_transform_cdt(empty, "chessboard") - 1
        steps = np.maximum(np.maximum(straight, along_axis), LEAST_STEP) * empty * self.voxel
        return torch.tensor(steps, dtype=torch.float32, device=cells.device).flatten()

    def looked_up(self, grids: Tensor, points: Tensor) -> Tensor:
        """[C, N] what grids [C, n + 2, n + 2, n + 2] have at points [N, 3]; beyond their border what is there."""
        # The padded grid's first centre lies half a voxel below the cube's corner; grid_sample's x is the last axis.
        at = points.flip(1).sub_(self.low).mul_(2 / (self.high - self.low)).sub_(1)
        return F.grid_sample(grids[None], at[None, None, None], padding_mode="border", align_corners=True)[0, :, 0, 0]

    def values(self, points: Tensor) -> Tensor:
        """[N] what is interpolated at points [N, 3], less the threshold: positive inside."""
        return self.looked_up(self.grid[:1], points)[0]

    def normals(self, points: Tensor) -> Tensor:
        """[N, 3] of length 1, outwards."""
        return _outwards(self.looked_up(self.grid[1:], points))

    def met(self, K: Array, R: Array, size_px: tuple[int, int], stop: Stop) -> Met:
        """What a camera sees of it: `hits` along the rays of all pixels, most of them found from its triangles.

        Args:
            K: [3, 3] intrinsics, pixels.
            R: [3, 4] to the camera.

        Raises:
            Cancelled: `stop` said so.
        """
        width, on_cpu = size_px[0], self.grid.device.type == "cpu"
        # A GPU is sooner through with all rays than the CPU with the triangles.
        drawn = self.mesh.depths(K, R, size_px) if on_cpu else None
        if drawn is None:
            pixels = torch.arange(width * size_px[1], device=self.grid.device)
            rays = rays_of(K, R, pixels, width)
            return self._shown(pixels, rays, self.hits(rays.origin, rays.directions, stop))
        # Beside a triangle the surface may be, or before it.
        before = cv2.erode(drawn, np.ones((BESIDE_PX, BESIDE_PX), dtype=np.uint8))
        pixels, depth = self._finite(drawn)
        rays = rays_of(K, R, pixels, width)
        distances, normals = self._beside(rays, depth / rays.along_z)
        # Where something nearer stands close by it may hide what the triangle is of.
        nearest = to_device(torch.from_numpy(before.ravel()), pixels.device)
        certain = distances.isfinite() & (depth - nearest[pixels] <= BEFORE * self.voxel)
        sure, doubtful = certain.nonzero()[:, 0], (~certain).nonzero()[:, 0]
        some, (beside, _) = rays.chosen(sure), self._finite(np.where(np.isfinite(drawn), np.inf, before))
        points, kept = some.at(distances[sure]), distances[sure]
        result = Met(pixels[sure], some, kept, points, normals[sure])
        # Without any near by it is what the triangle says; where that is wrong, too, something farther.
        others = torch.cat([pixels[doubtful], beside])
        by_triangle = F.pad(distances[doubtful], (0, len(beside)), value=torch.inf)
        some = rays_of(K, R, others, width)
        begin = nearest[others] / some.along_z - BEFORE * self.voxel
        found = self._soon(some, begin)
        found = torch.where(found.isfinite(), found, by_triangle)
        lost = (~found[: len(doubtful)].isfinite()).nonzero()[:, 0]
        found[lost] = self.hits(some.origin, some.directions[lost], stop, begin[lost])
        return result.joined(self._shown(others, some, found))

    def _finite(self, depth: Array) -> tuple[Tensor, Tensor]:
        """Numbers [M] of the pixels of a picture [H, W] that have a depth, and [M] these."""
        pixels = np.flatnonzero(np.isfinite(depth))
        depths = depth.ravel()[pixels]
        device = self.grid.device
        return to_device(torch.from_numpy(pixels), device), to_device(torch.from_numpy(depths), device)

    def _shown(self, pixels: Tensor, rays: CubeRays, distances: Tensor) -> Met:
        """Of pixels [N] whose rays meet the surface at `distances` [N], or don't: +inf."""
        kept = distances.isfinite().nonzero()[:, 0]
        rays, distances = rays.chosen(kept), distances[kept]
        points = rays.at(distances)
        return Met(pixels[kept], rays, distances, points, self.normals(points))

    def _beside(self, rays: CubeRays, distances: Tensor) -> tuple[Tensor, Tensor]:
        """[N] where the surface is, and [N, 3] normals, of rays that meet a triangle at `distances` [N].

        +inf where it isn't so near to it, or isn't told by a step along the slope and one along the secant.
        """
        first = self.looked_up(self.grid, rays.at(distances))
        x, y, z = rays.directions.unbind(1)
        slope = (first[1] * x + first[2] * y + first[3] * z).clamp_(min=1e-12).reciprocal_().mul_(self.voxel)
        step = (first[0] * -slope).clamp_(-NEAR * self.voxel, NEAR * self.voxel)
        there = distances + step
        value = self.values(rays.at(there))
        secant = value * step / torch.where(value == first[0], 1.0, first[0] - value)
        true = (secant.abs() < NEAR * self.voxel) & ((value * slope).abs() < TRUE * self.voxel)
        return torch.where(true, there + secant, torch.inf), _outwards(first[1:])

    def _soon(self, rays: CubeRays, begin: Tensor) -> Tensor:
        """[N] where rays meet the surface within `SOON` steps of `begin` [N]; +inf where they don't."""
        met, inside = self._steps(rays.origin, rays.directions, begin)
        found = torch.full_like(begin, torch.inf)
        found[met] = self._refined(rays.origin, rays.directions[met], inside, begin[met])
        return found

    def _steps(self, origin: Tensor, directions: Tensor, begin: Tensor) -> tuple[Tensor, Tensor]:
        """Numbers [M] of those of N rays that are inside within `SOON` steps of `begin` [N], and [M] where first."""
        at, inside = self._looked_at(origin, directions, begin)
        met = inside.any(dim=0).nonzero()[:, 0]
        return met, at[inside[:, met].float().argmax(dim=0), met]

    def _looked_at(self, origin: Tensor, directions: Tensor, begin: Tensor) -> tuple[Tensor, Tensor]:
        """[S, N] places of `SOON` steps from `begin` [N], and whether the ray is inside there."""
        steps = torch.arange(SOON, device=begin.device, dtype=begin.dtype)[:, None] * (LEAST_STEP * self.voxel)
        at = begin + steps
        return at, self.values(torch.addcmul(origin, directions, at[..., None]).flatten(0, 1)).view_as(at) > 0

    def hits(self, origin: Tensor, rays: Tensor, stop: Stop, begin: Tensor | None = None) -> Tensor:
        """[N] how far along rays [N, 3] of length 1 from `origin` [3] the surface is; +inf where it is not met.

        Args:
            begin: [N] before which they meet nothing.

        Raises:
            Cancelled: `stop` said so.
        """
        near, far = self.within(origin, rays)
        near = near if begin is None else torch.maximum(near, begin)
        if near.device.type != "cpu":
            return self._hits_of_all(origin, rays, (near, far), stop)
        distance = torch.full_like(near, torch.inf)
        active = (near < far).nonzero()[:, 0]
        at = near[active]
        at += self.clear(torch.addcmul(origin, rays[active], at[:, None]))
        while len(active):
            if stop():
                raise Cancelled
            met, inside = self._steps(origin, rays[active], at)
            distance[active[met]] = inside
            at += SOON * LEAST_STEP * self.voxel
            at += self.clear(torch.addcmul(origin, rays[active], at[:, None]))
            going = at < far[active]
            going[met] = False
            kept = going.nonzero()[:, 0]
            active, at = active[kept], at[kept]
        met = distance.isfinite().nonzero()[:, 0]
        distance[met] = self._refined(origin, rays[met], distance[met], near[met])
        return distance

    def _hits_of_all(self, origin: Tensor, rays: Tensor, way: tuple[Tensor, Tensor], stop: Stop) -> Tensor:
        """As `hits`, between both of `way` [N], for a GPU: it would be waited for, which rays are through."""
        near, far = way
        distance, going = torch.full_like(near, torch.inf), near < far
        at = near + self.clear(torch.addcmul(origin, rays, near[:, None]))
        for _ in range(self.steps_through(SOON * LEAST_STEP)):
            if stop():
                raise Cancelled
            places, inside = self._looked_at(origin, rays, at)
            first = places.gather(0, inside.float().argmax(dim=0)[None])[0]
            distance = torch.where(going & inside.any(dim=0), first, distance)
            at = at + SOON * LEAST_STEP * self.voxel
            at = at + self.clear(torch.addcmul(origin, rays, at[:, None]))
            going = going & ~inside.any(dim=0) & (at < far)
        met = distance.isfinite()
        found = self._refined(origin, rays, torch.where(met, distance, near), near)
        return torch.where(met, found, torch.inf)

    def steps_through(self, voxels: float) -> int:
        """How many steps of so many voxels lead through the grid, whichever way."""
        return math.ceil(CELL_DIAGONAL * (self.nvox + 1) / voxels)

    def within(self, origin: Tensor, rays: Tensor) -> tuple[Tensor, Tensor]:
        """[N], [N] where rays enter and leave the grid; not before they begin."""
        safe = torch.where(rays.abs() < 1e-9, 1e-9, rays)
        first, second = (self.low - origin) / safe, (self.high - origin) / safe
        near = torch.minimum(first, second).amax(dim=1).clamp(min=0)
        return near, torch.maximum(first, second).amin(dim=1)

    def clear(self, points: Tensor) -> Tensor:
        """[N] `_free` where points [N, 3] are."""
        cells = ((points - self.low) * (1 / self.voxel)).long().clamp_(0, self.nvox)
        side = self.nvox + 1
        return self._clearance[(cells[:, 0] * side + cells[:, 1]) * side + cells[:, 2]]

    def _refined(self, origin: Tensor, rays: Tensor, inside: Tensor, near: Tensor) -> Tensor:
        """[N] where the surface is, between the last place outside and the first inside: by the Illinois method."""

        def values(at: Tensor) -> Tensor:
            return self.values(torch.addcmul(origin, rays, at[:, None]))

        outside = torch.maximum(inside - LEAST_STEP * self.voxel, near)
        below, above = values(outside).clamp(max=0), values(inside)
        found = inside
        for _ in range(REFINEMENTS):
            found = torch.lerp(outside, inside, below / (below - above).clamp(max=-1e-12))
            value = values(found)
            within = value > 0
            # The end that stays counts half, so that the other moves, too.
            below, above = torch.where(within, below / 2, value), torch.where(within, value, above / 2)
            inside, outside = torch.where(within, found, inside), torch.where(within, outside, found)
        return found
