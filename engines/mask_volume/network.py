"""The two volume networks of Deep 3D Mask Volume, as trained (Lin et al. 2021, section 3); names are the authors'.

Volumes are [B, C, P, H, W], planes from far to near; H, W and P a multiple of 8.
"""

from __future__ import annotations

from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engines.mask_volume.config import WIDTH


class VolumeBlock(nn.Module):
    """Convolution, ReLU, and a normalisation over the whole volume."""

    def __init__(self, in_channels: int, out_channels: int, kernel: int = 3, stride: int = 1) -> None:
        super().__init__()
        self.model = nn.Sequential(
            nn.Conv3d(in_channels, out_channels, kernel, stride, kernel // 2),
            nn.ReLU(inplace=True),
            nn.GroupNorm(1, out_channels),
        )

    @property
    def convolution(self) -> nn.Conv3d:
        return cast(nn.Conv3d, self.model[0])

    @property
    def norm(self) -> nn.GroupNorm:
        return cast(nn.GroupNorm, self.model[2])

    def forward(self, x: Tensor) -> Tensor:
        """The block's outcome [B, C', P', H', W'] of a volume [B, C, P, H, W]."""
        return self.finish(self.convolution(x))

    def finish(self, x: Tensor) -> Tensor:
        """What comes after the convolution, of its outcome [B, C', P, H, W]; the same shape."""
        return self.norm(self.model[1](x))  # type: ignore[no-any-return]


class Last(nn.Module):
    """A convolution alone, under the name that it has in a block."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.model = nn.Sequential(nn.Conv3d(in_channels, out_channels, 3, 1, 1))

    @property
    def convolution(self) -> nn.Conv3d:
        return cast(nn.Conv3d, self.model[0])

    def forward(self, x: Tensor) -> Tensor:
        """The convolution [B, C', P, H, W] of a volume [B, C, P, H, W]."""
        return self.model(x)  # type: ignore[no-any-return]


class Form:
    """How two kinds of layers are computed: as they stand."""

    def first(self, block: VolumeBlock, x: Tensor) -> Tensor:
        """`block` of what the network is given, [B, C, P, H, W]."""
        return block(x)  # type: ignore[no-any-return]

    def doubled(self, block: VolumeBlock, x: Tensor) -> Tensor:
        """`block` of the volume [B, C, P, H, W] doubled to its nearest neighbours: [B, C', 2 P, 2 H, 2 W]."""
        return block(F.interpolate(x, scale_factor=2.0, mode="nearest"))  # type: ignore[no-any-return]


PLAIN = Form()


class VolumeUnet(nn.Module):
    """A 3D U-Net: [B, C, P, H, W] -> [B, C', P, H, W], unbounded."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        n = WIDTH
        self.conv1_1 = VolumeBlock(in_channels, n, 7)
        self.conv1_2 = VolumeBlock(n, 2 * n, 7, 2)
        self.conv2_1 = VolumeBlock(2 * n, 2 * n)
        self.conv2_2 = VolumeBlock(2 * n, 4 * n, stride=2)
        self.conv3_1 = VolumeBlock(4 * n, 4 * n)
        self.conv3_2 = VolumeBlock(4 * n, 8 * n, stride=2)
        self.conv4_1 = VolumeBlock(8 * n, 8 * n)
        self.conv4_2 = VolumeBlock(8 * n, 8 * n)
        self.conv5_1 = VolumeBlock(16 * n, 4 * n)
        self.conv5_2 = VolumeBlock(4 * n, 4 * n)
        self.conv6_1 = VolumeBlock(8 * n, 2 * n)
        self.conv6_2 = VolumeBlock(2 * n, 2 * n)
        self.conv7_1 = VolumeBlock(4 * n, 2 * n)
        self.conv7_2 = VolumeBlock(2 * n, n)
        self.conv7_3 = Last(n, out_channels)

    def forward(self, x: Tensor, form: Form = PLAIN) -> Tensor:
        """The network's outcome [B, C', P, H, W], unbounded, of a volume [B, C, P, H, W]; `form` makes some layers."""
        x = form.first(self.conv1_1, x)
        half = self.conv1_2(x)
        quarter = self.conv2_2(self.conv2_1(half))
        eighth = self.conv3_2(self.conv3_1(quarter))
        x = torch.cat([self.conv4_2(self.conv4_1(eighth)), eighth], dim=1)
        x = self.conv5_2(form.doubled(self.conv5_1, x))
        x = torch.cat([_cut(x, quarter), quarter], dim=1)
        x = self.conv6_2(form.doubled(self.conv6_1, x))
        x = torch.cat([_cut(x, half), half], dim=1)
        return self.conv7_3(self.conv7_2(form.doubled(self.conv7_1, x)))  # type: ignore[no-any-return]


def _cut(x: Tensor, like: Tensor) -> Tensor:
    """Of odd sizes one row was lost on the way down."""
    return x[..., : like.shape[-2], : like.shape[-1]]


class MpiNet(VolumeUnet):
    """Two swept views [B, 6, P, H, W] -> opacity and the views' shares [B, 3, P, H, W], in [0, 1]."""

    def __init__(self) -> None:
        super().__init__(6, 2)

    def forward(self, x: Tensor, form: Form = PLAIN) -> Tensor:
        """Opacity and the two views' shares [B, 3, P, H, W], in [0, 1], of two swept views [B, 6, P, H, W]."""
        x = super().forward(x, form)
        share = torch.softmax(torch.cat([torch.zeros_like(x[:, :1]), x[:, 1:]], dim=1), dim=1)
        return torch.cat([torch.sigmoid(x[:, :1]), share], dim=1)


class MaskNet(VolumeUnet):
    """Two swept views and their backgrounds [B, 12, P, H, W] -> what moves [B, 1, P, H, W], in [0, 1]."""

    def __init__(self) -> None:
        super().__init__(12, 1)

    def forward(self, x: Tensor, form: Form = PLAIN) -> Tensor:
        """How much moves, [B, 1, P, H, W] in [0, 1], of two swept views and their backgrounds [B, 12, P, H, W]."""
        return torch.sigmoid(super().forward(x, form))
