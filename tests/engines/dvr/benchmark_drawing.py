"""The search for the surface against the plain march, with 512 features and 1,024 samples a ray, as published.

The plain march of a whole picture takes minutes, so it is timed on some of its rays, drawn by chance, and taken as
many times as there are more. The fields: a trained one of the authors' code, one fitted to thin parts, both with each
feature four times, which is the same field at the cost of a wide network; and one of random weights.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from engines.dvr.inference import PackedDecoder, PackedLayers
from engines.dvr.marching import RaySampling, march
from engines.dvr.network import Dvr
from engines.dvr.occupancy_grid import build_grid
from engines.dvr.surface_search import find_surface
from tests.benchmarks.measuring import Measure, seconds
from tests.engines.dvr.fitted import fitted_network, widened
from tests.engines.dvr.fixtures import fixture_network
from tests.engines.dvr.shapes import view
from tests.engines.dvr.test_inference import random_network
from tests.engines.dvr.test_surface_search import wrong

CPU = torch.device("cpu")
SIDE, PLAIN_RAYS, ROUNDS = 128, 32, 5
PLAIN_CHUNK = 2**13
"""Points that the plain march evaluates at once: more are slower."""
RADIUS = 4.0
FIELDS = ("trained", "fitted", "random")
SPEED = 100
"""How many times faster; the goal is 300."""


def network_of(field: str, shared: Path) -> Dvr:
    """With 512 features."""
    if field == "trained":
        return widened(fixture_network(shared, "dvr_rgb").decoder, 4)
    if field == "fitted":
        return widened(fitted_network().decoder, 4)
    network = random_network(hidden_size=512, spread=0.05)
    # A fifth of the cube is occupied.
    values = network.decoder((torch.rand(2000, 3) - 0.5) * 1.1)[:, 0]
    network.decoder.fc_out.bias[0] -= values.quantile(0.8)
    return network


@pytest.mark.parametrize("field", FIELDS)
def benchmark_view(field: str, shared: Path, measure: Measure) -> None:
    network = network_of(field, shared)
    decoder = PackedDecoder(PackedLayers(network.decoder))
    rays, sampling = view(0.7, 0.3, 1.6, SIDE), RaySampling(1024)
    some = torch.randperm(SIDE**2, generator=torch.Generator().manual_seed(1))[:PLAIN_RAYS]
    some_rays = (rays[0][some], rays[1][some])
    grid_s = list[float]()
    for _ in range(2):
        grid_s.append(seconds(lambda: build_grid(decoder.logits, CPU)))
    grid = build_grid(decoder.logits, CPU, RADIUS)

    def plainly() -> None:
        march(lambda points: network.decoder(points)[:, 0], *some_rays, sampling, PLAIN_CHUNK)

    def drawn(samples: int = 1024) -> None:
        find_surface(decoder.logits, grid, *rays, RaySampling(samples))

    def round_() -> tuple[float, float]:
        plain_s = seconds(plainly) * SIDE**2 / PLAIN_RAYS
        single, double = seconds(drawn), seconds(lambda: drawn(2048))
        return plain_s / single, double / single

    drawn()
    rounds = measure.rounds(round_, ROUNDS)
    measure.figure("", [ratio for ratio, _ in rounds], "x", at_least=SPEED)
    measure.figure("twice the samples", [ratio for _, ratio in rounds], "x", at_most=1.15)
    measure.figure("grid", grid_s, "s", at_most=4)
    found = find_surface(decoder.logits, grid, *rays, sampling)
    measure.figure("points a ray", [found.evaluations / SIDE**2], "points")
    of_some = find_surface(decoder.logits, grid, *some_rays, sampling)
    expected = march(lambda points: network.decoder(points)[:, 0], *some_rays, sampling, PLAIN_CHUNK)
    measure.figure("rays that are wrong", [float(wrong(of_some.hits, expected))], "rays", at_most=0)


def benchmark_memory(measure: Measure) -> None:
    def taken(way: str, samples: int) -> float:
        words = [sys.executable, "-m", "tests.engines.dvr.memory", way, str(samples)]
        return float(subprocess.run(words, check=True, capture_output=True, text=True).stdout)

    rounds = measure.rounds(lambda: [taken("plain", 1024), taken("fast", 1024), taken("fast", 4096)], 2)
    measure.figure("of the plain march", [fast / plain for plain, fast, _ in rounds], "x", at_most=0.1)
    measure.figure("four times the samples", [more / fast for _, fast, more in rounds], "x", at_most=1.1)
    measure.figure("taken", [fast for _, fast, _ in rounds], "MiB")


@pytest.mark.parametrize("side_px", [256])
def benchmark_scaling(side_px: int, shared: Path, measure: Measure) -> None:
    decoder = PackedDecoder(PackedLayers(fixture_network(shared, "dvr_rgb").decoder))
    grid = build_grid(decoder.logits, CPU, RADIUS)

    def took(side: int) -> float:
        rays = view(0.7, 0.3, 1.6, side)
        return seconds(lambda: find_surface(decoder.logits, grid, *rays, RaySampling(1024)))

    took(side_px)
    rounds = measure.rounds(lambda: took(2 * side_px) / took(side_px), ROUNDS)
    measure.figure("four times the pixels", rounds, "x", at_most=4.4)
