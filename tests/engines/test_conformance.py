"""Every method of this program does what it relies on, and so do those that its tests bring."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest

from app.conformance.running import CheckOutcome, conform
from app.conformance.samples import small_samples
from engines import registry
from engines.core.abilities import OnlyDraws
from engines.core.data.dataset import Dataset


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Sequence[Dataset]:
    return small_samples(tmp_path_factory.mktemp("samples"))


MOST_WAITS_IN_A_STEP, MOST_WAITS_IN_A_FRAME = 5, 2
OURS = ("", "colour-grid 1.0")
"""Packages: those of nobody are this program's, the other is the tests' own."""


@pytest.mark.parametrize("name", [name for name, origin in registry.origins().items() if origin.package in OURS])
def test_methods_conform(name: str, samples: Sequence[Dataset]) -> None:
    outcomes = conform(registry.find_engine(name), samples)
    assert [outcome.line for outcome in outcomes if outcome.state != "ok"] == []
    assert waits(outcomes, "in a frame") <= MOST_WAITS_IN_A_FRAME
    if isinstance(registry.find_engine(name), OnlyDraws):
        return
    # Fewer would mean that checks were left out.
    assert len(outcomes) >= 38
    assert waits(outcomes, "in a step") <= MOST_WAITS_IN_A_STEP


def waits(outcomes: Sequence[CheckOutcome], where: str) -> int:
    """How often the host waits for a GPU; docs/gpu.md tells of each method, and why."""
    told = [re.search(rf"the host waits (\d+) times? {where}", outcome.text) for outcome in outcomes]
    (found,) = (match for match in told if match is not None)
    return int(found[1])
