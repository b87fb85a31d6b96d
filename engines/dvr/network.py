"""The networks, under the authors' tensor names.

One decoder is both the occupancy network f and the texture field t of the paper (section 3): a point, and where the
scene comes from a photograph the photograph's code, to an occupancy logit and a colour.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engines.dvr.config import DvrConfig

IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of the photographs that the residual encoders were first trained on."""
CODES = "codes"
"""Name of a tensor [N, c_dim] of scene files: codes of photographs that were made already. No network has it."""
LEAK = 0.2


class ResnetBlock(nn.Module):
    """A fully connected residual block."""

    def __init__(self, features: int) -> None:
        """The second layer begins at zero, so that the block begins as the identity."""
        super().__init__()
        self.fc_0 = nn.Linear(features, features)
        self.fc_1 = nn.Linear(features, features)
        nn.init.zeros_(self.fc_1.weight)

    def forward(self, features: Tensor) -> Tensor:
        """Features of the shape [..., F], of such features."""
        out: Tensor = features + self.fc_1(F.relu(self.fc_0(F.relu(features))))
        return out


class Decoder(nn.Module):
    """Occupancy and colour of points."""

    def __init__(self, config: DvrConfig) -> None:
        """`fc_c` is there only where there is a code."""
        super().__init__()
        features = config.hidden_size
        self.fc_p = nn.Linear(config.dim, features)
        self.fc_out = nn.Linear(features, config.out_dim)
        if config.c_dim:
            self.fc_c = nn.ModuleList(nn.Linear(config.c_dim, features) for _ in range(config.n_blocks))
        self.blocks = nn.ModuleList(ResnetBlock(features) for _ in range(config.n_blocks))
        self.leak = LEAK if config.leaky else 0.0

    def forward(self, points: Tensor, code: Tensor | None = None, objects: Tensor | None = None) -> Tensor:
        """[N, 4] occupancy logit, and colour before the sigmoid.

        Args:
            points: [N, 3] in the cube.
            code: [N, c_dim], or [1, c_dim] of all points; None of scenes without one.
            objects: [N] which of the codes [B, c_dim] each point has; None: `code` is as above.
        """
        features = self.fc_p(points)
        for number, block in enumerate(self.blocks):
            if code is not None and code.shape[-1]:
                given = self.fc_c[number](code)
                features = features + (given if objects is None else given[objects])
            features = block(features)
        # Only here is it leaky in the authors' code; the blocks have plain ReLUs.
        out: Tensor = self.fc_out(F.leaky_relu(features, self.leak) if self.leak else F.relu(features))
        return out


def sharpen(decoder: Decoder, sharpness: float) -> None:
    """Has the features of the first layer bend at planes by chance through the cube, with slopes of `sharpness`.

    PyTorch's own beginning, which the authors', too, have, bends most of them beside the cube or slowly, and smooth
    functions are learnt long before sharp ones (the bandwidth of random features: Tancik et al. 2020).
    """
    normals = F.normalize(torch.randn_like(decoder.fc_p.weight), dim=1)
    with torch.no_grad():
        decoder.fc_p.weight.copy_(normals * sharpness)
        decoder.fc_p.bias.copy_((torch.rand_like(decoder.fc_p.bias) - 0.5) * sharpness)


class ConvEncoder(nn.Module):
    """The authors' small encoder of photographs: five strided convolutions."""

    CHANNELS = (3, 32, 64, 128, 256, 512)

    def __init__(self, c_dim: int) -> None:
        super().__init__()
        for number, (before, after) in enumerate(zip(self.CHANNELS, self.CHANNELS[1:], strict=False)):
            self.add_module(f"conv{number}", nn.Conv2d(before, after, 3, stride=2))
        self.fc_out = nn.Linear(self.CHANNELS[-1], c_dim)

    def forward(self, photographs: Tensor) -> Tensor:
        """[B, c_dim] codes of [B, 3, H, W] photographs in [0, 1]."""
        features = photographs
        for number in range(len(self.CHANNELS) - 1):
            features = self.get_submodule(f"conv{number}")(features if number == 0 else F.relu(features))
        codes: Tensor = self.fc_out(F.relu(features.flatten(2).mean(2)))
        return codes


