"""What a mask leaves out, or a lens did not see, is not learnt."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.engines.masked import assert_learnt_without_masks, assert_not_learnt, assert_white_masks_change_nothing

OPTIONS = {
    "fit_single_srn": True, "img_sidelengths": [16], "max_steps_per_img_sidelength": [9], "tracing_steps": 2,
    "batch_size_per_img_sidelength": [2],
}  # fmt: skip


@pytest.mark.parametrize("more", [{}, {"rays_per_image": 50}])
def test_what_stands_in_the_way_is_not_learnt(more: dict[str, Any], tmp_path: Path) -> None:
    assert_not_learnt("srn", tmp_path, {**OPTIONS, **more})


def test_without_masks_it_would_be(tmp_path: Path) -> None:
    assert_learnt_without_masks("srn", tmp_path, OPTIONS)


def test_a_mask_that_leaves_nothing_out_changes_nothing(tmp_path: Path) -> None:
    assert_white_masks_change_nothing("srn", tmp_path, OPTIONS)
