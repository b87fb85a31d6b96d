"""Calibrated pairs: cameras against the corners of a real chessboard, and what is wrong with a folder."""

from __future__ import annotations

import pickle
from pathlib import Path

import cv2
import numpy as np
import pytest

from engines.core.camera import Array, project
from engines.core.data.images import to_uint8, write_png
from engines.core.data.views import View
from engines.core.formats import open_dataset
from tests.engines.core.formats.rigs import greys, picture, refusal

TURN = 0.05
MATRICES = {
    "M1": np.array([[30.0, 0, 15.5], [0, 31, 7.5], [0, 0, 1]]),
    "D1": np.zeros((5, 1)),
    "M2": np.array([[30.0, 0, 16.5], [0, 31, 8.5], [0, 0, 1]]),
    "D2": np.array([[0.1, -0.02, 0, 0, 0]]),
    "R": np.array([[np.cos(TURN), 0, np.sin(TURN)], [0, 1, 0], [-np.sin(TURN), 0, np.cos(TURN)]]),
    "T": np.array([[-100.0], [0], [0]]),
}


def write_matrices(folder: Path, **changed: Array | None) -> None:
    """As OpenCV's own sample writes them."""
    matrices = MATRICES | changed
    for name, keys in (("intrinsics.yml", ("M1", "D1", "M2", "D2")), ("extrinsics.yml", ("R", "T"))):
        storage = cv2.FileStorage(str(folder / name), cv2.FILE_STORAGE_WRITE)
        for key in keys:
            matrix = matrices[key]
            if matrix is not None:
                storage.write(key, matrix)
        storage.release()


def write_pair(folder: Path, steps: int = 2) -> Path:
    for step in range(steps):
        for side, name in enumerate(("left", "right")):
            write_png(folder / f"{name}{step + 1}.png", picture(10 * step + 5 * side))
    write_matrices(folder)
    return folder


def test_cameras_and_views(tmp_path: Path) -> None:
    dataset = open_dataset(write_pair(tmp_path, 11))
    assert dataset.format == "stereo" and dataset.instances == () and dataset.time_steps == 11
    assert dataset.views.camera_indices.tolist() == [0, 1] * 11 and len(dataset.backgrounds) == 0
    assert [view.name for view in dataset.views[:3]] == ["00000/left", "00000/right", "00001/left"]
    # left10 after left9.
    assert dataset.views[18].image_path == tmp_path / "left10.png"
    assert dataset.hints == {"near": 500, "far": 10000, "ranges": [[500, 10000]]}
    assert "does not say how far the scene is" in dataset.notes[0] and dataset.up.tolist() == [0, -1, 0]
    left, right = (view.camera for view in dataset.views[:2])
    # Both are cropped to what the right one's lens saw whole: one column and row on each side.
    assert left.camera_to_world.tolist() == np.eye(4).tolist() and left.centre_px == (15.0, 7.0)
    assert (
        right.focal_px == (30.0, 31.0) and right.centre_px == (16.0, 8.0) and left.size_px == right.size_px == (30, 14)
    )
    point = np.array([20.0, 30, 600])
    np.testing.assert_allclose(
        right.world_to_camera[:3] @ [*point, 1], MATRICES["R"] @ point + MATRICES["T"][:, 0], atol=1e-9
    )
    assert dataset.views[0].distortion == () and dataset.views[1].distortion == (0.1, -0.02, 0.0, 0.0, 0.0)
    assert pickle.loads(pickle.dumps(dataset.views))[3].name == "00001/right"


def test_backgrounds(tmp_path: Path) -> None:
    write_pair(tmp_path)
    for index, side in enumerate(("left", "right")):
        write_png(tmp_path / "background" / f"{side}.png", picture(100 + index))
    backgrounds = open_dataset(tmp_path).backgrounds
    assert greys(backgrounds) == [100, 101] and [view.name for view in backgrounds] == [
        "background/left",
        "background/right",
    ]
    assert [view.camera_index for view in backgrounds] == [0, 1] and backgrounds.times.tolist() == [0, 0]
    (tmp_path / "background" / "left.png").unlink()
    assert refusal(tmp_path) == "/background: 1 backgrounds but 2 cameras; needs left.png and right.png"


def corners(view: View) -> Array:
    """[N, 2] the chessboard's inner corners, in our pixels."""
    grey = to_uint8(view.image())[:, :, 0]
    found, points = cv2.findChessboardCorners(grey, (6, 9))
    assert found
    stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 30, 0.01)
    return np.asarray(cv2.cornerSubPix(grey, points, (5, 5), (-1, -1), stop)).reshape(-1, 2) + 0.5


