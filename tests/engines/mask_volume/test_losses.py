"""Losses against numbers worked by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from engines.core.errors import UserError
from engines.mask_volume.config import LossType
from engines.mask_volume.losses import Judgement, Rendered, mask_loss, masked_l1
from engines.mask_volume.perceptual import Vgg19Difference, read_vgg, structural_difference


def test_mask_loss_by_hand() -> None:
    moves = torch.zeros(9, 9, dtype=torch.bool)
    moves[4, 4] = True
    opacity = torch.full((9, 9), 0.5)
    opacity[4, 4] = 0.25
    opacity[3, 3] = 7.0  # within the widened mask: free
    # 5x5 are widened over: 56 pixels of 0.5 are outside. Half of 0.75 and half of 0.5.
    assert float(mask_loss(opacity, moves)) == pytest.approx(0.625)
    assert float(mask_loss(opacity, torch.zeros(9, 9, dtype=torch.bool))) == pytest.approx(float(opacity.mean()) / 2)


def test_masked_l1_by_hand() -> None:
    picture, photograph = torch.zeros(1, 3, 2, 2), torch.ones(1, 3, 2, 2)
    photograph[0, :, 0, 0] = torch.tensor([0.1, 0.2, 0.3])
    moves = torch.tensor([[True, False], [False, False]])
    assert float(masked_l1(picture, photograph, moves)) == pytest.approx(0.6)
    assert float(masked_l1(picture, photograph, torch.zeros(2, 2, dtype=torch.bool))) == 0


@pytest.mark.parametrize(
    ("loss_type", "total", "parts"),
    [
        ("mse", 0.04, {"image"}),
        ("l1", 0.2, {"image"}),
        ("masked_l1", 0.6, {"image"}),
        ("vgg", 3.0, {"image"}),
        ("vgg_only", 3.0, {"image"}),
        ("no_mask", 3.0 + 0.1 * 0.3, {"image", "sparse"}),
        ("full_loss", 3.0 + 0.1 * 0.3 + 0.25 * 0.4, {"image", "sparse", "mask"}),
    ],
)
def test_what_each_loss_adds_up(loss_type: LossType, total: float, parts: set[str]) -> None:
    # Everything moves: what lacks to opacity 0.2 is 0.8, of which half counts.
    drawn = Rendered(torch.full((1, 3, 16, 16), 0.5), torch.full((16, 16), 0.2), torch.full((4, 16, 16), 0.3))
    judge = Judgement(loss_type, lambda picture, photograph: torch.tensor(3.0))
    losses = judge(drawn, torch.full((1, 3, 16, 16), 0.7), torch.ones(16, 16, dtype=torch.bool))
    assert float(losses["total"]) == pytest.approx(total) and set(losses) == {"total", *parts}
    assert next(iter(losses)) == "total"


def test_structure_has_a_gradient_and_is_zero_for_equal_pictures() -> None:
    photograph = torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    assert float(structural_difference(photograph, photograph)) == pytest.approx(0, abs=1e-6)
    picture = (photograph * 0.5).requires_grad_()
    difference = structural_difference(picture, photograph)
    difference.backward()
    assert picture.grad is not None and bool(picture.grad.isfinite().all()) and float(picture.grad.abs().sum()) > 0
    nearer = structural_difference(picture.detach() - 0.1 * picture.grad, photograph)
    assert float(nearer) < float(difference.detach())


def layers_of(state: dict[str, Tensor]) -> Iterator[tuple[str, int, int]]:
    """Published VGG19-BN, layer by layer: what it is, its number, and (a convolution's) channels."""
    number = 0
    for width in (64, 64, 0, 128, 128, 0, 256, 256, 256, 256, 0, 512, 512, 512, 512, 0, 512, 512):
        if width == 0:
            yield "pool", number, 0
            number += 1
            continue
        yield "convolution", number, width
        number += 3


@pytest.fixture(scope="module")
def published() -> dict[str, Tensor]:
    """Random weights under torchvision's names; the file has more layers than are looked at."""
    random = torch.Generator().manual_seed(0)
    state: dict[str, Tensor] = {"classifier.0.weight": torch.zeros(2)}
    channels = 3
    for kind, number, width in layers_of(state):
        if kind == "pool":
            continue
        shape = (width, channels, 3, 3)
        state[f"features.{number}.weight"] = torch.randn(shape, generator=random) * (2 / (9 * channels)) ** 0.5
        for name, offset in ((f"{number}.bias", 0), (f"{number + 1}.bias", 0), (f"{number + 1}.running_mean", 0)):
            state[f"features.{name}"] = torch.randn(width, generator=random) * 0.1 + offset
        for name in (f"{number + 1}.weight", f"{number + 1}.running_var"):
            state[f"features.{name}"] = torch.rand(width, generator=random) + 0.5
        channels = width
    return state


def features(state: dict[str, Tensor], x: Tensor) -> list[Tensor]:
    """What VGG19-BN makes of normalised pictures, behind the second convolution of each group."""
    found, count = [], 0
    for kind, number, _ in layers_of(state):
        if kind == "pool":
            x, count = F.max_pool2d(x, 2), 0
            continue
        conv, norm = f"features.{number}", f"features.{number + 1}"
        x = F.conv2d(x, state[f"{conv}.weight"], state[f"{conv}.bias"], padding=1)
        statistics = (state[f"{norm}.running_mean"], state[f"{norm}.running_var"])
        x = F.relu(F.batch_norm(x, *statistics, state[f"{norm}.weight"], state[f"{norm}.bias"]))
        count += 1
        if count == 2:
            found.append(x)
    return found


def test_vgg_against_a_plain_reference(published: dict[str, Tensor], tmp_path: Path) -> None:
    torch.save(published, tmp_path / "vgg.pth")
    network = read_vgg(tmp_path / "vgg.pth")
    random = torch.Generator().manual_seed(1)
    picture = torch.rand(1, 3, 16, 16, generator=random).requires_grad_()
    photograph = torch.rand(1, 3, 16, 16, generator=random)
    mean, deviation = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    first, second = ((x - mean.view(3, 1, 1)) / deviation.view(3, 1, 1) for x in (picture, photograph))
    a, b = features(published, first), features(published, second)
    weights = (1 / 2.6, 1 / 4.8, 1 / 3.7, 1 / 5.6, 10 / 1.5)
    expected = (first - second).abs().mean() + sum(
        weight * (x - y).abs().mean() for weight, x, y in zip(weights, a, b, strict=True)
    )
    difference = network(picture, photograph)
    assert float(difference.detach()) == pytest.approx(float(expected.detach()), rel=1e-5)
    difference.backward()
    assert picture.grad is not None and float(picture.grad.abs().max()) > 0
    assert all(weights.grad is None for weights in network.parameters())


def test_vgg_out_of_an_authors_checkpoint(published: dict[str, Tensor], tmp_path: Path) -> None:
    prefix = "loss.vgg_loss.vgg.layers."
    state = {name.replace("features.", prefix): tensor for name, tensor in published.items()}
    torch.save({"state_dict": state}, tmp_path / "whole.ckpt")
    network = read_vgg(tmp_path / "whole.ckpt")
    assert torch.equal(network.features.state_dict()["43.weight"], published["features.43.weight"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"features.43.weight": None}, r"its features\.43\.weight is missing or of another shape"),
        ({"features.0.weight": torch.zeros(64, 3, 5, 5)}, r"features\.0\.weight is missing or of another shape"),
        ({"features.1.running_var": torch.full((64,), torch.nan)}, r"features\.1\.running_var holds values that are"),
    ],
)
def test_another_network_is_named(
    published: dict[str, Tensor], change: dict[str, Any], message: str, tmp_path: Path
) -> None:
    torch.save({**published, **change}, tmp_path / "vgg.pth")
    with pytest.raises(UserError, match=message):
        read_vgg(tmp_path / "vgg.pth")


def test_a_damaged_file_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "vgg.pth").write_bytes(b"not a file of torch")
    with pytest.raises(UserError, match="not a torch checkpoint"):
        read_vgg(tmp_path / "vgg.pth")
    assert not any(weights.requires_grad for weights in Vgg19Difference().parameters())
