"""The DeepVoxels networks (paper, section 3), as trained; for drawing `engines.core.networks` prepares them."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engines.core.networks.unet import BatchNorm3d, Conv3d, DownBlock, SameConv2d, SameConv3d, Unet2d, Unet3d, UpBlock
from engines.deepvoxels.config import FEATURE_PX, DeepVoxelsConfig
from engines.deepvoxels.geometry import FrustumSamples, LiftedVoxels, fill_volume, grid_rows, interpolate, lift
from engines.deepvoxels.sparse_volume import collapse, convolve, packed

UNET_LEVELS = int(math.log2(FEATURE_PX))
OCCLUSION_FEATURES = 4
FULL_COLOUR = 0.98


def halvings(number: int) -> int:
    """How often `number` can be halved without remainder."""
    return (number & -number).bit_length() - 1


class FeatureExtractor(nn.Module):
    """A photograph's features: [1, 3, S, S] in [-0.5, 0.5] -> [1, F, 64, 64]. Needed for training only."""

    def __init__(self, config: DeepVoxelsConfig) -> None:
        super().__init__()
        nf0, steps = config.nf0, halvings(config.img_sidelength) - UNET_LEVELS
        widths = [nf0 * 2**step for step in range(steps)]
        downs = [DownBlock(3, widths[0], widths[0], norm=True, dropout=False)]
        downs += [DownBlock(before, before, after, norm=True, dropout=False) for before, after in pairwise(widths)]
        last = widths[-1]
        self.net = nn.Sequential(
            _Named("downs", nn.Sequential(*downs)),
            Unet2d(last, config.num_grid_feats, last, UNET_LEVELS, 8 * nf0, dropout=False),
        )

    def forward(self, photograph: Tensor) -> Tensor:
        """Features [1, F, 64, 64] of a photograph [1, 3, S, S] in [-0.5, 0.5]."""
        return self.net(photograph)  # type: ignore[no-any-return]


