"""Convolutional networks prepared for drawing only; the picture stays within float32 rounding of the trained networks'.

| step | why it keeps the picture |
|---|---|
| BatchNorm folded into the convolution before it, dropout left out | the same affine map, at evaluation |
| channels_last, weights reordered once for the CPU's kernels | another order in memory |
| wide 3x3 convolutions in Winograd's form | the same sums in another order, rounded 1e-5 apart |
| activation fused into the convolution | the same operation without a round trip to memory |
| a reflected border made for the rim alone, where pictures are large | the same sums |
| small 3D convolutions run as 2D ones over slabs of planes | the same sums; the zeros added are exact |
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from engines.core.errors import Cancelled
from engines.core.networks.unet import SameConv2d, SameConv3d
from engines.core.networks.winograd import WinogradConv2d

CONVOLUTIONS = (nn.Conv2d, nn.Conv3d, nn.ConvTranspose2d, nn.ConvTranspose3d)
TRANSPOSED = (nn.ConvTranspose2d, nn.ConvTranspose3d)

LEAST_RIM_PX = 64
"""Of a picture with fewer a copy with a border costs as little as the rim."""
SLAB_PLANES = 8
"""Output planes of one slab: 10/8 more products than needed in exchange for wide, vectorised channels."""
SLAB_MOST_CHANNELS = 16
"""Wider 3D convolutions fill the CPU's vectors by themselves."""


def fold_batch_norm(module: nn.Module) -> None:
    """Rewrites each nn.Sequential below `module` (in eval mode) without BatchNorm and dropout, in place."""
    for name, child in list(module.named_children()):
        if isinstance(child, nn.Sequential):
            layers: list[nn.Module] = []
            for layer in child:
                if isinstance(layer, (nn.BatchNorm2d, nn.BatchNorm3d)):
                    layers[-1] = _with_norm_folded(layers[-1], layer)
                elif not isinstance(layer, (nn.Dropout2d, nn.Dropout3d)):
                    layers.append(layer)
            child = nn.Sequential(*layers)
            setattr(module, name, child)
        fold_batch_norm(child)


def _with_norm_folded(layer: nn.Module, norm: nn.BatchNorm2d | nn.BatchNorm3d) -> nn.Module:
    if isinstance(layer, (SameConv2d, SameConv3d)):
        layer.net[1] = _with_norm_folded(layer.convolution, norm)
        return layer
    if not isinstance(layer, CONVOLUTIONS):
        raise ValueError(f"BatchNorm behind a {type(layer).__name__} can't be folded")
    return fuse_conv_bn_eval(layer, norm, transpose=isinstance(layer, TRANSPOSED))


def fuse(module: nn.Module, device: torch.device) -> None:
    """Reorders and fuses the layers of `module`, already folded, for `device`, in place."""
    if device.type == "cpu":
        _fuse_for_cpu(module)
    if device.type == "cuda":
        for layer in module.modules():
            if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d)):
                layer.weight.data = layer.weight.data.contiguous(memory_format=torch.channels_last)


def interruptible(module: nn.Module, stop_box: list[Callable[[], bool]]) -> None:
    """Makes every convolution of `module` ask `stop_box[0]` before it runs, and raise `Cancelled` where it says so."""

    def ask(*_: object) -> None:
        if stop_box[0]():
            raise Cancelled

    for layer in module.modules():
        if isinstance(layer, (*CONVOLUTIONS, PackedConv2d, SlabConv3d)):
            layer.register_forward_pre_hook(ask)


def _fuse_for_cpu(module: nn.Module) -> None:
    for name, child in list(module.named_children()):
        if isinstance(child, SameConv3d) and SlabConv3d.suits(child.convolution):
            setattr(module, name, SlabConv3d(child.convolution))
            continue
        if isinstance(child, nn.Sequential):
            child = nn.Sequential(*_fused_layers(list(child)))
            setattr(module, name, child)
        _fuse_for_cpu(child)


