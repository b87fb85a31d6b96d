from __future__ import annotations

from pathlib import Path

import pytest
import vantage


@pytest.fixture(scope="session")
def run(photographs: Path, tmp_path_factory: pytest.TempPathFactory) -> vantage.TrainingRun:
    """A run of a few steps, trained on a script. Not to be changed."""
    out = tmp_path_factory.mktemp("learnt") / "run"
    return vantage.train(photographs, method="colour_grid", out=out, device="cpu", max_steps=3, grid_dim=4)
