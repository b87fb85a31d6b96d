"""The fast search for the surface against the plain one: the same rays hit, at the same places."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

from engines.core.errors import Cancelled
from engines.dvr.inference import PackedDecoder, PackedLayers
from engines.dvr.marching import Logits, RaySampling, SurfaceHits, march
from engines.dvr.occupancy_grid import build_grid
from engines.dvr.surface_search import SearchResult, find_surface
from tests.engines.dvr.fixtures import fixture_network, fixture_views, sampling_of
from tests.engines.dvr.shapes import thin_parts, view
from tests.engines.dvr.test_inference import random_network

CPU = torch.device("cpu")
# The plain search makes 8 steps, which is a little short where a ray grazes the surface.
CLOSE = 1e-3
FAR_OFF = [(0.7, 0.3, 1.6), (2.9, -0.6, 1.2), (4.4, 0.05, 3.0)]
WITHIN = [(0.4, 0.2, 0.4), (2.0, 0.0, 0.2), (5.0, 0.9, 0.52)]


def wrong(found: SurfaceHits, expected: SurfaceHits) -> int:
    """Rays of which one hits and the other doesn't, or elsewhere."""
    differ = (found.hit != expected.hit) | (found.starts_inside != expected.starts_inside)
    away = (found.distances - expected.distances).abs() > CLOSE
    return int((differ | away & expected.hit).sum())


def compared(logits: Logits, rays: tuple[Tensor, Tensor], samples: int) -> tuple[SearchResult, SurfaceHits]:
    sampling = RaySampling(samples)
    grid = build_grid(logits, CPU)
    return find_surface(logits, grid, *rays, sampling), march(logits, *rays, sampling)


@pytest.mark.parametrize("place", FAR_OFF)
def test_thin_parts_are_found(place: tuple[float, float, float]) -> None:
    found, expected = compared(thin_parts, view(*place, side=48), 1024)
    assert 20 < expected.hit.sum() < 2000
    assert wrong(found.hits, expected) == 0
    off = (found.hits.distances - expected.distances).abs()[expected.hit]
    assert off.quantile(0.95) < 5e-6
    assert found.evaluations < 20 * len(expected.hit)


@pytest.mark.parametrize("place", WITHIN)
def test_cameras_within_the_cube(place: tuple[float, float, float]) -> None:
    found, expected = compared(thin_parts, view(*place, side=32, focal=0.8), 512)
    assert expected.hit.any()
    assert wrong(found.hits, expected) == 0


def inside_out(points: Tensor) -> Tensor:
    """Occupied everywhere but in a ball and far away: rays begin inside, within, and beside the cube."""
    radius = points.norm(dim=1)
    return torch.minimum(radius - 0.4, 1.9 - radius) * 30


@pytest.mark.parametrize("place", [*FAR_OFF, *WITHIN])
def test_rays_that_begin_inside_or_pass_the_cube_by(place: tuple[float, float, float]) -> None:
    found, expected = compared(inside_out, view(*place, side=32, focal=0.8), 256)
    assert expected.starts_inside.any() or place[2] < 0.4 or place[2] == 3.0
    assert wrong(found.hits, expected) == 0


def waves(points: Tensor) -> Tensor:
    """Many surfaces, one behind another, everywhere."""
    return (points * torch.tensor([17.0, 23.0, 19.0])).sin().sum(1) - 1.2


def nothing(points: Tensor) -> Tensor:
    """No surface."""
    return torch.as_tensor(-1 - points.norm(dim=1))


def steps(points: Tensor) -> Tensor:
    """A ball of one value in nothing of another: as far from smooth as can be."""
    return torch.where(points.norm(dim=1) < 0.3, 7.0, -4.0)


@pytest.mark.parametrize("field", [waves, nothing, steps])
def test_fields_of_all_kinds(field: Callable[[Tensor], Tensor]) -> None:
    # All rays meet the cube: what lies around it is sampled more coarsely.
    found, expected = compared(field, view(0.7, 0.3, 1.6, side=40, focal=4.0), 300)
    assert wrong(found.hits, expected) == 0