def test_a_real_chessboard_is_where_both_cameras_see_it(shared: Path) -> None:
    dataset = open_dataset(shared / "data" / "dyn_stereo_ir")
    assert dataset.time_steps == 25 and len(dataset.views) == 50
    views = dataset.views.at_time(0)
    seen = [corners(view) for view in views]
    rays = [
        np.column_stack([(points - view.camera.centre_px) / view.camera.focal_px, np.ones(len(points))])
        for view, points in zip(views, seen, strict=True)
    ]
    left, right = (view.camera.world_to_camera[:3] for view in views)
    points = cv2.triangulatePoints(left, right, rays[0][:, :2].T, rays[1][:, :2].T)
    world = (points[:3] / points[3]).T
    for view, pixels in zip(views, seen, strict=True):
        # What is left is the error of the corners and of the calibration.
        assert np.abs(project(view.camera, world)[0] - pixels).max() < 0.3
    near, far = dataset.hints["ranges"][0]
    assert ((near < world[:, 2]) & (world[:, 2] < far)).all()
    # Its squares are all of one size, 24 mm.
    sides = np.linalg.norm(np.diff(world.reshape(9, 6, 3), axis=1), axis=-1)
    np.testing.assert_allclose(sides, 24, rtol=0.04)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"M2": None}, "/intrinsics.yml: M2 is missing; needs a matrix of 9 finite numbers"),
        ({"D1": np.zeros((3, 1))}, "/intrinsics.yml: D1 has 3 numbers; needs a matrix of 4 or 5 or 8 or 12 or 14"),
        ({"T": None}, "/extrinsics.yml: T is missing; needs a matrix of 3 finite numbers"),
        ({"T": np.zeros((3, 1))}, "/extrinsics.yml: T is 0; the cameras must stand in different places"),
        ({"R": np.full((3, 3), np.nan)}, "/extrinsics.yml: R has 9 numbers; needs a matrix of 9 finite numbers"),
        ({"R": np.eye(3) * 2}, ": the right camera: camera_to_world is not a rotation"),
        ({"R": np.zeros((3, 3))}, ": the right camera: its world_to_camera is not a rotation"),
        ({"M1": np.eye(3) * -1}, ": the left camera: focal_px (-1.0, -1.0) must be > 0"),
    ],
)
def test_a_wrong_calibration_is_named(tmp_path: Path, changed: dict[str, Array | None], message: str) -> None:
    write_pair(tmp_path)
    write_matrices(tmp_path, **changed)
    assert refusal(tmp_path).startswith(message)


@pytest.mark.parametrize("text", ["", "no calibration", "%YAML:1.0\n---\nM1: 3\n", "%YAML:1.0\n---\nM1: [\n"])
def test_a_text_that_is_no_calibration(tmp_path: Path, text: str, capfd: pytest.CaptureFixture[str]) -> None:
    write_pair(tmp_path)
    (tmp_path / "intrinsics.yml").write_text(text)
    assert refusal(tmp_path).startswith("/intrinsics.yml: ")
    assert capfd.readouterr() == ("", "")


def test_photographs_without_their_other_are_named(tmp_path: Path) -> None:
    write_pair(tmp_path)
    (tmp_path / "right2.png").unlink()
    dataset = open_dataset(tmp_path)
    said = "1 of 3 photographs lack that of the other side and are left out: left2.png"
    assert len(dataset.views) == 2 and said in dataset.notes
    (tmp_path / "right1.png").rename(tmp_path / "kept.png")
    assert refusal(tmp_path) == "/left1.png: has no right1 beside it; each time step needs both"
    (tmp_path / "kept.png").rename(tmp_path / "right1.png")
    (tmp_path / "left2.png").unlink()
    (tmp_path / "left1.png").unlink()
    assert refusal(tmp_path) == "/right1.png: has no left1 beside it; each time step needs both"
    (tmp_path / "right1.png").unlink()
    assert refusal(tmp_path) == ": holds no photographs named left01, right01, ... beside the calibration"


def test_names_in_capitals(tmp_path: Path) -> None:
    for path in write_pair(tmp_path).glob("*.png"):
        path.rename(path.with_name(path.stem.capitalize() + ".PNG"))
    views = open_dataset(tmp_path).views
    assert [view.image_path and view.image_path.name for view in views[:2]] == ["Left1.PNG", "Right1.PNG"]


@pytest.mark.parametrize("suffix", [".yaml", ".xml", ".json"])
def test_the_other_forms_that_opencv_writes(tmp_path: Path, suffix: str) -> None:
    expected = [view.camera for view in open_dataset(write_pair(tmp_path / "yml")).views]
    write_pair(tmp_path / "other")
    for name, keys in (("intrinsics", ("M1", "D1", "M2", "D2")), ("extrinsics", ("R", "T"))):
        (tmp_path / "other" / f"{name}.yml").unlink()
        storage = cv2.FileStorage(str(tmp_path / "other" / f"{name}{suffix}"), cv2.FILE_STORAGE_WRITE)
        for key in keys:
            storage.write(key, MATRICES[key])
        storage.release()
    dataset = open_dataset(tmp_path / "other")
    assert dataset.format == "stereo"
    for view, camera in zip(dataset.views, expected, strict=True):
        assert np.allclose(view.camera.camera_to_world, camera.camera_to_world, atol=1e-12)
        assert view.camera.focal_px == camera.focal_px and view.camera.size_px == camera.size_px
