"""Fusing the grids of several photographs, one after the other: convolutional GRU and LSTM (paper, section 3.2).

The order in which concatenated channels and gates stand is the authors'.
"""

from __future__ import annotations

from typing import TypeAlias

import torch
from torch import Tensor, nn

from engines.lsm.layers import LayerNorm, same_convolution

State: TypeAlias = tuple[Tensor, ...]
"""What a cell remembers of the grids so far; the last is what it gives out."""
KERNEL = 3
FORGET_BIAS = 1.0


def _kernel(before: int, after: int) -> nn.Parameter:
    return nn.Parameter(nn.init.xavier_uniform_(torch.empty(after, before, KERNEL, KERNEL, KERNEL)))


class _Convolved(nn.Module):
    """A kernel, and a norm for each of its parts."""

    def __init__(self, before: int, after: int, parts: int) -> None:
        super().__init__()
        self.kernel, self.parts = _kernel(before, after * parts), parts
        for number in range(parts):
            self.add_module(layer_norm(number), LayerNorm(after))

    def forward(self, first: Tensor, second: Tensor) -> list[Tensor]:
        """The parts [B, F, n, n, n] of [B, C, n, n, n] and [B, F, n, n, n], one behind the other."""
        convolved = same_convolution(torch.cat([first, second], dim=1), self.kernel).chunk(self.parts, dim=1)
        return [self.get_submodule(layer_norm(number))(part) for number, part in enumerate(convolved)]


def layer_norm(number: int) -> str:
    """What TensorFlow calls the layer norms of a scope."""
    return f"LayerNorm_{number}" if number else "LayerNorm"


class ConvGru(nn.Module):
    """Gated recurrent unit."""

    def __init__(self, channels: int, filters: int) -> None:
        super().__init__()
        self.filters = filters
        self.Gates = _Convolved(channels + filters, filters, 2)
        self.Output = _Convolved(channels + filters, filters, 1)

    def initial(self, grid: Tensor) -> State:
        """Before the first grid [B, C, n, n, n]."""
        return (grid.new_zeros(grid.shape[0], self.filters, *grid.shape[2:]),)

    def after(self, grid: Tensor, state: State) -> State:
        """The state after a grid [B, C, n, n, n]."""
        (before,) = state
        reset, update = (gate.sigmoid() for gate in self.Gates(grid, before))
        (candidate,) = self.Output(grid, reset * before)
        return (update * before + (1 - update) * candidate.tanh(),)


class ConvLstm(_Convolved):
    """Long short-term memory; what is remembered is normalised, too."""

    def __init__(self, channels: int, filters: int) -> None:
        super().__init__(channels + filters, filters, 4)
        self.filters = filters
        self.LayerNorm_4 = LayerNorm(filters)

    def initial(self, grid: Tensor) -> State:
        """Before the first grid [B, C, n, n, n]."""
        zeros = grid.new_zeros(grid.shape[0], self.filters, *grid.shape[2:])
        return (zeros, zeros)

    def after(self, grid: Tensor, state: State) -> State:
        """The state after a grid [B, C, n, n, n]."""
        memory, before = state
        contribution, enter, forget, leave = self(grid, before)
        memory = memory * (forget + FORGET_BIAS).sigmoid() + enter.sigmoid() * contribution.tanh()
        memory = self.LayerNorm_4(memory)
        return (memory, memory.tanh() * leave.sigmoid())


CELLS: dict[str, tuple[str, type[ConvGru | ConvLstm]]] = {
    "gru": ("ConvGRUCell", ConvGru),
    "lstm": ("ConvLSTMCell", ConvLstm),
}
"""By the authors' option: what TensorFlow calls the scope, and the cell."""
