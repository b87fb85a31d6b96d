"""Captures in a map's coordinates, moved to their own middle, and back in what is written."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engines.core.data.dataset import Dataset
from engines.core.data.origin import about_its_middle, from_world, in_world, moved
from engines.core.data.views import View, Views
from engines.core.storage.checkpoint import SceneInfo
from tests.engines.core.examples import camera_ring

PLACE = np.array([500123.4, 4649776.2, 231.0])
BOX = np.array([[-1.0, -1, -1], [1, 1, 1]])
UP = np.array([0, 0, 1.0])


def capture(at: np.ndarray) -> Dataset:
    views = Views.of([View(camera, f"{index}") for index, camera in enumerate(in_world(camera_ring(8), at))])
    hints = {"grid_barycenter": at.tolist(), "scale": 2.0, "near": 1.0, "far": 5.0}
    return Dataset(views, Path("map"), "example", BOX + at, UP, hints, points=np.array([at, at + 1]), backgrounds=views)


def test_large_coordinates_begin_at_the_middle() -> None:
    dataset = about_its_middle(capture(PLACE))
    assert dataset.origin.any() and "single precision" in dataset.notes[0] and "0.25" in dataset.notes[0]
    for views in (dataset.views, dataset.backgrounds, pickle.loads(pickle.dumps(dataset.views))):
        for view, camera in zip(views, camera_ring(8), strict=True):
            # In double precision 4649776 has a grain of 1e-9.
            there = camera.position + PLACE - dataset.origin
            assert view.camera.position == pytest.approx(there, abs=1e-8)
            single = view.camera.position.astype(np.float32)
            assert np.abs(single - there).max() < 1e-6
    assert dataset.bounds + dataset.origin == pytest.approx(BOX + PLACE, abs=1e-8)
    assert dataset.points[0] + dataset.origin == pytest.approx(PLACE, abs=1e-8)
    assert np.array(dataset.hints["grid_barycenter"]) + dataset.origin == pytest.approx(PLACE, abs=1e-8)
    assert dataset.hints["near"] == 1 and dataset.views.fingerprint() == capture(PLACE).views.fingerprint()


@pytest.mark.parametrize("at", [[0.0, 0, 0], [3.0, -2, 1], [100.0, 50, 0]])
def test_small_coordinates_stay_as_they_are(at: list[float]) -> None:
    dataset = capture(np.array(at))
    assert about_its_middle(dataset) is dataset


def test_moving_there_and_back_changes_nothing() -> None:
    dataset = about_its_middle(capture(PLACE))
    back = moved(dataset, np.zeros(3))
    assert not back.origin.any()
    for view, camera in zip(back.views, in_world(camera_ring(8), PLACE), strict=True):
        assert view.camera.position == pytest.approx(camera.position, abs=1e-8)
    assert moved(dataset, dataset.origin) is dataset


def test_matrix_to_the_measured_world_still_leads_there() -> None:
    matrix = np.diag([2.0, 2, 2, 1])
    matrix[:3, 3] = [7, 8, 9]
    dataset = replace(capture(PLACE), hints={"scale_mat": matrix.tolist()})
    point = np.array([*PLACE, 1.0])
    away = moved(dataset, PLACE)
    assert np.array(away.hints["scale_mat"]) @ [0, 0, 0, 1] == pytest.approx(matrix @ point)


def test_cameras_go_to_the_world_and_back() -> None:
    ring = camera_ring(3)
    for camera, again in zip(ring, from_world(in_world(ring, PLACE), PLACE), strict=True):
        assert again.camera_to_world == pytest.approx(camera.camera_to_world, abs=1e-8)
    assert in_world(ring, np.zeros(3)) == ring


def test_scene_file_remembers_it() -> None:
    info = SceneInfo.of_dataset(about_its_middle(capture(PLACE)))
    again = SceneInfo.from_json(info.to_json())
    assert again.origin.tolist() == info.origin.tolist() and again.origin.any()
    older = {name: value for name, value in info.to_json().items() if name != "origin"}
    assert not SceneInfo.from_json(older).origin.any()
    with pytest.raises(ValueError, match="origin"):
        SceneInfo.from_json(info.to_json() | {"origin": [1, 2]})
