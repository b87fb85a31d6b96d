"""DVR's data folder: one object of DTU, a class as in its ShapeNet, and IDR's without `camera_mat`."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engines.core.camera import Camera, project
from engines.core.errors import UserError
from engines.core.formats import open_dataset
from engines.core.images import write_png
from engines.core.path_files import read_path
from tests.engines.core.examples import camera_ring

SCALE = np.array([[2.0, 0, 0, 30], [0, 2.0, 0, -40], [0, 0, 2.0, 50], [0, 0, 0, 1]])
"""The measured world is twice as large, and elsewhere."""


def matrices(cameras: tuple[Camera, ...], scale: Any = SCALE, skew: float = 0.0) -> dict[str, Any]:
    """As DVR's file has them, of cameras in the scaled world; the lens is in `world_mat`, as for DTU."""
    written = {}
    for index, camera in enumerate(cameras):
        (fx, fy), (cx, cy), (width, height) = camera.focal_px, camera.centre_px, camera.size_px
        lens = np.eye(4)
        lens[:3, :3] = [[fx, skew, cx], [0, fy, cy], [0, 0, 1]]
        written[f"world_mat_{index}"] = lens @ camera.world_to_camera @ np.linalg.inv(scale)
        written[f"scale_mat_{index}"] = scale
        written[f"camera_mat_{index}"] = np.array(
            [[2 / width, 0, -1, 0], [0, 2 / height, -1, 0], [0, 0, 1, 0], [0, 0, 0, 1]]
        )
    return written


def write(folder: Path, count: int = 4, masks: bool = True, **changes: Any) -> Path:
    """An object; its photographs are half as large as the lens says."""
    for index in range(count):
        write_png(folder / "image" / f"{index:06d}.png", np.full((12, 16, 3), 10 * index, dtype=np.uint8))
        if masks:
            write_png(folder / "mask" / f"{index:03d}.png", np.full((12, 16), 255 * (index % 2), dtype=np.uint8))
    np.savez(folder / "cameras.npz", **{**matrices(camera_ring(count)), **changes})
    return folder


def same(camera: Camera, other: Camera) -> bool:
    """Up to the rounding of a decomposition."""
    pairs = ((getattr(camera, name), getattr(other, name)) for name in ("camera_to_world", "focal_px", "centre_px"))
    return all(np.allclose(*pair, atol=1e-9) for pair in pairs) and camera.size_px == other.size_px


def test_the_world_is_the_scaled_one(tmp_path: Path) -> None:
    dataset = open_dataset(write(tmp_path))
    assert dataset.format == "dvr" and dataset.notes == () and dataset.instances == ()
    assert np.array_equal(dataset.bounds, [[-0.5] * 3, [0.5] * 3]) and np.array_equal(dataset.up, [0, 0, 1])
    for index, (view, camera) in enumerate(zip(dataset.views, camera_ring(4), strict=True)):
        assert same(view.camera, camera.resized((16, 12))) and view.name == f"{index:06d}"
        assert round(float(view.image().mean()) * 255) == 10 * index and view.mask().all() == bool(index % 2)
    # As a path the file means the same cameras.
    for view, camera in zip(dataset.views, read_path(tmp_path / "cameras.npz", dataset.views[0].camera), strict=True):
        assert same(view.camera, camera)


def test_scale_mat_leads_to_the_measured_world(tmp_path: Path) -> None:
    write(tmp_path)
    dataset = open_dataset(tmp_path)
    written, camera = np.load(tmp_path / "cameras.npz"), dataset.views[1].camera
    point = np.array([0.1, 0.2, -0.3, 1.0])
    at = written["camera_mat_1"] @ written["world_mat_1"] @ (np.array(dataset.hints["scale_mat"]) @ point)
    # (-1, -1) is the top left corner of the photograph.
    pixel = (at[:2] / at[2] + 1) / 2 * np.array([16, 12])
    assert np.allclose(project(camera, point[None, :3])[0][0], pixel)


