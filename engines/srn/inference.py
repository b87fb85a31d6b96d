"""SRN's networks prepared for drawing; within float32 rounding of the trained ones.

| step | why it keeps the picture |
|---|---|
| phi's weights made once for an instance | the hypernetwork does not depend on the camera |
| LSTM's input and state in one product | the same sums |
| rays in chunks that fit the cache | each ray is on its own |
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engines.srn.network import LSTM_FEATURES, Layer, Mlp, Phi, RayMarcher, layers_of

CHUNK_RAYS = 1024
"""On a CPU: 1 MB a layer."""


@dataclass(frozen=True, eq=False)
class PackedLayer:
    """Linear, LayerNorm, ReLU on rows [N, C] -> [N, C'].

    Attributes:
        weight: [C, C'].
    """

    weight: Tensor
    bias: Tensor
    scale: Tensor | None
    shift: Tensor | None

    def __call__(self, x: Tensor) -> Tensor:
        x = torch.addmm(self.bias, x, self.weight)
        return F.layer_norm(x, x.shape[-1:], self.scale, self.shift).relu_()


def pack(phi: Phi) -> list[PackedLayer]:
    """Phi of one instance."""
    return [_packed(layer) for layer in phi]


def _packed(layer: Layer) -> PackedLayer:
    weight, bias = layer.weight.reshape(layer.weight.shape[-2:]), layer.bias.reshape(-1)
    return PackedLayer(weight.T.contiguous(), bias.contiguous(), layer.scale, layer.shift)


class PackedGenerator:
    """The pixel generator: [N, 256] -> [N, 3]."""

    def __init__(self, mlp: Mlp) -> None:
        last = cast(nn.Linear, mlp.net[-1])
        self._layers = pack(layers_of(mlp))
        self._weight, self._bias = last.weight.T.contiguous(), last.bias

    def __call__(self, x: Tensor) -> Tensor:
        for layer in self._layers:
            x = layer(x)
        return torch.addmm(self._bias, x, self._weight)


class PackedMarcher:
    """The ray marcher on rows."""

    def __init__(self, marcher: RayMarcher) -> None:
        lstm, out = marcher.lstm, marcher.out_layer
        self._input, self._state = lstm.weight_ih.T.contiguous(), lstm.weight_hh.T.contiguous()
        self._bias = lstm.bias_ih + lstm.bias_hh
        self._out, self._out_bias = out.weight[0], out.bias

    def __call__(
        self, phi: Sequence[PackedLayer], points: Tensor, rays: Tensor, steps: int, check: Callable[[], None]
    ) -> Tensor:
        """[N, 3] where rays that begin at `points` end; `check` is called between steps."""
        hidden = memory = None
        for _ in range(steps):
            check()
            gates = torch.addmm(self._bias, follow(phi, points), self._input)
            if hidden is not None:
                gates = torch.addmm(gates, hidden, self._state)
            into, forget, new, out = torch.split(gates, LSTM_FEATURES, dim=1)
            fresh = torch.sigmoid(into) * torch.tanh(new)
            memory = fresh if memory is None else torch.sigmoid(forget) * memory + fresh
            hidden = torch.sigmoid(out) * torch.tanh(memory)
            points = points + rays * (hidden @ self._out + self._out_bias)[:, None]
        return points


def follow(phi: Sequence[PackedLayer], points: Tensor) -> Tensor:
    """[N, 256] phi's features at points [N, 3]."""
    for layer in phi:
        points = layer(points)
    return points


def chunk_rays(device: torch.device) -> int:
    """Rays drawn at once."""
    return CHUNK_RAYS if device.type == "cpu" else 2**18
