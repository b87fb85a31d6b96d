"""A view volume's samples in place of the volume: its first convolution, and its collapse.

Most of a view volume is empty: at a usual camera a third of it lies inside the grid. Both are linear in the features,
so on a CPU they are taken sample by sample, and the volume of features [F, D, 64, 64] is never made. Gradients pass.
"""

from __future__ import annotations

import torch
from torch import Tensor

from engines.deepvoxels.config import FEATURE_PX

RIM = 2
"""A sample repeated one beyond the border reaches one further."""


def packed(kernel: Tensor) -> Tensor:
    """[F, 27 * C'] of a kernel [C', F, 3, 3, 3]: what a sample gives to each of its neighbours."""
    return kernel.permute(1, 2, 3, 4, 0).flatten(1)


def convolve(features: Tensor, index: Tensor, packed_kernel: Tensor, planes: int) -> Tensor:
    """[1, C', D, 64, 64] a 3x3x3 convolution over the volume with its border repeated; channels last in memory.

    Args:
        features: [N, F] at the samples; it is 0 elsewhere.
        index: [N], (plane * 64 + row) * 64 + column.
        packed_kernel: [F, 27 * C'].
    """
    width = packed_kernel.shape[1] // 27
    shape = (planes, FEATURE_PX, FEATURE_PX)
    padded = [size + 2 * RIM for size in shape]
    strides = torch.tensor([padded[1] * padded[2], padded[2], 1])
    place = torch.stack([index // FEATURE_PX**2, index // FEATURE_PX % FEATURE_PX, index % FEATURE_PX], dim=1)
    row = torch.arange(len(index))
    for axis, size in enumerate(shape):
        place, row = _with_border_repeated(place, row, axis, size)
    products = features @ packed_kernel  # [N, 27 * C']
    if len(row) > len(index):
        products = products.index_select(0, row)
    taps = torch.arange(-1, 2)
    offsets = torch.stack(torch.meshgrid(taps, taps, taps, indexing="ij"), dim=-1).view(27, 3) @ strides
    # A sample at p meets the kernel's tap t of the output at p - t.
    target = ((place + RIM) @ strides)[:, None] - offsets
    total = features.new_zeros(padded[0] * padded[1] * padded[2], width)
    total.index_add_(0, target.flatten(), products.view(-1, width))
    inside = total.view(*padded, width)[RIM:-RIM, RIM:-RIM, RIM:-RIM]
    return inside.permute(3, 0, 1, 2)[None]


def _with_border_repeated(place: Tensor, row: Tensor, axis: int, size: int) -> tuple[Tensor, Tensor]:
    """Adds copies of the border's samples one step beyond it, as replication padding does."""
    places, rows = [place], [row]
    for border, step in ((0, -1), (size - 1, 1)):
        chosen = (place[:, axis] == border).nonzero()[:, 0]
        if len(chosen):
            copy = place[chosen]
            copy[:, axis] += step
            places.append(copy)
            rows.append(row[chosen])
    return torch.cat(places), torch.cat(rows)


def collapse(features: Tensor, index: Tensor, weights: Tensor, planes: int) -> Tensor:
    """[1, F, 64, 64] the visibility-weighted mean over the planes.

    Args:
        features: [N, F] at the samples.
        weights: [1, 1, D, 64, 64].
    """
    pixels = FEATURE_PX * FEATURE_PX
    total = features.new_zeros(pixels, features.shape[1])
    total.index_add_(0, index % pixels, features * weights.flatten().index_select(0, index)[:, None])
    image = (total / planes).view(1, FEATURE_PX, FEATURE_PX, -1).permute(0, 3, 1, 2)
    return image  # channels_last by construction
