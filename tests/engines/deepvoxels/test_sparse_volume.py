"""What is learnt by samples is what is learnt by the whole volume."""

from __future__ import annotations

import torch
from torch import Tensor

from engines.deepvoxels.config import FEATURE_PX, DeepVoxelsConfig
from engines.deepvoxels.geometry import fill_volume
from engines.deepvoxels.network import DeepVoxels, OcclusionNet
from engines.deepvoxels.sparse_volume import collapse


def occlusion_net() -> tuple[OcclusionNet, int]:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = DeepVoxels(DeepVoxelsConfig(img_sidelength=128, grid_dim=8, nf0=8, num_grid_feats=8))
    assert network.occlusion_net is not None
    return network.occlusion_net.train(), network.planes


def gradients(network: OcclusionNet, loss: Tensor, features: Tensor) -> list[Tensor]:
    return list(torch.autograd.grad(loss, [features, *network.parameters()]))


def test_visibility_and_collapse_have_the_volumes_gradients() -> None:
    (network, planes), chance = occlusion_net(), torch.Generator().manual_seed(1)
    index = (torch.rand(planes * FEATURE_PX**2, generator=chance) < 1 / 3).nonzero()[:, 0]
    features = torch.randn(len(index), 8, generator=chance).requires_grad_()
    wanted = torch.randn(1, 8, FEATURE_PX, FEATURE_PX, generator=chance)

    volume = fill_volume(features, index, planes)
    weights, depth = network(volume)
    expected = (weights * volume).mean(dim=2)
    of_volume = gradients(network, (expected * wanted).sum() + depth.square().sum(), features)

    weights, depth_of_samples = network.of_samples(features, index, planes)
    found = collapse(features, index, weights, planes)
    of_samples = gradients(network, (found * wanted).sum() + depth_of_samples.square().sum(), features)

    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(depth_of_samples, depth, atol=1e-5, rtol=1e-5)
    for ours, plain in zip(of_samples, of_volume, strict=True):
        assert float((ours - plain).norm()) <= 2e-3 * float(plain.norm()) + 1e-4
