"""The surface in a grid: rays meet it where a plain march does, and it is closed."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from engines.core.engine import never_stop
from engines.core.errors import Cancelled
from engines.lsm.occupancy import OccupancyField, rays_of
from engines.lsm.projection import voxel_centres
from engines.lsm.translucency import HIDDEN, OPTICAL_DEPTH, seen_through

RADIUS, THRESHOLD = 0.3, 0.4


def ball(nvox: int = 16) -> OccupancyField:
    """Occupancy that falls off evenly over two voxels: 0.4 at the radius."""
    away = voxel_centres(nvox, torch.zeros(())).norm(dim=0)
    occupancy = (THRESHOLD + (RADIUS - away) * nvox / 2).clamp(0, 1)
    return OccupancyField(occupancy.view(nvox, nvox, nvox), THRESHOLD)


def rays(count: int) -> tuple[Tensor, Tensor]:
    origin = torch.tensor([0.3, -1.9, 0.5])
    towards = torch.randn(count, 3, generator=torch.Generator().manual_seed(0)) * 0.3
    return origin, F.normalize(towards - origin, dim=1)


def plain(field: OccupancyField, origin: Tensor, rays: Tensor) -> Tensor:
    """By steps of a fiftieth of a voxel."""
    steps = torch.arange(1.0, 3.5, field.voxel / 50)
    points = origin + rays[:, None] * steps[:, None]
    inside = field.values(points.flatten(0, 1)).view(len(rays), -1) > 0
    return torch.where(inside.any(dim=1), steps[inside.float().argmax(dim=1)], torch.inf)


def test_rays_meet_the_surface_where_a_plain_march_does() -> None:
    field, (origin, directions) = ball(), rays(300)
    found, wanted = field.hits(origin, directions, never_stop), plain(field, origin, directions)
    assert 50 < wanted.isfinite().sum() < 250
    both = found.isfinite() & wanted.isfinite()
    # Rays that only touch the ball are met by one and not by the other.
    assert (found.isfinite() != wanted.isfinite()).sum() <= 3
    torch.testing.assert_close(found[both], wanted[both], atol=field.voxel / 25, rtol=0)
    points = origin + directions[both] * found[both, None]
    # A grid of 16 is no ball: as far as its voxels are wide.
    assert ((points.norm(dim=1) - RADIUS).abs() < field.voxel / 4).all()
    outwards = (field.normals(points) * F.normalize(points, dim=1)).sum(dim=1)
    assert (outwards > 0.95).all()


@pytest.mark.parametrize("away", [2.0, 0.31])
def test_a_picture_is_what_its_rays_meet(away: float) -> None:
    """From outside the surface, and from so near that its triangles can't be drawn."""
    field = ball()
    K, R = np.array([[90.0, 0, 41], [0, 70.0, 30], [0, 0, 1]]), np.eye(4)[:3]
    R[:, 3] = 0.05, -0.1, away
    shown = field.met(K, R, (80, 64), never_stop)
    rays = rays_of(K, R, torch.arange(80 * 64), 80)
    wanted = field.hits(rays.origin, rays.directions, never_stop)
    found = torch.full_like(wanted, torch.inf)
    found[shown.pixels] = shown.distances
    assert found.isfinite().sum() > 300
    # Rays that only touch the ball may be met by either.
    assert (found.isfinite() != wanted.isfinite()).sum() <= 0.02 * found.isfinite().sum()
    both = found.isfinite() & wanted.isfinite()
    apart = (found[both] - wanted[both]).abs()
    assert (apart < field.voxel / 25).float().mean() > 0.98
    torch.testing.assert_close(shown.points, rays.chosen(shown.pixels).at(shown.distances))
    assert ((shown.normals * F.normalize(shown.points, dim=1)).sum(dim=1) > 0.9).all()
    # Depths are along +z, and the middle of the picture is where its camera says.
    towards = shown.points.double().numpy() @ R[:, :3].T + R[:, 3]
    pixels = towards @ K.T / towards[:, 2:]
    assert (np.floor(pixels[:, 0]) + 80 * np.floor(pixels[:, 1]) == shown.pixels.numpy()).mean() > 0.999
    torch.testing.assert_close(
        shown.distances * shown.rays.along_z, torch.tensor(towards[:, 2]).float(), atol=1e-5, rtol=0
    )


def test_what_is_seen_through_is_added_up_along_each_ray() -> None:
    field = ball()
    colours = torch.rand(3, 18, 18, 18, generator=torch.Generator().manual_seed(1))
    K, R = np.array([[40.0, 0, 16], [0, 40.0, 16], [0, 0, 1]]), np.eye(4)[:3]
    R[2, 3] = 2.0
    shown = field.met(K, R, (32, 32), never_stop)
    colour, opacity = seen_through(field, colours, shown, never_stop)
    for ray in (0, 17, len(opacity) // 2):
        direction, at, left, wanted = shown.rays.directions[ray], float(shown.distances[ray]), 1.0, torch.zeros(3)
        for step in range(40):
            point = shown.rays.origin + (at + (step + 0.5) * field.voxel) * direction
            hidden = 1 - float(torch.exp(-OPTICAL_DEPTH / 0.6 * field.values(point[None]).clamp(min=0)))
            wanted += left * hidden * field.looked_up(colours, point[None])[:, 0]
            left *= 1 - hidden
        # What is hidden to a few hundredths is not looked at.
        assert abs(1 - left - float(opacity[ray])) < 2 * HIDDEN
        torch.testing.assert_close(colour[ray], wanted, atol=2 * HIDDEN, rtol=0)
    assert opacity.max() > 0.6 and opacity.min() < 0.2


def test_what_fills_the_grid_ends_at_its_border() -> None:
    field = OccupancyField(torch.ones(8, 8, 8), 0.5)
    found = field.hits(torch.tensor([0.0, 0.0, -2.0]), torch.tensor([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0]]), never_stop)
    # Half way between the last centre, 1, and half a voxel beyond the border, 0.
    torch.testing.assert_close(found, torch.tensor([1.5, torch.inf]), atol=field.voxel / 50, rtol=0)


def test_an_empty_grid_is_met_nowhere() -> None:
    origin, directions = rays(10)
    assert OccupancyField(torch.zeros(8, 8, 8), 0.5).hits(origin, directions, never_stop).isinf().all()


def test_it_ends_when_it_is_told_to() -> None:
    with pytest.raises(Cancelled):
        ball().hits(*rays(10), lambda: True)
