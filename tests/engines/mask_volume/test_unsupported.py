"""What training refuses is said beforehand, in the same words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from engines.core.data.dataset import Dataset
from tests.engines.judged import alone, around, assert_judged, blind, bottomless, half_blind, moving, several, still


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (still, ""),
        (several, ""),
        (half_blind, ""),
        (moving, ""),
        (around, "nowhere three photographs of one time step"),
        (alone, "nowhere three photographs of one time step"),
        (bottomless, "has no near/far bounds"),
        (blind, "no training photographs"),
    ],
)
def test_what_training_refuses_is_said_beforehand(
    make: Callable[[Path], Dataset], expected: str, tmp_path: Path
) -> None:
    assert_judged("mask_volume", make, expected, tmp_path)
