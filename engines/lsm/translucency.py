"""Volume rendering of the grid, to be seen through: what is occupied glows, and hides what is behind it a little."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from engines.core.engine import Stop
from engines.core.errors import Cancelled
from engines.lsm.occupancy import CubeRays, Met, OccupancyField

OPTICAL_DEPTH = 0.35
"""Of a voxel that is surely occupied: five of them hide five sixths of what is behind them."""
STEP = 1.0
"""Voxels between samples along a ray."""
HIDDEN = 0.03
"""What is left of what lies farther, from which on it is not looked at."""
STEPS_AT_ONCE = 4
"""Before rays that are through are left out."""


def seen_through(field: OccupancyField, colours: Tensor, met: Met, stop: Stop) -> tuple[Tensor, Tensor]:
    """Emission and absorption along rays from the surface on (Max 1995), by what is more occupied than the threshold.

    Args:
        colours: [3, n + 2, n + 2, n + 2] in [0, 1] of the padded grid's centres.

    Returns:
        colour: [M, 3], premultiplied: add what is behind, times 1 - opacity, yourself.
        opacity: [M].

    Raises:
        Cancelled: `stop` said so.
    """
    grids = torch.cat([field.grid[:1], colours])
    at = met.distances + 0.5 * STEP * field.voxel
    colour, left = torch.zeros_like(met.points), torch.ones_like(at)
    _, far = field.within(met.rays.origin, met.rays.directions)
    if at.device.type != "cpu":
        return _of_all(field, grids, met.rays, (at, far), stop)
    active, rays = torch.arange(len(at)), met.rays
    while len(active):
        if stop():
            raise Cancelled
        gathered, through, at = _some_steps(field, grids, rays, at, left[active])
        colour[active] += gathered.T
        left[active] = through
        kept = ((through > HIDDEN) & (at < far)).nonzero()[:, 0]
        active, rays, at, far = active[kept], rays.chosen(kept), at[kept], far[kept]
        # What is empty is passed over.
        at = at + field.clear(rays.at(at))
    return colour, 1 - left


def _of_all(
    field: OccupancyField, grids: Tensor, rays: CubeRays, way: tuple[Tensor, Tensor], stop: Stop
) -> tuple[Tensor, Tensor]:
    """As `seen_through`, between both of `way` [M], for a GPU: it would be waited for, which rays are through."""
    at, far = way
    colour, left, going = torch.zeros_like(rays.directions), torch.ones_like(at), torch.ones_like(at, dtype=torch.bool)
    for _ in range(field.steps_through(STEPS_AT_ONCE * STEP)):
        if stop():
            raise Cancelled
        gathered, through, at = _some_steps(field, grids, rays, at, left * going)
        colour += gathered.T
        left = torch.where(going, through, left)
        going = going & (left > HIDDEN) & (at < far)
        at = at + field.clear(rays.at(at))
    return colour, 1 - left


def _some_steps(
    field: OccupancyField, grids: Tensor, rays: CubeRays, at: Tensor, through: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """[3, M] the light of some steps from `at` [M], of which `through` [M] comes through; then both as they are."""
    depth_per_step, gathered = OPTICAL_DEPTH * STEP / (1 - field.threshold), torch.zeros(3, len(at), device=at.device)
    for _ in range(STEPS_AT_ONCE):
        found = field.looked_up(grids, rays.at(at))
        absorbed = torch.exp(found[0].clamp_(min=0).mul_(-depth_per_step))
        gathered += found[1:] * (through * (1 - absorbed))
        through = through * absorbed
        at = at + STEP * field.voxel
    return gathered, through, at


def neighbours_of(values: Tensor, known: Tensor) -> Tensor:
    """[C, n, n, n] with the mean of known neighbours where `known` [n, n, n] says that nothing is known."""
    weights = known.float()[None, None]
    total = F.avg_pool3d(weights, 3, 1, 1)[0]
    spread = F.avg_pool3d((values * weights[0])[:, None], 3, 1, 1)[:, 0] / total.clamp(min=1e-6)
    return torch.where(known, values, spread)
