"""TensorFlow's layers as the authors use them: activation first, then the convolution, then a norm or a bias.

Parameters have the authors' names, and torch's layout. TensorFlow pads "SAME": as little as gives `ceil(size / stride)`
outputs, the odd one behind; a transposed convolution cuts what that would have padded.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engines.lsm.config import Norm

INSTANCE_EPSILON = 1e-5
BATCH_EPSILON, BATCH_DECAY = 1e-3, 0.999
"""slim's."""
LAYER_EPSILON = 1e-12
"""Of tf.contrib.layers.layer_norm."""
Functional: TypeAlias = Callable[..., Tensor]
CONVOLUTIONS: dict[int, Functional] = {2: F.conv2d, 3: F.conv3d}
TRANSPOSED: dict[int, Functional] = {2: F.conv_transpose2d, 3: F.conv_transpose3d}


def same_padding(size: int, kernel: int, stride: int) -> tuple[int, int]:
    """What TensorFlow pads before and behind `size` values."""
    total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2


def same_convolution(features: Tensor, weights: Tensor, stride: int = 1, groups: int = 1) -> Tensor:
    """Convolution of [B, C, ...] by weights [O, C / groups, k, ...], padded as TensorFlow does."""
    dimensions = features.dim() - 2
    sides = [same_padding(size, weights.shape[-1], stride) for size in features.shape[2:]]
    convolve = CONVOLUTIONS[dimensions]
    if all(before == behind for before, behind in sides):
        padding = tuple(before for before, _ in sides)
        return convolve(features, weights, stride=stride, padding=padding, groups=groups)
    # F.pad wants the last axis first.
    padded = F.pad(features, [amount for side in reversed(sides) for amount in side])
    return convolve(padded, weights, stride=stride, groups=groups)


def same_transposed(features: Tensor, weights: Tensor, stride: int) -> Tensor:
    """Transposed convolution of [B, C, ...] by weights [C, O, k, ...] to `stride` times the size, cut as there."""
    dimensions, kernel = features.dim() - 2, weights.shape[-1]
    # The convolution whose transpose it is goes from the larger size to the smaller.
    sides = [same_padding(stride * size, kernel, stride) for size in features.shape[2:]]
    least = min(before for before, _ in sides)
    out = TRANSPOSED[dimensions](features, weights, stride=stride, padding=least)
    for axis, ((before, _), size) in enumerate(zip(sides, features.shape[2:], strict=True), start=2):
        out = out.narrow(axis, before - least, stride * size)
    return out


class InstanceNorm(nn.Module):
    """Mean 0 and variance 1 of each channel of each photograph or grid, and a shift; the authors have no scale."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, features: Tensor) -> Tensor:
        """[B, C, ...] of [B, C, ...]."""
        # torch.nn.functional's refuses grids of one voxel, which are 0, as TensorFlow's are.
        normalised = torch.instance_norm(features, None, None, None, None, True, 0.0, INSTANCE_EPSILON, True)
        return normalised + self.bias.view(-1, *[1] * (features.dim() - 2))


class BatchNorm(nn.Module):
    """slim's: no scale, and a memory of a thousand steps."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.beta = nn.Parameter(torch.zeros(channels))
        self.register_buffer("moving_mean", torch.zeros(channels))
        self.register_buffer("moving_variance", torch.ones(channels))

    def forward(self, features: Tensor) -> Tensor:
        """[B, C, ...] of [B, C, ...]; in training by the batch, else by what was remembered."""
        return F.batch_norm(
            features,
            self.get_buffer("moving_mean"),
            self.get_buffer("moving_variance"),
            bias=self.beta,
            training=self.training,
            momentum=1 - BATCH_DECAY,
            eps=BATCH_EPSILON,
        )


