"""The networks put together: every form runs, and what is known after some photographs is not of later ones."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
import torch

from engines.lsm.config import LsmConfig
from engines.lsm.network import Lsm

SMALL = {"nvox": 8, "im_h": 32, "im_w": 32}
DEPTH = {**SMALL, "kind": "dlsm", "ray_samples": 4}


def cameras(objects: int, views: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Around the grid at a distance of 2, with a wide lens."""
    K = torch.tensor([[30.0, 0, 16], [0, 30.0, 16], [0, 0, 1]], dtype=torch.float64).expand(objects, views, 3, 3)
    angles = torch.arange(objects * views).view(objects, views) * 0.7
    R = torch.zeros(objects, views, 3, 4, dtype=torch.float64)
    R[..., 0, 0], R[..., 0, 2], R[..., 1, 1] = angles.cos(), angles.sin(), 1.0
    R[..., 2, 0], R[..., 2, 2], R[..., 2, 3] = -angles.sin(), angles.cos(), 2.0
    return K, R


@pytest.mark.slow
@pytest.mark.parametrize("settings", [
    {**SMALL}, {**SMALL, "rnn": "lstm", "norm": "BN"}, {**SMALL, "norm": "none"},
    {**SMALL, "nvox": 16, "grid_net": "unet64"}, {**SMALL, "im_w": 48},
    {**DEPTH}, {**DEPTH, "sepup": True}, {**DEPTH, "proj_x": 8, "im_skip": False},
    {**DEPTH, "proj_x": 8, "sepup": True}, {**DEPTH, "nvox": 16, "grid_net": "unet64"},
])  # fmt: skip
def test_every_form_runs_and_looks_at_earlier_photographs_only(settings: dict[str, Any]) -> None:
    torch.manual_seed(0)
    config = LsmConfig(**settings)
    # In 64 bits: an instance norm over a few voxels that hardly differ makes much of a rounding.
    network = Lsm(config).double().eval()
    K, R = cameras(2, 3)
    photographs = torch.rand(2, 3, 3, config.im_h, config.im_w, dtype=torch.float64)
    with torch.no_grad():
        found = network(photographs, K, R)
        fewer = network(photographs[:, :2], K[:, :2], R[:, :2])
        last = network(photographs, K, R, last_only=True)
        alone = network(photographs[1:], K[1:], R[1:])
    shape = (2, 3, 3, config.im_h, config.im_w) if config.kind == "dlsm" else (2, 3, *[config.nvox] * 3)
    assert found.shape == shape and found.isfinite().all()
    # Sums are added up in another order for other counts of photographs.
    assert_close = partial(torch.testing.assert_close, atol=1e-8, rtol=1e-8)
    earlier = found[:, :2, :2] if config.kind == "dlsm" else found[:, :2]
    assert_close(fewer, earlier)
    assert_close(last, found[:, -1:])
    assert_close(alone, found[1:])
    assert not torch.allclose(found[:, 0], found[:, 1])


@pytest.mark.parametrize(("settings", "said"), [
    ({"nvox": 24, "grid_net": "unet64"}, "nvox=24 can't be halved four times"),
    ({"kind": "dlsm", "im_w": 240}, "im_h and im_w must be the same"),
])  # fmt: skip
def test_sizes_that_can_not_be(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        LsmConfig(**settings)
