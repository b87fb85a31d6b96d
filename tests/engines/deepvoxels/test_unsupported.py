"""What training refuses is said beforehand, in the same words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from engines.core.data.dataset import Dataset
from tests.engines.judged import alone, around, assert_judged, blind, moving, several, still


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (still, ""),
        (around, ""),
        (several, "2 objects, but DeepVoxels learns one"),
        (moving, "a recording of 2 time steps"),
        (alone, "1 training photographs; DeepVoxels needs at least 2"),
        (blind, "0 training photographs"),
    ],
)
def test_what_training_refuses_is_said_beforehand(
    make: Callable[[Path], Dataset], expected: str, tmp_path: Path
) -> None:
    assert_judged("deepvoxels", make, expected, tmp_path)
