"""NeRF's transforms.json: as Blender's scripts, instant-ngp and nerfstudio write it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engines.core.data.images import write_png
from engines.core.errors import UserError
from engines.core.formats import open_dataset
from tests.engines.core.examples import camera_ring
from tests.engines.core.formats.transforms_folders import LENS, SIZE_PX, frames, opened, write


def test_cameras_are_those_that_were_written(tmp_path: Path) -> None:
    dataset = opened(tmp_path, {**LENS, "frames": frames(["images/a.png", "images/b.png", "images/c.png"])})
    assert dataset.format == "transforms" and dataset.notes == ()
    assert [view.name for view in dataset.views] == ["a", "b", "c"]
    for index, (view, camera) in enumerate(zip(dataset.views, camera_ring(3), strict=True)):
        assert np.allclose(view.camera.camera_to_world, camera.camera_to_world, atol=1e-12)
        assert view.camera.size_px == SIZE_PX and view.camera.focal_px == (30.0, 25.0) and view.distortion == ()
        assert view.camera.centre_px == (12.5, 7.5) and round(float(view.image().mean()) * 255) == 10 * index


def test_blenders_files_are_splits_and_leave_suffixes_out(tmp_path: Path) -> None:
    for split, count in (("train", 3), ("val", 1), ("test", 2)):
        names = [f"./{split}/r_{index}" for index in range(count)]
        write(tmp_path, {"camera_angle_x": 0.6, "frames": frames(names)}, f"transforms_{split}.json")
    dataset = open_dataset(tmp_path)
    assert [len(dataset.split(name)) for name in ("train", "validation", "test")] == [3, 1, 2]
    view = dataset.split("test")[1]
    assert view.name == "test/r_1" and view.camera.focal_px == pytest.approx((12 / np.tan(0.3),) * 2)
    assert view.camera.centre_px == (12.0, 8.0)


def test_nerfstudios_lists_of_names_are_splits(tmp_path: Path) -> None:
    names = ["images/a.png", "images/b.png", "images/c.png"]
    lists = {"train_filenames": names[:2], "test_filenames": names[2:]}
    dataset = opened(tmp_path, {**LENS, **lists, "frames": frames(names)})
    assert [view.name for view in dataset.split("test")] == ["c"] and len(dataset.split("train")) == 2


def test_a_frame_may_have_a_lens_of_its_own_and_distortion(tmp_path: Path) -> None:
    listed = frames(["a.png", "b.png"])
    listed[1] |= {"fl_x": 90.0, "k1": 0.1, "k2": -0.2}
    first, second = opened(tmp_path, {**LENS, "frames": listed}).views
    assert first.camera.focal_px == (30.0, 25.0) and second.camera.focal_px == (45.0, 25.0)
    assert first.distortion == () and second.distortion == (0.1, -0.2, 0.0, 0.0)
    # Cropped to what the second lens saw whole, both, so that they stay of one size.
    assert first.image().shape == second.image().shape == (14, 22, 3)


def test_photographs_that_are_missing_are_left_out_and_counted(tmp_path: Path) -> None:
    write(tmp_path, {**LENS, "frames": frames(["images/a.png", "images/b.png", "images/c.png"])})
    (tmp_path / "images" / "b.png").unlink()
    dataset = open_dataset(tmp_path)
    assert [view.name for view in dataset.views] == ["a", "c"]
    assert dataset.notes == ("1 of 3 photographs are not there and are left out, such as b.png",)
    for name in ("a", "c"):
        (tmp_path / "images" / f"{name}.png").unlink()
    with pytest.raises(UserError, match=r"transforms\.json: none of its photographs is there"):
        open_dataset(tmp_path)


def with_frame(**more: Any) -> dict[str, Any]:
    return {**LENS, "frames": [frames(["a.png"])[0] | more]}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"frames": []}, "has no frames"),
        ({"frames": [1]}, "has no frames"),
        ({**LENS, "frames": [{}]}, "frame 0 has no file_path"),
        (with_frame(transform_matrix=[[1, 2], [3, 4]]), r"its transform_matrix is \(2, 2\)"),
        (with_frame(transform_matrix=None), "its transform_matrix is"),
        (with_frame(transform_matrix=[["a"] * 4] * 4), "is no matrix of numbers"),
        (with_frame(transform_matrix=[[1e300] * 4] * 4), "no measurement"),
        (with_frame(transform_matrix=(np.ones((4, 4))).tolist()), "not a rotation and a translation"),
        (with_frame(fl_x="60"), "fl_x is '60'; must be a number"),
        (with_frame(fl_x=True), "fl_x is True; must be a number"),
        (with_frame(fl_x=float("nan")), "fl_x is nan; must be a number"),
        (with_frame(fl_x=-4), "fl_x is -4; a focal length must be > 0"),
        (with_frame(w=32, h=48), "turned or cut since"),
        (with_frame(camera_model="OPENCV_FISHEYE"), "its camera_model is OPENCV_FISHEYE; only pinholes"),
        (with_frame() | {"near": 5, "far": 2}, "has depths from 5 to 2; must be 0 < near < far"),
        (with_frame() | {"near": "close", "far": 2}, "near is 'close'; must be a number"),
        ({"frames": frames(["a.png"])}, "has neither fl_x nor camera_angle_x"),
        ({"camera_angle_x": 9.0, "frames": frames(["a.png"])}, "camera_angle_x is 9; an angle of view in radians"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, data: dict[str, Any], message: str) -> None:
    (tmp_path / "transforms.json").write_text(json.dumps(data))
    write_png(tmp_path / "a.png", np.zeros((16, 24, 3), dtype=np.uint8))
    with pytest.raises(UserError, match=rf"transforms\.json: .*{message}"):
        open_dataset(tmp_path)


@pytest.mark.parametrize("text", ["", "{", "[]", "\x00", "[" * 100_000])
def test_no_json(tmp_path: Path, text: str) -> None:
    (tmp_path / "transforms.json").write_text(text)
    with pytest.raises(UserError, match=r"transforms\.json: (can't be read as JSON|has no frames)"):
        open_dataset(tmp_path)


def test_the_fox(shared: Path) -> None:
    dataset = open_dataset(shared / "data" / "fox")
    with np.load(shared / "data" / "fox" / "cams_opencv.npz") as known:
        poses, lenses, distortion = known["c2w"], known["K"], known["dist"]
    assert len(dataset.views) == 50
    for view, pose, lens in zip(dataset.views, poses, lenses, strict=True):
        assert np.abs(view.camera.camera_to_world[:3] - pose[:3]).max() < 1e-5
        assert view.camera.focal_px == pytest.approx((lens[0, 0], lens[1, 1]), rel=1e-6)
        assert view.distortion == pytest.approx(tuple(distortion), rel=1e-6)
    assert dataset.views[0].image().shape == (507, 284, 3)
