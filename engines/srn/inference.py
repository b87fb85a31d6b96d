"""SRN's networks prepared for drawing; within float32 rounding of the trained ones.

| step | why it keeps the picture |
|---|---|
| phi's weights made once for an instance | the hypernetwork does not depend on the camera |
| weights reordered once for the CPU's kernels | another order in memory |
| one sigmoid for all of an LSTM's gates | tanh(x) = 2 sigmoid(2x) - 1 |
| rays in chunks that fit the cache | each ray is on its own |
| the first steps on coarse grids of rays (`tiles.py`) | rays of neighbouring pixels part slowly; measured |
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engines.srn.network import LSTM_FEATURES, Mlp, Phi, PhiLayer, RayMarcher, layers_of

CHUNK_RAYS = 1024
"""On a CPU: 1 MB a layer."""
STATE = 1 + 2 * LSTM_FEATURES
"""Of a ray that is marched: how far it is, and what the LSTM remembers; all 0 but the first when it begins."""


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

    def __init__(self, layer: PhiLayer) -> None:
        self._product = _product(layer.weight.reshape(layer.weight.shape[-2:]), layer.bias.reshape(-1))
        self._scale, self._shift = layer.scale, layer.shift

    def __call__(self, x: Tensor) -> Tensor:
        """The layer's features [N, C'] of rows [N, C]."""
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
        """Colours [N, 3], black at -1 and white at 1, of features [N, 256]."""
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

    def march(
        self,
        phi: Sequence[PackedLayer],
        position: Tensor,
        rays: Tensor,
        states: Tensor,
        steps: int,
        check: Callable[[], None],
    ) -> Tensor:
        """[N, STATE] where rays from the camera's `position` are after `steps` more; `check` is called before each."""
        distance, hidden, memory = torch.split(states, [1, LSTM_FEATURES, LSTM_FEATURES], dim=1)
        for _ in range(steps):
            check()
            gates = self._gates(follow(phi, torch.addcmul(position, rays, distance)))
            gates.addmm_(hidden, self._state)
            into, forget, new, out = torch.split(gates.sigmoid_(), LSTM_FEATURES, dim=1)
            memory = torch.addcmul(into * (2 * new - 1), forget, memory)
            hidden = out * torch.tanh(memory)
            distance = distance + torch.addmv(self._out_bias, hidden, self._out)[:, None]
        return torch.cat([distance, hidden, memory], dim=1)


def chunk_rays(device: torch.device) -> int:
    """Rays drawn at once."""
    return CHUNK_RAYS if device.type == "cpu" else 2**18
