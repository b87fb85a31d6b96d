"""The rearranged networks against the plain ones."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from engines.core.errors import Cancelled
from engines.mask_volume.inference import FirstLayers, PackedUnet, SlabConvolution, convolve, finish
from engines.mask_volume.network import MaskNet, MpiNet, VolumeUnet

PLANES, HEIGHT, WIDTH = 16, 24, 32
# Sums of thousands of products in another order.
ROUNDING = 2e-5


def network(kind: type[VolumeUnet]) -> VolumeUnet:
    """Random, also in what torch begins with one and zero."""
    torch.manual_seed(0)
    made = kind()  # type: ignore[call-arg]
    for module in made.modules():
        if isinstance(module, torch.nn.GroupNorm):
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
            torch.nn.init.uniform_(module.bias, -0.3, 0.3)
    return made.eval().requires_grad_(False)


def swept() -> tuple[Tensor, Tensor, Tensor]:
    """The reference's picture [H, W, 3], the other's volume [P, H, W, 3], and both as the networks take them."""
    random = torch.Generator().manual_seed(1)
    picture = torch.rand(HEIGHT, WIDTH, 3, generator=random)
    other = torch.rand(PLANES, HEIGHT, WIDTH, 3, generator=random) * 2 - 1
    volume = torch.cat([picture.expand_as(other), other], dim=-1)
    return picture, other, volume.permute(3, 0, 1, 2)[None]


def test_planes_network_equals_the_plain_one() -> None:
    mpi = network(MpiNet)
    picture, other, volume = swept()
    (first,) = FirstLayers([(mpi.conv1_1, 0)])(picture, other)
    found = torch.sigmoid(PackedUnet(mpi)(finish(first, mpi.conv1_1), lambda: None))
    expected = mpi(volume)[0]
    torch.testing.assert_close(found[..., 0], expected[0], atol=ROUNDING, rtol=0)
    torch.testing.assert_close(found[..., 1], expected[2], atol=ROUNDING, rtol=0)


def test_mask_network_equals_the_plain_one() -> None:
    mpi, mask = network(MpiNet), network(MaskNet)
    picture, other, volume = swept()
    still = torch.rand(PLANES, HEIGHT, WIDTH, 6, generator=torch.Generator().manual_seed(2))
    _, first = FirstLayers([(mpi.conv1_1, 0), (mask.conv1_1, 0)])(picture, other)
    share = convolve(still, mask.conv1_1.convolution.weight[:, 6:], None, 1, 3)
    found = torch.sigmoid(PackedUnet(mask)(finish(first + share, mask.conv1_1), lambda: None))
    expected = mask(torch.cat([volume, still.permute(3, 0, 1, 2)[None]], dim=1))
    torch.testing.assert_close(found[..., 0], expected[0, 0], atol=ROUNDING, rtol=0)


@pytest.mark.parametrize(("before", "planes"), [(1, 4), (4, 8), (2, 3)])
def test_several_planes_at_once_are_the_same_convolution(before: int, planes: int) -> None:
    torch.manual_seed(0)
    plain = torch.nn.Conv3d(5, 3, 3, padding=1).requires_grad_(False)
    x = torch.randn(24, 6, 7, 5)
    slabs = x.view(24 // before, before, 6, 7, 5).permute(0, 2, 3, 1, 4).contiguous()
    found = SlabConvolution(plain, planes)(slabs).permute(0, 3, 1, 2, 4).flatten(0, 1)
    expected = plain(x.permute(3, 0, 1, 2)[None])[0].permute(1, 2, 3, 0)
    torch.testing.assert_close(found, expected, atol=ROUNDING, rtol=0)


def test_it_can_be_given_up_between_layers() -> None:
    mpi = network(MpiNet)
    asked = 0

    def check() -> None:
        nonlocal asked
        asked += 1
        if asked == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        PackedUnet(mpi)(torch.zeros(PLANES, HEIGHT, WIDTH, 8), check)
    assert asked == 3