class LayerNorm(nn.Module):
    """Mean 0 and variance 1 of all channels of a grid together; scale and shift of each channel."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(channels))
        self.beta = nn.Parameter(torch.zeros(channels))

    def forward(self, features: Tensor) -> Tensor:
        """[B, C, ...] of [B, C, ...]."""
        return F.group_norm(features, 1, self.gamma, self.beta, eps=LAYER_EPSILON)


class TensorflowLayer(nn.Module):
    """Activation, what a subclass does, and a norm or a bias."""

    def __init__(self, channels: int, norm: Norm, activate: bool) -> None:
        super().__init__()
        self.activate = activate
        if norm == "IN":
            self.InstanceNorm = InstanceNorm(channels)
        elif norm == "BN":
            self.BatchNorm = BatchNorm(channels)
        else:
            self.bias = nn.Parameter(torch.zeros(channels))
        self.norm = norm

    def started(self, features: Tensor) -> Tensor:
        """What the convolution is given: features [B, C, ...], activated where this layer does so."""
        return F.relu(features) if self.activate else features

    def finished(self, features: Tensor) -> Tensor:
        """The convolution's outcome [B, O, ...], normalised or with a bias."""
        if self.norm == "IN":
            normalised: Tensor = self.InstanceNorm(features)
            return normalised
        if self.norm == "BN":
            normalised = self.BatchNorm(features)
            return normalised
        return features + self.bias.view(-1, *[1] * (features.dim() - 2))


def _weights(*shape: int) -> nn.Parameter:
    """Drawn as the authors' are: uniform, by the sum of inputs and outputs (Glorot and Bengio 2010)."""
    return nn.Parameter(nn.init.xavier_uniform_(torch.empty(shape)))


class Convolution(TensorflowLayer):
    """A convolution of photographs' features (`dimensions` 2) or of grids (3)."""

    def __init__(
        self, dimensions: int, kernel: int, before: int, after: int, stride: int, norm: Norm, activate: bool = True
    ) -> None:
        super().__init__(after, norm, activate)
        self.weights, self.stride = _weights(after, before, *[kernel] * dimensions), stride

    def forward(self, features: Tensor) -> Tensor:
        """[B, O, ceil(size / stride)...] of [B, C, size...]."""
        return self.finished(same_convolution(self.started(features), self.weights, self.stride))


class Transposed(TensorflowLayer):
    """Transposed convolution of photographs' features (`dimensions` 2) or of grids (3)."""

    def __init__(self, dimensions: int, kernel: int, before: int, after: int, stride: int, norm: Norm) -> None:
        super().__init__(after, norm, activate=True)
        self.weights, self.stride = _weights(before, after, *[kernel] * dimensions), stride

    def forward(self, features: Tensor) -> Tensor:
        """[B, O, stride * size...] of [B, C, size...]."""
        return self.finished(same_transposed(self.started(features), self.weights, self.stride))


class Separable(TensorflowLayer):
    """Each channel by itself, then all channels of each pixel."""

    def __init__(self, kernel: int, before: int, after: int, norm: Norm, multiplier: int = 1) -> None:
        super().__init__(after, norm, activate=True)
        self.depth_weights = _weights(before * multiplier, 1, kernel, kernel)
        self.pt_weights = _weights(after, before * multiplier, 1, 1)

    def forward(self, features: Tensor) -> Tensor:
        """[B, O, H, W] of [B, C, H, W]."""
        alone = same_convolution(self.started(features), self.depth_weights, groups=features.shape[1])
        return self.finished(F.conv2d(alone, self.pt_weights))


class Enlarged(TensorflowLayer):
    """Every pixel twice along both axes, then a convolution."""

    def __init__(self, kernel: int, before: int, after: int, norm: Norm) -> None:
        super().__init__(after, norm, activate=True)
        self.weights = _weights(after, before, kernel, kernel)

    def forward(self, features: Tensor) -> Tensor:
        """[B, O, 2 H, 2 W] of [B, C, H, W]."""
        twice = F.interpolate(self.started(features), scale_factor=2, mode="nearest")
        return self.finished(same_convolution(twice, self.weights))
