"""What a GPU does otherwise than a CPU comes to the same."""

from __future__ import annotations

import torch

from engines.core.conv_inference import fold_batch_norm
from engines.deepvoxels.config import FEATURE_PX, DeepVoxelsConfig
from engines.deepvoxels.network import DeepVoxels
from engines.deepvoxels.visibility import SparseVisibility


def test_the_first_convolution_over_the_whole_volume_is_that_over_the_samples() -> None:
    torch.manual_seed(0)
    network = DeepVoxels(DeepVoxelsConfig(img_sidelength=128, grid_dim=8, nf0=8, num_grid_feats=8)).eval()
    fold_batch_norm(network)
    assert network.occlusion_net is not None
    with torch.inference_mode():
        visibility = SparseVisibility(network.occlusion_net, network.planes)
        # A third of the volume, so at each of its borders, edges and corners.
        index = (torch.rand(network.planes * FEATURE_PX**2) < 1 / 3).nonzero()[:, 0]
        features = torch.randn(len(index), len(visibility.products))
        found, expected = visibility._of_volume(features, index), visibility._first_convolution(features, index)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)
