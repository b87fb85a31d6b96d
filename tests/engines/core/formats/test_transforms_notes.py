"""What a transforms.json says that is not used is named, and what has no bearing is not."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trimesh

from engines.core.formats import open_dataset
from tests.engines.core.formats.transforms_folders import LENS, frames, noted, opened, write

NAMES = ["a.png", "b.png", "c.png"]


def with_each(field: str, values: list[Any]) -> dict[str, Any]:
    listed = frames(NAMES)
    for frame, value in zip(listed, values, strict=True):
        frame[field] = value
    return {**LENS, "frames": listed}


@pytest.mark.parametrize(
    ("field", "values", "note"),
    [
        ("time", [0.0, 0.5, 1.0], "the frames are of 3 time steps (time 0 to 1) of something that moves"),
        ("time", [0, 1, 1], "the frames are of 2 time steps (time 0 to 1) of something that moves"),
        ("fid", [3, 4, 5], "the frames are of 3 time steps (fid 3 to 5) of something that moves"),
        (
            "timestamp",
            [10.5, 11.0, 12.0],
            "the frames are of 3 time steps (timestamp 10.5 to 12); they are read as one",
        ),
        ("time", [0.5, 0.5, 0.5], ""),
        ("time", [10**400, float("nan"), 0], ""),
    ],
)
def test_moments_that_are_mixed_are_said(tmp_path: Path, field: str, values: list[Any], note: str) -> None:
    dataset = opened(tmp_path, with_each(field, values))
    assert (noted(dataset, note) and noted(dataset, "methods for still scenes learn a mixture")) == (note != "")
    assert len(dataset.notes) == (note != "") and dataset.time_steps == 1


def test_masks_that_no_frame_names_are_said(tmp_path: Path) -> None:
    (tmp_path / "masks").mkdir()
    assert noted(opened(tmp_path, {**LENS, "frames": frames(NAMES)}), "what is in masks/ is not used")
    (tmp_path / "masks" / "a.png").write_bytes((tmp_path / "a.png").read_bytes())
    assert opened(tmp_path, with_each("mask_path", ["masks/a.png"] * 3)).notes == ()


def test_moments_of_split_files_are_counted_together(tmp_path: Path) -> None:
    for split, times in (("train", [0.0, 0.5, 1.0]), ("test", [0.25, 0.5, 0.75])):
        data = with_each("time", times)
        for frame in data["frames"]:
            frame["file_path"] = f"{split}/{frame['file_path']}"
        write(tmp_path, data, f"transforms_{split}.json")
    assert noted(open_dataset(tmp_path), "the frames are of 5 time steps (time 0 to 1)")


@pytest.mark.parametrize(
    ("more", "note"),
    [
        (
            {"applied_transform": [[0, 1, 0, 0], [1, 0, 0, 0], [0, 0, -1, 0]]},
            "made of the capture's own (applied_transf",
        ),
        ({"applied_scale": 0.5}, "made of the capture's own (applied_transform)"),
        ({"ply_file_path": "sparse_pc.ply"}, "the points of sparse_pc.ply (ply_file_path) are not there"),
        ({"rolling_shutter": [0, 0, 1]}, "rolling_shutter is not used"),
        ({"n_extra_learnable_dims": 16}, "transforms.json also holds n_extra_learnable_dims, which nothing here uses"),
        ({"white_transparent": True, "sharpen": 2}, "also holds white_transparent, sharpen, which nothing here uses"),
        (dict.fromkeys("ABCDEFGH", 1), "also holds A, B, C, D, E, F and 2 more, which nothing here uses"),
    ],
)
def test_fields_that_are_not_used_are_named(tmp_path: Path, more: dict[str, Any], note: str) -> None:
    dataset = opened(tmp_path, {**LENS, **more, "frames": frames(NAMES)})
    assert noted(dataset, note) and len(dataset.notes) == 1


def test_fields_of_frames_are_named_too(tmp_path: Path) -> None:
    dataset = opened(tmp_path, with_each("driver_parameters", [{"LightX": 1}] * 3))
    assert dataset.notes == ("transforms.json also holds driver_parameters, which nothing here uses",)


def test_what_has_no_bearing_is_not_said(tmp_path: Path) -> None:
    plain = {
        "aabb_scale": 4,
        "scale": 0.33,
        "offset": [0.5, 0.5, 0.5],
        "rolling_shutter": [0, 0, 0],
        "is_fisheye": False,
    }
    data = {**with_each("sharpness", [1.0, 2.0, 3.0]), **plain, "k1": 0, "camera_angle_x": 0.7610127542247298}
    assert opened(tmp_path, data).notes == ()


def test_instant_ngps_box_and_up_are_the_scenes(tmp_path: Path) -> None:
    box = [[-1.0, -2.0, -3.0], [1.0, 2.0, 3.5]]
    dataset = opened(tmp_path, {**LENS, "aabb": box, "up": [0, 2, 0], "frames": frames(NAMES)})
    assert dataset.bounds.tolist() == box and dataset.up.tolist() == [0, 1, 0]
    for wrong in ({"aabb": 3, "up": [0, 0, 10**400]}, {"aabb": 3, "up": [0, 0, 0]}, {"aabb": box[::-1], "up": "z"}):
        other = opened(tmp_path, {**LENS, **wrong, "frames": frames(NAMES)})
        assert other.bounds.tolist() != box and np.isclose(np.linalg.norm(other.up), 1)


@pytest.mark.parametrize("name", ["sparse_pc.ply", "./sparse_pc.ply", "D:\\capture\\sparse_pc.ply"])
def test_the_box_is_about_nerfstudios_points(tmp_path: Path, name: str) -> None:
    points = np.random.default_rng(0).uniform([-0.1, -0.2, -0.3], [0.1, 0.2, 0.3], (500, 3))
    trimesh.PointCloud(points).export(tmp_path / "sparse_pc.ply")
    dataset = opened(tmp_path, {**LENS, "ply_file_path": name, "frames": frames(NAMES)})
    np.testing.assert_allclose(dataset.bounds, [[-0.1, -0.2, -0.3], [0.1, 0.2, 0.3]], atol=0.05)
    assert dataset.notes == ("the box is about the points of sparse_pc.ply (ply_file_path)",)


def test_points_that_are_no_help_are_named(tmp_path: Path) -> None:
    plain = opened(tmp_path, {**LENS, "frames": frames(NAMES)}).bounds
    data = {**LENS, "ply_file_path": "a.ply", "frames": frames(NAMES)}
    for content, note in (
        (b"text", "ply_file_path are not used: .*a\\.ply: is no PLY file"),
        (
            b"ply\nformat ascii 1.0\nelement vertex 1\nproperty float x\nproperty float y\nproperty float z\n"
            b"end_header\n1 2 3\n",
            "a.ply .* are too few or not before the cameras",
        ),
    ):
        (tmp_path / "a.ply").write_bytes(content)
        dataset = opened(tmp_path, data)
        assert np.array_equal(dataset.bounds, plain)
        assert len(dataset.notes) == 1 and re.search(note, dataset.notes[0])
