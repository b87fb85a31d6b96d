"""Cameras read from every layout, and written."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from engines.core.camera import Camera, look_at, project
from engines.core.data.images import write_png
from engines.core.errors import UserError
from engines.core.formats.llff import row_camera
from engines.core.paths.exchange.llff import write_poses_bounds
from engines.core.paths.path_files import read_path, write_path
from tests.engines.core.cameras_around import LIKE, around, assert_same_poses, quaternion
from tests.engines.core.formats.test_colmap import write_binary


def some_cameras(count: int = 3) -> list[Camera]:
    up = np.array([0.1, 0.2, 1.0])
    lens = Camera(np.eye(4), (50.0, 50.0), (20.0, 15.0), (40, 30))
    return [lens.at(look_at(np.array([3.0 + i, 1.0 - i, 0.5 * i]), np.zeros(3), up)) for i in range(count)]


def assert_same(read: tuple[Camera, ...], written: list[Camera]) -> None:
    assert len(read) == len(written)
    for a, b in zip(read, written, strict=True):
        np.testing.assert_allclose(a.camera_to_world, b.camera_to_world, atol=1e-12)
        np.testing.assert_allclose(a.focal_px + a.centre_px, b.focal_px + b.centre_px, atol=1e-9)
        assert a.size_px == b.size_px


@pytest.mark.parametrize("name", ["path.json", "path.npy", "path.txt"])
def test_what_is_written_is_read_back(tmp_path: Path, name: str) -> None:
    write_path(tmp_path / name, some_cameras())
    assert_same(read_path(tmp_path / name, LIKE), some_cameras())
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_other_suffixes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"\.json"):
        write_path(tmp_path / "path.xml", some_cameras())
    (tmp_path / "path.xml").touch()
    with pytest.raises(UserError, match=r"\.npz"):
        read_path(tmp_path / "path.xml", LIKE)


def test_poses_bounds_has_llff_columns(tmp_path: Path) -> None:
    # One camera that looks along the world's -z with y up: down, right, backwards are -y, x, z.
    matrix = [[0, 1, 0, 5, 30], [-1, 0, 0, 6, 40], [0, 0, 1, 7, 50]]
    np.save(tmp_path / "poses_bounds.npy", np.array([[*np.ravel(matrix), 1.0, 9.0]]))
    (camera,) = read_path(tmp_path / "poses_bounds.npy", LIKE)
    np.testing.assert_array_equal(camera.right, [1, 0, 0])
    np.testing.assert_array_equal(camera.down, [0, -1, 0])
    np.testing.assert_array_equal(camera.forward, [0, 0, -1])
    np.testing.assert_array_equal(camera.position, [5, 6, 7])
    assert (camera.size_px, camera.focal_px, camera.centre_px) == ((40, 30), (50.0, 50.0), (20.0, 15.0))


def test_poses_bounds_are_read_back_by_row(tmp_path: Path) -> None:
    cameras = some_cameras()
    write_poses_bounds(tmp_path / "poses_bounds.npy", cameras, [(1.0, 9.0), (1.5, 8.0), (2.0, 7.0)])
    assert_same(read_path(tmp_path / "poses_bounds.npy", LIKE), cameras)
    rows = np.load(tmp_path / "poses_bounds.npy")
    assert_same(tuple(row_camera("row", row) for row in rows), cameras)
    assert rows[:, 15:].tolist() == [[1, 9], [1.5, 8], [2, 7]]
    assert [path.name for path in tmp_path.iterdir()] == ["poses_bounds.npy"]


def test_path_text_has_right_up_backwards(tmp_path: Path) -> None:
    # The first line of a path of the LLFF authors' script: right x, up -y, backwards -z.
    (tmp_path / "qual_path.txt").write_text("1\n1 0 0 -0 -1 -0 -0 -0 -1 0.2 0.04 0.09 384.0 640.0 600.0\n")
    (camera,) = read_path(tmp_path, LIKE)
    np.testing.assert_array_equal(camera.camera_to_world[:3, :3], np.eye(3))
    np.testing.assert_array_equal(camera.position, [0.2, 0.04, 0.09])
    assert (camera.size_px, camera.focal_px) == ((640, 384), (600.0, 600.0))


def test_folder_of_poses_takes_the_lens_it_is_given(tmp_path: Path) -> None:
    for i, camera in enumerate(some_cameras(12)):
        np.savetxt(tmp_path / f"{i:04d}.txt", camera.camera_to_world)
    read = read_path(tmp_path, LIKE)
    assert_same(read, [LIKE.at(camera.camera_to_world) for camera in some_cameras(12)])


@pytest.mark.parametrize("inverted", [False, True])
def test_folder_with_intrinsics(tmp_path: Path, inverted: bool) -> None:
    (tmp_path / "pose").mkdir()
    flag = "\n1" if inverted else ""
    (tmp_path / "intrinsics.txt").write_text(f"50 20 15 0\n0 0 0\n1\n1\n30 40{flag}\n")
    for i, camera in enumerate(some_cameras()):
        np.savetxt(tmp_path / "pose" / f"{i}.txt", camera.world_to_camera if inverted else camera.camera_to_world)
    for folder in (tmp_path, tmp_path / "pose"):
        assert_same(read_path(folder, LIKE), some_cameras())


def test_one_text_file_of_poses(tmp_path: Path) -> None:
    rows = [" ".join(map(str, camera.camera_to_world.ravel())) for camera in some_cameras()]
    (tmp_path / "rows.txt").write_text("\n".join(rows))
    np.savetxt(tmp_path / "four.txt", np.concatenate([camera.camera_to_world for camera in some_cameras()]))
    expected = [LIKE.at(camera.camera_to_world) for camera in some_cameras()]
    assert_same(read_path(tmp_path / "rows.txt", LIKE), expected)
    assert_same(read_path(tmp_path / "four.txt", LIKE), expected)


def test_opencv_arrays(tmp_path: Path) -> None:
    cameras = some_cameras()
    poses = np.array([camera.camera_to_world for camera in cameras])
    lens = np.array([[50.0, 0, 20], [0, 50, 15], [0, 0, 1]])
    np.savez(tmp_path / "a.npz", c2w=poses, K=np.array([lens] * 3), hw=[30, 40], names=np.array(["a", "b", "c"]))
    np.savez(tmp_path / "b.npz", c2w=poses[:, :3])
    np.save(tmp_path / "c.npy", poses)
    assert_same(read_path(tmp_path / "a.npz", LIKE), cameras)
    assert_same(read_path(tmp_path / "b.npz", LIKE), [LIKE.at(pose) for pose in poses])
    assert_same(read_path(tmp_path / "c.npy", LIKE), [LIKE.at(pose) for pose in poses])


def projection_of(camera: Camera) -> np.ndarray:
    lens = np.array([[camera.focal_px[0], 0, camera.centre_px[0]], [0, camera.focal_px[1], camera.centre_px[1]]])
    full = np.eye(4)
    full[:3] = np.concatenate([lens, [[0, 0, 1]]]) @ camera.world_to_camera[:3]
    return full


def test_projections_in_pixels_of_the_photographs_beside(tmp_path: Path) -> None:
    (tmp_path / "image").mkdir()
    cv2.imwrite(str(tmp_path / "image" / "000.png"), np.zeros((30, 40, 3), np.uint8))
    scale = np.diag([2.0, 2.0, 2.0, 1.0])
    scale[:3, 3] = [0.5, -1, 0.25]
    content = {}
    for i, camera in enumerate(some_cameras(11)):  # 11: "10" sorts before "2" as text
        # -3: a projection has no sign and no scale of its own.
        content[f"world_mat_{i}"] = -3.0 * projection_of(camera)
        content[f"scale_mat_{i}"] = scale
    np.savez(tmp_path / "cameras.npz", allow_pickle=False, **content)
    points = np.array([[0.1, 0.2, -0.3], [0.0, 0.0, 0.0]])
    for read, camera in zip(read_path(tmp_path, LIKE), some_cameras(11), strict=True):
        assert read.size_px == (40, 30)
        pixels, depth = project(read, points)
        expected = project(camera, points * 2 + scale[:3, 3])[0] + 0.5  # (0, 0) is the middle of the first pixel there
        np.testing.assert_allclose(pixels, expected, atol=1e-9)
        assert (depth > 0).all()


def test_projections_to_the_unit_picture_take_the_size_they_are_given(tmp_path: Path) -> None:
    camera = LIKE.at(some_cameras()[1].camera_to_world)
    to_unit = np.diag([2 / 64, 2 / 64, 1.0, 1.0])
    to_unit[:2, 2] = -1
    np.savez(tmp_path / "cameras.npz", world_mat_0=projection_of(camera), camera_mat_0=to_unit)
    assert_same(read_path(tmp_path / "cameras.npz", LIKE), [camera])


def test_nerfstudio_path(tmp_path: Path) -> None:
    pose = np.array([[1, 0, 0, 1], [0, 1, 0, 2], [0, 0, 1, 3], [0, 0, 0, 1]])
    data = {
        "render_width": 200,
        "render_height": 100,
        "camera_path": [{"camera_to_world": pose.ravel().tolist(), "fov": 90.0}],
    }
    (tmp_path / "camera_path.json").write_text(json.dumps(data))
    (camera,) = read_path(tmp_path / "camera_path.json", LIKE)
    np.testing.assert_array_equal(camera.forward, [0, 0, -1])
    np.testing.assert_array_equal(camera.down, [0, -1, 0])
    assert camera.focal_px == pytest.approx((50.0, 50.0))
    assert (camera.size_px, camera.centre_px) == ((200, 100), (100.0, 50.0))


IDENTITY = "1 0 0 0 0 1 0 0 0 0 1 0 0 0 0 1"
BAD_TEXTS = {
    "fifteen": ("1 0 0 0 0 1 0 0 0 0 1 0 0 0 0", "line 1 has 15 numbers"),
    "word": (f"{IDENTITY}\n{IDENTITY[:-1]}x", "line 2: could not convert"),
    "no rotation": (f"{IDENTITY}\n\n" + IDENTITY.replace("1 0 0 0 0 1", "9 0 0 0 0 1"), "line 3: .*rotation"),
    "not finite": (IDENTITY.replace("1 0 0 0 0 1", "nan 0 0 0 0 1"), "line 1: .*finite"),
    "count": ("2\n1 0 0 0 -1 0 0 0 -1 0 0 0 48 64 50", "line 1 says 2 cameras, but 1 lines"),
    "short line": ("1\n1 0 0 0 -1 0 0 0 -1 0 0 0 48 64", "line 2 has 14 numbers"),
    "no focal": ("1\n1 0 0 0 -1 0 0 0 -1 0 0 0 48 64 0", "line 2: focal"),
    "huge": ("1\n1 0 0 0 -1 0 0 0 -1 0 0 0 48 1e9 50", "line 2: .*pixels"),
    "size not finite": ("1\n1 0 0 0 -1 0 0 0 -1 0 0 0 48 inf 50", "line 2: .*finite"),
    "empty": ("\n", "holds no cameras"),
}


@pytest.mark.parametrize("case", BAD_TEXTS)
def test_bad_text_is_named_by_file_and_line(tmp_path: Path, case: str) -> None:
    text, message = BAD_TEXTS[case]
    (tmp_path / "bad.txt").write_text(text)
    with pytest.raises(UserError, match=r"bad\.txt.*" + message) as caught:
        read_path(tmp_path / "bad.txt", LIKE)
    assert "\n" not in str(caught.value)


def test_bad_files_are_named(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "poses").mkdir()
    (tmp_path / "poses" / "0.txt").write_text("1 2 3")
    (tmp_path / "broken.npz").write_bytes(b"PK\x03\x04 no archive")
    (tmp_path / "broken.npy").write_bytes(b"\x93NUMPY")
    (tmp_path / "broken.json").write_text("{")
    (tmp_path / "other.json").write_text('{"a": 1}')
    (tmp_path / "partial.json").write_text('[{"focal_px": [1, 1]}]')
    (tmp_path / "fov.json").write_text('{"camera_path": [{"fov": 0}]}')
    (tmp_path / "binary.txt").write_bytes(b"\xff\xfe\x00")
    np.save(tmp_path / "shape.npy", np.zeros((3, 7)))
    np.save(tmp_path / "objects.npy", np.array([{}], dtype=object), allow_pickle=True)
    np.savez(tmp_path / "keys.npz", a=np.zeros(3))
    np.savez(tmp_path / "singular.npz", world_mat_0=np.zeros((4, 4)))
    np.savez(tmp_path / "lens.npz", c2w=np.eye(4)[None], K=np.zeros((2, 3, 3)), hw=[3, 4])
    for name in ["missing.txt", "empty", *(path.name for path in tmp_path.iterdir())]:
        with pytest.raises(UserError, match=str(tmp_path / name)) as caught:
            read_path(tmp_path / name, LIKE)
        assert "\n" not in str(caught.value)


def test_real_files_agree_with_each_other(shared: Path) -> None:
    data = shared / "data"
    llff = read_path(data / "juicebox_llff" / "poses_bounds.npy", LIKE)
    assert_same(read_path(data / "juicebox_llff" / "cams_opencv.npz", LIKE), list(llff))
    # The DVR file is in the scaled world; the other one in millimetres.
    scaled = read_path(data / "dtu_scan65_skull" / "cameras.npz", LIKE)
    scale = np.load(data / "dtu_scan65_skull" / "cams_opencv.npz")["scale_mat"]
    for a, b in zip(scaled, read_path(data / "dtu_scan65_skull" / "cams_opencv.npz", LIKE), strict=True):
        np.testing.assert_allclose(a.position * scale[0, 0] + scale[:3, 3], b.position, atol=1e-3)  # stored in float32
        np.testing.assert_allclose(a.camera_to_world[:3, :3], b.camera_to_world[:3, :3], atol=1e-9)
        np.testing.assert_allclose(a.centre_px, b.centre_px, atol=1e-4)
    assert len(read_path(data / "lego_deepvoxels_srn" / "train", LIKE)) == 100


def write_model(folder: Path) -> Path:
    """A model of COLMAP in text, without points and photographs, its images not in the order of their names."""
    folder.mkdir(parents=True)
    rows = []
    for index, camera in reversed(list(enumerate(around()))):
        x, y, z, w = quaternion(camera.world_to_camera[:3, :3])
        tx, ty, tz = camera.world_to_camera[:3, 3].tolist()
        rows.append(f"{index + 1} {w!r} {x!r} {y!r} {z!r} {tx!r} {ty!r} {tz!r} 1 {index:04}.png\n\n")
    (folder / "images.txt").write_text("# IMAGE_ID, QW, ...\n" + "".join(rows))
    (folder / "cameras.txt").write_text("# CAMERA_ID, MODEL, ...\n1 OPENCV 96 72 90 90 48 36 0 0 0 0\n")
    (folder / "points3D.txt").write_text("# 3D point list\n")
    return folder


@pytest.mark.parametrize("place", ["", "sparse", "sparse/0", "colmap/sparse/0"])
def test_models_of_colmap_need_no_photographs(tmp_path: Path, place: str) -> None:
    folder = write_model(tmp_path / "capture" / place)
    names = ("images.txt", "cameras.txt", "points3D.txt")
    for path in (tmp_path / "capture", folder, *(folder / name for name in names)):
        cameras = read_path(path, LIKE)
        assert_same_poses(cameras, around())
        assert cameras[0].focal_px == (90.0, 90.0) and cameras[0].size_px == (96, 72)
    # The folder of models is known by its first.
    assert len(read_path(folder.parent if place.endswith("0") else folder, LIKE)) == 12


def test_binary_models_of_colmap_are_paths(tmp_path: Path) -> None:
    folder = write_binary(tmp_path / "sparse" / "0")
    whole = read_path(folder, LIKE)
    assert len(whole) > 1
    for name in ("images.bin", "cameras.bin"):
        assert_same_poses(read_path(folder / name, LIKE), list(whole))


def test_other_binary_files_are_no_path(tmp_path: Path) -> None:
    (tmp_path / "images.bin").touch()
    with pytest.raises(UserError, match=r"images\.bin: is of no model of COLMAP: .*cameras are read from \.txt"):
        read_path(tmp_path / "images.bin", LIKE)


def test_the_cameras_of_a_capture_in_a_maps_coordinates_stay_where_they_are(tmp_path: Path) -> None:
    far = np.array([500123.4, 4649776.2, 231.0])
    frames = []
    for number in range(4):
        eye = far + np.array([3 * np.cos(number), 3 * np.sin(number), 1.0])
        pose = look_at(eye, far, np.array([0.0, 0.0, 1.0]))
        name = f"{number}.png"
        write_png(tmp_path / name, np.full((24, 36, 3), 100, np.uint8))
        frames.append({"file_path": name, "transform_matrix": (pose * (1.0, -1.0, -1.0, 1.0)).tolist()})
    (tmp_path / "transforms.json").write_text(json.dumps({"fl_x": 10.0, "frames": frames}))
    cameras = read_path(tmp_path, LIKE)
    assert np.allclose(cameras[0].position, far + np.array([3, 0, 1]), rtol=0, atol=1e-6)
