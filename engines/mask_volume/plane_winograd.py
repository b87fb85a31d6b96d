"""Convolutions of volumes with a third to a half of the products: Winograd's form along the planes alone.

Four planes of outputs are made of `4 + taps - 1` mixtures of planes, a 2D convolution of each, and mixtures of these
(Lavin and Gray 2016, section 4, in one dimension). Planes are as wide as they were, so what is done to them runs at
full speed also where channels are few; in two dimensions the mixing would cost more than it saves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from engines.core.networks.fresh_memory import copy_runs
from engines.core.networks.thread_each import thread_each

OUTPUTS = 4
"""Planes made at once."""
POINTS = (0.0, 1.0, -1.0, 2.0, -0.5, -2.0, 0.5, 0.75, -0.75)
"""Where polynomials are interpolated, and at infinity; so many as there are mixtures, less one. Of small numbers these
lose the fewest digits: 2e-7 with three taps, 1.2e-6 with seven."""
ONE = 1
"""The point 1.0: what is added to its product is added to all outputs."""
BAND_FLOATS = 1 << 20
"""Of the mixtures that are there at once: they stay in the cache, and come of memory that was used before."""

Then = Callable[[tuple[Tensor, ...], slice, slice], None]
"""What is done to the parts [p, h, W, C] of the result as they are made; of which planes and rows they are. On a CPU
several threads call it."""


def convolution(x: Tensor, weight: Tensor, bias: Tensor | None, stride: list[int], padding: list[int]) -> Tensor:
    """A 2D or 3D convolution, as `stride` has 2 or 3 axes: [B, O, ...] of x [B, C, ...] by weights [O, C, k, ...]."""
    if x.device.type == "cpu" and torch.backends.mkldnn.is_available():
        # Torch thinks some volumes too small for oneDNN, and takes ten times as long.
        return torch.mkldnn_convolution(x, weight, bias, padding, stride, [1] * len(stride), 1)
    return (F.conv3d if len(stride) == 3 else F.conv2d)(x, weight, bias, stride, padding)


def mixtures(taps: int) -> tuple[Tensor, Tensor, Tensor]:
    """The mixtures of inputs [n, n], taps [n, taps] and products [OUTPUTS, n], n = OUTPUTS + taps - 1; float64.

    That is Toom and Cook's product of polynomials, transposed.
    """
    count = OUTPUTS + taps - 1
    at = torch.tensor(POINTS[: count - 1], dtype=torch.float64)
    powers = at[:, None] ** torch.arange(count)
    infinite = torch.eye(count, dtype=torch.float64)[-1:]
    inputs = torch.linalg.inv(torch.cat([powers, infinite])).T
    of_taps = torch.cat([powers[:, :taps], infinite[:, -taps:]])
    products = torch.cat([powers[:, :OUTPUTS], infinite[:, -OUTPUTS:]]).T
    # Mixtures of inputs and of taps of one size: neither loses digits.
    balance = (of_taps.norm(dim=1) / inputs.norm(dim=1)).sqrt()[:, None]
    return inputs * balance, of_taps / balance, products


@dataclass(frozen=True, eq=False)
class Phase:
    """The taps that fall on every `stride`-th plane.

    Attributes:
        first: of these planes, where the first tap of output 0 lies.
        mix: [n, n] of planes.
        kernels: n of [O, C, k, k].
    """

    first: int
    mix: Tensor
    kernels: tuple[Tensor, ...]


def phases(weight: Tensor, stride: int) -> tuple[list[Phase], Tensor]:
    """The phases of a kernel [O, C, k, k, k], and [OUTPUTS, all n] how their products are mixed."""
    size = weight.shape[2]
    reach, found, mixed = size // 2, list[Phase](), list[Tensor]()
    for phase in range(stride):
        taps = [tap for tap in range(size) if (tap - reach - phase) % stride == 0]
        inputs, of_taps, products = mixtures(len(taps))
        kernels = torch.einsum("nt,octyx->nocyx", of_taps.to(weight.device), weight[:, :, taps].double())
        packed = tuple(
            kernel.contiguous(memory_format=torch.channels_last) for kernel in kernels.to(weight.dtype).unbind()
        )
        found.append(Phase((taps[0] - reach - phase) // stride, inputs.to(weight), packed))
        mixed.append(products.to(weight))
    return found, torch.cat(mixed, dim=1)


class PlaneWinograd:
    """A convolution of a volume, planes a multiple of `OUTPUTS` times the stride, zeros about it."""

    def __init__(self, weight: Tensor, bias: Tensor | None, stride: int = 1, parts: int = 1) -> None:
        """`weight` [O, C, k, k, k]; its outputs come in so many `parts` of equally many channels."""
        self._phases, self._products = phases(weight, stride)
        self._bias, self._stride, self._size, self._parts = bias, stride, weight.shape[2], parts
        self._channels = weight.shape[0]

    def __call__(self, x: Tensor, out: tuple[Tensor, ...], then: Then) -> None:
        """Convolves a volume [P, H, W, C] into `out`, `parts` volumes [P', H', W', O / parts]."""
        width, channels = x.shape[2:]
        # A row of what is mixed, before and behind the convolutions.
        floats = self._products.shape[1] * (width * channels + out[0][0, 0].numel() * self._parts)
        rows_out = out[0].shape[1]
        rows = max(4, min(rows_out, BAND_FLOATS // floats))
        rows = -(-rows_out // -(-rows_out // rows))
        starts = [(p, row) for p in range(0, len(out[0]), OUTPUTS) for row in range(0, rows_out, rows)]

        def work(left: Iterator[tuple[int, int]]) -> None:
            mixed = x.new_empty(self._products.shape[1], self._parts, rows, *out[0].shape[2:])
            spectrum = x.new_empty(OUTPUTS + self._size - 1, (rows - 1) * self._stride + self._size, width, channels)
            for plane, row in left:
                count = min(rows, rows_out - row)
                self._multiply(x, plane, row, spectrum, mixed[:, :, :count])
                for part, volume in enumerate(out):
                    made = volume[plane : plane + OUTPUTS].flatten(1)
                    step = made.shape[1] // rows_out
                    made = made[:, row * step : (row + count) * step]
                    torch.mm(self._products, mixed[:, part, :count].flatten(1), out=made)
                here = slice(plane, plane + OUTPUTS), slice(row, row + count)
                then(tuple(volume[here] for volume in out), *here)

        thread_each(work, starts)

    def _multiply(self, x: Tensor, plane: int, row: int, spectrum: Tensor, mixed: Tensor) -> None:
        """The mixtures' convolutions, into `mixed` [all n, parts, rows, W', O / parts]."""
        reach, number, count = self._size // 2, 0, mixed.shape[2]
        top, high = row * self._stride - reach, (count - 1) * self._stride + self._size
        above, below = max(0, -top), max(0, top + high - x.shape[1])
        step = x[0, 0].numel()
        for index, phase in enumerate(self._phases):
            planes = x[index :: self._stride].flatten(1)[:, (top + above) * step : (top + high - below) * step]
            first, n = plane + phase.first, len(phase.kernels)
            begin, end = max(0, first), min(len(planes), first + n)
            window = spectrum[:n, :high]
            if above:
                window[:, :above] = 0
            if below:
                window[:, high - below :] = 0
            into = spectrum.flatten(1)[:n, above * step : (high - below) * step]
            torch.mm(phase.mix[:, begin - first : end - first], planes[begin:end], out=into)
            for mixture, kernel in enumerate(phase.kernels):
                bias = self._bias if number == ONE else None
                y = convolution(
                    window[mixture].permute(2, 0, 1)[None], kernel, bias, [self._stride] * 2, [0, self._size // 2]
                )
                made = y[0].permute(1, 2, 0).view(*mixed.shape[2:4], self._parts, -1).permute(2, 0, 1, 3)
                if self._parts > 1:
                    copy_runs(mixed[number], made)
                else:
                    mixed[number] = made
                number += 1
