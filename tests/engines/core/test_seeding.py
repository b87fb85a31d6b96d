"""Everybody's generators are put back, whatever draws from them in between."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch

from engines.core.seeding import all_generators_kept


def _drawn() -> tuple[float, float, float]:
    return torch.rand(1).item(), float(np.random.random()), random.random()


def test_all_generators_go_on_as_if_nothing_had_been() -> None:
    with all_generators_kept():
        expected = _drawn()
    with pytest.raises(KeyError), all_generators_kept():
        torch.manual_seed(3), np.random.seed(3), random.seed(3)
        raise KeyError
    with all_generators_kept():
        assert _drawn() == expected
        assert _drawn() != expected
