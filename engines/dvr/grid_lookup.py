"""What an occupancy grid says of points on rays."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from engines.dvr.occupancy_grid import OccupancyGrid

EDGE = 1e-5
"""Of a cube's half side: points so little beyond its faces are on them, but for rounding."""


@dataclass(frozen=True, eq=False)
class GridCells:
    """The cells that points are in.

    Attributes:
        cube: [M] which of the nested cubes, the smallest that has the point.
        cell: [M, 3] index of the cell.
        place: [M, 3] the point, in cells from the cube's corner.
        rate: [M, 3] how `place` changes with d.
        reach: [M] cells to the nearest one that isn't surely empty.
    """

    cube: Tensor
    cell: Tensor
    place: Tensor
    rate: Tensor
    reach: Tensor

    def chosen(self, which: Tensor) -> GridCells:
        """The cells of some points: of indices [K], or of a mask [M]."""
        return GridCells(self.cube[which], self.cell[which], self.place[which], self.rate[which], self.reach[which])


@dataclass(frozen=True, eq=False)
class Bounds:
    """The field about points on rays, where it isn't surely empty.

    Attributes:
        value: [M] of the trilinear field.
        margin: [M] how far the true one may be from it.
        rise: [M] of the trilinear field at the point, by d.
        steepest: [M] the most that it rises anywhere in the cell, by d; 0 where it falls only.
        bend: [M] by how much its rise changes at most anywhere in the cell, by d.
    """

    value: Tensor
    margin: Tensor
    rise: Tensor
    steepest: Tensor
    bend: Tensor

    def chosen(self, which: Tensor) -> Bounds:
        """The bounds at some points: of indices [K], or of a mask [M]."""
        return Bounds(*(getattr(self, name)[which] for name in self.__dataclass_fields__))


def locate(grid: OccupancyGrid, points: Tensor, directions: Tensor) -> GridCells:
    """The cells of points [M, 3], none beyond the last cube, on rays in `directions` [M, 3]."""
    largest, count = points.abs().amax(1), grid.cells
    cube = torch.zeros_like(largest, dtype=torch.long)
    for number in range(len(grid.reach) - 1):
        cube += largest > grid.half * 2**number * (1 + EDGE)
    scale = (count / (2 * grid.half) * 0.5**cube)[:, None]
    place = points * scale + count / 2
    cell = place.floor().clamp_(0, count - 1).long()
    index = ((cube * count + cell[:, 0]) * count + cell[:, 1]) * count + cell[:, 2]
    return GridCells(cube, cell, place, directions * scale, grid.reach.view(-1)[index].long())


def exits(grid: OccupancyGrid, cells: GridCells) -> Tensor:
    """[M] by how much d grows until rays leave the empty cells about a point, or its own where it isn't empty."""
    around = cells.reach.clamp(min=1)[:, None]
    lower, upper = (cells.cell - around + 1).clamp(min=0), (cells.cell + around).clamp(max=grid.cells)
    ahead = torch.where(cells.rate > 0, upper, lower) - cells.place
    d = (ahead / cells.rate).masked_fill(cells.rate == 0, torch.inf)
    return d.amin(1).clamp(min=0)


def bounds(grid: OccupancyGrid, cells: GridCells) -> Bounds:
    """The field's value, its margin and its course at the points [M] in `cells`."""
    count, device = grid.cells, cells.cell.device
    index = ((cells.cube * count + cells.cell[:, 0]) * count + cells.cell[:, 1]) * count + cells.cell[:, 2]
    margin = grid.margins.view(-1)[index]
    side = count + 1
    first = ((cells.cube * side + cells.cell[:, 0]) * side + cells.cell[:, 1]) * side + cells.cell[:, 2]
    step = torch.arange(2, device=device)
    corners = (step[:, None, None] * side + step[:, None]) * side + step
    values = grid.values.view(-1)[first[:, None] + corners.view(-1)].view(-1, 2, 2, 2)
    u, v, w = (cells.place - cells.cell).clamp(0, 1).unbind(1)
    along_x = _between(_between(values, w), v)
    along_y = _between(_between(values, w).transpose(1, 2), u)
    along_z = _between(_between(values.permute(0, 3, 2, 1), u), v)
    rises = [along[:, 1] - along[:, 0] for along in (along_x, along_y, along_z)]
    rate = cells.rate.unbind(1)
    edges = (values[:, 1] - values[:, 0], values[:, :, 1] - values[:, :, 0], values[..., 1] - values[..., 0])
    steepest = [(edge.flatten(1) * by[:, None]).amax(1) for edge, by in zip(edges, rate, strict=True)]
    twists = (
        (edges[0][:, 1] - edges[0][:, 0]).abs().amax(1) * (rate[0] * rate[1]).abs(),
        (edges[0][..., 1] - edges[0][..., 0]).abs().amax(1) * (rate[0] * rate[2]).abs(),
        (edges[1][..., 1] - edges[1][..., 0]).abs().amax(1) * (rate[1] * rate[2]).abs(),
    )
    return Bounds(
        _between(along_x, u),
        margin,
        rises[0] * rate[0] + rises[1] * rate[1] + rises[2] * rate[2],
        (steepest[0] + steepest[1] + steepest[2]).clamp(min=0),
        2 * (twists[0] + twists[1] + twists[2]),
    )


def _between(values: Tensor, at: Tensor) -> Tensor:
    """[M, ...] between both entries of the last axis of [M, ..., 2], at [M] in [0, 1]."""
    return torch.lerp(values[..., 0], values[..., 1], at.view(-1, *[1] * (values.dim() - 2)))