def test_without_camera_mat_it_is_in_pixels_and_fills_a_sphere(tmp_path: Path) -> None:
    cameras = tuple(camera.resized((16, 12)) for camera in camera_ring(3))
    write(tmp_path, 3, masks=False)
    kept = {name: value for name, value in matrices(cameras).items() if not name.startswith("camera_mat")}
    np.savez(tmp_path / "cameras.npz", **kept)
    dataset = open_dataset(tmp_path)
    assert all(same(view.camera, camera) for view, camera in zip(dataset.views, cameras, strict=True))
    assert np.array_equal(dataset.bounds, [[-1] * 3, [1] * 3]) and dataset.views[0].mask_path is None


def test_a_class_is_a_folder_for_each_object(tmp_path: Path) -> None:
    for split, names in (("train", ("cup", "jug")), ("val", ("pot",))):
        for name in names:
            write(tmp_path / split / name, 2)
    dataset = open_dataset(tmp_path)
    assert dataset.instances == ("cup", "jug", "pot")
    assert [len(dataset.split(name)) for name in ("train", "validation")] == [4, 2]
    assert [view.name for view in dataset.views.of_instance(1)] == ["jug/000000", "jug/000001"]
    # Workers that read photographs get it by pickling.
    view = pickle.loads(pickle.dumps(dataset.views))[3]
    assert view.instance == 1 and same(view.camera, camera_ring(2)[1].resized((16, 12)))


def test_photographs_that_are_missing_leave_their_cameras_out(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "image" / "000001.png").unlink()
    (tmp_path / "mask" / "002.png").unlink()
    dataset = open_dataset(tmp_path)
    assert dataset.notes == ("1 of 4 cameras have no photograph and are left out, such as 1",)
    assert same(dataset.views[1].camera, camera_ring(4)[2].resized((16, 12)))
    assert [view.mask_path is None for view in dataset.views] == [False, True, False]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"world_mat_1": np.eye(3)}, r"world_mat_1 is float64 of \(3, 3\); needs numbers, 4 x 4"),
        ({"camera_mat_1": np.full((4, 4), np.nan)}, "camera_mat_1 has a number that is not finite"),
        ({"world_mat_1": np.zeros((4, 4))}, "world_mat_1: is no projection"),
        (
            {"world_mat_1": matrices(camera_ring(4), skew=1.0)["world_mat_1"]},
            "world_mat_1: its pixels are skewed, by 0",
        ),
    ],
)
def test_a_matrix_that_is_no_camera_is_named(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    write(tmp_path, **changes)
    with pytest.raises(UserError, match=said):
        [view.camera for view in open_dataset(tmp_path).views]


def test_what_does_not_fit_together_is_said(tmp_path: Path) -> None:
    write(tmp_path)
    write_png(tmp_path / "image" / "extra.png", np.zeros((12, 16, 3), dtype=np.uint8))
    with pytest.raises(UserError, match=r"5 images but 4 cameras in cameras\.npz"):
        open_dataset(tmp_path)
    (tmp_path / "cameras.npz").write_bytes(b"PK\x03\x04 cut short")
    with pytest.raises(UserError, match=r"can't be read as \.npz"):
        open_dataset(tmp_path)
    np.savez(tmp_path / "cameras.npz", poses=np.eye(4))
    with pytest.raises(UserError, match="holds no world_mat_0"):
        open_dataset(tmp_path)


def test_dtu_scan65_is_where_opencv_has_it(shared: Path) -> None:
    folder = shared / "data" / "dtu_scan65_skull"
    dataset, truth = open_dataset(folder), np.load(folder / "cams_opencv.npz")
    assert len(dataset.views) == 49 and all(view.mask_path is not None for view in dataset.views)
    to_millimetres = np.array(dataset.hints["scale_mat"])
    for view, pose, lens in zip(dataset.views, truth["c2w"], truth["K"], strict=True):
        measured = to_millimetres @ np.append(view.camera.position, 1)
        # The file has float32 numbers: of a metre, a tenth of a micrometre.
        assert np.allclose(measured[:3], pose[:3, 3], atol=1e-3)
        assert np.allclose(view.camera.camera_to_world[:3, :3], pose[:3, :3], atol=1e-6)
        found = [*view.camera.focal_px, *view.camera.centre_px]
        assert np.allclose(found, [lens[0, 0], lens[1, 1], lens[0, 2], lens[1, 2]], atol=1e-3)
