"""How a training begins, for methods of any kind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from app.training.beginning import begin
from engines.core.errors import UserError
from engines.core.formats import open_dataset
from tests.app.conformance.test_own_training import Plain, PlainTraining
from tests.two_ranks import TwoRanks

CPU = torch.device("cpu")


class DividedPlain(Plain):
    """Says that it divides its steps."""

    def train(self, *arguments: Any) -> Any:
        training: Any = PlainTraining(*arguments[:3])
        training.divides_steps = True
        return training


def said(divided: bool, folder: str) -> str:
    """What the beginning of a training is refused with."""
    method: Any = DividedPlain() if divided else Plain()
    try:
        begun = begin(method, open_dataset(Path(folder)), Path(folder) / "run", {"max_steps": 1}, CPU, resume=False)
    except UserError as error:
        return str(error)
    begun.training.close()
    return ""


def test_what_does_not_say_that_it_divides_its_steps_is_refused_under_torchrun(
    photographs: Path, two_ranks: TwoRanks
) -> None:
    refused = "plain learns in one process, whose steps can't be divided: leave torchrun out"
    assert two_ranks(said, False, str(photographs)) == [refused, refused]
    assert two_ranks(said, True, str(photographs)) == ["", ""]
    assert said(False, str(photographs)) == ""


@pytest.mark.parametrize(
    ("setting", "offered"), [({"lr": 1e-3}, False), ({"ema_decay": 0.9}, False), ({"seed": 3}, True)]
)
def test_options_of_the_optimiser_are_no_options_of_another_training(
    photographs: Path, setting: dict[str, Any], offered: bool
) -> None:
    method: Any = Plain()
    try:
        begin(method, open_dataset(photographs), photographs / "run", setting, CPU, resume=False)
    except UserError as error:
        assert not offered and f"no field {next(iter(setting))}; there are max_steps" in str(error)
    else:
        assert offered
