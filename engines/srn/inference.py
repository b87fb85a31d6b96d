"""SRN's networks prepared for drawing; within float32 rounding of the trained ones.

| step | why it keeps the picture |
|---|---|
| phi's weights made once for an instance | the hypernetwork does not depend on the camera |
| weights reordered once for the CPU's kernels | another order in memory |
| one sigmoid for all of an LSTM's gates | tanh(x) = 2 sigmoid(2x) - 1 |
| rays in chunks that fit the cache | each ray is on its own |
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engines.srn.network import LSTM_FEATURES, Layer, Mlp, Phi, RayMarcher, layers_of

CHUNK_RAYS = 1024
"""On a CPU: 1 MB a layer."""


Product = Callable[[Tensor], Tensor]


def _product(weight: Tensor, bias: Tensor) -> Product:
    """x W^T + b on rows; `weight` [C', C], `bias` [C']."""
    operators = torch.ops.mkldnn
    if weight.device.type == "cpu" and hasattr(operators, "_linear_pointwise"):
        # The operators that torch's own compiler emits on CPUs; a tenth faster than addmm, which copies the bias first.
        reordered = operators._reorder_linear_weight(weight.contiguous(), CHUNK_RAYS)
        return lambda x: operators._linear_pointwise(x, reordered, bias, "none", [], "")
    return lambda x: F.linear(x, weight, bias)


class PackedLayer:
    """Linear, LayerNorm, ReLU on rows [N, C] -> [N, C']."""

    def __init__(self, layer: Layer) -> None:
        self._product = _product(layer.weight.reshape(layer.weight.shape[-2:]), layer.bias.reshape(-1))
        self._scale, self._shift = layer.scale, layer.shift

    def __call__(self, x: Tensor) -> Tensor:
        x = self._product(x)
        return F.layer_norm(x, x.shape[-1:], self._scale, self._shift).relu_()


def pack(phi: Phi) -> list[PackedLayer]:
    """Phi of one instance."""
    return [PackedLayer(layer) for layer in phi]


def follow(phi: Sequence[PackedLayer], points: Tensor) -> Tensor:
    """[N, 256] phi's features at points [N, 3]."""
    for layer in phi:
        points = layer(points)
    return points


class PackedGenerator:
    """The pixel generator: [N, 256] -> [N, 3]."""

    def __init__(self, mlp: Mlp) -> None:
        last = cast(nn.Linear, mlp.net[-1])
        self._layers, self._last = pack(layers_of(mlp)), _product(last.weight, last.bias)

    def __call__(self, x: Tensor) -> Tensor:
        return self._last(follow(self._layers, x))


class PackedMarcher:
    """The ray marcher on rows."""

    def __init__(self, marcher: RayMarcher) -> None:
        lstm, out = marcher.lstm, marcher.out_layer
        # Gates in torch's order: input, forget, new, output. "New" has a tanh, taken as a sigmoid of twice the sum.
        twice = torch.ones_like(lstm.bias_ih).view(4, LSTM_FEATURES)
        twice[2] = 2
        twice = twice.view(-1, 1)
        self._gates = _product(lstm.weight_ih * twice, (lstm.bias_ih + lstm.bias_hh) * twice[:, 0])
        self._state = (lstm.weight_hh * twice).T.contiguous()
        self._out, self._out_bias = out.weight[0], out.bias

    def __call__(
        self, phi: Sequence[PackedLayer], points: Tensor, rays: Tensor, steps: int, check: Callable[[], None]
    ) -> Tensor:
        """[N, 3] where rays that begin at `points` end; `check` is called between steps."""
        hidden = memory = None
        for _ in range(steps):
            check()
            gates = self._gates(follow(phi, points))
            if hidden is not None:
                gates.addmm_(hidden, self._state)
            into, forget, new, out = torch.split(gates.sigmoid_(), LSTM_FEATURES, dim=1)
            fresh = into * (2 * new - 1)
            memory = fresh if memory is None else forget * memory + fresh
            hidden = out * torch.tanh(memory)
            points = points + rays * (hidden @ self._out + self._out_bias)[:, None]
        return points


def chunk_rays(device: torch.device) -> int:
    """Rays drawn at once."""
    return CHUNK_RAYS if device.type == "cpu" else 2**18
