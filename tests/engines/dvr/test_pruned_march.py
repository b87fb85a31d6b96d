"""The search of a training finds what the plain one does, with fewer points."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from engines.dvr.config import DvrConfig
from engines.dvr.marching import RaySampling, SurfaceHits, march
from engines.dvr.network import Decoder
from engines.dvr.pruned_march import LearntGrid, possibly_occupied, pruned_march, with_few_waits

CPU = torch.device("cpu")


class Counted:
    """A field, and at how many points it was asked."""

    def __init__(self, field: Callable[[Tensor], Tensor]) -> None:
        self._field, self.asked = field, 0

    def __call__(self, points: Tensor) -> Tensor:
        self.asked += len(points)
        return self._field(points)


def rays(count: int = 600) -> tuple[Tensor, Tensor]:
    """Towards the cube from all around; some begin in it, some pass it by."""
    random = torch.Generator().manual_seed(0)
    origins = torch.randn(count, 3, generator=random)
    distances = torch.where(torch.rand(count, 1, generator=random) < 0.1, 0.3, 2.0)
    origins = distances * origins / origins.norm(dim=1, keepdim=True)
    return origins, 0.6 * torch.randn(count, 3, generator=random) - origins


def ball(points: Tensor) -> Tensor:
    return torch.as_tensor(40 * (0.3 - points.norm(dim=-1)))


def thin(points: Tensor) -> Tensor:
    """Two sheets, a hundredth thick, and a rod."""
    sheets = 0.005 - ((points[..., 0].abs() - 0.2).abs())
    rod = 0.02 - points[..., 1:].norm(dim=-1)
    return 60 * torch.maximum(sheets, rod)


def noise(points: Tensor) -> Tensor:
    torch.manual_seed(4)
    decoder = Decoder(DvrConfig(hidden_size=32, n_blocks=2))
    torch.nn.init.normal_(decoder.get_parameter("blocks.1.fc_1.weight"), std=0.4)
    with torch.no_grad():
        decoder.fc_p.weight.mul_(8)
        logits: Tensor = decoder(points)
        return logits[..., 0]


def few_waits(
    field: Callable[[Tensor], Tensor], origins: Tensor, directions: Tensor, sampling: RaySampling, grid: LearntGrid
) -> SurfaceHits:
    """The search of a GPU."""

    def again(rays: Tensor) -> SurfaceHits:
        return march(field, origins[rays], directions[rays], sampling)

    return with_few_waits(lambda points, rays: field(points), origins, directions, sampling, grid, again)


@pytest.mark.parametrize("field", [ball, thin, noise])
@pytest.mark.parametrize("samples", [2, 16, 100])
@pytest.mark.parametrize("with_grid", [False, True])
def test_it_is_the_plain_search(field: Callable[[Tensor], Tensor], samples: int, with_grid: bool) -> None:
    (origins, directions), sampling, grid = rays(), RaySampling(samples, 6), LearntGrid()
    if with_grid:
        grid.renew(field, CPU)
    plain = march(field, origins, directions, sampling)
    for search in (pruned_march, few_waits):
        found = search(field, origins, directions, sampling, grid)
        assert torch.equal(plain.hit, found.hit) and torch.equal(plain.starts_inside, found.starts_inside)
        # In batches of another size products are rounded otherwise.
        torch.testing.assert_close(found.distances[found.hit], plain.distances[plain.hit], rtol=1e-4, atol=1e-4)


def test_little_is_asked_where_most_is_empty() -> None:
    (origins, directions), sampling, grid = rays(), RaySampling(128, 4), LearntGrid()
    plain, pruned = Counted(ball), Counted(ball)
    march(plain, origins, directions, sampling)
    grid.renew(ball, CPU)
    pruned_march(pruned, origins, directions, sampling, grid)
    # Rays that pass the cube by are looked at all along, as nothing is known there.
    assert pruned.asked < 0.5 * plain.asked
    few = Counted(ball)
    few_waits(few, origins, directions, sampling, grid)
    assert few.asked < 1.2 * pruned.asked


def test_a_grid_that_is_wrong_about_the_place_before_a_surface_costs_a_plain_march() -> None:
    (origins, directions), sampling, grid = rays(), RaySampling(64, 6), LearntGrid()
    # Of a smaller ball: the larger one's surface lies in cells that it calls empty.
    grid.renew(lambda points: 400 * (0.2 - points.norm(dim=-1)), CPU)
    plain = march(ball, origins, directions, sampling)
    for search in (pruned_march, few_waits):
        found = search(ball, origins, directions, sampling, grid)
        through = plain.hit & found.hit
        assert int(through.sum()) > 50
        torch.testing.assert_close(found.distances[through], plain.distances[through], rtol=1e-4, atol=1e-4)


def test_cells_are_empty_only_well_below_the_surface() -> None:
    nearly = possibly_occupied(lambda points: torch.full((len(points),), -0.4), CPU)
    surely = possibly_occupied(lambda points: torch.full((len(points),), -0.6), CPU)
    assert nearly.all() and not surely.any()


def test_a_grid_is_made_anew_now_and_then_and_comes_back_from_its_state() -> None:
    grid, field = LearntGrid(), Counted(ball)
    assert [step for step in range(40) if grid.is_due(step)] == list(range(40))
    grid.renew(field, CPU)
    assert [step for step in range(40) if grid.is_due(step)] == [0, 16, 32]
    other = LearntGrid()
    other.restore(grid.state(), CPU)
    points = rays()[0]
    assert torch.equal(other.may_be_occupied(points), grid.may_be_occupied(points))
    assert not other.is_due(33) and field.asked == 33**3
    none = LearntGrid()
    none.restore({}, CPU)
    assert none.may_be_occupied(points).all()
