"""The decoder of one scene, or of one object, prepared for drawing; within float32 rounding of the trained one.

| step | why it keeps the picture |
|---|---|
| a code's share made once, and added to the biases | it does not depend on the point |
| weights reordered once for the CPU's kernels; activations and sums are made in them | another order in memory |
| only the occupancy's row of the last layer where no colour is asked for | rows are on their own |
| points in chunks that fit the cache | each point is on its own |
| the gradient by going back through the layers by hand | the same products as the automatic ones, nothing else kept |
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor

from engines.dvr.network import Decoder, ResnetBlock

CACHE_BYTES = 2**19
"""Of one layer's features, on a CPU: three of them and a layer's weights stay in its cache."""
GPU_POINTS = 2**18

Product = Callable[[Tensor], Tensor]


@dataclass(frozen=True, eq=False)
class Shaded:
    """The field at points.

    Attributes:
        logits: [N] occupancy.
        colours: [N, 3] in [0, 1].
        gradients: [N, 3] of the logits by the points.
    """

    logits: Tensor
    colours: Tensor
    gradients: Tensor


class PackedDecoder:
    """Occupancy and colour of points of one scene, or of one object of a class."""

    @torch.no_grad()
    def __init__(self, decoder: Decoder, code: Tensor | None = None, level: float = 0.0) -> None:
        """`code`: [1, c_dim] or None; `level`: the logit of the surface, which is taken off."""
        self._first, self._leak = decoder.fc_p.weight.detach(), decoder.leak
        blocks = [cast(ResnetBlock, block) for block in decoder.blocks]
        shares = list[Tensor]()
        for number in range(len(blocks)):
            coded = code is not None and code.shape[-1] > 0
            shares.append(decoder.fc_c[number](code)[0] if coded else torch.zeros_like(decoder.fc_p.bias))
        # What a code adds before a block is added by the layer before it.
        self._first_bias = decoder.fc_p.bias + (shares[0] if shares else 0)
        self._blocks = [_PackedBlock(block, share) for block, share in zip(blocks, [*shares[1:], None], strict=False)]
        self._last, self._last_bias = decoder.fc_out.weight.detach(), decoder.fc_out.bias.clone()
        self._last_bias[0] -= level
        bytes_a_point = 4 * self._first.shape[0]
        self._chunk = max(64, CACHE_BYTES // bytes_a_point) if self._first.device.type == "cpu" else GPU_POINTS

    @torch.no_grad()
    def logits(self, points: Tensor) -> Tensor:
        """[N] occupancy logits, positive inside, of points [N, 3]."""
        if not len(points):
            return points.new_zeros(0)
        return torch.cat([self._logits(part) for part in torch.split(points, self._chunk)])

    @torch.no_grad()
    def colours(self, points: Tensor) -> Tensor:
        """[N, 3] in [0, 1] of points [N, 3].

        Raises:
            ValueError: the decoder has occupancy only.
        """
        if len(self._last) < 4:
            raise ValueError("a decoder of out_dim 1 has no colours")
        if not len(points):
            return points.new_zeros(0, 3)
        parts = [F.linear(self._features(part), self._last[1:4], self._last_bias[1:4]) for part in self._split(points)]
        return torch.cat(parts).sigmoid_()

    @torch.no_grad()
    def shade(self, points: Tensor) -> Shaded:
        """All of the field at points [N, 3]; colours are white where the decoder has none.

        As many operations as two logits.
        """
        parts = [self._shade(part) for part in self._split(points)]
        logits, colours, gradients = (torch.cat(part) for part in zip(*parts, strict=True))
        return Shaded(logits, colours, gradients)

    def _split(self, points: Tensor) -> tuple[Tensor, ...]:
        return torch.split(points, self._chunk) if len(points) else (points,)

    def _begin(self, points: Tensor) -> Tensor:
        return torch.addmm(self._first_bias, points, self._first.T)

    def _features(self, points: Tensor) -> Tensor:
        """[N, F] before the last layer, activated."""
        features = self._begin(points)
        for block in self._blocks:
            features = block(features)
        return F.leaky_relu_(features, self._leak) if self._leak else features.relu_()

    def _logits(self, points: Tensor) -> Tensor:
        return torch.addmv(self._last_bias[0], self._features(points), self._last[0])

    def _shade(self, points: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        features, kept = self._begin(points), list[tuple[Tensor, Tensor]]()
        for block in self._blocks:
            inner = block.inner(features)
            kept.append((features > 0, inner > 0))
            features = block.outer(inner, features)
        open_ = features > 0
        out = F.linear(F.leaky_relu(features, self._leak), self._last, self._last_bias)
        gradient = torch.where(open_, self._last[0], self._last[0] * self._leak)
        for block, (before, within) in zip(reversed(self._blocks), reversed(kept), strict=True):
            gradient = block.back(gradient, before, within)
        colours = out[:, 1:4].sigmoid() if len(self._last) >= 4 else torch.ones_like(points)
        return out[:, 0], colours, gradient @ self._first


class _PackedBlock:
    """A residual block on rows [N, F]."""

    def __init__(self, block: ResnetBlock, share: Tensor | None) -> None:
        """`share`: [F] that is added to what comes out."""
        into, out = block.fc_0, block.fc_1
        bias = out.bias if share is None else out.bias + share
        self._into_weight, self._out_weight = into.weight.detach(), out.weight.detach()
        self._into, self._out = (
            _rectified(self._into_weight, into.bias.detach()),
            _added(self._out_weight, bias.detach()),
        )

    def __call__(self, features: Tensor) -> Tensor:
        return self.outer(self.inner(features), features)

    def inner(self, features: Tensor) -> Tensor:
        """[N, F] between both layers, activated."""
        return self._into(features.relu())

    def outer(self, inner: Tensor, features: Tensor) -> Tensor:
        """[N, F] that come out."""
        return self._out(inner, features)

    def back(self, gradient: Tensor, before: Tensor, within: Tensor) -> Tensor:
        """[N, F] gradient by what went in, of that by what came out; both masks [N, F] say which features were open."""
        inner = (gradient @ self._out_weight).mul_(within)
        return gradient + (inner @ self._into_weight).mul_(before)


def _fused(weight: Tensor) -> bool:
    """Whether there are the operators that torch's own compiler emits on CPUs."""
    return weight.device.type == "cpu" and hasattr(torch.ops.mkldnn, "_linear_pointwise")


def _rectified(weight: Tensor, bias: Tensor) -> Product:
    """relu(x W^T + b) on rows."""
    if _fused(weight):
        operators, reordered = torch.ops.mkldnn, _reordered(weight)
        return lambda x: cast(Tensor, operators._linear_pointwise(x, reordered, bias, "relu", [], ""))
    return lambda x: torch.addmm(bias, x, weight.T).relu_()


def _added(weight: Tensor, bias: Tensor) -> Callable[[Tensor, Tensor], Tensor]:
    """x W^T + b + y on rows x and y."""
    if _fused(weight):
        operators, reordered = torch.ops.mkldnn, _reordered(weight)
        return lambda x, y: cast(Tensor, operators._linear_pointwise.binary(x, y, reordered, bias, "add"))
    return lambda x, y: torch.addmm(bias, x, weight.T).add_(y)


def _reordered(weight: Tensor) -> Tensor:
    rows = max(64, CACHE_BYTES // (4 * weight.shape[1]))
    return cast(Tensor, torch.ops.mkldnn._reorder_linear_weight(weight.contiguous(), rows))
