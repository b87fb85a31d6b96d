"""A step that is made of pieces is the step."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from engines.core.data.dataset import Dataset
from engines.core.learning.optimisation import Optimisation
from engines.srn import comparison
from engines.srn.comparison import RAYS_ON_CPU, Compared, pixel_weights, rays_at_once
from engines.srn.network import Phi, Srn, apply
from engines.srn.training import SrnObjective
from tests.engines.srn.learning import CPU, begun

SETTINGS = {"batch_size_per_img_sidelength": (3,), "rays_per_image": 40}


def gradients_of(
    training: Optimisation[SrnObjective], most: int, weights: bool, monkeypatch: pytest.MonkeyPatch
) -> tuple[Tensor, dict[str, Tensor], list[int]]:
    """The losses of a step, their gradients, and how many rays each of its pieces had."""
    objective, seen = training.objective, list[int]()
    made_by, losses_of = objective._compared, comparison._losses

    def weighted(batch: Any) -> Compared:
        made = made_by(batch)
        valid = torch.arange(made.photographs[..., 0].numel()).view(made.photographs.shape[:2]) % 7 > 1
        return replace(made, weights=pixel_weights(valid) if weights else None)

    def counted(network: Srn, phi: Phi, piece: Compared) -> tuple[Tensor, Tensor]:
        seen.append(piece.photographs[..., 0].numel())
        return losses_of(network, phi, piece)

    for parameter in objective.network.parameters():
        parameter.grad = None
    with monkeypatch.context() as patched:
        patched.setattr(objective, "_rays_at_once", most)
        patched.setattr(objective, "_compared", weighted)
        patched.setattr(comparison, "_losses", counted)
        sums = training._backward(objective.read(0))[1]
    named = objective.network.named_parameters()
    return sums, {name: parameter.grad.clone() for name, parameter in named if parameter.grad is not None}, seen


@pytest.mark.parametrize("weights", [False, True])
@pytest.mark.parametrize(("most", "rays"), [(80, [80, 40]), (40, [40] * 3), (25, [25, 15] * 3)])
def test_pieces_add_up_to_the_step(
    objects: Dataset, most: int, rays: list[int], weights: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    training = begun(objects, **SETTINGS)
    whole, expected, seen = gradients_of(training, 10**6, weights, monkeypatch)
    assert seen == [120]
    sums, found, seen = gradients_of(training, most, weights, monkeypatch)
    assert seen == rays
    # Sums in another order: rounding of float32 only.
    assert torch.allclose(sums, whole, rtol=1e-5)
    assert found.keys() == expected.keys()
    for name, gradient in expected.items():
        assert torch.allclose(found[name], gradient, rtol=1e-3, atol=1e-5 * float(gradient.abs().max())), name


def test_gradients_are_those_of_the_losses_as_they_are_written(objects: Dataset) -> None:
    training = begun(objects, **SETTINGS)
    objective, network = training.objective, training.objective.network
    batch = objective.read(0)
    objective.losses(batch)["total"].backward()
    found = {name: parameter.grad for name, parameter in network.named_parameters()}
    compared, codes = objective._compared(batch), objective._codes(batch)
    phi = network.scene(codes)
    ends = network.ray_marcher(phi, compared.rays.origins, compared.rays.directions, network.tracing_steps)
    image = (network.pixel_generator(apply(phi, ends)) - (compared.photographs / 127.5 - 1)).square().mean()
    depths = torch.einsum("bnc,bc->bn", ends - compared.rays.position[:, None], compared.rays.forward)
    depth = depths.clamp(max=0).square().mean() * 10_000
    assert codes is not None
    config = objective.config
    total = config.l1_weight * image + config.reg_weight * depth + config.kl_weight * codes.square().mean()
    expected = torch.autograd.grad(total, list(network.parameters()))
    for (name, gradient), wanted in zip(found.items(), expected, strict=True):
        assert gradient is not None
        torch.testing.assert_close(gradient, wanted, rtol=1e-3, atol=1e-5 * float(wanted.abs().max()), msg=name)


def test_pixels_that_dont_count_weigh_nothing_and_the_others_as_much_in_all() -> None:
    valid = torch.tensor([[True, False, True, False], [True] * 4, [False] * 4])
    assert pixel_weights(valid).tolist() == [[2, 0, 2, 0], [1] * 4, [0] * 4]


def test_a_cpu_takes_the_same_pieces_everywhere() -> None:
    assert rays_at_once(CPU, 10) == rays_at_once(CPU, 100) == RAYS_ON_CPU
