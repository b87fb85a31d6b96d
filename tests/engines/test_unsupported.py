"""What training refuses is said beforehand, in the same words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from engines.core.data.dataset import Dataset
from tests.engines.judged import around, assert_judged, blind, moving, several, still


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (still, ""),
        (around, ""),
        (several, "2 objects, but a colour grid is one"),
        (moving, "a recording of 2 time steps"),
        (blind, "no training photographs"),
    ],
)
def test_what_training_refuses_is_said_beforehand(
    make: Callable[[Path], Dataset], expected: str, tmp_path: Path
) -> None:
    assert_judged("colour_grid", make, expected, tmp_path)
