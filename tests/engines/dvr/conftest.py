"""Data folders that the tests of DVR share."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.synthetic.dvr_sample import dvr_sample, write_dvr_sample
from engines.core.data.dataset import Dataset
from engines.core.formats import open_dataset


@pytest.fixture(scope="session")
def car_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A toy car in twelve photographs with masks, in the authors' layout."""
    folder = tmp_path_factory.mktemp("samples") / "car"
    write_dvr_sample(folder, dvr_sample(3, 48, views=12), samples=1)
    return folder


@pytest.fixture(scope="session")
def cars_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three of them, each in four photographs."""
    folder = tmp_path_factory.mktemp("samples") / "cars"
    write_dvr_sample(folder, dvr_sample(3, 48, objects=3, views=4), samples=1)
    return folder


@pytest.fixture
def car(car_folder: Path) -> Dataset:
    return open_dataset(car_folder)
