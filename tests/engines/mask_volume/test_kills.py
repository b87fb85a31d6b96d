"""A training that is killed again and again ends as the one that nothing happened to, to the bit."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.cli import main
from tests.app.killing import FEW, MANY, try_kills

pytestmark = pytest.mark.slow

CHOSEN = {"img_wh": [64, 40], "crop_px": 16, "max_steps": 6}


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A moving scene by 10 cameras, 64 pixels wide."""
    folder = tmp_path_factory.mktemp("recording") / "street"
    assert main(["sample", str(folder), "--format", "llff", "--size", "64", "--frames", "2", "--samples", "1"]) == 0
    return folder


def test_a_training_that_was_killed_a_few_times_is_the_one_that_was_not(
    recording: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    try_kills("mask_volume", recording, tmp_path, CHOSEN, FEW, capsys)


@pytest.mark.damaged_files
@pytest.mark.timeout(3000)
def test_a_training_that_was_killed_many_times_is_the_one_that_was_not(
    recording: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    try_kills("mask_volume", recording, tmp_path, CHOSEN, MANY, capsys)
