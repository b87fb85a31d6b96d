"""Data folders that the tests of SRN share."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from engines.core.data.dataset import Dataset
from engines.core.formats import open_dataset


@pytest.fixture(scope="module")
def single(photographs: Path) -> Dataset:
    return open_dataset(photographs)


@pytest.fixture(scope="module")
def objects(photographs: Path, tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """Three objects that look alike."""
    folder = tmp_path_factory.mktemp("class")
    for name in ("x", "y", "z"):
        shutil.copytree(photographs / "train", folder / name)
    return open_dataset(folder)
