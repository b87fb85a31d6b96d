"""The plain search along rays: against the authors' code, and against one ray at a time in plain Python."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from engines.core.errors import Cancelled
from engines.dvr.marching import RaySampling, SurfaceHits, cube_interval, march, sample_distances
from tests.engines.dvr.fixtures import fixture_network, fixture_views, logits_of, sampling_of

Field = Callable[[Tensor], Tensor]
AXIS = torch.tensor([[1.0, 0.0, 0.0]])


# All of them take minutes.
EVERY = 29


@pytest.mark.parametrize("name", ["dvr_rgb", "dvr_cond"])
def test_equals_the_authors_code(shared: Path, name: str) -> None:
    network = fixture_network(shared, name)
    for view in fixture_views(shared, name, EVERY):
        assert 20 < view.expected["mask_pred"].sum() < 200
        hits = march(logits_of(network, view.code), view.origins, view.directions, sampling_of(name))
        expected = view.expected["mask_pred"]
        np.testing.assert_array_equal(hits.hit.numpy(), expected)
        np.testing.assert_array_equal(hits.starts_inside.numpy(), view.expected["mask_zero_occupied"])
        # Float32 sums of 128 terms in another order.
        depths = hits.distances.numpy()
        np.testing.assert_allclose(depths[expected], view.expected["depth_cam"][expected], atol=2e-5)
        points = (view.origins + view.directions * hits.distances[:, None]).numpy()
        np.testing.assert_allclose(points[expected], view.expected["p_world"][expected], atol=2e-5)


def along_x(value: Callable[[float], float]) -> Field:
    """A field that depends on x only."""
    return lambda points: torch.tensor([value(x) for x in points[:, 0].tolist()])


def hit_along_x(value: Callable[[float], float], samples: int = 128) -> SurfaceHits:
    return march(along_x(value), -2 * AXIS, AXIS, RaySampling(samples))


def test_finds_where_a_ray_first_enters() -> None:
    hits = hit_along_x(lambda x: 0.1 - abs(x + 0.2) if x < 0.1 else 1.0)
    assert hits.hit.item()
    assert hits.distances.item() == pytest.approx(2 - 0.3, abs=1e-6)


def test_a_ray_that_begins_inside_is_no_hit() -> None:
    hits = hit_along_x(lambda x: 1.0 if x < -0.4 or 0.1 < x < 0.2 else -1.0)
    assert not hits.hit.item()
    assert hits.starts_inside.item()


def test_a_ray_whose_first_sample_is_on_the_surface_counts_as_begun_inside() -> None:
    # 0 is neither empty nor a change of sign; the change that comes first is from inside to outside.
    hits = hit_along_x(lambda x: 0.0 if x < -0.5499 else 1.0 if x < 0 else -1.0)
    assert not hits.hit.item()
    assert hits.starts_inside.item()


def test_a_sample_that_is_exactly_0_hides_a_change_of_sign() -> None:
    edge = float(sample_points(9)[4])
    hits = hit_along_x(lambda x: 0.0 if x == edge else math.copysign(1.0, x - edge), samples=9)
    assert not hits.hit.item()
    assert not hits.starts_inside.item()


def sample_points(samples: int) -> Tensor:
    distances = sample_distances(-2 * AXIS, AXIS, RaySampling(samples))
    return (-2 * AXIS + AXIS * distances[0, :, None])[:, 0]


def test_samples_reach_from_side_to_side() -> None:
    np.testing.assert_allclose(sample_points(5).numpy(), [-0.55, -0.275, 0, 0.275, 0.55], atol=1e-6)


def test_rays_that_pass_by_are_searched_in_the_range_given() -> None:
    sampling = RaySampling(3, unseen=(0.5, 2.5))
    origins, directions = torch.tensor([[0.0, 5.0, 0.0]]), torch.tensor([[2.0, 0.0, 0.0]])
    np.testing.assert_allclose(sample_distances(origins, directions, sampling).numpy(), [[0.5, 1.5, 2.5]])
    # In lengths of the direction, as in the authors' code.
    hits = march(lambda points: points[:, 0] - 4, origins, directions, sampling)
    assert hits.hit.item()
    assert hits.distances.item() == pytest.approx(2)


def test_of_a_camera_within_the_cube_the_nearer_face_begins() -> None:
    near, far, meets = cube_interval(0.3 * AXIS, AXIS)
    assert meets.item()
    np.testing.assert_allclose([near.item(), far.item()], [0.25, 0.85], rtol=1e-6)


def test_secant_steps_come_closer() -> None:
    def cubic(points: Tensor) -> Tensor:
        return (points[:, 0] + 0.6) ** 3 - 0.3

    surface = 2 - 0.6 + 0.3 ** (1 / 3)
    wrong = [
        abs(march(cubic, -2 * AXIS, AXIS, RaySampling(4, secant_steps=steps)).distances.item() - surface)
        for steps in (0, 2, 8)
    ]
    assert wrong[0] > 1e-2 > wrong[1] > wrong[2]
    assert wrong[2] < 1e-4


def plainly(value: Field, origin: Tensor, direction: Tensor, samples: int) -> float | None:
    """One ray, one sample after another: where the line between two of them crosses 0; None: no hit."""
    distances: list[float] = sample_distances(origin[None], direction[None], RaySampling(samples))[0].tolist()
    values: list[float] = [value((origin + direction * d)[None]).item() for d in distances]
    if not values[0] < 0:
        return None
    for j in range(samples - 1):
        if values[j] * values[j + 1] < 0:
            return distances[j] - values[j] * (distances[j + 1] - distances[j]) / (values[j + 1] - values[j])
    return None


def test_equals_one_ray_at_a_time_in_chunks_of_any_size() -> None:
    generator = torch.Generator().manual_seed(5)
    origins = torch.randn(40, 3, generator=generator)
    directions = torch.randn(40, 3, generator=generator) - origins

    def waves(points: Tensor) -> Tensor:
        return (points * torch.tensor([5.0, 9.0, 7.0])).sin().sum(-1) - 0.4

    expected = [plainly(waves, *ray, samples=20) for ray in zip(origins, directions, strict=True)]
    assert 5 < sum(d is not None for d in expected) < 35
    for chunk_points in (1, 100, 10_000):
        hits = march(waves, origins, directions, RaySampling(20, secant_steps=0), chunk_points)
        assert hits.hit.tolist() == [d is not None for d in expected]
        found = [d for d in expected if d is not None]
        np.testing.assert_allclose(hits.distances[hits.hit].numpy(), found, rtol=1e-4)


def test_no_rays_give_no_hits() -> None:
    hits = march(lambda points: points[:, 0], torch.zeros(0, 3), torch.zeros(0, 3), RaySampling())
    assert hits.hit.shape == hits.distances.shape == hits.starts_inside.shape == (0,)


def test_stops_when_asked() -> None:
    answers = iter([False, False, True])
    evaluated = list[int]()

    def field(points: Tensor) -> Tensor:
        evaluated.append(len(points))
        return points[:, 0]

    with pytest.raises(Cancelled):
        march(field, -2 * AXIS.expand(9, 3), AXIS.expand(9, 3), RaySampling(8, 0), 8, lambda: next(answers))
    assert evaluated == [8, 8]
