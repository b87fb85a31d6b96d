"""Convolution blocks and U-Nets of DeepVoxels and SRN, with the child names that the published weights have.

The structure is that of the authors' `pytorch_prototyping` (Sitzmann): a parameter's name is its path here,
so `net.5.weight` must stay the sixth layer of its block, dropout included.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

LEAK = 0.2
DROPOUT = 0.1


class SameConv2d(nn.Module):
    """3x3 convolution over a reflected border: [B, C, H, W] -> [B, C', H, W]."""

    def __init__(self, in_channels: int, out_channels: int, bias: bool) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.ReflectionPad2d(1), nn.Conv2d(in_channels, out_channels, 3, bias=bias))

    @property
    def convolution(self) -> nn.Conv2d:
        """The convolution behind the padding."""
        return self.net[1]  # type: ignore[return-value]

    def forward(self, x: Tensor) -> Tensor:
        """[B, C', H, W] of [B, C, H, W]."""
        return self.net(x)  # type: ignore[no-any-return]


FEW_CHANNELS = 8
"""With no more outputs than this a 3D convolution on a CPU is several times faster as 2D ones (measured, float32), and
so is a normalisation of them."""


class Conv3d(nn.Conv3d):
    """`nn.Conv3d` of stride 1; with few outputs on a CPU done plane by plane, equal but for rounding."""

    def forward(self, x: Tensor) -> Tensor:
        """[B, C', D - K + 1, H - K + 1, W - K + 1] of [B, C, D, H, W], for a kernel K wide."""
        if x.device.type != "cpu" or self.out_channels > FEW_CHANNELS or x.shape[0] != 1:
            return super().forward(x)
        return conv3d_by_planes(x, self.weight, self.bias)


def conv3d_by_planes(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """A 3D convolution as one 2D convolution of every plane, whose outputs are added across planes.

    Args:
        x: [1, C, D, H, W].
        weight: [C', C, K, K, K].

    Returns:
        [1, C', D - K + 1, H - K + 1, W - K + 1], channels last in memory.
    """
    outputs, channels, depth = weight.shape[:3]
    # [C', C, K, K, K] -> [K C', C, K, K]: the planes of a kernel become outputs
    flat = weight.permute(2, 0, 1, 3, 4).reshape(depth * outputs, channels, *weight.shape[3:])
    planes = x[0].transpose(0, 1).contiguous(memory_format=torch.channels_last)  # planes are the batch
    parts = F.conv2d(planes, flat.contiguous(memory_format=torch.channels_last))
    count = planes.shape[0] - depth + 1
    total = parts[:count, :outputs]
    for offset in range(1, depth):
        total = total + parts[offset : offset + count, offset * outputs : (offset + 1) * outputs]
    if bias is not None:
        total = total + bias[:, None, None]
    return total.transpose(0, 1)[None]


class BatchNorm3d(nn.BatchNorm3d):
    """`nn.BatchNorm3d`; of few channels on a CPU learnt with several times as fast, equal but for rounding.

    Torch gives each channel to a thread, and of four channels that are next to each other it reads every fourth number.
    """

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, D, H, W] of [B, C, D, H, W]."""
        few = self.training and x.device.type == "cpu" and x.dtype == torch.float32 and x.shape[1] <= FEW_CHANNELS
        if not few or self.momentum is None or self.running_mean is None or self.running_var is None:
            return super().forward(x)
        y, mean, variance = _FewChannelsNorm.apply(x, self.weight, self.bias, self.eps)  # type: ignore[no-untyped-call]
        count = x.numel() / x.shape[1]
        with torch.no_grad():
            self.running_mean.lerp_(mean, self.momentum)
            self.running_var.lerp_(variance * (count / (count - 1)), self.momentum)
            if self.num_batches_tracked is not None:
                self.num_batches_tracked.add_(1)
        return y  # type: ignore[no-any-return]


class _FewChannelsNorm(torch.autograd.Function):
    """Batch normalisation over all but the channels: the result, and the mean and variance [C] of the batch."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, eps: float) -> tuple[Tensor, Tensor, Tensor]:
        variance, mean = torch.var_mean(x, dim=(0, 2, 3, 4), correction=0)
        inverse = (variance + eps).rsqrt()
        scale = weight * inverse
        ctx.save_for_backward(x, mean, inverse, weight)
        ctx.mark_non_differentiable(mean, variance)
        return torch.addcmul(_by_channel(bias - mean * scale), x, _by_channel(scale)), mean, variance

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:
        x, mean, inverse, weight = ctx.saved_tensors
        gradient, count = gradients[0], x.numel() / x.shape[1]
        total = gradient.sum(dim=(0, 2, 3, 4))
        along = (gradient * (x - _by_channel(mean))).sum(dim=(0, 2, 3, 4)) * inverse
        scale = weight * inverse
        # What of the gradient changes neither the mean nor the deviation.
        slope = -scale * inverse * along / count
        rest = torch.addcmul(_by_channel(-scale * total / count - slope * mean), x, _by_channel(slope))
        return torch.addcmul(rest, gradient, _by_channel(scale)), along, total, None


