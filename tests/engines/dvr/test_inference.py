"""The decoder prepared for drawing against the trained one."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from engines.dvr.config import DvrConfig
from engines.dvr.inference import PackedDecoder, PackedLayers, chunk_points
from engines.dvr.network import Dvr

CASES: dict[str, dict[str, object]] = {
    "plain": {},
    "leaky": {"leaky": True},
    "conditional": {"c_dim": 7, "encoder": "idx", "num_instances": 2},
    "no blocks": {"n_blocks": 0},
    "no blocks, conditional": {"n_blocks": 0, "c_dim": 7, "encoder": "idx", "num_instances": 2},
    "occupancy only": {"out_dim": 1},
}


def random_network(spread: float = 0.3, **settings: Any) -> Dvr:
    """A small network in which every layer has its say; `spread` of its weights, smaller for more features."""
    torch.manual_seed(4)
    network = Dvr(DvrConfig(**{"hidden_size": 24, **settings}))
    for parameter in network.decoder.parameters():
        torch.nn.init.normal_(parameter, 0, spread)
    return network.eval().requires_grad_(False)


def code_of(network: Dvr) -> Tensor | None:
    return None if network.encoder is None else network.encoder(torch.tensor([1]))


@pytest.mark.parametrize("case", CASES)
def test_equals_the_trained_decoder(case: str) -> None:
    network = random_network(spread=0.3, **CASES[case])
    points, code = torch.randn(700, 3), code_of(network)
    packed = PackedDecoder(PackedLayers(network.decoder), code, level=0.25)
    points.requires_grad_(True)
    with torch.enable_grad():
        out = network.decoder(points, code)
        (gradients,) = torch.autograd.grad(out[:, 0].sum(), points)
    shaded = packed.shade(points.detach())
    for logits in (packed.logits(points.detach()), shaded.logits):
        torch.testing.assert_close(logits, out[:, 0].detach() - 0.25, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(shaded.gradients, gradients, rtol=1e-4, atol=1e-4)
    if out.shape[1] == 4:
        colours = out[:, 1:].sigmoid().detach()
        torch.testing.assert_close(shaded.colours, colours, rtol=1e-4, atol=1e-4)
        torch.testing.assert_close(packed.colours(points.detach()), colours, rtol=1e-4, atol=1e-4)


def test_without_colours_says_so() -> None:
    packed = PackedDecoder(PackedLayers(random_network(out_dim=1).decoder))
    with pytest.raises(ValueError, match="no colours"):
        packed.colours(torch.zeros(1, 3))
    assert (packed.shade(torch.zeros(2, 3)).colours == 1).all()


def test_no_points_give_nothing() -> None:
    packed, none = PackedDecoder(PackedLayers(random_network().decoder)), torch.zeros(0, 3)
    assert packed.logits(none).shape == (0,)
    assert packed.colours(none).shape == packed.shade(none).colours.shape == (0, 3)


def test_chunks_make_no_difference() -> None:
    packed, points = PackedDecoder(PackedLayers(random_network().decoder)), torch.randn(20_000, 3)
    torch.testing.assert_close(packed.logits(points)[-5:], packed.logits(points[-5:]), rtol=1e-5, atol=1e-5)


def test_leftover_points_are_asked_for_without_the_compilers_operators() -> None:
    """oneDNN makes, and keeps, a kernel for each count of rows: milliseconds, each time that a search asks for more."""
    network = random_network()
    packed, chunk = PackedDecoder(PackedLayers(network.decoder)), chunk_points(network.decoder)
    with torch.profiler.profile(record_shapes=True) as seen:
        packed.logits(torch.randn(2 * chunk + 17, 3))
    rows = {event.input_shapes[0][0] for event in seen.events() if event.name.startswith("mkldnn::_linear_pointwise")}
    assert rows <= {chunk}
