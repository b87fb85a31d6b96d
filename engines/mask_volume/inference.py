"""The volume networks, rearranged for speed; the same numbers up to rounding.

Volumes are [P, H, W, C] in memory, which convolutions know as channels last. What is rearranged:
- `conv1_1` of both networks reads the same sweeps. The reference camera's is alike on all planes, so 2D convolutions
  are enough for it; the background's share is the same at every time step.
- Others are made of fewer products (`engines.mask_volume.volume_convolution`).
- What a normalisation must know is added up while the rows are in the cache.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from engines.core.networks.fresh_memory import copy_runs, fresh
from engines.mask_volume.network import MpiNet, VolumeBlock, VolumeUnet
from engines.mask_volume.plane_winograd import Then, convolution
from engines.mask_volume.sweeping import Swept
from engines.mask_volume.volume_convolution import DoubledConvolution, VolumeConvolution, nothing

REACH = 3
"""Planes to either side that a 7x7x7 kernel sees."""
VIEW = 3
"""Channels of one swept view."""
Check = Callable[[], None]
"""Called between layers; raises `Cancelled` where the result is not wanted any more."""


class Totals:
    """What is known of all numbers of a volume when the last of them are made."""

    def __init__(self) -> None:
        self._found = dict[tuple[int, int], Tensor]()

    def add(self, values: Tensor, planes: slice, rows: slice) -> None:
        """Adds up some planes and rows [P', H', W, C] of the volume; in any order, several threads at a time."""
        # Rows first, then in double: over a hundred million squares single precision loses digits.
        runs = values.flatten(-2)
        found = torch.stack([runs.sum(dim=-1), torch.linalg.vector_norm(runs, dim=-1)])
        if values.device.type == "mps":
            # It knows no double.
            found = found.cpu()
        sums, norms = found.double()
        self._found[planes.start, rows.start] = torch.stack([sums.sum(), norms.square().sum()])

    def normalise(self, x: Tensor, norm: nn.GroupNorm, out: Tensor | None = None) -> Tensor:
        """`GroupNorm` over the whole volume [P, H, W, C], into `out`; None: in place."""
        # In one order, whichever thread came first.
        found = torch.stack([self._found[at] for at in sorted(self._found)]).sum(dim=0)
        mean, square = found / x.numel()
        deviation = (square - mean.square() + norm.eps).sqrt()
        scale = norm.weight / deviation.to(x)
        shift = norm.bias - mean.to(x) * scale
        # Long rows: a loop over a few channels is a slow one.
        rows = x.view(-1, x.shape[-2] * x.shape[-1])
        torch.addcmul(shift.repeat(x.shape[-2]), rows, scale.repeat(x.shape[-2]), out=rows)
        if out is None:
            return x
        copy_runs(out, x)
        return out


class Block:
    """A `VolumeBlock`."""

    def __init__(self, block: VolumeBlock) -> None:
        convolution, self._norm = block.convolution, block.norm
        self._convolve = VolumeConvolution(convolution.weight.detach(), convolution.bias, convolution.stride[0])

    def __call__(self, x: Tensor, out: Tensor | None = None) -> Tensor:
        """The block's outcome [P', H', W', C'] of a volume [P, H, W, C]; into `out` where that is given."""
        totals = Totals()
        (y,) = self._convolve(x, lambda parts, *at: totals.add(parts[0].relu_(), *at))
        return totals.normalise(y, self._norm, out)


class DoubledBlock:
    """A 3x3x3 `VolumeBlock` over the volume doubled to its nearest neighbours."""

    def __init__(self, block: VolumeBlock) -> None:
        convolution, self._norm = block.convolution, block.norm
        bias = None if convolution.bias is None else convolution.bias.detach()
        self._convolve = DoubledConvolution(convolution.weight.detach(), bias)

    def __call__(self, x: Tensor) -> Tensor:
        """The block's outcome [2 P, 2 H, 2 W, C'] of a volume [P, H, W, C]."""
        totals = Totals()
        y = self._convolve(x, lambda parts, *at: totals.add(parts[0].relu_(), *at))
        return totals.normalise(y, self._norm)


class PackedUnet:
    """What comes after `conv1_1`: [P, H, W, C] -> [P, H, W, C'], unbounded; each side a multiple of 8."""

    def __init__(self, network: VolumeUnet) -> None:
        self._down = [Block(block) for block in (network.conv1_2, network.conv2_1, network.conv2_2)]
        self._down += [Block(block) for block in (network.conv3_1, network.conv3_2)]
        self._deep = [Block(network.conv4_1), Block(network.conv4_2)]
        self._up = [
            (DoubledBlock(network.conv5_1), Block(network.conv5_2)),
            (DoubledBlock(network.conv6_1), Block(network.conv6_2)),
        ]
        self._full, self._thin = DoubledBlock(network.conv7_1), Block(network.conv7_2)
        last = network.conv7_3.convolution
        self._last = VolumeConvolution(last.weight.detach(), last.bias)

    def __call__(self, x: Tensor, check: Check) -> Tensor:
        """The network's outcome [P, H, W, C'], unbounded, of what its first block gives, [P, H, W, C]."""

        def run(layer: Callable[..., Tensor], *inputs: Tensor) -> Tensor:
            check()
            return layer(*inputs)

        half = run(self._down[0], x)
        # Large ones go as soon as they were looked at, if nobody else holds them.
        del x
        quarter = run(self._down[2], run(self._down[1], half))
        eighth = run(self._down[4], run(self._down[3], quarter))
        x = torch.cat([run(self._deep[1], run(self._deep[0], eighth)), eighth], dim=-1)
        besides = [half, quarter]
        del half, quarter
        for doubled, block in self._up:
            beside = besides.pop()
            channels = beside.shape[-1]
            both = fresh(beside, *beside.shape[:-1], 2 * channels)
            copy_runs(both[..., channels:], beside)
            del beside
            run(block, run(doubled, x), both[..., :channels])
            x = both
        del both
        x = run(self._full, x)
        x = run(self._thin, x)
        check()
        return self._last(x, nothing)[0]


