"""How a surface moves: the analytic gradient against the surface found again after a small change."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from engines.dvr.config import DvrConfig
from engines.dvr.implicit_gradient import FLATTEST, differentiable_distances
from engines.dvr.marching import RaySampling, march
from engines.dvr.network import Decoder

SMALL = 1e-5
"""Of a change; in double precision its square is lost in nothing that is measured."""
FINE = RaySampling(samples=64, secant_steps=30)


def rays() -> tuple[Tensor, Tensor]:
    """Towards the middle from all around, some of them passing by."""
    random = torch.Generator().manual_seed(1)
    origins = torch.randn(40, 3, generator=random, dtype=torch.float64)
    origins = 1.5 * origins / origins.norm(dim=1, keepdim=True)
    return origins, 0.3 * torch.randn(40, 3, generator=random, dtype=torch.float64) - origins


def _distances(logits: Callable[[Tensor], Tensor], hit: Tensor | None = None) -> tuple[Tensor, Tensor]:
    origins, directions = rays()
    found = march(logits, origins, directions, FINE)
    return found.distances, found.hit if hit is None else hit & found.hit


def test_weights_and_code_move_the_surface_as_the_gradient_says() -> None:
    code = torch.randn(1, 3, generator=torch.Generator().manual_seed(2), dtype=torch.float64, requires_grad=True)
    torch.manual_seed(0)
    decoder = Decoder(DvrConfig(hidden_size=24, n_blocks=2, c_dim=3, encoder="simple_conv")).double()
    nn.init.normal_(decoder.get_parameter("blocks.1.fc_1.weight"), std=0.1)

    def logits(points: Tensor) -> Tensor:
        # A ball that the network dents.
        dented: Tensor = 3 * (0.4 - points.norm(dim=1)) + decoder(points, code)[:, 0]
        return dented

    (origins, directions), (distances, hit) = rays(), _distances(logits)
    assert 10 < int(hit.sum()) < 40
    weights = torch.randn(40, generator=torch.Generator().manual_seed(3), dtype=torch.float64) * hit
    moving = differentiable_distances(logits, origins, directions, distances, hit)
    assert torch.equal(moving.detach(), distances)
    moved = [decoder.fc_p.weight, decoder.get_parameter("blocks.1.fc_0.weight"), decoder.fc_out.bias, code]
    gradients = torch.autograd.grad((moving * weights).sum(), moved)
    for number, (tensor, gradient) in enumerate(zip(moved, gradients, strict=True)):
        change = torch.randn(tensor.shape, generator=torch.Generator().manual_seed(number), dtype=torch.float64)
        ends = []
        for sign in (1, -1):
            with torch.no_grad():
                tensor.add_(change, alpha=sign * SMALL)
                ends.append(float((_distances(logits, hit)[0] * weights).sum()))
                tensor.add_(change, alpha=-sign * SMALL)
        measured, expected = (ends[0] - ends[1]) / (2 * SMALL), float((gradient * change).sum())
        assert abs(expected) > 1e-3
        # A ReLU may have its kink between both ends.
        assert abs(measured - expected) < 1e-3 * abs(expected)


def test_a_ray_that_grazes_the_surface_moves_it_by_a_bound() -> None:
    shift = torch.zeros((), requires_grad=True)

    def logits(points: Tensor) -> Tensor:
        return points[:, 0] * 1e-6 + shift

    origins, directions = torch.zeros(1, 3), torch.tensor([[1.0, 0, 0]])
    moving = differentiable_distances(logits, origins, directions, torch.zeros(1), torch.ones(1, dtype=torch.bool))
    (gradient,) = torch.autograd.grad(moving.sum(), shift)
    torch.testing.assert_close(float(gradient), -1 / FLATTEST, rtol=1e-6, atol=0)


def test_where_no_surface_is_nothing_moves() -> None:
    shift = torch.ones((), requires_grad=True)
    origins, directions, hit = torch.zeros(2, 3), torch.ones(2, 3), torch.tensor([True, False])
    moving = differentiable_distances(lambda p: p[:, 0] * shift, origins, directions, torch.tensor([2.0, 7.0]), hit)
    first, second = (torch.autograd.grad(part, shift, retain_graph=True)[0] for part in moving)
    assert float(first) == -2.0 and float(second) == 0.0
    assert moving.tolist() == [2.0, 7.0]
