"""Two ranks learn what one process learns of the same targets: weights, statistics, grid and dropout."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.engines import dividing
from tests.two_ranks import TwoRanks

SMALL = {"img_sidelength": 128, "grid_dim": 8, "num_grid_feats": 4, "nf0": 2, "num_trgt": 3}


@pytest.mark.parametrize(
    ("settings", "steps"),
    [
        ({}, 1),
        ({}, 3),
        ({"adversarial_weight": 0.0, "num_trgt": 2}, 1),
        ({"grid_learning": "optimised", "ema_decay": 0.9, "grid_lr": 1e-7, "dropout": 0.0}, 2),
        ({"no_occlusion_net": True, "num_grid_feats": 2}, 2),
    ],
)
def test_two_ranks_learn_what_one_process_does(
    photographs: Path, two_ranks: TwoRanks, tmp_path: Path, settings: dict[str, Any], steps: int
) -> None:
    dividing.assert_equal_learning("deepvoxels", photographs, {**SMALL, **settings}, steps, tmp_path, two_ranks)


def test_targets_that_leave_a_rank_without_work_are_refused(photographs: Path, two_ranks: TwoRanks) -> None:
    first, second = two_ranks(dividing.refused, "deepvoxels", str(photographs), {**SMALL, "num_trgt": 1})
    assert first == second and first.startswith("num_trgt=1 can't be divided among 2 processes")
