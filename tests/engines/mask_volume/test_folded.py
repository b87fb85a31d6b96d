"""Layers from fewer products give the plain ones' numbers and gradients."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from engines.mask_volume.folded import Folded
from engines.mask_volume.network import PLAIN, VolumeBlock

PLANES, HEIGHT, WIDTH = 8, 6, 10


def seeded(*shape: int) -> Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(sum(shape)))


def block(channels: int, kernel: int) -> VolumeBlock:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return VolumeBlock(channels, 8, kernel)


def gradients(way: Callable[[VolumeBlock], Tensor], of: VolumeBlock, *inputs: Tensor) -> list[Tensor]:
    """What `way` makes of a block, and how weights and inputs move a weighted sum of it."""
    of.zero_grad()
    made = way(of)
    weights = seeded(*made.shape) - 0.5
    wanted = [*of.parameters(), *inputs]
    return [made.detach(), *torch.autograd.grad((made * weights).sum(), wanted)]


def assert_near(ours: list[Tensor], plain: list[Tensor]) -> None:
    for a, b in zip(ours, plain, strict=True):
        assert torch.allclose(a, b, atol=2e-5 * float(b.abs().max()), rtol=0)


@pytest.mark.parametrize("pairs", [1, 2])
def test_a_picture_that_is_alike_on_all_planes_needs_only_two_dimensions(pairs: int) -> None:
    pictures = [seeded(HEIGHT, WIDTH, 3 + number)[..., :3] for number in range(pairs)]
    others = [seeded(3, HEIGHT, WIDTH + number, PLANES)[:, :, :WIDTH] for number in range(pairs)]
    whole = [
        volume
        for picture, other in zip(pictures, others, strict=True)
        for volume in (picture.permute(2, 0, 1)[..., None].expand_as(other), other)
    ]
    form, of = Folded(pictures), block(6 * pairs, 7)
    ours = gradients(lambda of: form.first(of, torch.cat(others)[None]), of)
    assert_near(ours, gradients(lambda of: PLAIN.first(of, torch.cat(whole)[None]), of))


def test_a_doubled_volume_is_convolved_without_being_made() -> None:
    small = seeded(1, 4, HEIGHT, WIDTH, PLANES).requires_grad_()
    form, of = Folded([seeded(HEIGHT, WIDTH, 3)]), block(4, 3)
    ours = gradients(lambda of: form.doubled(of, small), of, small)
    plain = gradients(lambda of: of(F.interpolate(small, scale_factor=2.0)), of, small)
    assert ours[0].shape == (1, 8, 2 * HEIGHT, 2 * WIDTH, 2 * PLANES)
    assert_near(ours, plain)
