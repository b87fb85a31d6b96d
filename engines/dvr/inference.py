"""The decoder of one scene, or of one object, prepared for drawing; within float32 rounding of the trained one.

| step | why it keeps the picture |
|---|---|
| a code's share made once, and added to the biases | it does not depend on the point |
| weights reordered once for the CPU's kernels; activations and sums are made in them | another order in memory |
| plain products for what is left over of a chunk: a kernel of each count of rows is dear to make | the same products |
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

from engines.core.engine import Stop, never_stop
from engines.core.errors import Cancelled
from engines.dvr.network import Decoder, ResnetBlock

CACHE_BYTES = 2**19
"""Of one layer's features, on a CPU: three of them and a layer's weights stay in its cache."""
GPU_POINTS = 2**18

Rectified = Callable[[Tensor, Tensor], Tensor]
Added = Callable[[Tensor, Tensor, Tensor], Tensor]


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
    def __init__(self, layers: PackedLayers, code: Tensor | None = None, level: float = 0.0) -> None:
        """`code`: [1, c_dim] or None; `level`: the logit of the surface, which is taken off."""
        decoder = layers.decoder
        self._first, self._leak = decoder.fc_p.weight.detach(), decoder.leak
        blocks = [cast(ResnetBlock, block) for block in decoder.blocks]
        biases = [decoder.fc_p.bias.clone(), *(block.fc_1.bias.clone() for block in blocks)]
        if code is not None and code.shape[-1]:
            # What a code adds before a block is added by the layer before it.
            for number in range(len(blocks)):
                biases[number] += decoder.fc_c[number](code)[0]
        self._first_bias = biases[0]
        self._blocks = [
            _PackedBlock(block, products, bias)
            for block, products, bias in zip(blocks, layers.products, biases[1:], strict=True)
        ]
        self._last, self._last_bias = decoder.fc_out.weight.detach(), decoder.fc_out.bias.clone()
        self._last_bias[0] -= level
        self._chunk = chunk_points(decoder)

    @torch.no_grad()
    def logits(self, points: Tensor, stop: Stop = never_stop) -> Tensor:
        """[N] occupancy logits, positive inside, of points [N, 3].

        Raises:
            Cancelled: `stop` said so.
        """
        parts = list[Tensor]()
        for part in self._split(points):
            if stop():
                raise Cancelled
            parts.append(self._logits(part))
        return torch.cat(parts)

    @torch.no_grad()
    def colours(self, points: Tensor, stop: Stop = never_stop) -> Tensor:
        """[N, 3] in [0, 1] of points [N, 3].

        Raises:
            Cancelled: `stop` said so.
            ValueError: the decoder has occupancy only.
        """
        if len(self._last) < 4:
            raise ValueError("a decoder of out_dim 1 has no colours")
        parts = list[Tensor]()
        for part in self._split(points):
            if stop():
                raise Cancelled
            parts.append(F.linear(self._features(part), self._last[1:4], self._last_bias[1:4]))
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
        return torch.split(points, self._chunk)

    def _begin(self, points: Tensor) -> Tensor:
        return torch.addmm(self._first_bias, points, self._first.T)

    def _features(self, points: Tensor) -> Tensor:
        """[N, F] before the last layer, activated."""
        features = self._begin(points)
        for block in self._blocks:
            features = block(features)
        return F.leaky_relu_(features, self._leak) if self._leak else features.relu_()

    def _logits(self, points: Tensor) -> Tensor:
        return torch.mv(self._features(points), self._last[0]).add_(self._last_bias[0])

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

    def __init__(self, block: ResnetBlock, products: tuple[Rectified, Added], bias: Tensor) -> None:
        """`bias`: [F] of the second layer, with what a code adds."""
        self._into_weight, self._out_weight = block.fc_0.weight.detach(), block.fc_1.weight.detach()
        self._into_bias, self._out_bias = block.fc_0.bias.detach(), bias
        self._into, self._out = products

    def __call__(self, features: Tensor) -> Tensor:
        return self.outer(self.inner(features), features)

    def inner(self, features: Tensor) -> Tensor:
        """[N, F] between both layers, activated."""
        return self._into(features.relu(), self._into_bias)

    def outer(self, inner: Tensor, features: Tensor) -> Tensor:
        """[N, F] that come out."""
        return self._out(inner, features, self._out_bias)

    def back(self, gradient: Tensor, before: Tensor, within: Tensor) -> Tensor:
        """[N, F] gradient by what went in, of that by what came out; both masks [N, F] say which features were open."""
        inner = (gradient @ self._out_weight).mul_(within)
        return gradient + (inner @ self._into_weight).mul_(before)


class PackedLayers:
    """The weights of a decoder, reordered: the same for every code."""

    def __init__(self, decoder: Decoder) -> None:
        self.decoder, rows = decoder, chunk_points(decoder)
        blocks = [cast(ResnetBlock, block) for block in decoder.blocks]
        self.products = [
            (_rectified(block.fc_0.weight.detach(), rows), _added(block.fc_1.weight.detach(), rows)) for block in blocks
        ]


def chunk_points(decoder: Decoder) -> int:
    """Points evaluated at once."""
    weight = decoder.fc_p.weight
    return max(64, CACHE_BYTES // (4 * len(weight))) if weight.device.type == "cpu" else GPU_POINTS


def _fused(weight: Tensor) -> bool:
    """Whether there are the operators that torch's own compiler emits on CPUs; they take no doubles."""
    there = weight.device.type == "cpu" and hasattr(torch.ops.mkldnn, "_linear_pointwise")
    return there and weight.dtype != torch.float64


def _rectified(weight: Tensor, rows: int) -> Rectified:
    """relu(x W^T + b) on rows x."""

    def plainly(x: Tensor, bias: Tensor) -> Tensor:
        return torch.addmm(bias, x, weight.T).relu_()

    if not _fused(weight):
        return plainly
    operators, reordered = torch.ops.mkldnn, _reordered(weight, rows)

    def fused(x: Tensor, bias: Tensor) -> Tensor:
        if len(x) != rows:
            return plainly(x, bias)
        return cast(Tensor, operators._linear_pointwise(x, reordered, bias, "relu", [], ""))

    return fused


def _added(weight: Tensor, rows: int) -> Added:
    """x W^T + b + y on rows x and y."""

    def plainly(x: Tensor, y: Tensor, bias: Tensor) -> Tensor:
        return torch.addmm(bias, x, weight.T).add_(y)

    if not _fused(weight):
        return plainly
    operators, reordered = torch.ops.mkldnn, _reordered(weight, rows)

    def fused(x: Tensor, y: Tensor, bias: Tensor) -> Tensor:
        if len(x) != rows:
            return plainly(x, y, bias)
        return cast(Tensor, operators._linear_pointwise.binary(x, y, reordered, bias, "add"))

    return fused


def _reordered(weight: Tensor, rows: int) -> Tensor:
    return cast(Tensor, torch.ops.mkldnn._reorder_linear_weight(weight.contiguous(), rows))
