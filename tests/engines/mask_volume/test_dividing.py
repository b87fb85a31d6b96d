"""Two ranks learn what one process learns of the same examples."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engines import dividing
from tests.engines.mask_volume.dividing import learn
from tests.two_ranks import TwoRanks


def test_two_ranks_learn_what_one_process_does(two_ranks: TwoRanks, tmp_path: Path) -> None:
    # Three examples: one rank adds up two of them before gradients move.
    settings = {"batch_size": 3, "lr": dividing.SMALLEST_LR}
    alone = learn(str(tmp_path / "recording"), settings, 2, str(tmp_path / "alone"))
    first, second = two_ranks(learn, str(tmp_path / "recording"), settings, 2, str(tmp_path / "divided"))
    dividing.assert_equal_checkpoints(tmp_path, dividing.KINKS)
    assert first == second
    assert [step["total"] for step in first] == pytest.approx([step["total"] for step in alone], rel=1e-5)


def test_a_batch_that_leaves_a_rank_without_work_is_refused(two_ranks: TwoRanks, tmp_path: Path) -> None:
    first, second = two_ranks(refused, str(tmp_path))
    assert first == second and first.startswith("batch_size=1 can't be divided among 2 processes")


def refused(folder: str) -> str:
    """What is said of a batch of one."""
    from engines.core.errors import UserError

    try:
        learn(folder, {"batch_size": 1}, 1, folder)
    except UserError as error:
        return str(error)
    return ""
