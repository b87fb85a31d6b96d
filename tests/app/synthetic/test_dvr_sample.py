"""Toy cars in DVR's layout: read back they stand where they were drawn."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from app.synthetic.dvr_sample import dvr_sample, write_dvr_sample
from app.synthetic.raytracer import draw
from engines.core.formats import open_dataset


def test_cameras_photographs_and_masks_are_read_back(tmp_path: Path) -> None:
    sample = dvr_sample(5, 32, views=3)
    write_dvr_sample(tmp_path / "car", sample, samples=1)
    dataset = open_dataset(tmp_path / "car")
    assert (dataset.format, len(dataset.views), dataset.bounds.tolist()) == ("dvr", 3, [[-0.5] * 3, [0.5] * 3])
    for view, shot in zip(dataset.views, sample.shots, strict=True):
        np.testing.assert_allclose(view.camera.camera_to_world, shot.camera.camera_to_world, atol=1e-9)
        np.testing.assert_allclose(view.camera.focal_px, shot.camera.focal_px)
        np.testing.assert_allclose(view.camera.centre_px, shot.camera.centre_px)
        picture = draw(shot.scene, shot.camera, 1)
        assert np.array_equal(view.mask(), picture.mask) and np.abs(view.image() - picture.image).max() < 1 / 255


def test_several_are_a_class_that_one_more_does_not_change(tmp_path: Path) -> None:
    write_dvr_sample(tmp_path / "cars", dvr_sample(5, 24, objects=2, views=2), samples=1)
    dataset = open_dataset(tmp_path / "cars")
    assert dataset.instances == ("car_000", "car_001") and len(dataset.views) == 4
    fewer, more = (dvr_sample(5, 24, objects=count, views=2).shots for count in (2, 3))
    for one, other in zip(fewer, more, strict=False):
        assert np.array_equal(one.camera.camera_to_world, other.camera.camera_to_world)
