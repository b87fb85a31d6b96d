"""The networks that a training begins with, and the optimisers that move them."""

from __future__ import annotations

from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from engines.deepvoxels.config import DeepVoxelsConfig
from engines.deepvoxels.discriminator import PatchDiscriminator
from engines.deepvoxels.network import DeepVoxels
from engines.deepvoxels.upstream import TRAINING_ONLY

AnyModule = TypeVar("AnyModule", bound=nn.Module)


def networks(config: DeepVoxelsConfig, start: Tensor | None) -> tuple[DeepVoxels, PatchDiscriminator]:
    """Networks with random weights; what requires gradients is what the options have learnt.

    Args:
        start: [3] in [-1, 1], the colour that pictures begin at; None: grey.
    """
    network, discriminator = DeepVoxels(config), PatchDiscriminator()
    if config.dropout is not None:
        _set_dropout(network, config.dropout)
    if config.grid_learning == "optimised":
        # All alike, neighbouring voxels would get like gradients.
        network.deepvoxels.normal_(std=0.01)
        for name, weights in network.named_parameters():
            weights.requires_grad_(not name.startswith(TRAINING_ONLY))
    if start is not None:
        network.rendering_net.start_at(start)
    # Where it takes no part its weights get no gradients that ranks could wait for.
    discriminator.requires_grad_(config.adversarial_weight > 0)
    return _channels_last(network), _channels_last(discriminator)


def optimisers(
    network: DeepVoxels, discriminator: PatchDiscriminator, config: DeepVoxelsConfig
) -> dict[str, torch.optim.Optimizer]:
    """The generator's and the discriminator's; in the generator's, optimised voxels have a rate of their own."""
    groups: list[dict[str, Any]] = [{"params": list(network.parameters()), "lr": config.lr}]
    if config.grid_learning == "optimised":
        drawing = [weights for weights in network.parameters() if weights.requires_grad]
        grid = network.deepvoxels.requires_grad_()
        groups = [{"params": drawing, "lr": config.lr}, {"params": [grid], "lr": config.grid_lr, "is_grid": True}]
    return {
        "optimiser_g": torch.optim.Adam(groups, fused=True),
        "optimiser_d": torch.optim.Adam(discriminator.parameters(), lr=config.lr, fused=True),
    }


def _channels_last(network: AnyModule) -> AnyModule:
    """Stores 2D convolutions with channels last, which they run faster with; the values stay."""
    for parameter in network.parameters():
        if parameter.dim() == 4:
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
    return network


def _set_dropout(network: torch.nn.Module, share: float) -> None:
    for module in network.modules():
        if isinstance(module, torch.nn.Dropout2d | torch.nn.Dropout3d):
            module.p = share
