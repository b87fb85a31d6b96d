"""A training that is killed again and again ends as the one that nothing happened to, to the bit."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.app.killing import FEW, MANY, try_kills

pytestmark = pytest.mark.slow

CHOSEN = {"max_steps": 8, "ema_decay": 0.5}


def test_a_training_that_was_killed_a_few_times_is_the_one_that_was_not(
    photographs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    try_kills("colour_grid", photographs, tmp_path, CHOSEN, FEW, capsys)


@pytest.mark.damaged_files
@pytest.mark.timeout(3000)
def test_a_training_that_was_killed_many_times_is_the_one_that_was_not(
    photographs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    try_kills("colour_grid", photographs, tmp_path, CHOSEN, MANY, capsys)
