"""Two ranks learn what one process learns of the same pixels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.engines import dividing
from tests.engines.dvr.learning import CLASS, SMALL
from tests.two_ranks import TwoRanks


@pytest.mark.parametrize(
    ("settings", "steps"),
    [({}, 1), ({"reduction_method": "mean", "n_training_points": 20}, 1), ({"batch_size": 3, "ema_decay": 0.9}, 3)],
)
def test_two_ranks_learn_what_one_process_does(
    car_folder: Path, two_ranks: TwoRanks, tmp_path: Path, settings: dict[str, Any], steps: int
) -> None:
    chosen = {**SMALL, **settings}
    dividing.assert_equal_learning("dvr", car_folder, chosen, steps, tmp_path, two_ranks)


def test_a_class_is_divided_with_the_statistics_of_all_its_photographs(
    cars_folder: Path, two_ranks: TwoRanks, tmp_path: Path
) -> None:
    chosen = {**SMALL, **CLASS, "encoder": "resnet18", "batch_size": 3}
    # Rounding grows on the way through the encoder: in two steps as much is allowed as at a kink.
    dividing.assert_equal_learning("dvr", cars_folder, chosen, 2, tmp_path, two_ranks)


def test_pixels_that_leave_a_rank_without_work_are_refused(car_folder: Path, two_ranks: TwoRanks) -> None:
    first, second = two_ranks(dividing.refused, "dvr", str(car_folder), {**SMALL, "n_training_points": 4})
    assert first == second and "can't be divided among 2 processes" in first