def kernels_by_plane(weight: Tensor, axis: int) -> list[Tensor]:
    """2D kernels over a picture that is alike on all planes: of the first planes, all between, and the last.

    `weight` [O, C, ...] has its planes along `axis`; of the outermost planes not all of them lie within the volume.
    """
    size = weight.shape[axis]
    spans = [(max(0, size // 2 - kind), min(size, size + size // 2 - kind)) for kind in range(size)]
    return [weight.narrow(axis, begin, end - begin).sum(dim=axis) for begin, end in spans]


class FirstLayers:
    """Convolutions 7x7x7 of one pair's sweeps: the reference's picture and the other camera's volume."""

    def __init__(self, kernels: list[tuple[Tensor, Tensor | None]]) -> None:
        """Weights [C', 6, 7, 7, 7] and biases; of as many outputs each."""
        both = torch.cat([weight for weight, _ in kernels])
        self._other = VolumeConvolution(both[:, VIEW:], None, parts=len(kernels))
        reference = both[:, :VIEW]  # [C', 3, 7, 7, 7]
        parts = kernels_by_plane(reference, axis=2)
        self._reference = torch.cat(parts).contiguous(memory_format=torch.channels_last)
        biases = [weight.new_zeros(len(weight)) if bias is None else bias.detach() for weight, bias in kernels]
        self._bias = torch.cat(biases).repeat(len(parts))
        self._kernels = len(kernels)

    def __call__(self, picture: Tensor, other: Tensor, then: Then = nothing) -> tuple[Tensor, ...]:
        """[P, H, W, C'] for each kernel.

        Args:
            picture: [H, W, 3] the reference's sweep, on any plane.
            other: [P, H, W, 3].
            then: as a `VolumeConvolution` calls it.
        """
        count = len(other)
        image = picture.permute(2, 0, 1)[None]
        flat = convolution(image, self._reference, self._bias, [1, 1], [REACH, REACH])[0]
        # [kernels, kinds, H, W, C']
        kinds = flat.reshape(2 * REACH + 1, self._kernels, -1, *flat.shape[1:]).permute(1, 0, 3, 4, 2).contiguous()

        def add(parts: tuple[Tensor, ...], planes: slice, rows: slice) -> None:
            for part, of_kinds in zip(parts, kinds, strict=True):
                for plane, made in zip(range(planes.start, planes.stop), part, strict=True):
                    # 0 1 2 3 3 ... 3 4 5 6
                    kind = plane if plane < REACH else max(REACH, plane - count + 2 * REACH + 1)
                    made += of_kinds[kind, rows]
            then(parts, planes, rows)

        return self._other(other, add)


class FirstBlocks:
    """`conv1_1` of networks that read one pair's sweeps."""

    def __init__(self, blocks: list[VolumeBlock]) -> None:
        self._layers = FirstLayers(
            [(block.convolution.weight.detach()[:, : 2 * VIEW], block.convolution.bias) for block in blocks]
        )
        self._norms = [block.norm for block in blocks]

    def __call__(self, picture: Tensor, other: Tensor, beside: Tensor | None = None) -> tuple[Tensor, ...]:
        """[P, H, W, C] for each block, normalised; of the last, `beside` [P, H, W, C] is a share, of other sweeps."""
        totals = [Totals() for _ in self._norms]

        def finish(parts: tuple[Tensor, ...], planes: slice, rows: slice) -> None:
            if beside is not None:
                parts[-1].add_(beside[planes, rows])
            for total, part in zip(totals, parts, strict=True):
                total.add(part.relu_(), planes, rows)

        made = self._layers(picture, other, finish)
        return tuple(total.normalise(y, norm) for total, y, norm in zip(totals, made, self._norms, strict=True))


class PackedMpi:
    """The network of planes, with what is made of its prediction."""

    def __init__(self, network: MpiNet) -> None:
        self._rest, self._first = PackedUnet(network), FirstBlocks([network.conv1_1])

    def __call__(self, swept: Swept, check: Check) -> Tensor:
        """[P, H, W, 4] colours and opacity."""
        return self.after_first(list(self._first(*swept)), swept, check)

    def after_first(self, first: list[Tensor], swept: Swept, check: Check) -> Tensor:
        """Colours and opacity [P, H, W, 4], from what the first block gives of both sweeps.

        Args:
            first: one volume [P, H, W, C], which is taken out of the list.
        """
        prediction = self._rest(first.pop(), check).sigmoid_()
        layers = fresh(swept.volume, *swept.volume.shape[:-1], 4)
        for into, seen, (opacity, share) in zip(layers, swept.volume, prediction.movedim(-1, 1), strict=True):
            # Plane by plane: what is made on the way stays in the cache.
            colours = torch.lerp(swept.picture, seen, spread(share, 3))
            into.copy_(torch.cat([colours, opacity[..., None]], dim=-1))
        return layers


def spread(values: Tensor, channels: int) -> Tensor:
    """[H, W, C] of [H, W], in memory: torch is slow where the last axis has one number."""
    if values.device.type != "cpu":
        return values[..., None].expand(*values.shape, channels)
    return torch.from_numpy(cv2.merge([np.ascontiguousarray(values.numpy())] * channels))
