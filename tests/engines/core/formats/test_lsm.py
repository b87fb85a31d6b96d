"""Learnt Stereo Machines' renderings: as the authors' loader reads them, and what is wrong with a folder."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.io import savemat

from engines.core.data.images import write_png
from engines.core.errors import UserError
from engines.core.formats import open_dataset

K = np.array([[20.0, 0, 8], [0, 21.0, 7], [0, 0, 1]])
# A quarter turn about y: the camera's z is the world's x.
EXTRINSIC = np.array([[0.0, 0, -1, 0.1], [0, 1, 0, 0.2], [1, 0, 0, 2.0], [0, 0, 0, 1]])


def write_object(folder: Path, views: int = 2, **camera: Any) -> Path:
    folder.mkdir(parents=True)
    for index in range(views):
        write_png(folder / f"render_{index}.png", np.full((14, 16, 3), 10 * index, dtype=np.uint8), {})
        savemat(folder / f"camera_{index}.mat", {"K": K, "extrinsic": EXTRINSIC, **camera})
    return folder


def test_the_same_as_the_authors_loader(shared: Path) -> None:
    folder = shared / "golden" / "lsm" / "dataset_sample"
    dataset = open_dataset(folder)
    assert dataset.format == "lsm" and len(dataset.views) == 40
    with np.load(shared / "golden" / "lsm" / "dataset_expected.npz") as expected:
        assert [name.split("/")[1] for name in dataset.instances] == expected["mids"].tolist()
        for number in range(2):
            views = dataset.views.of_instance(number)
            for at, index in enumerate(expected["view_idx"].tolist()):
                view = views[index]
                assert view.name.endswith(f"/render_{index}")
                # They have 64 bits, the graph 32.
                np.testing.assert_allclose(view.image(), expected[f"{number}/im"][at], atol=1e-7)
                depth = np.where(np.isfinite(view.depth()), view.depth(), 10.0)
                np.testing.assert_allclose(depth, expected[f"{number}/depth"][at][..., 0], atol=1e-6)
                (fx, fy), (cx, cy) = view.camera.focal_px, view.camera.centre_px
                np.testing.assert_array_equal([[fx, 0, cx], [0, fy, cy], [0, 0, 1]], expected[f"{number}/K"][at])
                extrinsic = view.camera.world_to_camera[:3]
                np.testing.assert_allclose(extrinsic, expected[f"{number}/R"][at], atol=1e-14)
    assert [dataset.split(name).instances.tolist() for name in ("train", "test")] == [[0] * 20, [1] * 20]


def test_depths_of_nothing_are_infinite(shared: Path) -> None:
    view = open_dataset(shared / "golden" / "lsm" / "dataset_sample").views[0]
    depth = view.depth()
    assert np.isinf(depth[0, 0]) and 1 < depth[np.isfinite(depth)].min() < depth[np.isfinite(depth)].max() < 3


def test_one_object(tmp_path: Path) -> None:
    dataset = open_dataset(write_object(tmp_path / "chair", 11))
    # In the order of their numbers.
    assert [view.name for view in dataset.views] == [f"render_{index}" for index in range(11)]
    assert dataset.instances == () and dataset.up.tolist() == [0, 0, 1] and dataset.bounds.tolist()[0] == [-0.5] * 3
    camera = dataset.views[0].camera
    assert camera.focal_px == (20.0, 21.0) and camera.centre_px == (8.0, 7.0) and camera.size_px == (16, 14)
    np.testing.assert_allclose(camera.forward, [1, 0, 0])
    np.testing.assert_allclose(camera.world_to_camera, EXTRINSIC)
    assert dataset.views[0].depth_path is None


def test_classes_and_a_class(tmp_path: Path) -> None:
    for name in ("02691156/a", "02691156/b", "02958343/c"):
        write_object(tmp_path / "renders" / name, 1)
    splits = {"02691156": {"name": "plane", "train": ["b"], "val": ["a"], "test": ["gone"]}}
    (tmp_path / "splits.json").write_text(json.dumps(splits))
    whole = open_dataset(tmp_path)
    assert whole.instances == ("02691156/b", "02958343/c", "02691156/a")
    assert [view.split for view in whole.views] == ["train", "train", "validation"]
    assert whole.notes == (
        "splits.json names 1 that are not there, such as gone",
        "what splits.json doesn't name is to train on: c",
    )
    assert open_dataset(tmp_path / "renders").instances == ("02691156/a", "02691156/b", "02958343/c")
    assert open_dataset(tmp_path / "renders" / "02691156").instances == ("a", "b")


@pytest.mark.parametrize(("camera", "said"), [
    ({"K": np.eye(2)}, r"K is \[2, 2\]; a camera has"),
    ({"K": np.array([[20.0, 1, 8], [0, 21, 7], [0, 0, 1]])}, r"K must be \[\[fx, 0, cx\], \[0, fy, cy\]"),
    ({"K": "text"}, "K is missing or no matrix"),
    ({"extrinsic": np.full((3, 4), np.nan)}, r"extrinsic is \[3, 4\]"),
    ({"extrinsic": 2 * EXTRINSIC}, "is not a rotation"),
    ({"K": K * [[-1], [1], [1]]}, "focal_px"),
])  # fmt: skip
def test_cameras_that_can_not_be(tmp_path: Path, camera: dict[str, Any], said: str) -> None:
    folder = write_object(tmp_path / "a", 1, **camera)
    with pytest.raises(UserError, match=said) as error:
        open_dataset(folder).views[0]
    assert str(error.value).startswith(str(folder / "camera_0.mat")) and "\n" not in str(error.value)


def test_files_that_are_missing_or_damaged(tmp_path: Path) -> None:
    folder = write_object(tmp_path / "a")
    (folder / "camera_1.mat").unlink()
    with pytest.raises(UserError, match=r"camera_1\.mat: no such file"):
        _ = open_dataset(folder).views[1].camera
    content = (folder / "camera_0.mat").read_bytes()
    for damaged in (content[:200], b"", b"MATLAB 7.3" + content[10:124] + b"\x00\x02IM" + bytes(100), b"x" * 500):
        (folder / "camera_1.mat").write_bytes(damaged)
        with pytest.raises(UserError, match=r"camera_1\.mat: (can't be read as MATLAB|is of MATLAB 7\.3|K is)"):
            _ = open_dataset(folder).views[1].camera
    shutil.move(folder, tmp_path / "all" / "renders" / "02691156" / "a")
    (tmp_path / "all" / "splits.json").write_text('{"02691156": ["a"]}')
    with pytest.raises(UserError, match=r"splits\.json: must have lists train, val and test for each class"):
        open_dataset(tmp_path / "all")
