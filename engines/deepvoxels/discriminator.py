"""The patch discriminator of the adversarial loss."""

from __future__ import annotations

import torch
from torch import Tensor, nn

EPSILON = 1e-9
"""Keeps log finite; the authors' value."""


class PatchDiscriminator(nn.Module):
    """How real each patch looks: [B, 3, S, S] in [-0.5, 0.5] -> [B, 1, s, s] in [0, 1]."""

    def __init__(self, width: int = 28) -> None:
        super().__init__()
        layers: list[nn.Module] = [*_padded(3, width, stride=2), nn.LeakyReLU(0.2, inplace=True)]
        for level in range(3):
            before, after = width * 2**level, width * 2 ** (level + 1)
            layers += [
                *_padded(before, after, stride=1 if level == 2 else 2),
                nn.BatchNorm2d(after),
                nn.Dropout2d(0.5),
                nn.LeakyReLU(0.2, inplace=True),
            ]
        self.model = nn.Sequential(*layers, *_padded(8 * width, 1, stride=1), nn.Sigmoid())

    def forward(self, image: Tensor) -> Tensor:
        """Verdicts [B, 1, s, s] in [0, 1], 1 for real, on the patches of pictures [B, 3, S, S] in [-0.5, 0.5]."""
        return self.model(image)  # type: ignore[no-any-return]


def _padded(in_channels: int, out_channels: int, stride: int) -> list[nn.Module]:
    return [nn.ReflectionPad2d(1), nn.Conv2d(in_channels, out_channels, 4, stride=stride)]


def adversarial_loss(judged: Tensor, real: bool) -> Tensor:
    """The mean cross entropy, a scalar, of the discriminator's verdicts [B, 1, s, s] in [0, 1] with `real`."""
    return -torch.log((judged if real else 1 - judged) + EPSILON).mean()
