"""What the tests of several methods share."""

from __future__ import annotations

from pathlib import Path

import pytest

from engines.core.data.dataset import Dataset
from engines.core.formats import open_dataset


@pytest.fixture
def cars(cars_folder: Path) -> Dataset:
    """The class that a method's own tests write as `cars_folder`, in the layout of its authors."""
    return open_dataset(cars_folder)
