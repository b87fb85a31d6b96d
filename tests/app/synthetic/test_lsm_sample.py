"""Toy cars in Learnt Stereo Machines' layout: voxels, depths and renderings are of the same car."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.synthetic.lsm_sample import lsm_sample, voxels, write_lsm_sample
from engines.core.camera import project
from engines.core.errors import UserError
from engines.core.formats import open_dataset


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("lsm") / "cars"
    write_lsm_sample(place, lsm_sample(2, 48, objects=6, views=2), samples=1)
    return place


def test_it_is_read_back(folder: Path) -> None:
    dataset, sample = open_dataset(folder), lsm_sample(2, 48, objects=6, views=2)
    assert [len(dataset.split(name)) for name in ("train", "validation", "test")] == [8, 2, 2]
    shot = sample.shots[2]
    view = next(view for view in dataset.views if view.name == f"{shot.part}/render_0")
    np.testing.assert_allclose(view.camera.camera_to_world, shot.camera.camera_to_world, atol=1e-12)
    assert dataset.volumes is not None
    np.testing.assert_array_equal(dataset.volumes.read(view.instance, 32), voxels(shot.scene, 32))
    finer = dataset.volumes.read(view.instance, 32).reshape(16, 2, 16, 2, 16, 2)
    np.testing.assert_array_equal(dataset.volumes.read(view.instance, 16), finer.any(axis=(1, 3, 5)))
    assert dataset.volumes.has(view.instance, 64) and not dataset.volumes.has(view.instance, 24)


def test_voxels_lie_behind_what_is_seen(folder: Path) -> None:
    dataset = open_dataset(folder)
    assert dataset.volumes is not None
    for view in (dataset.views[0], dataset.views[3]):
        filled = np.argwhere(dataset.volumes.read(view.instance, 32))
        assert 200 < len(filled) < 32**3 / 4
        pixels, depth = project(view.camera, (filled + 0.5) / 32 - 0.5)
        columns, rows = (pixels - 0.5).round().astype(int).T
        seen = view.depth()[rows, columns]
        # A pixel's middle may pass the car by; but for its borders all of it is behind what is seen, some right there.
        assert (depth > seen - 2 / 32)[np.isfinite(seen)].mean() > 0.97 and np.isfinite(seen).mean() > 0.9
        assert (depth < seen + 1 / 32)[np.isfinite(seen)].mean() > 0.1


def test_volumes_that_can_not_be(folder: Path, tmp_path: Path) -> None:
    dataset = open_dataset(folder)
    assert dataset.volumes is not None
    with pytest.raises(UserError, match=r"car_000\.mat: no such file"):
        dataset.volumes.read(0, 24)
