"""What stands for pixels that are not known, against numbers worked by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from app.rendering.grid_interpolation import importance, interpolated, interpolated_depth


def grid(height: int, width: int, stride: int) -> Tensor:
    """[H, W] bool: every `stride`-th row and column."""
    known = torch.zeros(height, width, dtype=torch.bool)
    known[::stride, ::stride] = True
    return known


@pytest.mark.parametrize("size", [(33, 41), (32, 40), (7, 3), (1, 1)])
def test_a_plane_is_where_it_was(size: tuple[int, int]) -> None:
    """Not by half a pixel elsewhere: what rises evenly is met exactly, but behind the last known row and column."""
    rows, columns = torch.meshgrid(torch.arange(size[0]), torch.arange(size[1]), indexing="ij")
    plane = torch.stack([0.25 * rows + 0.5 * columns, -1.0 * columns])
    known = grid(*size, 4)
    found = interpolated(torch.where(known, plane, torch.nan).nan_to_num(99), known, 4)
    # The cubic takes the first and the last place of a row twice.
    inner = (slice(None), *(slice(8, max(8, (side - 1) // 4 * 4 - 7)) for side in size))
    torch.testing.assert_close(found[inner], plane[inner])
    assert torch.equal(found[:, known], plane[:, known])
    assert found.min() >= plane[:, known].min() and found.max() <= plane[:, known].max()


def test_known_pixels_of_finer_grids_are_kept_and_serve_their_neighbours() -> None:
    known = grid(9, 9, 4)
    known[2, 2] = known[5, 5] = True
    values = torch.zeros(1, 9, 9)
    values[0, 2, 2], values[0, 5, 5] = 1.0, 7.0
    found = interpolated(values, known, 4)[0]
    assert found[2, 2] == 1 and found[5, 5] == 7
    assert 0.4 < found[2, 1] < 0.7 and found[2, 1] == found[1, 2] and found[5, 4] == found[4, 5] == found[6, 6] == 0


def test_depths_are_interpolated_on_surfaces_and_not_across_edges() -> None:
    depth = torch.tensor([[2.0, 9, 2.2, 9, torch.inf, 9, 5.0, 9, 0.0]])
    known = torch.tensor([[True, False] * 4 + [True]])
    (found,) = interpolated_depth(depth, known, 2).tolist()
    assert found[1] == pytest.approx(2 / (1 / 2 + 1 / 2.2))
    assert found[3] == pytest.approx(2.2) and found[5] == np.inf and found[7] == pytest.approx(5.0)
    assert found[::2] == depth[0, ::2].tolist()
    assert interpolated_depth(torch.zeros(1, 3), torch.tensor([[True, False, True]]), 2).tolist() == [[0, 0, 0]]


def test_edges_come_first_then_coarse_grids() -> None:
    known = grid(17, 17, 8)
    picture = torch.zeros(3, 17, 17)
    picture[1, :, 9:] = 0.5
    gain = importance(picture, known, 8)
    assert torch.equal(gain == -1, known)
    flat, edge = gain[:, :8], gain[:, 8:10]
    assert edge[~known[:, 8:10]].min() > flat.max()
    # Rows of half the stride before those of a quarter, where nothing differs.
    assert gain[4, 0] > gain[2, 0] > gain[1, 0] > 0
