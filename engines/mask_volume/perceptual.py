"""How different two pictures look: by features of VGG19 (Chen & Koltun 2017), or by structure where it is not there.

The network is torchvision's vgg19_bn under its published tensor names; it is never downloaded, and not learnt.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engines.core.errors import UserError
from engines.core.storage.torch_file import read_torch_file
from engines.core.storage.upstream_state import is_finite

WIDTHS = ((64, 64), (128, 128), (256,) * 4, (512,) * 4, (512,) * 2)
"""Channels of the convolutions, a pooling between groups; what comes after these is not looked at."""
COMPARED = (5, 12, 19, 32, 45)
"""Layers whose features are compared: behind the second convolution of each group..."""
DIVISORS = (2.6, 4.8, 3.7, 5.6, 0.15)
"""...and what their mean differences are divided by; the colours' is not."""
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of the photographs that VGG19 was trained on, by channel."""
PREFIXES = ("features.", "loss.vgg_loss.vgg.layers.", "loss.vgg.layers.")
"""torchvision's, and those of the authors' whole checkpoints, which carry the network along."""
L1_WEIGHT = 5.0
"""Makes L1 and structure together about as large as the difference of features, for the weights of the other losses."""


class Vgg19Difference(nn.Module):
    """Mean absolute differences of colours and features, summed."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        channels = 3
        for group, widths in enumerate(WIDTHS):
            layers += [nn.MaxPool2d(2, 2)] if group else []
            for width in widths:
                layers += [nn.Conv2d(channels, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU(inplace=True)]
                channels = width
        self.features = nn.Sequential(*layers)
        self.eval().requires_grad_(False)

    def forward(self, picture: Tensor, photograph: Tensor) -> Tensor:
        """The difference, a scalar, of pictures [1, 3, H, W], both sides at least 16; the photograph in [0, 1]."""
        first, second = _normalised(picture), _normalised(photograph)
        difference = F.l1_loss(first, second)
        divisors = dict(zip(COMPARED, DIVISORS, strict=True))
        for number, layer in enumerate(self.features):
            first = layer(first)
            with torch.no_grad():
                second = layer(second)
            if number in divisors:
                difference = difference + F.l1_loss(first, second) / divisors[number]
        return difference


def _normalised(picture: Tensor) -> Tensor:
    mean, deviation = (picture.new_tensor(values).view(1, 3, 1, 1) for values in (MEAN, DEVIATION))
    return (picture - mean) / deviation


def read_vgg(path: Path) -> Vgg19Difference:
    """The network with the weights of torchvision's file, or of an authors' checkpoint that holds them.

    Raises:
        UserError: it can't be read, or is another network.
    """
    content = read_torch_file(path)
    nested = content.get("state_dict")
    state = _of_prefix(nested if isinstance(nested, Mapping) else content)
    network = Vgg19Difference()
    own = network.features.state_dict()
    for name, expected in own.items():
        found = state.get(name)
        if name.endswith("num_batches_tracked"):
            # Files from before torch 0.4 have none; it plays no part.
            continue
        if not isinstance(found, Tensor) or found.shape != expected.shape or not found.is_floating_point():
            raise UserError(
                f"{path}: its features.{name} is missing or of another shape; vgg_weights must be VGG19 with batch "
                "normalisation as torchvision publishes it (vgg19_bn-c79401a0.pth)"
            )
        if not is_finite(found):
            raise UserError(f"{path}: features.{name} holds values that are not finite; the file is damaged")
        own[name] = found.float()
    network.features.load_state_dict(own)
    return network


def _of_prefix(state: Mapping[str, Any]) -> dict[str, Any]:
    for prefix in PREFIXES:
        found = {str(name).removeprefix(prefix): value for name, value in state.items() if str(name).startswith(prefix)}
        if found:
            return found
    return {}


def structural_difference(picture: Tensor, photograph: Tensor) -> Tensor:
    """L1 and what structural similarity lacks to 1, of [1, 3, H, W]: where VGG19's weights are not there."""
    # Here, not above: it takes a second to import.
    from torchmetrics.functional.image import structural_similarity_index_measure

    similarity = structural_similarity_index_measure(picture, photograph, data_range=1.0)
    if not isinstance(similarity, Tensor):
        raise ValueError("structural similarity came with its map")
    return L1_WEIGHT * F.l1_loss(picture, photograph) + 1 - similarity
