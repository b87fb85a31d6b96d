"""The search of a GPU finds what the plain one does, whatever room its rounds have, and hardly waits."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from app.conformance.pretended_gpu import DEVICE, pretended_gpu
from engines.core.errors import Cancelled
from engines.dvr.inference import PackedDecoder, PackedLayers
from engines.dvr.marching import Logits, RaySampling, SurfaceHits, march
from engines.dvr.occupancy_grid import build_grid
from engines.dvr.ray_samples import farthest_coordinate
from engines.dvr.steady_search import Rounds, steady_search
from engines.dvr.surface_search import SearchResult
from tests.engines.dvr.shapes import thin_parts, view
from tests.engines.dvr.test_inference import random_network
from tests.engines.dvr.test_surface_search import CPU, FAR_OFF, WITHIN, inside_out, nothing, steps, waves, wrong

SAMPLES = 512


def compared(
    logits: Logits, rays: tuple[Tensor, Tensor], rounds: Rounds, samples: int = SAMPLES
) -> tuple[SearchResult, SurfaceHits]:
    sampling = RaySampling(samples)
    grid = build_grid(logits, CPU, farthest_coordinate(*rays, sampling))
    return steady_search(logits, grid, rays, sampling, rounds), march(logits, *rays, sampling)


@pytest.mark.parametrize("place", [*FAR_OFF, *WITHIN])
@pytest.mark.parametrize("samples", [32, SAMPLES])
def test_it_is_the_plain_search(place: tuple[float, float, float], samples: int) -> None:
    rays, rounds = view(*place, side=40), Rounds()
    # First counted, then as many as there were; then with far too little room.
    for _ in range(2):
        found, expected = compared(thin_parts, rays, rounds, samples)
        assert expected.hit.any() and wrong(found.hits, expected) == 0
        assert found.hits.counts == (int(expected.hit.sum()), int(expected.starts_inside.sum()))
    rounds.shares = [(0.01, 0.0)] * 3
    found, expected = compared(thin_parts, rays, rounds, samples)
    assert wrong(found.hits, expected) == 0


def test_rays_that_begin_inside_and_pass_the_cube_by() -> None:
    for place in (*FAR_OFF, *WITHIN):
        found, expected = compared(inside_out, view(*place, side=24), Rounds())
        assert wrong(found.hits, expected) <= 1


@pytest.mark.parametrize("field", [waves, nothing, steps])
def test_fields_of_all_kinds(field: Logits) -> None:
    found, expected = compared(field, view(0.7, 0.3, 1.6, side=40, focal=4.0), Rounds(), 300)
    assert wrong(found.hits, expected) == 0


def test_random_weights() -> None:
    decoder = PackedDecoder(PackedLayers(random_network(hidden_size=48).decoder), level=1.0)
    for place in FAR_OFF:
        found, expected = compared(decoder.logits, view(*place, side=24), Rounds(), 256)
        assert wrong(found.hits, expected) == 0


def exactly_on_it(points: Tensor) -> Tensor:
    """0 all over a ball: neither empty nor occupied."""
    return torch.where(points.norm(dim=1) < 0.3, 0.0, -4.0)


def test_rays_that_go_astray_are_marched() -> None:
    found, expected = compared(exactly_on_it, view(0.7, 0.3, 1.6, side=40), Rounds())
    assert found.marched > 0 and found.hits.counts is None and wrong(found.hits, expected) == 0


def test_little_is_asked() -> None:
    rounds, rays = Rounds(), view(0.7, 0.3, 1.6, side=48)
    asked = [compared(thin_parts, rays, rounds)[0].evaluations for _ in range(3)]
    # Room for 64 rays is little in a larger picture.
    assert asked[0] < 4 * len(rays[0]) and asked[2] < 15 * len(rays[0])


def test_it_ends_when_it_is_told_to() -> None:
    rays, sampling = view(0.7, 0.3, 1.6, side=8), RaySampling(64)
    with pytest.raises(Cancelled):
        steady_search(thin_parts, build_grid(thin_parts, CPU, 4.0), rays, sampling, Rounds(), lambda: True)


def test_a_gpu_is_waited_for_once() -> None:
    rays, sampling, rounds = view(0.7, 0.3, 1.6, side=32), RaySampling(SAMPLES), Rounds()
    expected = compared(thin_parts, rays, Rounds())[1]
    with pretended_gpu() as waits:
        device = torch.device(DEVICE)
        there = rays[0].to(device), rays[1].to(device)
        grid = build_grid(thin_parts, device, farthest_coordinate(*there, sampling))
        steady_search(thin_parts, grid, there, sampling, rounds)
        before = waits.count
        found = steady_search(thin_parts, grid, there, sampling, rounds).hits
        found.numbers()
        assert waits.count == before + 1
        hits = SurfaceHits(found.distances.cpu(), found.hit.cpu(), found.starts_inside.cpu())
    assert wrong(hits, expected) == 0
