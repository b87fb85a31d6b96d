"""A step that is made of pieces is the step."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from engines.core.dataset import Dataset
from engines.core.optimisation import Optimisation
from engines.srn.comparison import RAYS_ON_CPU, Compared, pixel_weights, rays_at_once
from engines.srn.training import SrnObjective
from tests.engines.srn.learning import CPU, begun

SETTINGS = {"batch_size_per_img_sidelength": (3,), "rays_per_image": 40}


def gradients_of(
    training: Optimisation[SrnObjective], most: int, weights: bool
) -> tuple[Tensor, dict[str, Tensor], list[int]]:
    """The losses of a step's pieces, their gradients, and how many rays each piece had."""
    objective = training.objective
    objective._rays_at_once, seen = most, []
    compared, losses = objective._compared, objective.losses

    def weighted(batch: object) -> Compared:
        made = compared(batch)  # type: ignore[arg-type]
        valid = torch.arange(made.photographs[..., 0].numel()).view(made.photographs.shape[:2]) % 7 > 1
        return Compared(*(made.rays, made.codes, made.photographs), pixel_weights(valid) if weights else None)

    def counted(piece: Compared) -> dict[str, Tensor]:
        seen.append(piece.photographs[..., 0].numel())
        return losses(piece)

    objective._compared, objective.losses = weighted, counted  # type: ignore[method-assign]
    try:
        for parameter in objective.network.parameters():
            parameter.grad = None
        sums = training._backward(objective.read(0))[1]
    finally:
        objective._compared, objective.losses = compared, losses  # type: ignore[method-assign]
    named = objective.network.named_parameters()
    return sums, {name: parameter.grad.clone() for name, parameter in named if parameter.grad is not None}, seen


@pytest.mark.parametrize("weights", [False, True])
@pytest.mark.parametrize(("most", "rays"), [(80, [80, 40]), (40, [40] * 3), (25, [25, 15] * 3)])
def test_pieces_add_up_to_the_step(objects: Dataset, most: int, rays: list[int], weights: bool) -> None:
    training = begun(objects, **SETTINGS)
    whole, expected, seen = gradients_of(training, 10**6, weights)
    assert seen == [120]
    sums, found, seen = gradients_of(training, most, weights)
    assert seen == rays
    # Sums in another order: rounding of float32 only.
    assert torch.allclose(sums, whole, rtol=1e-5)
    assert found.keys() == expected.keys()
    for name, gradient in expected.items():
        assert torch.allclose(found[name], gradient, rtol=1e-3, atol=1e-5 * float(gradient.abs().max())), name


def test_pixels_that_dont_count_weigh_nothing_and_the_others_as_much_in_all() -> None:
    valid = torch.tensor([[True, False, True, False], [True] * 4, [False] * 4])
    assert pixel_weights(valid).tolist() == [[2, 0, 2, 0], [1] * 4, [0] * 4]


def test_a_cpu_takes_the_same_pieces_everywhere() -> None:
    assert rays_at_once(CPU, 10) == rays_at_once(CPU, 100) == RAYS_ON_CPU
