"""How much memory a way of searching takes: `python -m tests.engines.dvr.memory WAY SAMPLES`, MiB on stdout.

A process of its own for each: memory that was taken once is seldom given back.
"""

from __future__ import annotations

import resource
import sys

import torch

from engines.dvr.inference import PackedDecoder, PackedLayers
from engines.dvr.marching import RaySampling, march, sample_distances
from engines.dvr.occupancy_grid import build_grid
from engines.dvr.surface_search import find_surface
from tests.engines.dvr.shapes import view
from tests.engines.dvr.test_inference import random_network

SIDE, FEATURES = 32, 128
"""Small: of 128x128 with 512 features the authors' code takes more than 30 GB."""
AUTHORS_POINTS = 3_700_000
"""That their code evaluates at once."""


def taken(way: str, samples: int) -> float:
    """MiB at most, over what the program had before."""
    torch.set_num_threads(2)
    network = random_network(hidden_size=FEATURES, spread=0.05)
    rays, sampling = view(0.7, 0.3, 1.6, SIDE), RaySampling(samples)
    network.decoder(torch.zeros(64, 3))
    before = _peak()
    if way == "plain":
        # As they do: every sample of every ray is there at once.
        points = rays[0][:, None] + rays[1][:, None] * sample_distances(*rays, sampling)[..., None]
        torch.cat([network.decoder(part)[:, 0] for part in torch.split(points.view(-1, 3), AUTHORS_POINTS)])
    elif way == "chunked":
        march(lambda part: network.decoder(part)[:, 0], *rays, sampling)
    else:
        decoder = PackedDecoder(PackedLayers(network.decoder))
        find_surface(decoder.logits, build_grid(decoder.logits, torch.device("cpu"), 4.0), *rays, sampling)
    return (_peak() - before) / 2**20


def _peak() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


if __name__ == "__main__":
    with torch.no_grad():
        sys.stdout.write(f"{taken(sys.argv[1], int(sys.argv[2])):.1f}\n")
