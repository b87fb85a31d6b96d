"""The box of a method is told as a training is going to have it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from app.capture.inspection.boxes import boxes_of_methods
from app.training.beginning import begin
from engines.core.formats import open_dataset
from engines.registry import find_engine
from tests.app.posed_photographs import write_masked

SMALL = {"img_sidelength": 128, "grid_dim": 8, "num_grid_feats": 4, "nf0": 4, "adversarial_weight": 0}


def test_it_is_that_of_the_views_that_are_learnt_from(tmp_path: Path) -> None:
    # Of so many masks some are looked at: others, as soon as two views are held out.
    folder = write_masked(tmp_path, [3 if index % 2 else 6 for index in range(24)])
    dataset = open_dataset(folder)
    told = {each.engine: each.box for each in boxes_of_methods(dataset)[0]}["deepvoxels"]
    begun = begin(find_engine("deepvoxels"), dataset, tmp_path / "run", SMALL, torch.device("cpu"), resume=False)
    assert begun.held_out == ["000009", "000019"]
    assert told.bounds == pytest.approx(np.asarray(begun.training.scene().bounds))