class BasicBlock(nn.Module):
    """Two 3x3 convolutions and a way past them, under torchvision's tensor names."""

    EXPANSION = 1

    def __init__(self, before: int, width: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(before, width, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.downsample = _shortcut(before, width, stride)

    def forward(self, features: Tensor) -> Tensor:
        """[B, width, H / stride, W / stride] of [B, before, H, W]."""
        out = F.relu(self.bn1(self.conv1(features)))
        return F.relu(self.bn2(self.conv2(out)) + self.downsample(features))


class Bottleneck(nn.Module):
    """1x1, 3x3, 1x1 convolutions and a way past them, under torchvision's tensor names."""

    EXPANSION = 4

    def __init__(self, before: int, width: int, stride: int) -> None:
        super().__init__()
        after = width * self.EXPANSION
        self.conv1 = nn.Conv2d(before, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, after, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(after)
        self.downsample = _shortcut(before, after, stride)

    def forward(self, features: Tensor) -> Tensor:
        """[B, 4 width, H / stride, W / stride] of [B, before, H, W]."""
        out = F.relu(self.bn1(self.conv1(features)))
        out = F.relu(self.bn2(self.conv2(out)))
        return F.relu(self.bn3(self.conv3(out)) + self.downsample(features))


def _shortcut(before: int, after: int, stride: int) -> nn.Module:
    if stride == 1 and before == after:
        return nn.Identity()
    return nn.Sequential(nn.Conv2d(before, after, 1, stride, bias=False), nn.BatchNorm2d(after))


RESNETS: dict[str, tuple[type[BasicBlock] | type[Bottleneck], tuple[int, ...]]] = {
    "resnet18": (BasicBlock, (2, 2, 2, 2)),
    "resnet34": (BasicBlock, (3, 4, 6, 3)),
    "resnet50": (Bottleneck, (3, 4, 6, 3)),
    # The authors' class of that name builds a ResNet-50.
    "resnet101": (Bottleneck, (3, 4, 6, 3)),
}


class ResNet(nn.Module):
    """A residual network without its classifier (He et al. 2016), under torchvision's tensor names."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        block, counts = RESNETS[kind]
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.features = 64
        for number, count in enumerate(counts, 1):
            self.add_module(
                f"layer{number}", self._layer(block, 64 * 2 ** (number - 1), count, 1 if number == 1 else 2)
            )
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def _layer(self, block: type[BasicBlock] | type[Bottleneck], width: int, count: int, stride: int) -> nn.Module:
        blocks = list[nn.Module]()
        for number in range(count):
            blocks.append(block(self.features, width, stride if number == 0 else 1))
            self.features = width * block.EXPANSION
        return nn.Sequential(*blocks)

    def forward(self, photographs: Tensor) -> Tensor:
        """[B, features] of [B, 3, H, W]."""
        out = F.relu(self.bn1(self.conv1(photographs)))
        out = F.max_pool2d(out, 3, 2, 1)
        for number in range(1, 5):
            out = self.get_submodule(f"layer{number}")(out)
        return out.mean((2, 3))


class ResNetEncoder(nn.Module):
    """A residual network, and a layer to the code's size."""

    def __init__(self, kind: str, c_dim: int, normalize: bool, use_linear: bool) -> None:
        """`use_linear`: without it the network's features are the code."""
        super().__init__()
        self.normalize = normalize
        self.features = ResNet(kind)
        if not use_linear and c_dim != self.features.features:
            raise ValueError(f"c_dim must be {self.features.features} without use_linear, not {c_dim}")
        self.fc: nn.Module = nn.Linear(self.features.features, c_dim) if use_linear else nn.Identity()

    def forward(self, photographs: Tensor) -> Tensor:
        """[B, c_dim] codes of [B, 3, H, W] photographs in [0, 1]."""
        if self.normalize:
            photographs = (photographs - _colour(IMAGENET_MEAN, photographs)) / _colour(IMAGENET_STD, photographs)
        codes: Tensor = self.fc(self.features(photographs))
        return codes


def _colour(values: Sequence[float], like: Tensor) -> Tensor:
    return torch.tensor(values, dtype=like.dtype, device=like.device)[:, None, None]


class Dvr(nn.Module):
    """All that is learnt: the decoder, and the encoder of photographs where there is one."""

    def __init__(self, config: DvrConfig) -> None:
        super().__init__()
        self.decoder = Decoder(config)
        self.encoder: nn.Module | None = None
        if config.encoder == "simple_conv":
            self.encoder = ConvEncoder(config.c_dim)
        elif config.encoder is not None and config.encoder != "idx":
            self.encoder = ResNetEncoder(config.encoder, config.c_dim, config.normalize, config.use_linear)
        elif config.encoder == "idx":
            self.encoder = nn.Embedding(config.num_instances, config.c_dim)
