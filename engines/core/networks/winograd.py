"""3x3 convolutions with a quarter of the products: Winograd's F(4x4, 3x3) (Lavin and Gray 2016, section 4).

Of grids the planes are convolved so, and three of them added up.

Every tile of 4x4 outputs is made from 6x6 inputs by 36 products of channels instead of 144. In float32 the result
differs from the direct sum by about 1e-5 of its size; a picture stays far below 1/255
(`tests/engines/deepvoxels/test_equality.py`).
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engines.core.networks.fresh_memory import fresh
from engines.core.networks.thread_each import thread_each

TILE, TAPS = 4, 3
WINDOW = TILE + TAPS - 1
LEAST_PRODUCTS = 64 * 64
"""Input times output channels below which the transforms cost what they save (measured on a CPU)."""
LEAST_SIDE = 16
CHUNK_TILES, CHUNK_FLOATS = 128, 36 * 64 * 1024
"""Tiles worked on at once: enough rows for a fast matrix product, few enough that what is made of them stays in the
cache, or at least in memory that the program has already."""

# Interpolation points 0, 1, -1, 2, -2 and infinity.
INPUT = ((4.0, 0, -5, 0, 1, 0), (0, -4, -4, 1, 1, 0), (0, 4, -4, -1, 1, 0),
         (0, -2, -1, 2, 1, 0), (0, 2, -1, -2, 1, 0), (0, 4, 0, -5, 0, 1))  # fmt: skip
KERNEL = ((1 / 4, 0, 0), (-1 / 6, -1 / 6, -1 / 6), (-1 / 6, 1 / 6, -1 / 6),
          (1 / 24, 1 / 12, 1 / 6), (1 / 24, -1 / 12, 1 / 6), (0, 0, 1))  # fmt: skip
OUTPUT = ((1.0, 1, 1, 1, 1, 0), (0, 1, -1, 2, -2, 0), (0, 1, 1, 4, 4, 0), (0, 1, -1, 8, -8, 1))

CHUNKS_A_THREAD = 8
"""With fewer, threads work together on each: those of torch, which are awake, begin sooner."""


def _both_axes(matrix: tuple[tuple[float, ...], ...]) -> Tensor:
    """The one-dimensional transform along rows and columns of a flattened tile."""
    one = torch.tensor(matrix, dtype=torch.float64)
    return torch.kron(one, one)


class WinogradConv2d(nn.Module):
    """A 3x3 convolution, with its activation, of a picture with a border of one pixel.

    forward: [1, C, H + 2, W + 2] -> [1, C', H, W], H and W divisible by 4; channels last in memory both ways. Where the
    border is `reflected`, it is made here: [1, C, H, W] -> [1, C', H, W].
    """

    def __init__(self, convolution: nn.Conv2d, activation: nn.Module | None, reflected: bool = False) -> None:
        super().__init__()
        self._reflected = reflected
        weight = convolution.weight.detach()
        # [C', C, 3, 3] -> [36, C, C'], in float64 because it is done once
        transformed = torch.einsum("pk,ock->pco", _both_axes(KERNEL), weight.double().flatten(2))
        self.kernel = nn.Parameter(transformed.to(weight.dtype).contiguous(), requires_grad=False)
        self.bias = convolution.bias
        self.input_transform = nn.Parameter(_both_axes(INPUT).to(weight.dtype), requires_grad=False)
        self.output_transform = nn.Parameter(_both_axes(OUTPUT).to(weight.dtype), requires_grad=False)
        self.activation = activation

    @staticmethod
    def suits(convolution: nn.Conv2d, shape: torch.Size) -> bool:
        """Whether this is right and faster for an input of `shape` [1, C, H + 2, W + 2]."""
        plain = (convolution.kernel_size, convolution.stride, convolution.padding) == ((TAPS, TAPS), (1, 1), (0, 0))
        height, width = shape[2] - 2, shape[3] - 2
        tiled = height % TILE == 0 and width % TILE == 0 and min(height, width) >= LEAST_SIDE
        return plain and tiled and convolution.in_channels * convolution.out_channels >= LEAST_PRODUCTS

    def forward(self, x: Tensor) -> Tensor:
        """[1, C', H, W] of [1, C, H + 2, W + 2]; where the border is reflected, of [1, C, H, W]."""
        image = x[0].permute(1, 2, 0)  # [H + 2, W + 2, C], or [H, W, C]
        border = 0 if self._reflected else 2
        height, width = image.shape[0] - border, image.shape[1] - border
        rows, columns = height // TILE, width // TILE
        result = fresh(image, height, width, self.kernel.shape[2])
        tiles = min(CHUNK_TILES, CHUNK_FLOATS // (WINDOW * WINDOW * max(self.kernel.shape[1:])))
        step = max(1, tiles // columns)

        def work(left: Iterator[int]) -> None:
            bordered = image.new_empty(step * TILE + 2, width + 2, image.shape[2]) if self._reflected else image
            for first in left:
                top, bottom = first * TILE, min(first + step, rows) * TILE
                part = _with_reflection(image, top, bottom, bordered) if self._reflected else image[top : bottom + 2]
                result[top:bottom] = self._chunk(part)

        starts = range(0, rows, step)
        if len(starts) >= CHUNKS_A_THREAD * torch.get_num_threads():
            thread_each(work, starts)
        else:
            work(iter(starts))
        return result.permute(2, 0, 1)[None]

    def _chunk(self, image: Tensor) -> Tensor:
        """[h + 2, w + 2, C] -> [h, w, C']."""
        windows = image.unfold(0, WINDOW, TILE).unfold(1, WINDOW, TILE)  # [r, c, C, 6, 6]
        rows, columns, channels = windows.shape[:3]
        windows = windows.permute(3, 4, 0, 1, 2).reshape(WINDOW * WINDOW, -1)
        spectrum = (self.input_transform @ windows).view(WINDOW * WINDOW, rows * columns, channels)
        products = torch.bmm(spectrum, self.kernel).view(WINDOW * WINDOW, -1)
        tiles = (self.output_transform @ products).view(TILE, TILE, rows, columns, -1)
        # [ty, tx, r, c, C'] -> rows (r, ty), columns (c, tx)
        made = tiles.permute(2, 0, 3, 1, 4).reshape(rows * TILE, columns * TILE, -1)
        if self.bias is not None:
            made += self.bias
        return made if self.activation is None else self.activation(made)


def _with_reflection(image: Tensor, top: int, bottom: int, into: Tensor) -> Tensor:
    """[bottom - top + 2, W + 2, C] rows of an image [H, W, C] with one more on each side, in `into`."""
    made = into[: bottom - top + 2]
    first, last = max(0, top - 1), min(len(image), bottom + 1)
    made[first - top + 1 : last - top + 1, 1:-1] = image[first:last]
    if top == 0:
        made[0, 1:-1] = image[1]
    if bottom == len(image):
        made[-1, 1:-1] = image[-2]
    made[:, 0], made[:, -1] = made[:, 2], made[:, -3]
    return made


PLANES = 8
"""Planes of a grid worked on at once: with more, memory is fetched from the system each time (all 32 at once: the
networks of V-LSM 1.44 times as fast as plainly, in place of 1.86)."""


class WinogradConv3d:
    """A 3x3x3 convolution of a grid, with zeros about it; for sides divisible by 4."""

    def __init__(self, weights: Tensor, parts: int = 1) -> None:
        """`weights` [O, C, 3, 3, 3]; its outputs come in so many `parts` of equally many channels."""
        outputs, self._channels = weights.shape[:2]
        self._parts, self._each = parts, outputs // parts
        # [3, 36, C, O], in float64 because it is done once
        transformed = torch.einsum("pk,octk->tpco", _both_axes(KERNEL).to(weights.device), weights.double().flatten(3))
        self._kernel = transformed.to(weights.dtype).contiguous()
        self._input, self._output = (_both_axes(matrix).to(weights) for matrix in (INPUT, OUTPUT))

    def __call__(self, grid: Tensor) -> Tensor:
        """[P, X, Y, Z, O / P] of [X, Y, Z, C]."""
        planes, rows, columns = grid.shape[0], grid.shape[1] // TILE, grid.shape[2] // TILE
        padded = F.pad(grid, (0, 0, 1, 1, 1, 1, 1, 1))
        made = grid.new_empty(self._parts, planes, rows, TILE, columns, TILE, self._each)
        for first in range(0, planes, PLANES):
            last = min(first + PLANES, planes)
            tiles = self._chunk(padded[first : last + 2]).view(TILE, TILE, -1, rows, columns, self._parts, self._each)
            made[:, first:last] = tiles.permute(5, 2, 3, 0, 4, 1, 6)
        return made.view(self._parts, *grid.shape[:3], self._each)

    def _chunk(self, padded: Tensor) -> Tensor:
        """[16, D * tiles * O] of D + 2 planes."""
        windows = padded.unfold(1, WINDOW, TILE).unfold(2, WINDOW, TILE)  # [D + 2, r, c, C, 6, 6]
        tiles = windows.shape[1] * windows.shape[2]
        spectrum = self._input @ windows.permute(4, 5, 0, 1, 2, 3).reshape(WINDOW * WINDOW, -1)
        spectrum = spectrum.view(WINDOW * WINDOW, -1, self._channels)
        count = spectrum.shape[1] - 2 * tiles
        products = torch.bmm(spectrum[:, :count], self._kernel[0])
        for plane in (1, 2):
            products.baddbmm_(spectrum[:, plane * tiles : plane * tiles + count], self._kernel[plane])
        return self._output @ products.view(WINDOW * WINDOW, -1)
