"""The same numbers as the authors' code, layer by layer, for its own checkpoints.

The tolerances are those that TensorFlow's two versions, and torch in 64 bits, leave between each other: an instance
norm over a constant white background divides by almost nothing. Depths are looked up in whole voxels, and a rounding
that falls to the other side shows as a small patch.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from engines.lsm.projection import project_centres, slice_grids, unproject
from tests.engines.lsm.golden import activations, golden

LOGITS, PROBABILITIES, FEATURES, FUSED = 2e-3, 5e-4, 2e-3, 5e-4
DEPTH, DEPTH_AT_MOST, DEPTH_SHARE = 1e-3, 2e-2, 0.999


@pytest.mark.slow
def test_v_lsm(shared: Path) -> None:
    there = golden(shared, "vlsm")
    seen = activations(there.network)
    with torch.inference_mode():
        logits = there.network(*there.given)
    assert sum(parameter.numel() for parameter in there.network.parameters()) == 2_730_113
    np.testing.assert_allclose(logits, there.arrays["pred_vox"][..., 0], atol=LOGITS, rtol=0)
    np.testing.assert_allclose(logits.sigmoid(), there.arrays["prob_vox"][..., 0], atol=PROBABILITIES, rtol=0)
    for theirs, ours in there.layers():
        np.testing.assert_allclose(*there.sliced(theirs, seen[ours]), atol=FEATURES, rtol=0, err_msg=theirs)
    truth = there.arrays["vol_gt"]
    filled = (logits.sigmoid() > 0.4).numpy()
    ious = [(filled[0, view] & truth[0]).sum() / (filled[0, view] | truth[0]).sum() for view in range(4)]
    np.testing.assert_allclose(ious, there.described["iou_at_0.4_per_view"], atol=1e-3)


@pytest.mark.slow
def test_d_lsm(shared: Path) -> None:
    there = golden(shared, "dlsm")
    seen = activations(there.network)
    with torch.inference_mode():
        # As their tests run it: depth maps after the last photograph only.
        depths = there.network(*there.given, last_only=True)
    assert sum(parameter.numel() for parameter in there.network.parameters()) == 3_890_722
    assert depths.shape == (1, 1, 4, 224, 224)
    apart = np.abs(depths.numpy() - there.arrays["depth_out"][..., 0])
    assert (apart < DEPTH).mean() > DEPTH_SHARE and apart.max() < DEPTH_AT_MOST
    for theirs, ours in there.layers():
        found, gave = there.sliced(theirs, seen[ours])
        # Their grids are those after each photograph.
        gave = gave[-1:] if theirs.startswith("grid_net") else gave
        np.testing.assert_allclose(found, gave, atol=FEATURES, rtol=0, err_msg=theirs)


@pytest.mark.parametrize("kind", ["vlsm", "dlsm"])
def test_grids(shared: Path, kind: str) -> None:
    there = golden(shared, kind)
    photographs, K, R = there.given
    with torch.inference_mode():
        features, _ = there.network.ImNet_UNet(photographs[0])
        for name, place in zip("xyz", project_centres(K[0], R[0], 32), strict=True):
            # Theirs are in units of features, and their y stands before their x.
            pixels = place * (1.0 if name == "z" else 0.5)
            turned = pixels.unflatten(1, (32, 32, 32)).transpose(1, 2)
            kept = turned[:, ::5, ::3, ::7].numpy()
            np.testing.assert_allclose(kept, there.arrays[f"s/proj_{name}"], atol=1e-4, rtol=0)
        grids = unproject(features, K[0], R[0], 32, (224, 224))
        fused = torch.cat(list(there.network.fuse(grids[None])))
    np.testing.assert_allclose(*there.sliced("im_feats", features), atol=FEATURES, rtol=0)
    np.testing.assert_allclose(*there.sliced("cost_grid", grids[None].transpose(1, 2)), atol=FEATURES, rtol=0)
    np.testing.assert_allclose(*there.sliced("pool_grid", fused), atol=FUSED, rtol=0)


@pytest.mark.slow
def test_slices(shared: Path) -> None:
    there = golden(shared, "dlsm")
    photographs, K, R = there.given
    with torch.inference_mode():
        features, _ = there.network.ImNet_UNet(photographs[0])
        *_, fused = there.network.fuse(unproject(features, K[0], R[0], 32, (224, 224))[None])
        _, third = there.network.Grid_Unet(fused)
        sliced = slice_grids(third, K[0], R[0], 56, 224, 64, 32).unflatten(2, (32, 64))
    # (time, view, row, column, channel, sample)
    kept = sliced.permute(0, 1, 4, 5, 2, 3)[:, :, 4::8, 4::8, ::4, ::4].numpy()
    apart = np.abs(kept - there.arrays["s/ray_slices"][0])
    assert (apart < FEATURES).mean() > DEPTH_SHARE
