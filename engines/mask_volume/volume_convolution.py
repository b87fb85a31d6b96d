"""Convolutions of volumes [P, H, W, C], which torch knows as channels last, in the form that is fastest."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from engines.core.networks.fresh_memory import copy_runs, fresh
from engines.core.networks.thread_each import thread_each
from engines.mask_volume.plane_winograd import OUTPUTS, PlaneWinograd, Then, convolution

# By parity: which of the three taps fall on the two small voxels that a voxel of the doubled volume sees.
FOLDED = (((1, 0, 0), (0, 1, 1)), ((1, 1, 0), (0, 0, 1)))
BAND_FLOATS = 1 << 17
"""Of a small plane, worked on at once; what comes of it is six times as much."""


def convolve(x: Tensor, weight: Tensor, bias: Tensor | None, stride: int = 1, padding: int = 1) -> Tensor:
    """[P', H', W', C'] of a volume [P, H, W, C]."""
    y = convolution(x.permute(3, 0, 1, 2)[None], weight, bias, [stride] * 3, [padding] * 3)
    return y[0].permute(1, 2, 3, 0).contiguous()


class VolumeConvolution:
    """A convolution with an odd kernel and zeros about the volume, whose sides are multiples of the stride."""

    def __init__(self, weight: Tensor, bias: Tensor | None, stride: int = 1, parts: int = 1) -> None:
        """`weight` [O, C, k, k, k]; its outputs come in so many `parts` of equally many channels."""
        self._stride, self._parts, self._bias = stride, parts, bias
        self._padding = weight.shape[2] // 2
        self._weight = weight.contiguous(memory_format=torch.channels_last_3d)
        # Three taps on every other plane are too few; a GPU has no use for it.
        suits = weight.device.type == "cpu" and weight.shape[2] > 2 * stride - 1
        self._winograd = PlaneWinograd(weight, bias, stride, parts) if suits else None

    def __call__(self, x: Tensor, then: Then) -> tuple[Tensor, ...]:
        """[P', H', W', O / parts] each; `then` is called with some planes and rows at a time, as they are made."""
        stride = self._stride
        if self._winograd is not None and len(x) % (OUTPUTS * stride) == 0:
            planes, height, width = (side // stride for side in x.shape[:3])
            channels = len(self._weight) // self._parts
            made = tuple(fresh(x, planes, height, width, channels) for _ in range(self._parts))
            self._winograd(x, made, then)
            return made
        y = convolve(x, self._weight, self._bias, stride, self._padding)
        made = tuple(part.contiguous() for part in y.chunk(self._parts, dim=-1))
        then(made, slice(0, len(y)), slice(0, y.shape[1]))
        return made


class DoubledConvolution:
    """A 3x3x3 convolution over the volume doubled to its nearest neighbours.

    Across a plane it has only two taps by two on the small volume, others for each of a voxel's four. Along the planes
    the taps (a, b, c) on small planes (x, y, z) give (b + c) y + a x and (a + b) y + c z: with s = a + b + c that is
    s y + a (x - y) and s y + c (z - y), three products in place of four.
    """

    def __init__(self, weight: Tensor, bias: Tensor | None) -> None:
        """`weight` [O, C, 3, 3, 3]."""
        folded = weight.new_tensor(FOLDED)
        of_planes = torch.stack([weight.sum(dim=2), weight[:, :, 0], weight[:, :, 2]])
        by_parity = torch.einsum("qby,rcx,kioyx->kqriobc", folded, folded, of_planes)
        self._weights = [
            kernels.flatten(0, 2).contiguous(memory_format=torch.channels_last) for kernels in by_parity.unbind()
        ]
        self._bias, self._channels = None if bias is None else bias.repeat(4), len(weight)

    def __call__(self, x: Tensor, then: Then) -> Tensor:
        """[2 P, 2 H, 2 W, O] of a volume [P, H, W, C]; `then` as a `VolumeConvolution` calls it."""
        planes, height, width, channels = x.shape
        y = fresh(x, planes, 2, height, 2, width, 2, self._channels)
        rows = max(1, min(height, BAND_FLOATS // (width * channels))) if x.device.type == "cpu" else height
        starts = [(plane, row) for plane in range(planes) for row in range(0, height, rows)]

        def work(left: Iterator[tuple[int, int]]) -> None:
            near = x.new_empty(3, rows + 2, width, channels)
            for plane, row in left:
                count = min(rows, height - row)
                self._mix(x, plane, row, near[:, : count + 2])
                band = y[plane, :, row : row + count]
                self._band(near[:, : count + 2], band)
                made = band.flatten(1, 2).flatten(2, 3)
                then((made,), slice(2 * plane, 2 * plane + 2), slice(2 * row, 2 * (row + count)))

        if x.device.type == "cpu":
            thread_each(work, starts)
        else:
            work(iter(starts))
        return y.view(2 * planes, 2 * height, 2 * width, -1)

    @staticmethod
    def _mix(x: Tensor, plane: int, row: int, near: Tensor) -> None:
        """A plane [rows + 2, W, C], and what the one before and the one behind are more; zeros beyond the volume."""
        top, bottom = row - 1, row - 1 + near.shape[1]
        inside = slice(max(0, top), min(bottom, x.shape[1]))
        if top < 0:
            near[:, 0] = 0
        if bottom > x.shape[1]:
            near[:, -1] = 0
        into = near[:, inside.start - top : inside.stop - top]
        into[0] = x[plane, inside]
        for kind, beside in ((1, plane - 1), (2, plane + 1)):
            if 0 <= beside < len(x):
                torch.sub(x[beside, inside], x[plane, inside], out=into[kind])
            else:
                torch.neg(x[plane, inside], out=into[kind])

    def _band(self, near: Tensor, y: Tensor) -> None:
        """Into `y` [2, rows, 2, W, 2, O] of `near` [3, rows + 2, W, C]."""
        same, before, behind = (
            convolution(part.permute(2, 0, 1)[None], weight, bias, [1, 1], [0, 1])[0].permute(1, 2, 0)
            for part, weight, bias in zip(near, self._weights, (self._bias, None, None), strict=True)
        )
        rows, width = y.shape[1], y.shape[3]
        for into, windows in zip(y, (before.add_(same), behind.add_(same)), strict=True):
            # Windows lie between two small voxels: [rows + 1, W + 1, 2, 2, O]
            windows = windows.view(rows + 1, width + 1, 2, 2, -1)
            for q, r in ((0, 0), (0, 1), (1, 0), (1, 1)):
                copy_runs(into[:, q, :, r], windows[q : q + rows, r : r + width, q, r])


def nothing(parts: tuple[Tensor, ...], planes: slice, rows: slice) -> None:
    """Does nothing with the parts [P', H', W, C], for volumes that are not looked at while they are made."""
