"""Convolutions prepared for drawing give the numbers of those that were trained."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from torch import nn

from engines.core.networks.conv_inference import LEAST_RIM_PX, fuse
from engines.core.networks.unet import SameConv2d
from engines.core.networks.winograd import CHUNK_TILES, CHUNKS_A_THREAD, TILE

THREADS = 2


@pytest.fixture(autouse=True)
def two_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(THREADS)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize(
    ("channels", "outputs", "height", "width"),
    [
        (8, 4, LEAST_RIM_PX, LEAST_RIM_PX + 6),
        (8, 4, LEAST_RIM_PX - 4, LEAST_RIM_PX),
        (64, 64, 32, 48),
        # A thread for each chunk.
        (64, 64, THREADS * CHUNKS_A_THREAD * TILE, CHUNK_TILES * TILE),
    ],
    ids=["rim", "border", "winograd", "winograd, a thread each"],
)
@pytest.mark.parametrize("activation", [None, nn.ReLU(), nn.LeakyReLU(0.2)], ids=["plain", "relu", "leaky"])
def test_a_reflected_border(channels: int, outputs: int, height: int, width: int, activation: nn.Module | None) -> None:
    with torch.random.fork_rng(), torch.inference_mode():
        torch.manual_seed(0)
        layers = [SameConv2d(channels, outputs, bias=True), *([] if activation is None else [activation])]
        network = nn.ModuleList([nn.Sequential(*layers)]).eval()
        x = torch.randn(1, channels, height, width).contiguous(memory_format=torch.channels_last)
        expected = network[0](x)
        fuse(network, torch.device("cpu"))
        torch.testing.assert_close(network[0](x), expected, atol=5e-5, rtol=1e-4)
