"""What training refuses is said beforehand, in the same words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from engines.core.data.dataset import Dataset
from tests.engines.judged import alone, assert_judged, blind, half_blind, moving, several, still


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (still, ""),
        (several, ""),
        (alone, ""),
        (moving, "a recording of 2 time steps"),
        (blind, "no training photographs"),
        (half_blind, "object jug has no photographs"),
    ],
)
def test_what_training_refuses_is_said_beforehand(
    make: Callable[[Path], Dataset], expected: str, tmp_path: Path
) -> None:
    assert_judged("srn", make, expected, tmp_path)
