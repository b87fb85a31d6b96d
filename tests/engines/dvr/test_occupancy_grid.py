"""The grid's bounds hold, it covers what it is told to, and a file gives it back as it was."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from engines.core.errors import Cancelled
from engines.dvr.grid_lookup import bounds, exits, locate
from engines.dvr.occupancy_grid import OccupancyGrid, build_grid
from tests.engines.dvr.shapes import thin_parts

CPU = torch.device("cpu")


def ball(points: Tensor) -> Tensor:
    return torch.as_tensor(20 * (0.3 - points.norm(dim=1)))


def places(count: int, half: float) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(3)
    points = (torch.rand(count, 3, generator=generator) * 2 - 1) * half
    return points, torch.randn(count, 3, generator=generator)


@pytest.mark.parametrize("half", [0.55, 2.0])
def test_the_field_is_within_its_bounds(half: float) -> None:
    grid = build_grid(ball, CPU, radius=half)
    points, directions = places(20_000, half)
    cells = locate(grid, points, directions)
    empty = cells.reach > 0
    assert 10 < empty.sum() < len(points) - 10
    assert (ball(points)[empty] < 0).all()
    about = bounds(grid, cells)
    off = (about.value - ball(points)).abs()
    unsettled = about.margin > 0
    assert (off <= about.margin)[unsettled].all()
    assert torch.equal(about.value[~unsettled] > 0, ball(points)[~unsettled] > 0)


def test_rises_are_those_of_the_trilinear_field() -> None:
    grid = build_grid(thin_parts, CPU)
    points, directions = places(4000, 0.5)
    cells = locate(grid, points, directions)
    step = 0.02 * (1 / cells.rate.norm(dim=1))
    ahead = locate(grid, points + step[:, None] * directions, directions)
    same = (ahead.cell == cells.cell).all(1)
    here, there = bounds(grid, cells), bounds(grid, ahead)
    rise = (there.value - here.value) / step
    torch.testing.assert_close(rise[same], (here.rise + there.rise)[same] / 2, rtol=1e-2, atol=2.0)
    assert (rise <= here.steepest + 1)[same].all()


def test_empty_cells_are_left_no_sooner_than_they_end() -> None:
    grid = build_grid(ball, CPU, radius=3.0)
    points, directions = places(5000, 2.9)
    cells = locate(grid, points, directions)
    ahead = exits(grid, cells)
    for share in (0.3, 0.7, 0.999):
        reached = points + (share * ahead)[:, None] * directions
        assert (ball(reached)[cells.reach > 0] < 0).all()
        assert reached.abs().max() <= grid.radius * 1.001


def test_samples_are_few() -> None:
    assert len(build_grid(ball, CPU).samples) < 100_000
    assert len(build_grid(thin_parts, CPU).samples) < 130_000


def test_a_file_gives_it_back() -> None:
    grid = build_grid(thin_parts, CPU, radius=2.0)
    tensors = grid.to_tensors()
    assert sum(tensor.nbytes for tensor in tensors.values()) < 400_000
    read = OccupancyGrid.from_tensors(tensors, CPU)
    assert read.half == pytest.approx(grid.half)
    for name in ("values", "margins", "reach", "samples", "halved"):
        torch.testing.assert_close(getattr(read, name), getattr(grid, name))


def test_what_a_file_gave_back_can_be_grown() -> None:
    grid = build_grid(ball, CPU)
    grown = OccupancyGrid.from_tensors(grid.to_tensors(), CPU).covering(ball, 2.0)
    again = OccupancyGrid.from_tensors(grown.to_tensors(), CPU)
    torch.testing.assert_close(again.values, build_grid(ball, CPU, radius=2.0).values)


@pytest.mark.parametrize("damage", ["missing", "short", "long", "few bits", "shape"])
def test_a_damaged_one_is_told(damage: str) -> None:
    tensors = build_grid(ball, CPU).to_tensors()
    if damage == "missing":
        del tensors["halved"]
    elif damage == "short":
        tensors["samples"] = tensors["samples"][:-1]
    elif damage == "long":
        tensors["samples"] = torch.cat([tensors["samples"], tensors["samples"][:1]])
    elif damage == "few bits":
        tensors["halved"] = tensors["halved"][:-1]
    else:
        tensors["shape"] = torch.tensor([1, 10**7])
    with pytest.raises(ValueError, match="a grid"):
        OccupancyGrid.from_tensors(tensors, CPU)


def test_enormous_logits_keep_their_sign() -> None:
    grid = build_grid(lambda points: 1e9 * ball(points), CPU)
    assert grid.values.isfinite().all()
    assert (grid.reach == 0).any()


def test_stops_when_asked() -> None:
    with pytest.raises(Cancelled):
        build_grid(ball, CPU, stop=lambda: True)
