"""Visibility and collapse of a view volume, worked out only where the volume meets the grid.

Most of a view volume is empty: at a usual camera a third of it lies inside the grid. The first convolution over it
is linear, so on a CPU it is taken sample by sample: each adds its 27 products to its neighbours, and the volume of
features [F, D, 64, 64] is never made. A GPU would be waited for, how many samples lie at each border; for it the whole
volume is little.
"""

from __future__ import annotations

from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor

from engines.core.unet import SameConv3d
from engines.deepvoxels.config import FEATURE_PX
from engines.deepvoxels.geometry import fill_volume
from engines.deepvoxels.network import OcclusionNet, depth_coordinates

RIM = 2
"""A sample repeated one beyond the border reaches one further."""


class SparseVisibility:
    """`OcclusionNet` on samples instead of a volume; for a network already through `inference.fold_batch_norm`."""

    def __init__(self, network: OcclusionNet, planes: int) -> None:
        self.planes = planes
        first = cast(SameConv3d, network.occlusion_prep[0]).convolution
        kernel = first.weight.detach()
        self._network = network
        self.coordinates = depth_coordinates(planes, kernel).contiguous()
        # The depth coordinate is the first input channel and the same for every picture.
        self.constant = F.conv3d(_repeated(self.coordinates), kernel[:, :1], first.bias)
        self._kernel = kernel[:, 1:]
        # [C', F, z, y, x] -> [F, 27 * C']
        self.products = kernel[:, 1:].permute(1, 2, 3, 4, 0).flatten(1).contiguous()
        self.width = kernel.shape[0]

    def __call__(self, features: Tensor, index: Tensor) -> tuple[Tensor, Tensor]:
        """Visibility [1, 1, D, 64, 64] and depth coordinate [1, 1, 64, 64].

        Args:
            features: [N, F] at the samples.
            index: [N], (plane * 64 + row) * 64 + column.
        """
        sparse = features.device.type == "cpu"
        first = self._first_convolution(features, index) if sparse else self._of_volume(features, index)
        prepared = F.relu(first + self.constant)
        inner = self._network.occlusion_net(prepared)
        weights = self._network.softmax_net(torch.cat([prepared, inner, self.coordinates], dim=1))
        return weights, (self.coordinates * weights).sum(dim=2)

    def _of_volume(self, features: Tensor, index: Tensor) -> Tensor:
        """As `_first_convolution`, but for rounding."""
        return F.conv3d(_repeated(fill_volume(features, index, self.planes)), self._kernel)

    def _first_convolution(self, features: Tensor, index: Tensor) -> Tensor:
        shape = (self.planes, FEATURE_PX, FEATURE_PX)
        padded = [size + 2 * RIM for size in shape]
        strides = torch.tensor([padded[1] * padded[2], padded[2], 1])
        place = torch.stack([index // FEATURE_PX**2, index // FEATURE_PX % FEATURE_PX, index % FEATURE_PX], dim=1)
        row = torch.arange(len(index))
        for axis, size in enumerate(shape):
            place, row = _with_border_repeated(place, row, axis, size)
        products = features @ self.products  # [N, 27 * C']
        if len(row) > len(index):
            products = products[row]
        taps = torch.arange(-1, 2)
        offsets = torch.stack(torch.meshgrid(taps, taps, taps, indexing="ij"), dim=-1).view(27, 3) @ strides
        # A sample at p meets the kernel's tap t of the output at p - t.
        target = ((place + RIM) @ strides)[:, None] - offsets
        total = features.new_zeros(padded[0] * padded[1] * padded[2], self.width)
        total.index_add_(0, target.flatten(), products.view(-1, self.width))
        inside = total.view(*padded, self.width)[RIM:-RIM, RIM:-RIM, RIM:-RIM]
        return inside.permute(3, 0, 1, 2)[None]


def _repeated(volume: Tensor) -> Tensor:
    """[1, C, D + 2, H + 2, W + 2]"""
    return F.pad(volume, (1,) * 6, mode="replicate")


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
    total.index_add_(0, index % pixels, features * weights.flatten()[index, None])
    image = (total / planes).view(1, FEATURE_PX, FEATURE_PX, -1).permute(0, 3, 1, 2)
    return image  # channels_last by construction
