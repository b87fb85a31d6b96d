"""Mask Volume's training files: pictures, masks and backgrounds by their place, and what is wrong with one."""

from __future__ import annotations

import pickle
from pathlib import Path

import h5py
import numpy as np
import pytest

from engines.core.camera import Array
from engines.core.formats import open_dataset
from tests.engines.core.formats.rigs import SIZE_PX, greys, refusal, rig_camera, rig_rows

CAMERAS, STEPS = 2, 3


def pictures(channels: int = 3) -> Array:
    """[cameras, steps, H, W, channels] greys 20 + 40 s + 5 c."""
    values = (20 + 40 * np.arange(STEPS)[None, :] + 5 * np.arange(CAMERAS)[:, None]).astype(np.uint8)
    return np.tile(values[:, :, None, None, None], (1, 1, SIZE_PX[1], SIZE_PX[0], channels))


def write_file(path: Path, **changed: Array | None) -> Path:
    """One with all data sets, but for those that are changed, or left out as None."""
    moving = pictures(4)
    moving[..., 3] = np.where(np.arange(SIZE_PX[0]) < 8, 200, 100)
    background = np.full((CAMERAS, SIZE_PX[1], SIZE_PX[0], 3), 250, dtype=np.uint8)
    background[1] = 251
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w") as file:
        for name, values in ({"rgb": pictures(), "fg_rgb": moving, "bg_rgb": background} | changed).items():
            if values is not None:
                file.create_dataset(name, data=values)
    np.save(path.with_name(path.stem + "_pb.npy"), rig_rows(CAMERAS))
    return path


def test_views_masks_and_backgrounds(tmp_path: Path) -> None:
    dataset = open_dataset(write_file(tmp_path / "scene.h5").parent)
    views = dataset.views
    assert dataset.format == "multiview_h5" and dataset.instances == () and dataset.time_steps == STEPS
    assert [(view.time, view.camera_index) for view in views] == [(t, c) for t in range(STEPS) for c in range(CAMERAS)]
    assert greys(views) == [20, 25, 60, 65, 100, 105] and views[3].name == "00001/cam01"
    assert views[3].camera.focal_px == rig_camera(1).resized(SIZE_PX).focal_px and views[3].camera.size_px == SIZE_PX
    assert views[3].mask().tolist() == np.tile(np.arange(SIZE_PX[0]) < 8, (SIZE_PX[1], 1)).tolist()
    assert greys(dataset.backgrounds) == [250, 251] and dataset.backgrounds[1].camera_index == 1
    assert dataset.hints == {"near": 1, "far": 8, "ranges": [[1, 8]]}
    there_and_back = pickle.loads(pickle.dumps(views))
    assert greys(there_and_back[2:4]) == [60, 65] and there_and_back.fingerprint() == views.fingerprint()


def test_masks_and_backgrounds_need_not_be_there(tmp_path: Path) -> None:
    write_file(tmp_path / "a.h5", fg_rgb=None, bg_rgb=None)
    dataset = open_dataset(tmp_path)
    assert dataset.views[0].mask_path is None and len(dataset.backgrounds) == 0
    write_file(tmp_path / "a.h5", fg_rgb=pictures(3))
    assert open_dataset(tmp_path).views[0].mask_path is None


def test_scenes_and_splits(tmp_path: Path) -> None:
    for name in ("train/kitchen/0.h5", "train/hall/0.h5", "train/hall/1.h5", "test/kitchen/0.h5"):
        write_file(tmp_path / name)
    dataset = open_dataset(tmp_path)
    assert dataset.instances == ("hall/0", "hall/1", "train/kitchen", "test/kitchen")
    assert len(dataset.split("train")) == 18 and len(dataset.split("test")) == 6 and len(dataset.backgrounds) == 8
    assert dataset.views[-1].name == "test/kitchen/00002/cam01"
    assert open_dataset(tmp_path / "train" / "hall").instances == ("0", "1")
    assert open_dataset(tmp_path / "train" / "kitchen").instances == ()


def test_what_is_wrong_is_named(tmp_path: Path) -> None:
    path = write_file(tmp_path / "a.h5", rgb=None)
    assert refusal(tmp_path) == "/a.h5: has no data set rgb [cameras, steps, H, W, 3]"
    write_file(path, rgb=pictures()[0])
    assert refusal(tmp_path) == "/a.h5: rgb is [3, 16, 32, 3]; needs [cameras, steps, H, W, 3]"
    write_file(path, fg_rgb=pictures(4)[:, :2])
    assert refusal(tmp_path) == "/a.h5: fg_rgb begins with [2, 2, 16, 32] but rgb with [2, 3, 16, 32]; must be equal"
    write_file(path, bg_rgb=pictures()[0])
    assert refusal(tmp_path) == "/a.h5: bg_rgb begins with [3] but rgb with [2]; must be equal"
    write_file(path, bg_rgb=pictures())
    assert refusal(tmp_path) == "/a.h5: bg_rgb is [2, 3, 16, 32, 3]; needs [cameras, H, W, 3]"
    write_file(path, rgb=pictures()[:, :, :8], fg_rgb=None)
    assert refusal(tmp_path) == "/a.h5: is 32x8; photographs need at least 11 pixels a side"
    write_file(path)
    np.save(tmp_path / "a_pb.npy", rig_rows(3))
    assert refusal(tmp_path) == "/a_pb.npy: has 3 rows, but there are 2 cameras; each camera needs its row"
    np.save(tmp_path / "a_pb.npy", rig_rows(2, 5, 2))
    assert refusal(tmp_path) == "/a_pb.npy: row 0 has depths from 5 to 2; must be 0 < near < far"
    path.write_bytes(b"not HDF5")
    assert refusal(tmp_path).startswith("/a.h5: can't be read as HDF5")
    write_file(tmp_path / "b" / "0.h5")
    write_file(tmp_path / "c" / "0.h5")
    path.unlink()
    (tmp_path / "c" / "0_pb.npy").unlink()
    assert refusal(tmp_path).startswith("/c/0_pb.npy: missing")


def test_other_h5_files_are_not_recordings(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["weights"] = np.zeros(3)
    (tmp_path / "b.h5").write_text("no HDF5 at all")
    assert "no known data layout" in refusal(tmp_path)


def test_poses_that_are_missing_are_named(tmp_path: Path) -> None:
    write_file(tmp_path / "a.h5")
    (tmp_path / "a_pb.npy").unlink()
    assert "a_pb.npy: missing; needs a row of 17 numbers" in refusal(tmp_path)


@pytest.mark.parametrize("kind", [np.float32, np.uint16, np.int64])
def test_pictures_of_other_numbers_are_refused(tmp_path: Path, kind: type) -> None:
    write_file(tmp_path / "a.h5", rgb=pictures().astype(kind))
    assert f"a.h5: rgb holds {np.dtype(kind)}; needs bytes" in refusal(tmp_path)


def test_a_link_to_itself_and_pictures_beyond_all_sense(tmp_path: Path) -> None:
    write_file(tmp_path / "a.h5")
    with h5py.File(tmp_path / "a.h5", "a") as file:
        del file["rgb"]
        file["rgb"] = h5py.SoftLink("/rgb")
    assert "a.h5: can't be read as HDF5" in refusal(tmp_path)
    with h5py.File(tmp_path / "a.h5", "a") as file:
        del file["rgb"]
        # Claims 30 GB, holds nothing.
        file.create_dataset("rgb", (2, 3, 100_000, 100_000, 3), dtype="u1", chunks=(1, 1, 100, 100, 3))
    assert "more than 16384 pixels along a side" in refusal(tmp_path)
