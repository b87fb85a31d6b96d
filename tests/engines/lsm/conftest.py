"""A data folder that the tests of LSM share."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.synthetic.lsm_sample import lsm_sample, write_lsm_sample


@pytest.fixture(scope="session")
def cars_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two toy cars in four renderings of 32x32, with depths and voxels, in the authors' layout."""
    folder = tmp_path_factory.mktemp("samples") / "cars"
    write_lsm_sample(folder, lsm_sample(3, 32, objects=2, views=4), samples=1)
    return folder
