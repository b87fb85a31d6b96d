"""The volume networks as a CPU learns them fastest: the same numbers up to rounding, from fewer products.

Volumes are [1, C, H, W, P], channels last: P, the planes, is the innermost axis of space. What is folded:
- The reference camera's sweep is alike on all planes, so 2D convolutions are enough for it in `conv1_1`.
- A 3x3x3 convolution over a doubled volume sees each voxel of the small one several times: eight 2x2x2 convolutions of
  that one, one for each parity of the result, take 8 / 27 of the products and keep no doubled volume for the gradients.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.func import functional_call

from engines.core.networks.fresh_memory import copy_runs, fresh
from engines.core.networks.thread_each import thread_each
from engines.mask_volume.inference import VIEW, kernels_by_plane
from engines.mask_volume.network import Form, VolumeBlock, VolumeUnet
from engines.mask_volume.plane_winograd import convolution
from engines.mask_volume.sweeping import Swept
from engines.mask_volume.volume_convolution import FOLDED

CHANNELS_LAST = torch.channels_last_3d


def learn(network: VolumeUnet, swept: Sequence[Swept]) -> Tensor:
    """[1, C, P, H, W] what the network makes of pairs of sweeps, whose channels follow each other; sides a multiple
    of 8. Gradients reach the network's weights."""
    # Kernels turn with the axes. oneDNN is passed over for a small product of channels and the first two axes, and what
    # is taken instead is ten times slower: so the planes are the last one.
    turned = {name: w.permute(0, 1, 3, 4, 2) if w.dim() == 5 else w for name, w in network.named_parameters()}
    volumes = [pair.volume.permute(1, 2, 0, 3) for pair in swept]
    other = torch.cat(volumes, dim=-1)[None].permute(0, 4, 1, 2, 3)
    form = Folded([pair.picture for pair in swept])
    return functional_call(network, turned, (other, form)).permute(0, 1, 4, 2, 3)  # type: ignore[no-any-return]


class Folded(Form):
    """How the layers of a network are computed that is given pairs of sweeps."""

    def __init__(self, pictures: Sequence[Tensor]) -> None:
        """`pictures` [H, W, 3]: what of each pair is alike on all planes."""
        self._pictures = torch.cat(list(pictures), dim=-1)[None].permute(0, 3, 1, 2)

    def first(self, block: VolumeBlock, x: Tensor) -> Tensor:
        """`x` [1, 3 V, H, W, P]: of each pair the other sweep."""
        weight = block.convolution.weight
        weight = weight.view(len(weight), -1, 2, VIEW, *weight.shape[2:])
        flat, other = (part.flatten(1, 2) for part in weight.unbind(dim=2))
        y = _convolve(x, other, block.convolution.bias, padding=other.shape[2] // 2)
        return block.finish(y + _alike(self._pictures, flat, x.shape[-1]))

    def doubled(self, block: VolumeBlock, x: Tensor) -> Tensor:
        """`x` [1, C, H, W, P]."""
        weight, bias = block.convolution.weight, block.convolution.bias
        # folded[q, t, k]: whether tap k of a voxel of parity q falls on the small voxel t of the two that it sees.
        folded = weight.new_tensor(FOLDED)
        kernels = torch.einsum("qax,rby,scz,oixyz->qrsoiabc", folded, folded, folded, weight).flatten(0, 3)
        y = _convolve(x, kernels, None if bias is None else bias.repeat(8), padding=1)
        voxels = _Interleaved.apply(y)  # type: ignore[no-untyped-call]
        # The first axis is made first: torch takes it for channels last by its stride, though it has one entry.
        voxels = voxels.flatten(4, 5).flatten(2, 3).flatten(0, 1)[None].permute(0, 4, 1, 2, 3)
        # Not in place: of a function's own result that costs two copies.
        return block.norm(F.relu(voxels))  # type: ignore[no-any-return]


def _convolve(x: Tensor, weight: Tensor, bias: Tensor | None, padding: int) -> Tensor:
    return convolution(x, weight.contiguous(memory_format=CHANNELS_LAST), bias, [1] * 3, [padding] * 3)


def _alike(picture: Tensor, weight: Tensor, planes: int) -> Tensor:
    """[1, O, H, W, P]: a 3D convolution of pictures [1, C, H, W] that are alike on so many planes, zeros about them.

    Kernels [O, C, k, k, k] lie within the volume but on the first and last k // 2 planes.
    """
    size = weight.shape[-1]
    reach = size // 2
    kernels = torch.cat(kernels_by_plane(weight, axis=-1)).contiguous(memory_format=torch.channels_last)
    y = convolution(picture, kernels, None, [1, 1], [reach, reach])
    # [1, O, H, W, kinds], of which the middle one is that of all planes but the outermost.
    y = y.permute(0, 2, 3, 1)
    y = y.reshape(*y.shape[:3], size, -1)
    between = y[..., reach : reach + 1, :].expand(*y.shape[:3], planes - 2 * reach, -1)
    return torch.cat([y[..., :reach, :], between, y[..., reach + 1 :, :]], dim=-2).permute(0, 4, 1, 2, 3)


class _Interleaved(torch.autograd.Function):
    """[1, 8 O, A + 1, B + 1, D + 1] of windows of 2x2x2 voxels -> [A, 2, B, 2, D, 2, O], the voxels between them."""

    @staticmethod
    def forward(ctx: Any, windows: Tensor) -> Tensor:
        rows, columns, planes = (side - 1 for side in windows.shape[2:])
        made = fresh(windows, rows, 2, columns, 2, planes, 2, windows.shape[1] // 8)
        _copy(windows, made, back=False)
        return made

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        voxels = gradients[0].contiguous()
        rows, _, columns, _, planes, _, channels = voxels.shape
        made = voxels.new_zeros(rows + 1, columns + 1, planes + 1, 8 * channels).permute(3, 0, 1, 2)[None]
        _copy(made, voxels, back=True)
        return made


def _copy(windows: Tensor, voxels: Tensor, back: bool) -> None:
    """Between windows [1, 8 O, A + 1, B + 1, D + 1] and voxels [A, 2, B, 2, D, 2, O]."""
    rows, _, columns, _, planes, _, channels = voxels.shape
    of_parity = windows[0].detach().permute(1, 2, 3, 0)
    of_parity = of_parity.view(*of_parity.shape[:3], 2, 2, 2, channels)

    def work(left: Any) -> None:
        for row in left:
            for q, r, s in torch.cartesian_prod(*[torch.arange(2)] * 3).tolist():
                window = of_parity[row + q, r : r + columns, s : s + planes, q, r, s]
                voxel = voxels[row, q, :, r, :, s]
                copy_runs(window, voxel) if back else copy_runs(voxel, window)

    thread_each(work, range(rows))
