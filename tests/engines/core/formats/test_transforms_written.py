"""What is written in transforms.json is read back, and says of which model its lens is."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engines.core.camera import Camera
from engines.core.data.views import View
from engines.core.formats import open_dataset
from engines.core.formats.ply_points import write_points
from engines.core.formats.transforms_json import write_transforms
from tests.engines.core.examples import camera_ring
from tests.engines.core.formats.transforms_folders import SIZE_PX, photograph

FULL = (0.1, -0.05, 0.001, -0.002, 0.01, 0.2, -0.01, 0.003)


def views(folder: Path, *distortions: tuple[float, ...]) -> list[View]:
    found = []
    for index, (camera, distortion) in enumerate(zip(camera_ring(len(distortions)), distortions, strict=True)):
        path = folder / "images" / f"{index}.png"
        photograph(path)
        lens = Camera(camera.camera_to_world, (30.0, 25.0), (12.5, 7.5), SIZE_PX)
        found.append(View(lens, str(index), image_path=path, distortion=distortion))
    return found


def written(folder: Path, *distortions: tuple[float, ...]) -> dict[str, Any]:
    write_transforms(folder / "transforms.json", views(folder, *distortions))
    return dict(json.loads((folder / "transforms.json").read_text()))


@pytest.mark.parametrize(
    ("distortion", "model"),
    [
        ((), "OPENCV"),
        (FULL[:4], "OPENCV"),
        (FULL[:5], "OPENCV"),
        (FULL, "FULL_OPENCV"),
        ((*FULL[:5], 0, 0, 0), "OPENCV"),
    ],
)
@pytest.mark.parametrize("others", [False, True])
def test_lenses_are_read_back(tmp_path: Path, distortion: tuple[float, ...], model: str, others: bool) -> None:
    distortions = [distortion, FULL[:4] if others else distortion]
    data = written(tmp_path, *distortions)
    assert data["camera_model"] == model
    for view, lens in zip(open_dataset(tmp_path).views, views(tmp_path, *distortions), strict=True):
        assert view.taken_with.focal_px == (30.0, 25.0) and view.taken_with.centre_px == (12.5, 7.5)
        expected = lens.distortion if any(lens.distortion[5:]) else lens.distortion[:5]
        assert view.distortion == pytest.approx(expected)
        np.testing.assert_allclose(view.camera.camera_to_world, lens.camera.camera_to_world, atol=1e-12)


def test_one_lens_stands_once_with_both_its_angles(tmp_path: Path) -> None:
    data = written(tmp_path, (), ())
    assert data["camera_angle_x"] == pytest.approx(2 * math.atan(12 / 30))
    assert data["camera_angle_y"] == pytest.approx(2 * math.atan(8 / 25))
    assert data["fl_y"] == 25 and all("fl_y" not in frame for frame in data["frames"])


def test_views_that_were_cropped_are_written_as_their_photographs_lens(tmp_path: Path) -> None:
    written(tmp_path, FULL[:4])
    cropped = list(open_dataset(tmp_path).views)
    assert cropped[0].camera.size_px != SIZE_PX
    write_transforms(tmp_path / "again.json", cropped)
    again = json.loads((tmp_path / "again.json").read_text())
    assert again == json.loads((tmp_path / "transforms.json").read_text())


def test_what_the_file_has_no_words_for_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="view 0 has thin prism"):
        written(tmp_path, (*FULL, 0.1, 0, 0, 0))
    assert not (tmp_path / "transforms.json").exists()


def test_points_beside_make_the_box(tmp_path: Path) -> None:
    points = np.random.default_rng(0).uniform(-0.3, 0.4, (200, 3))
    write_points(tmp_path / "sparse_pc.ply", points, np.zeros((200, 3), np.uint8))
    write_transforms(tmp_path / "transforms.json", views(tmp_path, *[()] * 4), (1.0, 9.0), "sparse_pc.ply")
    dataset = open_dataset(tmp_path)
    assert len(dataset.points) == 200 and (np.abs(dataset.bounds) < 0.5).all()
    assert dataset.hints["far"] == 9
