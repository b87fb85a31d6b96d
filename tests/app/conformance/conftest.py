"""The data that wrong methods are tried on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from app.conformance.samples import small_samples
from engines.core.data.dataset import Dataset


@pytest.fixture(scope="session")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sequence[Dataset]]:
    """A still scene and a class."""
    yield small_samples(tmp_path_factory.mktemp("samples"))[:2]
