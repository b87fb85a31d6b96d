"""What a GPU does otherwise than a CPU comes to the same."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from engines.deepvoxels.config import FEATURE_PX
from engines.deepvoxels.geometry import fill_volume
from engines.deepvoxels.sparse_volume import convolve, packed


def test_the_first_convolution_over_the_whole_volume_is_that_over_the_samples() -> None:
    torch.manual_seed(0)
    planes = 16
    with torch.inference_mode():
        # A third of the volume, so at each of its borders, edges and corners.
        index = (torch.rand(planes * FEATURE_PX**2) < 1 / 3).nonzero()[:, 0]
        kernel = torch.randn(4, 8, 3, 3, 3)
        features = torch.randn(len(index), 8)
        found = convolve(features, index, packed(kernel), planes)
        volume = F.pad(fill_volume(features, index, planes), (1,) * 6, mode="replicate")
        expected = F.conv3d(volume, kernel)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)