@pytest.mark.parametrize("samples", [2, 16, 64, 128, 2048])
def test_any_number_of_samples(samples: int) -> None:
    found, expected = compared(thin_parts, view(0.7, 0.5, 1.6, side=32), samples)
    assert wrong(found.hits, expected) == 0


def test_random_weights() -> None:
    decoder = PackedDecoder(PackedLayers(random_network(hidden_size=48).decoder), level=1.0)
    for place in FAR_OFF:
        found, expected = compared(decoder.logits, view(*place, side=24), 256)
        assert wrong(found.hits, expected) == 0


@pytest.mark.parametrize("name", ["dvr_rgb", "dvr_cond"])
def test_equals_the_authors_code(shared: Path, name: str) -> None:
    network = fixture_network(shared, name)
    code = None
    for fixture in fixture_views(shared, name, every=3):
        if code is None or not torch.equal(code, fixture.code):
            code = fixture.code
            decoder = PackedDecoder(PackedLayers(network.decoder), code)
            grid = build_grid(decoder.logits, CPU, radius=4.0)
        found = find_surface(decoder.logits, grid, fixture.origins, fixture.directions, sampling_of(name))
        hit = torch.from_numpy(fixture.expected["mask_pred"])
        assert torch.equal(found.hits.hit, hit)
        assert torch.equal(found.hits.starts_inside, torch.from_numpy(fixture.expected["mask_zero_occupied"]))
        depths = torch.from_numpy(fixture.expected["depth_cam"])
        assert (found.hits.distances - depths).abs()[hit].max() < CLOSE
        assert found.evaluations < 3 * len(hit)


def asked_by(logits: Logits, samples: int) -> int:
    rays, grid = view(0.7, 0.3, 1.6, side=48), build_grid(logits, CPU, radius=4.0)
    return find_surface(logits, grid, *rays, RaySampling(samples)).evaluations


def test_samples_cost_little() -> None:
    assert asked_by(thin_parts, 2048) < 1.12 * asked_by(thin_parts, 1024)
    assert asked_by(thin_parts, 8192) < 1.3 * asked_by(thin_parts, 1024)


def test_what_peeps_out_between_two_samples_is_no_surface() -> None:
    """Kinks everywhere: where the search steps by what the field was, some edges lie within a step."""
    rays, sampling = view(1.8, 0.7, 2.5, side=64), RaySampling(200)
    found = find_surface(thin_parts, build_grid(thin_parts, CPU, 3.5), *rays, sampling)
    assert wrong(found.hits, march(thin_parts, *rays, sampling)) == 0


def test_exact_zeros_and_numbers_that_are_none_go_as_in_the_plain_search() -> None:
    def flat(points: Tensor) -> Tensor:
        """0 in a slab, and not finite behind it."""
        x = points[:, 0]
        return torch.where(x < -0.2, -1.0, torch.where(x < 0.1, 0.0, torch.nan))

    found, expected = compared(flat, view(3.1, 0.1, 1.6, side=16), 64)
    assert wrong(found.hits, expected) == 0


def test_rays_along_the_axes() -> None:
    axes = torch.eye(3).repeat(2, 1) * torch.tensor([1.0, -1]).repeat_interleave(3)[:, None]
    found, expected = compared(thin_parts, (axes * -1.5 + 0.003, axes), 1024)
    assert expected.hit.sum() == 6
    assert wrong(found.hits, expected) == 0


def test_no_rays_give_no_hits() -> None:
    found = find_surface(nothing, build_grid(nothing, CPU), torch.zeros(0, 3), torch.zeros(0, 3), RaySampling())
    assert found.hits.hit.shape == (0,)


def test_a_field_that_changed_is_searched_with_its_own_grid_only() -> None:
    # A grid of another field misses what is new: whoever changes a field makes its grid again.
    rays = view(0.7, 0.3, 1.6, side=16)
    stale = find_surface(thin_parts, build_grid(nothing, CPU), *rays, RaySampling(128))
    assert not stale.hits.hit.any()


def test_stops_when_asked() -> None:
    grid = build_grid(thin_parts, CPU, radius=2.0)
    with pytest.raises(Cancelled):
        find_surface(thin_parts, grid, *view(0.7, 0.3, 1.6, side=8), RaySampling(), lambda: True)