def _by_channel(values: Tensor) -> Tensor:
    return values[:, None, None, None]


class SameConv3d(nn.Module):
    """3x3x3 convolution over a replicated border: [B, C, D, H, W] -> [B, C', D, H, W]."""

    def __init__(self, in_channels: int, out_channels: int, bias: bool) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.ReplicationPad3d(1), Conv3d(in_channels, out_channels, 3, bias=bias))

    @property
    def convolution(self) -> nn.Conv3d:
        """The convolution behind the padding."""
        return self.net[1]  # type: ignore[return-value]

    def forward(self, x: Tensor) -> Tensor:
        """[B, C', D, H, W] of [B, C, D, H, W]."""
        return self.net(x)  # type: ignore[no-any-return]


def _with_norm(layer: nn.Module, channels: int, norm: bool, activation: nn.Module, dropout: bool) -> list[nn.Module]:
    """`layer`, then what stands behind every 2D convolution of the paper."""
    return [
        layer,
        *([nn.BatchNorm2d(channels)] if norm else []),
        activation,
        *([nn.Dropout2d(DROPOUT)] if dropout else []),
    ]


def _leaky() -> nn.Module:
    return nn.LeakyReLU(LEAK, inplace=True)


def _relu() -> nn.Module:
    return nn.ReLU(inplace=True)


class DownBlock(nn.Module):
    """A convolution, then one that halves the size: [B, C, H, W] -> [B, C', H/2, W/2]."""

    def __init__(self, in_channels: int, middle: int, out_channels: int, norm: bool, dropout: bool) -> None:
        super().__init__()
        first = nn.Conv2d(in_channels, middle, 3, bias=not norm)
        second = nn.Conv2d(middle, out_channels, 4, stride=2, bias=not norm)
        self.net = nn.Sequential(
            nn.ReflectionPad2d(1),
            *_with_norm(first, middle, norm, _leaky(), dropout),
            nn.ReflectionPad2d(1),
            *_with_norm(second, out_channels, norm, _leaky(), dropout),
        )

    def forward(self, x: Tensor) -> Tensor:
        """[B, C', H / 2, W / 2] of [B, C, H, W]."""
        return self.net(x)  # type: ignore[no-any-return]


class UpBlock(nn.Module):
    """A transposed convolution that doubles the size, then a convolution: [B, C, H, W] -> [B, C', 2H, 2W]."""

    def __init__(self, in_channels: int, out_channels: int, norm: bool, dropout: bool) -> None:
        super().__init__()
        first = nn.ConvTranspose2d(in_channels, out_channels, 4, stride=2, padding=1, bias=not norm)
        second = SameConv2d(out_channels, out_channels, bias=not norm)
        self.net = nn.Sequential(
            *_with_norm(first, out_channels, norm, _relu(), dropout),
            *_with_norm(second, out_channels, norm, _relu(), dropout),
        )

    def forward(self, x: Tensor) -> Tensor:
        """[B, C', 2 H, 2 W] of [B, C, H, W]."""
        return self.net(x)  # type: ignore[no-any-return]


