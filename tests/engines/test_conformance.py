"""Every method of this program does what it relies on, and so do those that its tests bring."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from app.conformance.running import conform
from app.conformance.samples import small_samples
from engines import registry
from engines.core.dataset import Dataset


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Sequence[Dataset]:
    return small_samples(tmp_path_factory.mktemp("samples"))


OURS = ("", "colour-grid 1.0")
"""Packages: those of nobody are this program's, the other is the tests' own."""


@pytest.mark.parametrize("name", [name for name, origin in registry.origins().items() if origin.package in OURS])
def test_methods_conform(name: str, samples: Sequence[Dataset]) -> None:
    outcomes = conform(registry.find_engine(name), samples)
    assert [outcome.line for outcome in outcomes if outcome.state != "ok"] == []
    # Fewer would mean that checks were left out.
    assert len(outcomes) >= 38
