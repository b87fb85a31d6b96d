"""Pictures of which only some pixels are known: what stands for the others, and how sure that is.

Pixels are known on nested grids: all of a coarse one, every `stride`-th column and row from the first on, and some of
those of half the stride, of a quarter... From grid to grid the pixels between are interpolated of their neighbours on
the coarser one, and what is known takes its place. Known pixels stay where and what they are, so nothing is shifted.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

JUMP = 0.1
"""Of an inverse depth: where neighbours differ by more there is an edge, and nothing lies between."""
WITHIN = 1e30
"""The inverse depth of what the camera stands in."""
UNSEEN = 1e-3
"""The least contrast there may be: where nothing differs coarse grids come before fine ones all the same."""

Between = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]
"""What lies in the middle between the second and the third of four places in a row."""


def interpolated(values: Tensor, known: Tensor, stride: int) -> Tensor:
    """[C, H, W] pictures whose pixels are all known, or interpolated smoothly, without leaving their neighbours' range.

    Args:
        values: [C, H, W]; what stands where nothing is known has no effect.
        known: [H, W] bool; all that is on the grid of `stride` must be.
        stride: a power of two.
    """
    return _refined(values, known, stride, _smoothly)


def interpolated_depth(depth: Tensor, known: Tensor, stride: int) -> Tensor:
    """[H, W] as `interpolated`, of depths along +z, +inf where nothing is hit, 0 where the camera stands in it.

    Inverse depths, in which planes are linear; across an edge the nearest one to the left, or above.
    """
    inverse = depth.reciprocal().clamp_(max=WITHIN)
    refined = _refined(inverse[None], known, stride, _up_to_edges)[0]
    return torch.where(known, depth, refined.reciprocal().masked_fill_(refined >= WITHIN / 2, 0))


def importance(picture: Tensor, known: Tensor, stride: int) -> Tensor:
    """[H, W] by how much a picture gains from each pixel's being known, on a scale of its own; -1 where it is known.

    The gain is expected where neighbours differ, and a pixel of a coarser grid has more that are interpolated from it.

    Args:
        picture: [C, H, W], as of `interpolated` with the same `known` and `stride`.
    """
    gain = torch.empty(picture.shape[1:], device=picture.device)
    strides = [2**power for power in range(stride.bit_length() - 1)]
    # Coarser grids last, since their pixels are also of the finer ones.
    for step in strides:
        gain[::step, ::step] = (_contrast(picture[:, ::step, ::step]) + UNSEEN) * step
    return gain.masked_fill_(known, -1)


def _refined(values: Tensor, known: Tensor, stride: int, between: Between) -> Tensor:
    grid = values[:, ::stride, ::stride]
    while stride > 1:
        stride //= 2
        of_grid = values[:, ::stride, ::stride]
        grid = _doubled(_doubled(grid, 2, between), 1, between)[:, : of_grid.shape[1], : of_grid.shape[2]]
        grid = torch.where(known[::stride, ::stride], of_grid, grid)
    return grid


def _doubled(grid: Tensor, dim: int, between: Between) -> Tensor:
    """The grid with as many places again along `dim`, each behind one that was there; the last one is repeated."""
    count = grid.shape[dim]
    first, last = grid.narrow(dim, 0, 1), grid.narrow(dim, count - 1, 1)
    padded = torch.cat([first, grid, last, last], dim)
    shape = (*grid.shape[:dim], 2 * count, *grid.shape[dim + 1 :])
    doubled = grid.new_empty(shape)
    places = doubled.view(*shape[:dim], count, 2, *shape[dim + 1 :])
    places.select(dim + 1, 0).copy_(grid)
    places.select(dim + 1, 1).copy_(between(*(padded.narrow(dim, begin, count) for begin in range(4))))
    return doubled


def _smoothly(before: Tensor, left: Tensor, right: Tensor, after: Tensor) -> Tensor:
    # The cubic through all four; at edges it would overshoot.
    cubic = torch.add(left, right).mul_(9 / 16).sub_(before, alpha=1 / 16).sub_(after, alpha=1 / 16)
    low = torch.minimum(left, right)
    torch.maximum(cubic, low, out=cubic)
    return torch.minimum(cubic, torch.maximum(left, right, out=low), out=cubic)


def _up_to_edges(before: Tensor, left: Tensor, right: Tensor, after: Tensor) -> Tensor:
    far, near = torch.minimum(left, right), torch.maximum(left, right)
    farther, nearer = (torch.minimum(far, before), after), (torch.maximum(near, before), after)
    even = torch.minimum(*farther) >= (1 - JUMP) * torch.maximum(*nearer)
    within = torch.where(even, _smoothly(before, left, right, after), (left + right) / 2)
    return torch.where(far >= (1 - JUMP) * near, within, left)


def _contrast(grid: Tensor) -> Tensor:
    """[h, w] the largest difference of any channel of [C, h, w] from a neighbour's to the sides, above or below."""
    across, down = (grid.diff(dim=dim).abs_().amax(0) for dim in (2, 1))
    found = grid.new_zeros(grid.shape[1:])
    for part, differs in ((found[:, 1:], across), (found[:, :-1], across), (found[1:], down), (found[:-1], down)):
        torch.maximum(part, differs, out=part)
    return found