class SkipBlock(nn.Module):
    """Down, inner block, up; its input is put before its output: [B, C, ...] -> [B, 2C, ...]."""

    def __init__(self, *layers: nn.Module) -> None:
        super().__init__()
        self.model = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        """[B, 2 C, ...] of [B, C, ...]."""
        return torch.cat([x, self.model(x)], dim=1)


def _channels(nf0: int, levels: int, most: int) -> list[int]:
    """Features at each level; the two innermost of a U-Net are equal in the paper's code."""
    widths = [min(2**level * nf0, most) for level in range(levels)]
    return [*widths, widths[-1]]


class Unet2d(nn.Module):
    """The authors' 2D U-Net: [B, C, H, W] -> [B, C', H, W], H and W divisible by 2 ** levels.

    Args:
        nf0: features at the top level; twice as many at each further one, up to `max_channels`.
        plain_end: nothing behind the last convolution.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        nf0: int,
        levels: int,
        max_channels: int,
        dropout: bool,
        plain_end: bool = False,
    ) -> None:
        super().__init__()
        self.in_layer = nn.Sequential(
            *_with_norm(SameConv2d(in_channels, nf0, bias=False), nf0, True, _leaky(), dropout)
        )
        widths = _channels(nf0, levels, max_channels)
        block: SkipBlock | None = None
        for level in reversed(range(levels)):
            outer, inner = widths[level], widths[level + 1]
            norm = block is not None  # the innermost map may be a single pixel: nothing to normalise over
            down = DownBlock(outer, outer, inner, norm, dropout)
            up = UpBlock(inner if block is None else 2 * inner, outer, norm, dropout)
            block = SkipBlock(down, up) if block is None else SkipBlock(down, block, up)
        self.unet_block = block
        last = SameConv2d(2 * nf0, out_channels, bias=plain_end)
        behind = [last] if plain_end else _with_norm(last, out_channels, True, _relu(), dropout)
        self.out_layer = nn.Sequential(*behind)

    def forward(self, x: Tensor) -> Tensor:
        """[B, C', H, W] of [B, C, H, W]."""
        return self.out_layer(self.unet_block(self.in_layer(x)))  # type: ignore[no-any-return, misc]


class Unet3d(nn.Module):
    """The paper's 3D U-Net: [B, C, D, H, W] -> [B, C', D, H, W]."""

    def __init__(self, in_channels: int, out_channels: int, nf0: int, levels: int, max_channels: int) -> None:
        super().__init__()
        self.in_layer = nn.Sequential(SameConv3d(in_channels, nf0, bias=False), BatchNorm3d(nf0), _leaky())
        widths = _channels(nf0, levels, max_channels)
        block: SkipBlock | None = None
        for level in reversed(range(levels)):
            outer, inner = widths[level], widths[level + 1]
            norm = block is not None
            down = _Sequence3d(
                nn.ReplicationPad3d(1),
                nn.Conv3d(outer, inner, 4, stride=2, bias=not norm),
                *([BatchNorm3d(inner)] if norm else []),
                _leaky(),
            )
            up = _Sequence3d(
                nn.ConvTranspose3d(inner if block is None else 2 * inner, outer, 4, 2, 1, bias=not norm),
                *([BatchNorm3d(outer)] if norm else []),
                _relu(),
            )
            block = SkipBlock(down, up) if block is None else SkipBlock(down, block, up)
        self.unet_block = block
        self.out_layer = nn.Sequential(
            SameConv3d(2 * nf0, out_channels, bias=False), BatchNorm3d(out_channels), _relu()
        )

    def forward(self, x: Tensor) -> Tensor:
        """[B, C', D, H, W] of [B, C, D, H, W]."""
        return self.out_layer(self.unet_block(self.in_layer(x)))  # type: ignore[no-any-return, misc]


class _Sequence3d(nn.Module):
    """Layers under the name `net`, as the published 3D blocks have them."""

    def __init__(self, *layers: nn.Module) -> None:
        super().__init__()
        self.net = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        return self.net(x)  # type: ignore[no-any-return]