def _fused_layers(layers: list[nn.Module]) -> list[nn.Module]:
    """The same layers, 2D convolutions taking over the activation behind them."""
    fused: list[nn.Module] = []
    for layer in layers:
        before = fused[-1] if fused else None
        inner = before.net[1] if isinstance(before, SameConv2d) else before
        if isinstance(layer, (nn.ReLU, nn.LeakyReLU)) and isinstance(inner, PackedConv2d):
            inner.activation = layer
            continue
        if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d)) and PackedConv2d.works_here():
            layer = PackedConv2d(layer)
        elif isinstance(layer, SameConv2d) and PackedConv2d.works_here():
            layer.net = nn.Sequential(nn.Identity(), PackedConv2d(layer.convolution, reflected=True))
        fused.append(layer)
    return fused


class PackedConv2d(nn.Module):
    """A 2D convolution, plain or transposed, with its activation, in the form that is fastest for its input's size.

    That is Winograd's form where channels are many. Else the weights are reordered once for oneDNN: torch reorders
    those of a channels_last convolution at every call, which for DeepVoxels means moving 400 MB a frame.
    The operators are the ones that torch's own compiler emits on CPUs.
    """

    def __init__(self, convolution: nn.Conv2d | nn.ConvTranspose2d, reflected: bool = False) -> None:
        """`reflected`: over the input with a border of one pixel, which is reflected."""
        super().__init__()
        self._reflected = reflected
        self.convolution: nn.Conv2d | nn.ConvTranspose2d | None = convolution
        self.activation: nn.ReLU | nn.LeakyReLU | None = None
        self._run: Callable[[Tensor], Tensor] | None = None

    @staticmethod
    def works_here() -> bool:
        """Whether this build of torch has the operators."""
        operators = ("_convolution_pointwise", "_convolution_transpose_pointwise", "_reorder_convolution_weight")
        available = torch.backends.mkldnn.is_available()
        return bool(available) and all(hasattr(torch.ops.mkldnn, name) for name in operators)

    def forward(self, x: Tensor) -> Tensor:
        """[1, C', H', W'] of [1, C, H, W], the same size each time."""
        if self._run is None:
            # Known only now, and never different: these networks draw one size.
            self._run = self._choose(x.shape)
        return self._run(x)

    def _choose(self, shape: torch.Size) -> Callable[[Tensor], Tensor]:
        convolution, self.convolution = self.convolution, None  # its weights are kept in the new form only
        if convolution is None:
            raise ValueError("a convolution takes its fastest form once")
        border = 2 if self._reflected else 0
        bordered = torch.Size((*shape[:2], *(side + border for side in shape[2:])))
        if isinstance(convolution, nn.Conv2d) and WinogradConv2d.suits(convolution, bordered):
            return WinogradConv2d(convolution, self.activation, self._reflected)
        if self._reflected and min(shape[2:]) >= LEAST_RIM_PX:
            return _with_rim(convolution, self.activation, shape)
        run = _packed(convolution, self.activation, bordered, list(map(int, convolution.padding)))
        return (lambda x: run(_reflected(x, 1, 1, 1, 1))) if self._reflected else run


def _reflected(x: Tensor, left: int, right: int, top: int, bottom: int) -> Tensor:
    return F.pad(x, (left, right, top, bottom), mode="reflect")


def _with_rim(
    convolution: nn.Conv2d | nn.ConvTranspose2d, activation: nn.ReLU | nn.LeakyReLU | None, shape: torch.Size
) -> Callable[[Tensor], Tensor]:
    """A 3x3 convolution over a reflected border, without a copy that has one: its rim is done again, by itself."""
    inner = _packed(convolution, activation, shape, [1, 1])
    weight, bias = convolution.weight.contiguous(memory_format=torch.channels_last), convolution.bias

    def of_rim(x: Tensor) -> Tensor:
        y = F.conv2d(x, weight, bias)
        return y if activation is None else activation(y)

    def run(x: Tensor) -> Tensor:
        y = inner(x)
        y[:, :, :1] = of_rim(_reflected(x[:, :, :2], 1, 1, 1, 0))
        y[:, :, -1:] = of_rim(_reflected(x[:, :, -2:], 1, 1, 0, 1))
        y[:, :, 1:-1, :1] = of_rim(_reflected(x[..., :2], 1, 0, 0, 0))
        y[:, :, 1:-1, -1:] = of_rim(_reflected(x[..., -2:], 0, 1, 0, 0))
        return y

    return run


