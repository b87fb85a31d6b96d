"""Layers that are faster than torch's give torch's numbers."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from engines.core.networks.unet import BatchNorm3d


def learnt(norm: nn.BatchNorm3d, x: Tensor, gradient: Tensor) -> list[Tensor]:
    """What comes of a step: the result, gradients, statistics."""
    x = x.clone(memory_format=torch.preserve_format).requires_grad_()
    made = norm(x)
    made.backward(gradient)
    found = [made.detach(), x.grad, norm.weight.grad, norm.bias.grad, norm.running_mean, norm.running_var]
    return [tensor for tensor in found if tensor is not None]


@pytest.mark.parametrize("channels", [1, 4])
@pytest.mark.parametrize("last", [False, True])
def test_few_channels_are_normalised_as_torch_does(channels: int, last: bool) -> None:
    chance = torch.Generator().manual_seed(0)
    x = 5 + 3 * torch.randn(1, channels, 8, 9, 10, generator=chance)
    gradient = torch.randn(x.shape, generator=chance)
    if last:
        x = x.contiguous(memory_format=torch.channels_last_3d)
    ours, plain = BatchNorm3d(channels), nn.BatchNorm3d(channels)
    with torch.no_grad():
        ours.weight.copy_(torch.rand(channels, generator=chance))
        ours.bias.copy_(torch.rand(channels, generator=chance))
    plain.load_state_dict(ours.state_dict())
    for found, expected in zip(learnt(ours, x, gradient), learnt(plain, x, gradient), strict=True):
        torch.testing.assert_close(found, expected, atol=3e-5, rtol=1e-5)
    assert ours.num_batches_tracked == plain.num_batches_tracked == 1
    torch.testing.assert_close(ours.eval()(x), plain.eval()(x))
