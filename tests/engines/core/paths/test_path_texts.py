"""Camera paths in text, told by how many numbers their lines have."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engines.core.errors import UserError
from engines.core.paths.path_files import read_path
from tests.engines.core.cameras_around import LIKE, around, assert_same_poses, quaternion


def lines(rows: list[list[float]], separator: str = " ") -> str:
    return "".join(separator.join(repr(float(number)) for number in row) + "\n" for row in rows)


def tum() -> list[list[float]]:
    return [
        [index / 30, *camera.position, *quaternion(camera.camera_to_world[:3, :3])]
        for index, camera in enumerate(around())
    ]


@pytest.mark.parametrize("head", ["", "# timestamp tx ty tz qx qy qz qw\n", "#\n\n  # more\n"])
@pytest.mark.parametrize("separator", [" ", ",", "\t"])
def test_trajectories_of_tum(tmp_path: Path, head: str, separator: str) -> None:
    (tmp_path / "traj.txt").write_text(head + lines(tum(), separator))
    cameras = read_path(tmp_path / "traj.txt", LIKE)
    assert_same_poses(cameras, around())
    assert cameras[0].focal_px == LIKE.focal_px and cameras[0].size_px == LIKE.size_px


@pytest.mark.parametrize("rows", [3, 4])
def test_poses_of_three_rows_or_four(tmp_path: Path, rows: int) -> None:
    poses = [camera.camera_to_world[:rows].ravel().tolist() for camera in around()]
    (tmp_path / "poses.txt").write_text("# a comment\n" + lines(poses))
    assert_same_poses(read_path(tmp_path / "poses.txt", LIKE), around())


def test_a_fourth_row_is_not_looked_at(tmp_path: Path) -> None:
    poses = np.array([camera.camera_to_world for camera in around()])
    poses[:, 3] = [-0.02, 0.01, -0.05, 0.99]
    (tmp_path / "poses.txt").write_text(lines(poses.reshape(-1, 16).tolist()))
    assert_same_poses(read_path(tmp_path / "poses.txt", LIKE), around())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 2 3 4 5 6 7 8", "line 1: its quaternion has a length of 13.19; a rotation"),
        ("1 2 3 4 1e300 0 0 1", "line 1: its quaternion has a length of 1e.09; a rotation"),
        ("# x\n\n1 2 3 4 5 6 7", "line 3 has 7 numbers; a pose needs 16 or 12 .* or 8 as in TUM's"),
        ("# only a comment\n", "holds no cameras"),
        ("0 1 2 3 0 0 0 1\n0 1 2 3 nan 0 0 1", "line 2: its quaternion has a length of nan"),
        ("0 inf 2 3 0 0 0 1", "line 1: .*finite"),
    ],
)
def test_what_is_wrong_is_named_by_its_line(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "bad.txt").write_text(text)
    with pytest.raises(UserError, match=rf"bad\.txt: {message}"):
        read_path(tmp_path / "bad.txt", LIKE)


def test_trajectories_of_open3d(tmp_path: Path) -> None:
    rows = []
    for index, camera in enumerate(around()):
        rows += [[index, index, index + 1], *camera.camera_to_world.tolist()]
    (tmp_path / "trajectory.log").write_text(lines(rows))
    assert_same_poses(read_path(tmp_path / "trajectory.log", LIKE), around())
    (tmp_path / "wrong.log").write_text(lines([*rows[1:], rows[0]]))
    with pytest.raises(UserError, match=r"wrong\.log: line 1: a pose of Open3D's trajectories has 3 numbers"):
        read_path(tmp_path / "wrong.log", LIKE)


@pytest.mark.parametrize(("suffix", "what"), [(".xml", "is of Metashape"), (".usda", "is a USD scene"), (".zip", "")])
def test_files_that_can_not_be_used_are_named(tmp_path: Path, suffix: str, what: str) -> None:
    (tmp_path / f"cameras{suffix}").touch()
    with pytest.raises(UserError, match=rf"cameras\{suffix}: {what}.*cameras are read from \.txt"):
        read_path(tmp_path / f"cameras{suffix}", LIKE)


def test_trajectories_may_be_called_tum(tmp_path: Path) -> None:
    (tmp_path / "traj.tum").write_text(lines(tum()))
    assert_same_poses(read_path(tmp_path / "traj.tum", LIKE), around())
