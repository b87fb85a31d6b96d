"""The networks prepared for drawing give what the plain ones give."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from engines.lsm.config import LsmConfig
from engines.lsm.inference import Inference
from engines.lsm.network import Lsm
from engines.lsm.recurrent import State
from tests.engines.lsm.golden import golden
from tests.engines.lsm.test_network import SMALL, cameras


def one_by_one(network: Lsm, photographs: torch.Tensor, K: torch.Tensor, R: torch.Tensor) -> torch.Tensor:
    """Logits [V, n, n, n] after each of the photographs of one object."""
    prepared, state, logits = Inference(network), None, []
    for view in range(photographs.shape[1]):
        own = slice(view, view + 1)
        features, _ = network.ImNet_UNet(photographs[0, own])
        after: State = prepared.fused(prepared.grid(features, K[0, own], R[0, own]), state)
        state = after
        logits.append(prepared.read(state[-1])[0][0])
    return torch.stack(logits)


@pytest.mark.parametrize("settings", [
    {}, {"norm": "BN"}, {"rnn": "lstm"}, {"nvox": 16, "grid_net": "unet64", "norm": "none"}, {"im_w": 48},
])  # fmt: skip
def test_every_form(settings: dict[str, Any]) -> None:
    torch.manual_seed(0)
    config = LsmConfig(**{**SMALL, **settings})
    network = Lsm(config).double().eval()
    for parameter in network.parameters():
        parameter.data += 0.05 * torch.randn_like(parameter)
    K, R = cameras(1, 3)
    photographs = torch.rand(1, 3, 3, config.im_h, config.im_w, dtype=torch.float64)
    with torch.inference_mode():
        wanted = network(photographs, K, R)[0]
        found = one_by_one(network, photographs, K, R)
    torch.testing.assert_close(found, wanted, atol=1e-7, rtol=1e-7)


@pytest.mark.slow
def test_the_authors_numbers(shared: Path) -> None:
    there = golden(shared, "vlsm")
    with torch.inference_mode():
        found = one_by_one(there.network, *there.given)
    wanted = torch.from_numpy(there.arrays["pred_vox"])[0, ..., 0]
    # As `test_equality` has it.
    torch.testing.assert_close(found, wanted, atol=2e-3, rtol=0)
