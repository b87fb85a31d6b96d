"""The networks rearranged for drawing on a CPU; the same numbers up to float32's rounding, for one object.

| step | why it keeps the numbers |
|---|---|
| features are looked up with all channels of a pixel together | the same four corners |
| convolutions of the recurrent unit in Winograd's form | the same sums in another order |
| those of the photograph apart from those of what is remembered | the same sums in another order |
| before the first photograph what concerns the memory is left out | it is 0 |
| the last layer by one product of matrices, whose parts are added up | the same sums in another order |
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from engines.core.networks.winograd import WinogradConv3d
from engines.lsm.layers import LayerNorm, Transposed, same_padding
from engines.lsm.network import GridUnet, Lsm
from engines.lsm.projection import corners
from engines.lsm.recurrent import ConvGru, State, layer_norm


def unprojected(features: Tensor, K: Tensor, R: Tensor, nvox: int, size_px: tuple[int, int]) -> Tensor:
    """The grid [1, C + 1, n, n, n] of one photograph's features [1, C, h, w], as `projection.unproject` gives it.

    The channels of a voxel stand together in memory.
    """
    at, weights, depth = corners(K, R, nvox, size_px, (features.shape[3], features.shape[2]))
    pixels = features[0].flatten(1).T.contiguous()
    found = F.embedding_bag(at[0].T.contiguous(), pixels, per_sample_weights=weights[0].T.contiguous(), mode="sum")
    return torch.cat([found, depth[0, :, None]], dim=1).view(1, nvox, nvox, nvox, -1).movedim(-1, 1)


class Gru:
    """`recurrent.ConvGru`, prepared."""

    def __init__(self, cell: ConvGru) -> None:
        gates, output, filters = cell.Gates.kernel, cell.Output.kernel, cell.filters
        seen = gates.shape[1] - filters
        of_seen = torch.cat([gates[:, :seen], output[:, :seen]])
        self._first = WinogradConv3d(of_seen[filters:], 2)
        self._seen = WinogradConv3d(of_seen, 3)
        self._gates = WinogradConv3d(gates[:, seen:], 2)
        self._output = WinogradConv3d(output[:, seen:])
        self._norms = tuple(cell.Gates.get_submodule(layer_norm(number)) for number in range(2))
        self._output_norm: LayerNorm = cell.Output.get_submodule(layer_norm(0))  # type: ignore[assignment]

    def after(self, grid: Tensor, state: State | None) -> State:
        """The state that `ConvGru.after` gives, after a grid [1, C, n, n, n]; `state` None: it is the first grid."""
        rows = grid[0].movedim(0, -1)
        if state is None:
            update, candidate = (_channels_first(part) for part in self._first(rows))
            return ((1 - self._norms[1](update).sigmoid()) * self._output_norm(candidate).tanh(),)
        (before,) = state
        of_seen, of_before = self._seen(rows), self._gates(before[0].movedim(0, -1))
        reset, update = (
            norm(_channels_first(of_seen[number] + of_before[number])).sigmoid()
            for number, norm in enumerate(self._norms)
        )
        (of_reset,) = self._output((reset * before)[0].movedim(0, -1))
        candidate = self._output_norm(_channels_first(of_seen[2] + of_reset)).tanh()
        return (torch.lerp(candidate, before, update),)


def _channels_first(rows: Tensor) -> Tensor:
    """[1, C, n, n, n] of [n, n, n, C], where it lies."""
    return rows.movedim(-1, 0)[None]


class PreparedGridUnet:
    """`network.GridUnet`, its last layer prepared."""

    def __init__(self, network: GridUnet) -> None:
        self._network, layer = network, network.out
        self._taps, self._kernel = layer.weights.flatten(1).T.contiguous(), layer.weights.shape[-1]

    def __call__(self, grids: Tensor) -> tuple[Tensor, Tensor]:
        """Logits [1, n, n, n] of a grid [1, 32, n, n, n]; and what `deconv3` gives, as `GridUnet.forward` has it."""
        found, third = self._network.before_last(grids)
        return self._last(self._network.out, found), third

    def _last(self, layer: Transposed, found: Tensor) -> Tensor:
        """[1, n, n, n] logits of [1, 32, n, n, n]."""
        kernel, sizes = self._kernel, found.shape[2:]
        taps = (self._taps @ layer.started(found)[0].flatten(1)).view(kernel, kernel, kernel, *sizes)
        total = found.new_zeros([size + kernel - 1 for size in sizes])
        x, y, z = sizes
        for i in range(kernel):
            for j in range(kernel):
                for k in range(kernel):
                    total[i : i + x, j : j + y, k : k + z] += taps[i, j, k]
        for axis, size in enumerate(sizes):
            total = total.narrow(axis, same_padding(size, kernel, 1)[0], size)
        return layer.finished(total[None, None])[:, 0]


class Inference:
    """What a `Lsm` makes of one object's photographs, one after the other."""

    def __init__(self, network: Lsm) -> None:
        cell = network.rnn.get_submodule(network.scope)
        fast = next(network.parameters()).device.type == "cpu"
        self._network = network
        self._gru = Gru(cell) if fast and isinstance(cell, ConvGru) else None
        self._readout = PreparedGridUnet(network.Grid_Unet) if fast else None

    def grid(self, features: Tensor, K: Tensor, R: Tensor) -> Tensor:
        """[1, 33, n, n, n] of one photograph's features [1, 32, h, w]."""
        config = self._network.config
        return unprojected(features, K, R, config.nvox, (config.im_w, config.im_h))

    def fused(self, grid: Tensor, state: State | None) -> State:
        """What is remembered after one more photograph's grid [1, 33, n, n, n]; `state` None: it is the first."""
        return self._network.fused(grid, state) if self._gru is None else self._gru.after(grid, state)

    def read(self, fused: Tensor) -> tuple[Tensor, Tensor]:
        """Logits [1, n, n, n] of a fused grid [1, 32, n, n, n]; and what depth maps are made of, see `GridUnet`."""
        found: tuple[Tensor, Tensor] = (self._readout or self._network.Grid_Unet)(fused)
        return found
