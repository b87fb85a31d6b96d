"""A training that is killed again and again ends as the one that nothing happened to, to the bit."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.cli import main
from tests.app.killing import killed_trainings


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A moving scene by 10 cameras, 64 pixels wide."""
    folder = tmp_path_factory.mktemp("recording") / "street"
    assert main(["sample", str(folder), "--format", "llff", "--size", "64", "--frames", "2", "--samples", "1"]) == 0
    return folder


test_a_training_that_was_killed_is_the_one_that_was_not = killed_trainings(
    "mask_volume", {"img_wh": [64, 40], "crop_px": 16, "max_steps": 6}, "recording"
)
