"""Two ranks learn what one process learns of the same objects."""

from __future__ import annotations

from pathlib import Path

from tests.engines import dividing
from tests.two_ranks import TwoRanks

# Without norms: those of a voxel or two make much of rounding.
SMALL = {"nvox": 8, "im_h": 16, "im_w": 16, "im_batch": 2, "norm": "none"}


def test_two_ranks_learn_what_one_process_does(cars_folder: Path, two_ranks: TwoRanks, tmp_path: Path) -> None:
    # Three objects: one rank has twice as much to do. What depths aren't made of stays out.
    settings = {**SMALL, "batch_size": 3, "kind": "dlsm", "ray_samples": 4, "sepup": True}
    dividing.assert_equal_learning("lsm", cars_folder, settings, 1, tmp_path, two_ranks)
