"""What a mask leaves out, or a lens did not see, is not learnt."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.engines.masked import assert_learnt_without_masks, assert_not_learnt, assert_white_masks_change_nothing

OPTIONS = {"crop_px": 0, "augment": False, "loss_type": "l1", "img_wh": [32, 32]}


@pytest.mark.parametrize("more", [{}, {"loss_type": "mse", "crop_px": 32}, {"loss_type": "vgg"}])
def test_what_stands_in_the_way_is_not_learnt(more: dict[str, Any], tmp_path: Path) -> None:
    assert_not_learnt("mask_volume", tmp_path, {**OPTIONS, **more})


def test_without_masks_it_would_be(tmp_path: Path) -> None:
    assert_learnt_without_masks("mask_volume", tmp_path, OPTIONS)


def test_a_mask_that_leaves_nothing_out_changes_nothing(tmp_path: Path) -> None:
    assert_white_masks_change_nothing("mask_volume", tmp_path, OPTIONS)
