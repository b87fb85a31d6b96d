"""Visibility and collapse of a view volume, worked out only where the volume meets the grid.

On a CPU the volume of features is never made (`sparse_volume`). A GPU would be waited for, how many samples lie at
each border; for it the whole volume is little.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from engines.deepvoxels.geometry import fill_volume
from engines.deepvoxels.network import OcclusionNet, depth_coordinates
from engines.deepvoxels.sparse_volume import convolve, packed


class SparseVisibility:
    """`OcclusionNet` on samples instead of a volume; for a network already through `inference.fold_batch_norm`."""

    def __init__(self, network: OcclusionNet, planes: int) -> None:
        self.planes = planes
        self._network, kernel = network, network.first.weight.detach()
        self.coordinates = depth_coordinates(planes, kernel).contiguous()
        # The same for every picture.
        self.constant = network.of_coordinates(self.coordinates).detach()
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
        return self._network.from_first(F.relu(first + self.constant), self.coordinates)


def _repeated(volume: Tensor) -> Tensor:
    """[1, C, D + 2, H + 2, W + 2]"""
    return F.pad(volume, (1,) * 6, mode="replicate")
