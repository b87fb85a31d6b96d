"""What a mask leaves out, or a lens did not see, is not learnt."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.engines.masked import (
    assert_learnt_without_masks,
    assert_not_learnt,
    assert_white_masks_change_nothing,
    begun,
    capture,
)

OPTIONS = {"img_sidelength": 128, "grid_dim": 8, "num_grid_feats": 4, "nf0": 2, "num_trgt": 1}


@pytest.mark.parametrize(
    "more", [{}, {"grid_learning": "optimised", "start_at_median": True, "adversarial_weight": 0.0}]
)
def test_what_stands_in_the_way_is_not_learnt(more: dict[str, Any], tmp_path: Path) -> None:
    assert_not_learnt("deepvoxels", tmp_path, {**OPTIONS, **more})


def test_without_masks_it_would_be(tmp_path: Path) -> None:
    assert_learnt_without_masks("deepvoxels", tmp_path, OPTIONS)


def test_a_mask_that_leaves_nothing_out_changes_nothing(tmp_path: Path) -> None:
    assert_white_masks_change_nothing("deepvoxels", tmp_path, OPTIONS)


def test_the_authors_adversary_sees_nothing_of_it(tmp_path: Path) -> None:
    """The discriminator is judged on the same numbers whatever stands in the way."""
    told = [begun("deepvoxels", capture(tmp_path / str(seed), seed), OPTIONS).step() for seed in (1, 2)]
    assert told[0] == told[1] and told[0]["discriminator"] > 0
