"""Each loss and its gradient against numbers of the authors' code (commit 5a19010), in float64, of the same weights,
rays, colours and places by chance; all of these follow from sines, so that they are the same everywhere."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest
import torch
from torch import Tensor

from engines.core.distributed import Share
from engines.dvr.comparison import RayComparison
from engines.dvr.config import DvrConfig
from engines.dvr.field import RayField
from engines.dvr.marching import RaySampling
from engines.dvr.network import Dvr
from engines.dvr.scene import logit_of
from engines.dvr.training_views import KnownPoints, RayBatch

OBJECTS, RAYS, POINTS, SAMPLES = 2, 64, 12, 24
SIZES: dict[str, Any] = {
    "hidden_size": 24, "n_blocks": 2, "c_dim": 3, "encoder": "idx", "num_instances": OBJECTS, "batch_size": OBJECTS,
    "n_training_points": RAYS, "tau": 0.45, "n_secant_steps": 6,
    "lambda_rgb": 1.3, "lambda_image_gradients": 0.7, "lambda_freespace": 1.1, "lambda_occupied": 0.9,
    "lambda_normal": 0.3, "lambda_depth": 0.6, "lambda_sparse_depth": 0.4,
}  # fmt: skip


def waves(*shape: int, phase: float) -> Tensor:
    """Numbers in [-1, 1] that look random."""
    count = torch.arange(torch.Size(shape).numel(), dtype=torch.float64)
    return (43758.5453 * torch.sin(12.9898 * (count + 1) + phase)).frac().view(shape)


def network(config: DvrConfig) -> Dvr:
    """With a surface that is neither a plane nor closed."""
    made = Dvr(config).double()
    with torch.no_grad():
        for number, parameter in enumerate(made.parameters()):
            fan_in = parameter.shape[-1] if parameter.ndim == 2 else 8
            parameter.copy_(waves(*parameter.shape, phase=float(number)) * (2.5 / fan_in) ** 0.5)
        made.decoder.fc_p.weight.mul_(8)
        made.decoder.fc_out.bias[0] = 0
    return made


@dataclass(frozen=True, eq=False)
class Looked:
    """What a step of two objects looks at, [B, N...] of each."""

    origins: Tensor
    directions: Tensor
    colours: Tensor
    inside: Tensor
    depths: Tensor
    empty_at: Tensor
    occupied_at: Tensor
    beside: Tensor
    known_directions: Tensor
    known_at: Tensor


def looked() -> Looked:
    """Squares of four rays from two places, through the cube."""
    places = torch.tensor([[0.3, 0.2, -1.7], [-0.4, 1.5, 0.8]], dtype=torch.float64)
    origins = places[:, None].expand(OBJECTS, RAYS, 3)
    corners = waves(OBJECTS, RAYS // 4, 1, 3, phase=0.5) * 0.45
    within = waves(1, 1, 4, 3, phase=2.0) * 0.02
    aims = (corners + within).view(OBJECTS, RAYS, 3)
    depths = 1.1 + 0.4 * waves(OBJECTS, RAYS, phase=3.0)
    return Looked(
        origins,
        aims - origins,
        0.5 + 0.5 * waves(OBJECTS, RAYS, 3, phase=4.0),
        waves(OBJECTS, RAYS // 4, phase=5.0).repeat_interleave(4, 1) > -0.4,
        torch.where(waves(OBJECTS, RAYS, phase=6.0) < -0.6, torch.inf, depths),
        1 + 0.3 * waves(OBJECTS, RAYS, phase=7.0),
        1 + 0.2 * waves(OBJECTS, RAYS, phase=8.0),
        0.5 * waves(OBJECTS, RAYS, 3, phase=9.0),
        0.4 * waves(OBJECTS, POINTS, 3, phase=10.0) - places[:, None],
        1 + 0.2 * waves(OBJECTS, POINTS, phase=11.0),
    )


def batch_of(rays: Looked) -> RayBatch:
    """One after the other."""

    def flat(values: Tensor) -> Tensor:
        return values.reshape(-1, *values.shape[2:]).to(torch.float64 if values.is_floating_point() else torch.bool)

    known = KnownPoints(
        torch.arange(OBJECTS).repeat_interleave(POINTS), [POINTS] * OBJECTS, flat(rays.origins[:, :POINTS]),
        flat(rays.known_directions), flat(rays.known_at),
    )  # fmt: skip
    return RayBatch(
        0, Share(0, 1, 1), (0, 1), [RAYS] * OBJECTS, torch.arange(OBJECTS),
        torch.arange(OBJECTS).repeat_interleave(RAYS), flat(rays.origins), flat(rays.directions), flat(rays.colours),
        flat(rays.inside), torch.ones(OBJECTS * RAYS, dtype=torch.bool), flat(rays.depths), flat(rays.empty_at),
        flat(rays.occupied_at), flat(rays.beside), known,
    )  # fmt: skip


def losses(config: DvrConfig, made: Dvr) -> dict[str, Tensor]:
    """The engine's, weighted, where a depth of 1 is a side of the cube."""
    assert made.encoder is not None
    batch, level = batch_of(looked()), logit_of(config.tau)
    sampling = RaySampling(SAMPLES, config.n_secant_steps)
    field = RayField(made.decoder, made.encoder(batch.inputs), batch.objects, batch.counts)
    compare = RayComparison(config, 1.0)
    found = compare(field, batch, field.search(batch.origins, batch.directions, sampling, level, None))
    assert batch.points is not None
    points = replace(field, objects=batch.points.objects, counts=batch.points.counts)
    hits = points.search(batch.points.origins, batch.points.directions, sampling, level, None)
    return {**found, "sparse_depth": compare.sparse_depth(points, batch.points, hits)}