def _packed(
    convolution: nn.Conv2d | nn.ConvTranspose2d,
    activation: nn.ReLU | nn.LeakyReLU | None,
    shape_: torch.Size,
    padding: list[int],
) -> Callable[[Tensor], Tensor]:
    """The convolution as one oneDNN call, for inputs of `shape_`."""
    shape, stride, ones, bias = list(shape_), list(convolution.stride), [1, 1], convolution.bias
    fused: tuple[str, list[float], str] = ("none", [], "")
    if activation is not None:
        leaky = isinstance(activation, nn.LeakyReLU)
        fused = ("leaky_relu", [activation.negative_slope], "") if leaky else ("relu", [], "")  # type: ignore[list-item]
    operators = torch.ops.mkldnn
    if isinstance(convolution, nn.ConvTranspose2d):
        weight = operators._reorder_convolution_transpose_weight(
            convolution.weight, padding, [0, 0], stride, ones, 1, shape
        )
        return lambda x: operators._convolution_transpose_pointwise(
            x, weight, bias, padding, [0, 0], stride, ones, 1, *fused
        )
    weight = operators._reorder_convolution_weight(convolution.weight, padding, stride, ones, 1, shape)
    return lambda x: operators._convolution_pointwise(x, weight, bias, padding, stride, ones, 1, *fused)


class SlabConv3d(nn.Module):
    """A 3x3x3 convolution over a replicated border for few channels: [1, C, D, H, W] -> [1, C', D, H, W].

    The planes of a slab become channels of one 2D convolution, with the 3D kernel along its diagonal.
    """

    def __init__(self, convolution: nn.Conv3d) -> None:
        super().__init__()
        kernel = convolution.weight.detach()
        out_channels, in_channels = kernel.shape[:2]
        wide = kernel.new_zeros(SLAB_PLANES, out_channels, SLAB_PLANES + 2, in_channels, 3, 3)
        for plane in range(SLAB_PLANES):
            for tap in range(3):
                wide[plane, :, plane + tap] = kernel[:, :, tap]
        self.weight = nn.Parameter(wide.view(SLAB_PLANES * out_channels, -1, 3, 3), requires_grad=False)
        bias = convolution.bias
        self.bias = None if bias is None else nn.Parameter(bias.detach().repeat(SLAB_PLANES), requires_grad=False)

    @staticmethod
    def suits(convolution: nn.Conv3d) -> bool:
        """Whether this is faster than torch's own."""
        return max(convolution.in_channels, convolution.out_channels) <= SLAB_MOST_CHANNELS

    def forward(self, x: Tensor) -> Tensor:
        """[1, C', D, H, W] of [1, C, D, H, W]."""
        planes, height, width = x.shape[2:]
        # The last slab may reach beyond the volume; what it makes there is cut off below.
        slabs = -(-planes // SLAB_PLANES)
        padded = F.pad(x, (1, 1, 1, 1, 1, 1 + slabs * SLAB_PLANES - planes), mode="replicate")[0]
        stacked = padded.unfold(1, SLAB_PLANES + 2, SLAB_PLANES)  # [C, slabs, H + 2, W + 2, slab + 2]
        stacked = stacked.permute(1, 4, 0, 2, 3).flatten(1, 2)
        y = F.conv2d(stacked, self.weight, self.bias)
        # [slabs, slab * C', H, W] -> [1, C', D, H, W]
        y = y.view(slabs, SLAB_PLANES, -1, height, width).permute(2, 0, 1, 3, 4).flatten(1, 2)
        return y[None, :, :planes].contiguous()
