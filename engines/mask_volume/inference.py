"""The volume networks, rearranged for speed; the same numbers up to rounding.

Volumes are [P, H, W, C] in memory, which convolutions know as channels last. What is rearranged:
- `conv1_1` of both networks reads the same sweeps. The reference camera's is alike on all planes, so 2D convolutions
  are enough for it; the background's share is the same at every moment.
- A convolution over a doubled volume has only eight taps on the small one, others for each of its eight neighbours.
- Thin convolutions take several planes at once, as channels of a 2D one.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engines.mask_volume.network import VolumeBlock, VolumeUnet

REACH = 3
"""Planes to either side that a 7x7x7 kernel sees."""
VIEW = 3
"""Channels of one swept view."""
# By parity: which of the three taps fall on the two small voxels that a voxel of the doubled volume sees.
FOLDED = (((1, 0, 0), (0, 1, 1)), ((1, 1, 0), (0, 0, 1)))

Check = Callable[[], None]
"""Called between layers; raises `Cancelled` where the result is not wanted any more."""


def convolution(x: Tensor, weight: Tensor, bias: Tensor | None, stride: list[int], padding: list[int]) -> Tensor:
    """A 2D or 3D convolution, by its weight."""
    if x.device.type == "cpu" and torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]
        # Torch thinks some volumes too small for oneDNN, and takes ten times as long.
        return torch.mkldnn_convolution(x, weight, bias, padding, stride, [1] * len(stride), 1)
    return (F.conv3d if len(stride) == 3 else F.conv2d)(x, weight, bias, stride, padding)


def convolve(x: Tensor, weight: Tensor, bias: Tensor | None, stride: int = 1, padding: int = 1) -> Tensor:
    """[P', H', W', C'] of a volume [P, H, W, C]."""
    y = convolution(x.permute(3, 0, 1, 2)[None], weight, bias, [stride] * 3, [padding] * 3)
    return y[0].permute(1, 2, 3, 0).contiguous()


def normalise_(x: Tensor, norm: nn.GroupNorm) -> Tensor:
    """`GroupNorm` over the whole volume, in place; [..., W, C] or [..., W, planes x C]."""
    rows, count = x.view(-1, x.shape[-1] * x.shape[-2]), x.numel()
    # Rows first, then in double: over a hundred million squares single precision loses digits.
    sums, norms = rows.sum(dim=1), torch.linalg.vector_norm(rows, dim=1)
    if x.device.type == "mps":
        # It knows no double.
        sums, norms = sums.cpu(), norms.cpu()
    mean = sums.double().sum() / count
    deviation = (norms.double().square().sum() / count - mean.square() + norm.eps).sqrt()
    scale = norm.weight / deviation.to(x)
    shift, repeats = norm.bias - mean.to(x) * scale, rows.shape[1] // norm.num_channels
    torch.addcmul(shift.repeat(repeats), rows, scale.repeat(repeats), out=rows)
    return x


class Block:
    """A `VolumeBlock`."""

    def __init__(self, block: VolumeBlock) -> None:
        convolution, self._norm = block.convolution, block.norm
        self._weight = convolution.weight.detach().contiguous(memory_format=torch.channels_last_3d)
        self._bias = convolution.bias
        self._stride, self._padding = convolution.stride[0], convolution.kernel_size[0] // 2

    def __call__(self, x: Tensor) -> Tensor:
        return normalise_(F.relu_(convolve(x, self._weight, self._bias, self._stride, self._padding)), self._norm)


class DoubledBlock:
    """A 3x3x3 `VolumeBlock` over the volume doubled to its nearest neighbours."""

    def __init__(self, block: VolumeBlock) -> None:
        convolution, self._norm = block.convolution, block.norm
        taps = convolution.weight.detach()
        folded = taps.new_tensor(FOLDED)
        by_parity = torch.einsum("pax,qby,rcz,oixyz->pqroiabc", folded, folded, folded, taps)
        # The two planes of a window as channels of a 2D convolution.
        flat = by_parity.flatten(0, 3).transpose(1, 2).flatten(1, 2)
        self._weight = flat.contiguous(memory_format=torch.channels_last)
        self._bias = None if convolution.bias is None else convolution.bias.detach().repeat(8)

    def __call__(self, x: Tensor) -> Tensor:
        planes, height, width = x.shape[:3]
        y = x.new_empty(planes, 2, height, 2, width, 2, self._norm.num_channels)
        beyond = torch.zeros_like(x[:1])
        padded = torch.cat([beyond, x, beyond])
        # Plane by plane: what is made on the way would not fit the cache, nor memory that was touched before.
        for plane in range(planes + 1):
            # Windows of each axis lie between two small voxels.
            pair = padded[plane : plane + 2].permute(0, 3, 1, 2).flatten(0, 1)[None]
            y2 = convolution(pair, self._weight, self._bias, [1, 1], [1, 1])
            windows = y2[0].permute(1, 2, 0).view(height + 1, width + 1, 2, 2, 2, -1)
            for p, at in ((0, plane), (1, plane - 1)):
                if 0 <= at < planes:
                    for q, r in ((0, 0), (0, 1), (1, 0), (1, 1)):
                        y[at, p, :, q, :, r] = windows[q : q + height, r : r + width, p, q, r]
        return normalise_(F.relu_(y.view(2 * planes, 2 * height, 2 * width, -1)), self._norm)


class SlabConvolution:
    """A 3x3x3 convolution with few channels: [N, H, W, s, C] slabs of s planes -> [N', H, W, s', C']."""

    def __init__(self, convolution: nn.Conv3d, planes: int) -> None:
        """`planes` at once, s'."""
        kernel = convolution.weight.detach()
        out_channels, in_channels = kernel.shape[:2]
        wide = kernel.new_zeros(planes, out_channels, planes + 2, in_channels, 3, 3)
        for plane in range(planes):
            for tap in range(3):
                wide[plane, :, plane + tap] = kernel[:, :, tap]
        wide = wide.view(planes * out_channels, -1, 3, 3)
        self._weight = wide.contiguous(memory_format=torch.channels_last)
        self._bias = None if convolution.bias is None else convolution.bias.detach().repeat(planes)
        self._planes, self._channels = planes, out_channels

    def __call__(self, x: Tensor) -> Tensor:
        (slabs, height, width, per_slab, channels), planes = x.shape, self._planes
        count = slabs * per_slab
        out = x.new_empty(-(-count // planes), height, width, planes, self._channels)
        z = x.new_zeros(1, height, width, planes + 2, channels)
        for slab in range(len(out)):
            for slot in range(planes + 2):
                plane = slab * planes + slot - 1
                if 0 <= plane < count:
                    z[0, :, :, slot] = x[plane // per_slab, :, :, plane % per_slab]
                else:
                    z[0, :, :, slot] = 0
            y = convolution(z.flatten(3).permute(0, 3, 1, 2), self._weight, self._bias, [1, 1], [1, 1])
            out[slab] = y[0].permute(1, 2, 0).view(height, width, planes, -1)
        return out


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
        self._full = DoubledBlock(network.conv7_1)
        self._norm = network.conv7_2.norm
        self._thin = SlabConvolution(network.conv7_2.convolution, 4)
        self._last = SlabConvolution(network.conv7_3.convolution, 8)

    def __call__(self, x: Tensor, check: Check) -> Tensor:
        def run(layer: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
            check()
            return layer(x)

        half = run(self._down[0], x)
        quarter = run(self._down[2], run(self._down[1], half))
        eighth = run(self._down[4], run(self._down[3], quarter))
        x = torch.cat([run(self._deep[1], run(self._deep[0], eighth)), eighth], dim=-1)
        for (doubled, block), beside in zip(self._up, (quarter, half), strict=True):
            x = torch.cat([run(block, run(doubled, x)), beside], dim=-1)
        x = run(self._full, x)
        x = run(self._thin, x[:, :, :, None])
        x = run(self._last, normalise_(F.relu_(x).flatten(3), self._norm).view(x.shape))
        return x.permute(0, 3, 1, 2, 4).flatten(0, 1)


class FirstLayers:
    """`conv1_1` of networks that read one pair's sweeps: the reference's picture and the other camera's volume."""

    def __init__(self, blocks: list[tuple[VolumeBlock, int]]) -> None:
        """Blocks, and the channel of their input at which the pair's sweeps begin."""
        weights = [block.convolution.weight.detach()[:, at : at + 2 * VIEW] for block, at in blocks]
        both = torch.cat(weights)
        self._counts = [len(weight) for weight in weights]
        self._other = both[:, VIEW:].contiguous(memory_format=torch.channels_last_3d)
        reference = both[:, :VIEW]  # [C', 3, 7, 7, 7]
        # What of the kernel's planes lies within the volume: the first and last planes see less.
        size = 2 * REACH + 1
        begins = [*range(REACH, 0, -1), *[0] * (REACH + 1)]
        ends = [*[size] * (REACH + 1), *range(size - 1, REACH, -1)]
        parts = [reference[:, :, begin:end].sum(dim=2) for begin, end in zip(begins, ends, strict=True)]
        self._reference = torch.cat(parts).contiguous(memory_format=torch.channels_last)
        biases = [block.convolution.bias for block, _ in blocks]
        self._bias = torch.cat([bias.detach() for bias in biases if bias is not None]).repeat(len(parts))

    def __call__(self, picture: Tensor, other: Tensor) -> tuple[Tensor, ...]:
        """The convolutions, [P, H, W, C] for each block.

        Args:
            picture: [H, W, 3] the reference's sweep, on any plane.
            other: [P, H, W, 3].
        """
        planes = len(other)
        y = convolve(other, self._other, None, 1, REACH)
        flat = F.conv2d(picture.permute(2, 0, 1)[None], self._reference, self._bias, padding=REACH)[0].permute(1, 2, 0)
        kinds = flat.view(*flat.shape[:2], 2 * REACH + 1, -1).unbind(dim=2)
        for plane in range(planes):
            # 0 1 2 3 3 ... 3 4 5 6
            kind = plane if plane < REACH else max(REACH, plane - planes + 2 * REACH + 1)
            y[plane] += kinds[kind]
        return torch.split(y, self._counts, dim=-1)


def finish(y: Tensor, block: VolumeBlock) -> Tensor:
    """ReLU and normalisation of what `FirstLayers` gives; `y` is used up."""
    return normalise_(F.relu_(y.contiguous()), block.norm)
