"""DeepVoxels drawn plainly, part by part as the paper describes it: the yardstick for equality and for speed.

Nothing is cached, folded, reordered or skipped: the grid is inpainted for every picture, the view volume is filled by
eight gathers and made whole, BatchNorm and dropout stay layers of their own.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from engines.core.camera import Camera
from engines.core.networks.unet import BatchNorm3d, Conv3d
from engines.deepvoxels.config import FEATURE_PX, DeepVoxelsConfig
from engines.deepvoxels.geometry import FrustumSamples, GridPlacement, frustum_samples
from engines.deepvoxels.network import DeepVoxels, OcclusionNet, depth_coordinates


class PlainDeepVoxels(DeepVoxels):
    """The network with torch's own layers only."""

    def draw(self, inpainted: Tensor, samples: FrustumSamples) -> tuple[Tensor, Tensor | None]:
        """By the view volume as a whole."""
        volume = eight_gathers(inpainted, samples, self.planes)
        depth = None
        if self.occlusion_net is not None:
            weights, depth = visibility(self.occlusion_net, volume)
            collapsed = (weights * volume).mean(dim=2)
        else:
            assert self.depth_collapse_net is not None
            collapsed = self.depth_collapse_net(volume.flatten(1, 2))
        return 0.5 * self.rendering_net(collapsed), depth


def become(module: nn.Module, kind: type[nn.Module]) -> None:
    """The same weights, computed as `kind` does."""
    module.__class__ = kind


def made_plain(network: DeepVoxels) -> PlainDeepVoxels:
    """The same network, changed."""
    for module in network.modules():
        if isinstance(module, Conv3d):
            become(module, nn.Conv3d)
        if isinstance(module, BatchNorm3d):
            become(module, nn.BatchNorm3d)
    become(network, PlainDeepVoxels)
    assert isinstance(network, PlainDeepVoxels)
    return network


def plain_network(config: DeepVoxelsConfig, weights: Mapping[str, Tensor]) -> PlainDeepVoxels:
    """In eval mode."""
    network = made_plain(DeepVoxels(config))
    network.load_state_dict({name: t for name, t in weights.items() if not name.startswith("discriminator.")})
    return network.eval()


@torch.inference_mode()
def draw_plainly(network: DeepVoxels, camera: Camera, placement: GridPlacement) -> tuple[Tensor, Tensor | None]:
    """The picture [3, S, S] in [-0.5, 0.5], and the depth coordinate [64, 64]."""
    samples = frustum_samples(camera, placement, network.deepvoxels.shape[-1], torch.device("cpu"))
    picture, depth = network.draw(network.inpaint(network.deepvoxels), samples)
    return picture[0], None if depth is None else depth[0, 0]


def visibility(network: OcclusionNet, volume: Tensor) -> tuple[Tensor, Tensor]:
    """Softmax weights over the planes, and the mean depth coordinate."""
    coordinates = depth_coordinates(volume.shape[2], volume).contiguous()
    prepared = network.occlusion_prep(torch.cat([coordinates, volume], dim=1))
    inner = network.occlusion_net(prepared)
    weights = network.softmax_net(torch.cat([prepared, inner, coordinates], dim=1))
    return weights, (coordinates * weights).sum(dim=2)


def eight_gathers(grid: Tensor, samples: FrustumSamples, planes: int) -> Tensor:
    """[1, F, D, 64, 64] trilinear interpolation, one corner of the cells after the other."""
    features, side = grid.shape[1], grid.shape[-1]
    low = samples.voxels.floor().long()
    high = (low + 1).clamp(max=side - 1)
    above = samples.voxels - low.float()
    volume = grid.new_zeros(1, features, planes * FEATURE_PX * FEATURE_PX)
    for corner in range(8):
        use_high = [bool(corner >> axis & 1) for axis in range(3)]
        x, y, z = (high[axis] if use_high[axis] else low[axis] for axis in range(3))
        weight = torch.ones_like(above[0])
        for axis in range(3):
            weight = weight * (above[axis] if use_high[axis] else 1 - above[axis])
        volume[:, :, samples.index] += grid[:, :, z, y, x] * weight
    return volume.view(1, features, planes, FEATURE_PX, FEATURE_PX)