def gradient(loss: Tensor, made: Dvr) -> Tensor:
    """[P] by all parameters, the codes last."""
    assert made.encoder is not None
    parameters = [*made.decoder.parameters(), *made.encoder.parameters()]
    found = torch.autograd.grad(loss, parameters, retain_graph=True, allow_unused=True)
    return torch.cat(
        [torch.zeros_like(p).flatten() if g is None else g.flatten() for p, g in zip(parameters, found, strict=True)]
    )


CASES: dict[str, dict[str, Any]] = {
    "sum": {},
    "mean, along the axis": {"reduction_method": "mean", "depth_loss_on_world_points": False},
    "free where seen": {"always_freespace": False},
}
EXPECTED: dict[str, dict[str, tuple[float, float, float]]] = {
    "sum": {
        "freespace": (48.4617204, 388.191984, 155.240816),
        "occupied": (19.1715535, 83.4751933, 59.7216288),
        "rgb": (46.3440311, 72.3593671, -5.21866861),
        "image_gradients": (11.0894715, 0.460817935, -0.038225599),
        "depth": (25.0341468, 12.2162969, -2.5535043),
        "normal": (0.0137681483, 30.040527, 8.15364002),
        "sparse_depth": (5.01914152, 3.17239584, -1.7274003),
    },
    "mean, along the axis": {
        "freespace": (1.10140274, 8.8225451, 3.52820036),
        "occupied": (0.958577675, 4.17375967, 2.98608144),
        "rgb": (0.724125486, 1.13061511, -0.0815416971),
        "image_gradients": (0.693091971, 0.0288011209, -0.00238909994),
        "depth": (0.244869872, 0.109131706, -0.0229311753),
        "normal": (0.0137681483, 30.040527, 8.15364002),
        "sparse_depth": (0.168219321, 0.111287159, -0.0622769464),
    },
}
"""Of each loss: its value, the length of its gradient, and the gradient along `waves`."""
# Nothing else looks at free space.
EXPECTED["free where seen"] = {**EXPECTED["sum"], "freespace": (47.2418028, 385.838885, 160.71992)}


@pytest.mark.parametrize("case", CASES)
def test_each_loss_and_its_gradient_is_the_authors(case: str) -> None:
    config = DvrConfig(**SIZES, **CASES[case])
    made = network(config)
    found = losses(config, made)
    assert set(found) == set(EXPECTED[case])
    for name, expected in EXPECTED[case].items():
        by = gradient(found[name], made)
        values = (float(found[name].detach()), float(by.norm()), float(by @ waves(len(by), phase=12.0)))
        # They are kept with nine digits.
        assert values == pytest.approx(expected, rel=1e-7, abs=1e-9), name
