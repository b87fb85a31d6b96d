"""The rearranged networks against the plain ones."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from engines.core.errors import Cancelled
from engines.mask_volume.inference import FirstBlocks, FirstLayers, PackedUnet
from engines.mask_volume.network import MaskNet, MpiNet, VolumeUnet
from engines.mask_volume.volume_convolution import DoubledConvolution, VolumeConvolution

PLANES, HEIGHT, WIDTH = 16, 24, 32
# Sums of thousands of products in another order.
ROUNDING = 2e-5


def network(kind: Callable[[], VolumeUnet]) -> VolumeUnet:
    """Random, also in what torch begins with one and zero."""
    torch.manual_seed(0)
    made = kind()
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
    (first,) = FirstBlocks([mpi.conv1_1])(picture, other)
    found = torch.sigmoid(PackedUnet(mpi)(first, lambda: None))
    expected = mpi(volume)[0]
    torch.testing.assert_close(found[..., 0], expected[0], atol=ROUNDING, rtol=0)
    torch.testing.assert_close(found[..., 1], expected[2], atol=ROUNDING, rtol=0)


def test_mask_network_equals_the_plain_one() -> None:
    mpi, mask = network(MpiNet), network(MaskNet)
    picture, other, volume = swept()
    random = torch.Generator().manual_seed(2)
    still, other_still = torch.rand(HEIGHT, WIDTH, 3, generator=random), torch.rand(other.shape, generator=random)
    (share,) = FirstLayers([(mask.conv1_1.convolution.weight[:, 6:], None)])(still, other_still)
    _, first = FirstBlocks([mpi.conv1_1, mask.conv1_1])(picture, other, share)
    found = torch.sigmoid(PackedUnet(mask)(first, lambda: None))
    swept_still = torch.cat([still.expand_as(other), other_still], dim=-1).permute(3, 0, 1, 2)[None]
    expected = mask(torch.cat([volume, swept_still], dim=1))
    torch.testing.assert_close(found[..., 0], expected[0, 0], atol=ROUNDING, rtol=0)


@pytest.mark.parametrize(("size", "stride", "parts"), [(3, 1, 1), (7, 1, 2), (7, 2, 1), (3, 2, 1)])
@pytest.mark.parametrize("planes", [16, 6])
def test_convolutions_equal_the_plain_ones(
    size: int, stride: int, parts: int, planes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Few rows at once.
    monkeypatch.setattr("engines.mask_volume.plane_winograd.BAND_FLOATS", 1)
    torch.manual_seed(0)
    plain = torch.nn.Conv3d(5, 4, size, stride, size // 2).requires_grad_(False)
    x = torch.randn(planes, 20, 14, 5)
    made = torch.zeros(planes // stride, 20 // stride, 14 // stride, 4)

    def note(given: tuple[Tensor, ...], planes: slice, rows: slice) -> None:
        made[planes, rows] += torch.cat(given, dim=-1)

    found = torch.cat(VolumeConvolution(plain.weight, plain.bias, stride, parts)(x, note), dim=-1)
    expected = plain(x.permute(3, 0, 1, 2)[None])[0].permute(1, 2, 3, 0)
    torch.testing.assert_close(found, expected, atol=ROUNDING, rtol=0)
    assert torch.equal(made, found)


@pytest.mark.parametrize("rows", [3, 64])
def test_a_doubled_volume_is_convolved_without_being_made(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engines.mask_volume.volume_convolution.BAND_FLOATS", rows * 9 * 5)
    torch.manual_seed(0)
    plain = torch.nn.Conv3d(5, 3, 3, padding=1).requires_grad_(False)
    x, made = torch.randn(4, 7, 9, 5), torch.zeros(8, 14, 18, 3)

    def note(given: tuple[Tensor, ...], planes: slice, rows: slice) -> None:
        made[planes, rows] += given[0]

    found = DoubledConvolution(plain.weight, plain.bias)(x, note)
    doubled = torch.nn.functional.interpolate(x.permute(3, 0, 1, 2)[None], scale_factor=2.0)
    torch.testing.assert_close(found, plain(doubled)[0].permute(1, 2, 3, 0), atol=ROUNDING, rtol=0)
    assert torch.equal(made, found)


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
