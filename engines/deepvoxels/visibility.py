"""Visibility and collapse of a view volume, worked out only where the volume meets the grid.

On a CPU the volume of features is never made (`sparse_volume`). A GPU would be waited for, how many samples lie at
each border; for it the whole volume is little.
"""

from __future__ import annotations

from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor

from engines.core.networks.unet import SameConv3d
from engines.deepvoxels.geometry import fill_volume
from engines.deepvoxels.network import OcclusionNet, depth_coordinates
from engines.deepvoxels.sparse_volume import convolve, packed


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
        self._products = packed(self._kernel).contiguous()

    def __call__(self, features: Tensor, index: Tensor) -> tuple[Tensor, Tensor]:
        """Visibility [1, 1, D, 64, 64] and depth coordinate [1, 1, 64, 64].

        Args:
            features: [N, F] at the samples.
            index: [N], (plane * 64 + row) * 64 + column.
        """
        if features.device.type == "cpu":
            first = convolve(features, index, self._products, self.planes)
        else:
            first = F.conv3d(_repeated(fill_volume(features, index, self.planes)), self._kernel)
        prepared = F.relu(first + self.constant)
        inner = self._network.occlusion_net(prepared)
        weights = self._network.softmax_net(torch.cat([prepared, inner, self.coordinates], dim=1))
        return weights, (self.coordinates * weights).sum(dim=2)


def _repeated(volume: Tensor) -> Tensor:
    """[1, C, D + 2, H + 2, W + 2]"""
    return F.pad(volume, (1,) * 6, mode="replicate")
