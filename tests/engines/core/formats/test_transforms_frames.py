"""Poses of transforms.json, whatever their matrices look like."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engines.core.errors import UserError
from engines.core.formats import open_dataset
from tests.engines.core.examples import camera_ring
from tests.engines.core.formats.transforms_folders import LENS, frames, noted, opened, write

NOISE = [-0.02, 0.01, -0.05, 0.99]


def with_matrix(change: Any) -> dict[str, Any]:
    """Two frames, whose matrices are `change` of the right ones."""
    listed = frames(["a.png", "b.png"])
    for frame in listed:
        frame["transform_matrix"] = change(np.array(frame["transform_matrix"])).tolist()
    return {**LENS, "frames": listed}


def with_last_row(row: list[float]) -> Any:
    return lambda matrix: np.concatenate([matrix[:3], [row]])


@pytest.mark.parametrize(
    ("change", "note"),
    [
        (lambda matrix: matrix, ""),
        (lambda matrix: matrix[:3], ""),
        (lambda matrix: matrix.ravel(), ""),
        (lambda matrix: matrix[:3].ravel(), ""),
        (with_last_row(NOISE), "2 of 2 transform_matrix have a fourth row other than 0 0 0 1; it is not looked at"),
        (with_last_row([0, 0, 0, 0]), "2 of 2 transform_matrix have a fourth row other than 0 0 0 1"),
        (with_last_row([0, 0, 0, 2]), "2 of 2 transform_matrix have a fourth row other than 0 0 0 1"),
        (lambda matrix: matrix @ np.diag([3, 3, 3, 1]), "2 of 2 transform_matrix have axes of another length than 1"),
    ],
)
def test_poses_are_the_first_three_rows(tmp_path: Path, change: Any, note: str) -> None:
    dataset = opened(tmp_path, with_matrix(change))
    for view, camera in zip(dataset.views, camera_ring(2), strict=True):
        np.testing.assert_allclose(view.camera.camera_to_world, camera.camera_to_world, atol=1e-12)
    assert len(dataset.notes) == (note != "") and all(note in found for found in dataset.notes)


@pytest.mark.parametrize("factor", [2.0, 0.5, -1.0])
def test_a_matrix_that_is_a_multiple_of_a_pose_is_refused(tmp_path: Path, factor: float) -> None:
    """Its camera stands in one place for programs that use three rows, in another for those that use four."""
    with pytest.raises(UserError, match=r"frame 0 \(a.png\): .*(times a pose throughout|not a rotation)"):
        opened(tmp_path, with_matrix(lambda matrix: factor * matrix))


def test_mirrored_axes_are_no_pose(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="not a rotation and a translation"):
        opened(tmp_path, with_matrix(lambda matrix: matrix @ np.diag([-1, 1, 1, 1])))


def test_cameras_that_move_within_a_photograph_are_refused(tmp_path: Path) -> None:
    data = with_matrix(lambda matrix: matrix)
    for frame in data["frames"]:
        frame["transform_matrix_start"] = frame["transform_matrix_end"] = frame.pop("transform_matrix")
    shutter = {"rolling_shutter": [0, 0, 1, 0]}
    dataset = opened(tmp_path, data | shutter)
    assert len(dataset.views) == 2 and noted(dataset, "rolling_shutter is not used")
    data["frames"][1]["transform_matrix_end"] = data["frames"][0]["transform_matrix_end"]
    with pytest.raises(
        UserError, match=r"frame 1 \(b.png\): has a transform_matrix_start and another transform_matrix_e"
    ):
        opened(tmp_path, data)


def test_mitsubas_axes(tmp_path: Path) -> None:
    """x left, y up, z forwards; instant-ngp turns them so for these files."""
    data = with_matrix(lambda matrix: matrix @ np.diag([-1, 1, -1, 1]))
    both: tuple[dict[str, object], ...] = ({"from_mitsuba": True}, {"normal_mts_args": []})
    for told in both:
        for view, camera in zip(opened(tmp_path, data | told).views, camera_ring(2), strict=True):
            np.testing.assert_allclose(view.camera.camera_to_world, camera.camera_to_world, atol=1e-12)


def test_n_frames_leaves_out_those_behind(tmp_path: Path) -> None:
    names = ["c.png", "a.png", "b.png"]
    dataset = opened(tmp_path, {**LENS, "n_frames": 2, "frames": frames(names)})
    assert [view.name for view in dataset.views] == ["a", "b"]
    assert dataset.notes == ("n_frames leaves out the last 1 frames",)
    assert opened(tmp_path, {**LENS, "n_frames": 3, "frames": frames(names)}).notes == ()


def test_frame_numbers_in_messages_are_those_of_the_file(tmp_path: Path) -> None:
    listed = frames(["c.png", "a.png", "b.png"])
    listed[0]["transform_matrix"] = [[1]]
    write(tmp_path, {**LENS, "frames": listed})
    with pytest.raises(UserError, match=r"transforms\.json: frame 0 \(c\.png\): its transform_matrix is \(1, 1\)"):
        open_dataset(tmp_path)