class RenderingNet(nn.Module):
    """The picture from the collapsed view volume: [1, F, 64, 64] -> [1, 3, S, S] in [-1, 1]."""

    def __init__(self, config: DeepVoxelsConfig) -> None:
        super().__init__()
        nf0, steps = config.nf0, halvings(config.img_sidelength) - UNET_LEVELS
        ups = [UpBlock(4 * nf0 if step == 0 else nf0, nf0, norm=True, dropout=True) for step in range(steps)]
        self.net = nn.Sequential(
            Unet2d(config.num_grid_feats, 4 * nf0, nf0 * 2**steps, UNET_LEVELS, 8 * nf0, dropout=True),
            _Named("ups", nn.Sequential(*ups)),
            SameConv2d(nf0, nf0 // 2, bias=False),
            nn.BatchNorm2d(nf0 // 2),
            nn.ReLU(inplace=True),
            SameConv2d(nf0 // 2, 3, bias=True),
            nn.Tanh(),
        )

    def forward(self, features: Tensor) -> Tensor:
        """The picture [1, 3, S, S] in [-1, 1] of the collapsed view volume [1, F, 64, 64]."""
        return self.net(features)  # type: ignore[no-any-return]

    @torch.no_grad()
    def start_at(self, colour: Tensor) -> None:
        """Makes the untrained network draw about `colour`, [3] in [-1, 1].

        Without it every feature first learns to brighten a white background, which is most of many photographs, and
        a narrow network is left with none that tells dark things apart.
        """
        bias = next(weights for name, weights in reversed(list(self.named_parameters())) if name.endswith("bias"))
        # tanh reaches its ends at infinity
        bias.copy_(torch.atanh(colour.clamp(-FULL_COLOUR, FULL_COLOUR)))


class _Named(nn.Module):
    """One child under a given name."""

    def __init__(self, name: str, child: nn.Module) -> None:
        super().__init__()
        self.add_module(name, child)
        self._name = name

    def forward(self, x: Tensor) -> Tensor:
        return getattr(self, self._name)(x)  # type: ignore[no-any-return]


class IntegrationNet(nn.Module):
    """The gated update of the grid by a lifted photograph (paper, section 3.2): a 3D convolutional GRU."""

    def __init__(self, features: int) -> None:
        super().__init__()
        inputs = features + 3
        # Dropout3d drops whole channels of a volume, as the authors' Dropout2d did on five dimensions.
        self.new_integration = nn.Sequential(*_padded(inputs, features, bias=True), nn.Dropout3d(0.2))
        self.old_integration = nn.Sequential(*_padded(inputs, features, bias=False), nn.Dropout3d(0.2))
        self.update_old_net = nn.Sequential(*_padded(inputs, 1, bias=True))
        self.update_new_net = nn.Sequential(*_padded(inputs, 1, bias=False))
        self.reset_old_net = nn.Sequential(*_padded(inputs, 1, bias=True))
        self.reset_new_net = nn.Sequential(*_padded(inputs, 1, bias=False))

    def forward(self, observation: Tensor, grid: Tensor, coordinates: Tensor) -> Tensor:
        """The grid [1, F, G, G, G] after a photograph was taken in.

        Args:
            observation: [1, F, G, G, G], the photograph's lifted features.
            grid: [1, F, G, G, G], before.
            coordinates: [1, 3, G, G, G], of the voxels (`grid_coordinates`).
        """
        old = torch.cat([grid, coordinates], dim=1)
        new = torch.cat([observation, coordinates], dim=1)
        reset = torch.sigmoid(self.reset_old_net(old) + self.reset_new_net(new))
        update = torch.sigmoid(self.update_old_net(old) + self.update_new_net(new))
        proposed = torch.relu(self.new_integration(new) + self.old_integration(reset * old))
        return (1 - update) * grid + update * proposed


def _padded(in_channels: int, out_channels: int, bias: bool) -> list[nn.Module]:
    return [nn.ReplicationPad3d(1), Conv3d(in_channels, out_channels, 3, bias=bias)]


class OcclusionNet(nn.Module):
    """Visibility along each ray of the view volume (paper, section 3.3).

    forward: [1, F, D, 64, 64] -> weights [1, 1, D, 64, 64] that sum to 1 over D, and the depth coordinate
    [1, 1, 64, 64] in [-0.5, 0.5), which is the mean of (plane / D - 0.5) under these weights.
    """

    def __init__(self, features: int, planes: int) -> None:
        super().__init__()
        width = OCCLUSION_FEATURES
        self.occlusion_prep = nn.Sequential(
            SameConv3d(features + 1, width, bias=False), BatchNorm3d(width), nn.ReLU(inplace=True)
        )
        levels = min(halvings(planes), UNET_LEVELS)
        self.occlusion_net = Unet3d(width, width, width, levels, 4 * width)
        self.softmax_net = nn.Sequential(SameConv3d(2 * width + 1, 1, bias=True), nn.Softmax(dim=2))

    def forward(self, volume: Tensor) -> tuple[Tensor, Tensor]:
        """Weights [1, 1, D, 64, 64] and depth coordinate [1, 1, 64, 64] of a view volume [1, F, D, 64, 64]."""
        coordinates = depth_coordinates(volume.shape[2], volume)
        return self.from_first(self.occlusion_prep(torch.cat([coordinates, volume], dim=1)), coordinates)

    def of_samples(self, features: Tensor, index: Tensor, planes: int) -> tuple[Tensor, Tensor]:
        """What `forward` gives, of a volume with features [N, F] at the samples `index` [N] and 0 elsewhere."""
        coordinates = depth_coordinates(planes, features)
        kernel = self.first.weight[:, 1:]
        prepared = convolve(features, index, packed(kernel), planes) + self.of_coordinates(coordinates)
        return self.from_first(self.occlusion_prep[1:](prepared), coordinates)

    @property
    def first(self) -> nn.Conv3d:
        """The first convolution; the depth coordinate is the first of its input channels."""
        return cast(SameConv3d, self.occlusion_prep[0]).convolution

    def of_coordinates(self, coordinates: Tensor) -> Tensor:
        """[1, C', D, 1, 1] what the first convolution makes of the depth coordinates [1, 1, D, H, W] alone."""
        # They are the same all over a plane: one place of each is enough.
        column = F.pad(coordinates[..., :1, :1].contiguous(), (1,) * 6, mode="replicate")
        return F.conv3d(column, self.first.weight[:, :1], self.first.bias)

    def from_first(self, prepared: Tensor, coordinates: Tensor) -> tuple[Tensor, Tensor]:
        """Weights and depth from what comes out of `occlusion_prep` [1, C', D, 64, 64]."""
        features = self.occlusion_net(prepared)
        weights = self.softmax_net(torch.cat([prepared, features, coordinates], dim=1))
        return weights, (coordinates * weights).sum(dim=2)


def depth_coordinates(planes: int, like: Tensor) -> Tensor:
    """[1, 1, D, 64, 64] plane / D - 0.5."""
    planes_at = torch.arange(-planes // 2, planes // 2, dtype=like.dtype, device=like.device) / planes
    return planes_at[None, None, :, None, None].expand(1, 1, planes, FEATURE_PX, FEATURE_PX)


def grid_coordinates(grid_dim: int, like: Tensor) -> Tensor:
    """[1, 3, G, G, G] each voxel's place in the grid along its three array axes, in [-0.5, 0.5)."""
    axis = torch.arange(-grid_dim // 2, grid_dim // 2, dtype=like.dtype, device=like.device) / grid_dim
    return torch.stack(torch.meshgrid(axis, axis, axis, indexing="ij"))[None]


class DeepVoxels(nn.Module):
    """All parts. The grid is a buffer: training writes it, no gradient does."""

    deepvoxels: Tensor

    def __init__(self, config: DeepVoxelsConfig) -> None:
        super().__init__()
        features, grid, nf0 = config.num_grid_feats, config.grid_dim, config.nf0
        self.planes = 2 * grid
        self.feature_extractor = FeatureExtractor(config)
        self.rendering_net = RenderingNet(config)
        if config.no_occlusion_net:
            self.depth_collapse_net: nn.Module | None = _collapse_net(features * self.planes, nf0, grid)
            self.occlusion_net: OcclusionNet | None = None
        else:
            self.depth_collapse_net = None
            self.occlusion_net = OcclusionNet(features, self.planes)
        self.register_buffer("deepvoxels", torch.zeros(1, features, grid, grid, grid))
        self.integration_net = IntegrationNet(features)
        self.inpainting_net = Unet3d(features + 3, features, features, 2, 4 * features)

    def observe(self, photograph: Tensor, lifted: LiftedVoxels) -> Tensor:
        """[1, F, G, G, G] the grid after one more photograph [1, 3, S, S]; gradients reach the networks."""
        grid_dim = self.deepvoxels.shape[-1]
        observation = lift(self.feature_extractor(photograph), lifted, grid_dim)
        old = self.deepvoxels.detach()
        return self.integration_net(observation, old, grid_coordinates(grid_dim, old))  # type: ignore[no-any-return]

    def inpaint(self, grid: Tensor) -> Tensor:
        """[1, F, G, G, G] the grid with its gaps filled; the same for every camera."""
        coordinates = grid_coordinates(grid.shape[-1], grid)
        return self.inpainting_net(torch.cat([grid, coordinates], dim=1))  # type: ignore[no-any-return]

    def draw(self, inpainted: Tensor, samples: FrustumSamples) -> tuple[Tensor, Tensor | None]:
        """The picture [1, 3, S, S] in [-0.5, 0.5], and the depth coordinate [1, 1, 64, 64]."""
        features = interpolate(grid_rows(inpainted), samples, inpainted.shape[-1])
        depth = None
        if self.occlusion_net is not None and features.device.type == "cpu":
            weights, depth = self.occlusion_net.of_samples(features, samples.index, self.planes)
            return 0.5 * self.rendering_net(collapse(features, samples.index, weights, self.planes)), depth
        volume = fill_volume(features, samples.index, self.planes)
        if self.occlusion_net is not None:
            weights, depth = self.occlusion_net(volume)
            collapsed = (weights * volume).mean(dim=2)
        else:
            # [1, F, D, 64, 64] -> [1, F * D, 64, 64]: planes become channels
            collapsed = self.depth_collapse_net(volume.flatten(1, 2))  # type: ignore[misc]
        return 0.5 * self.rendering_net(collapsed), depth


def _collapse_net(in_channels: int, nf0: int, grid_dim: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for width in (nf0 * grid_dim // 2, nf0 * grid_dim // 8, nf0):
        layers += [SameConv2d(in_channels, width, bias=False), nn.BatchNorm2d(width), nn.ReLU(inplace=True)]
        in_channels = width
    return nn.Sequential(*layers)
