"""LLFF folders: cameras as written, and what is wrong with a file."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from engines.core.bounds import bounds_seen
from engines.core.data.dataset import Dataset
from engines.core.data.images import write_png
from engines.core.errors import UserError
from engines.core.formats import open_dataset
from engines.core.paths.exchange.llff import write_poses_bounds
from engines.core.paths.path_files import write_path
from tests.engines.core.examples import camera_ring
from tests.engines.core.formats.ball_pictures import ball_cameras, error_px, upright, write_lying


def write_folder(folder: Path, count: int = 4) -> Path:
    """Rows as our own writer of LLFF's paths has them, with bounds; the images are half as large."""
    folder.mkdir(parents=True, exist_ok=True)
    write_path(folder / "path.npy", [camera.resized((32, 24)) for camera in camera_ring(count)])
    poses = np.load(folder / "path.npy").reshape(count, 15)
    (folder / "path.npy").unlink()
    np.save(folder / "poses_bounds.npy", np.concatenate([poses, np.tile([0.5, 6.0], (count, 1))], axis=1))
    for index in range(count):
        write_png(folder / "images" / f"{index:03d}.png", np.full((12, 16, 3), 20 * index, dtype=np.uint8))
    return folder


def refusal(folder: Path) -> str:
    with pytest.raises(UserError) as refused:
        open_dataset(folder)
    return str(refused.value).replace(str(folder), "")


def test_cameras_are_those_that_were_written(tmp_path: Path) -> None:
    dataset = open_dataset(write_folder(tmp_path))
    assert dataset.format == "llff" and dataset.hints == {"near": 0.5, "far": 6.0, "ranges": [[0.5, 6.0]]}
    assert [view.name for view in dataset.views] == ["000", "001", "002", "003"]
    for view, camera in zip(dataset.views, camera_ring(4), strict=True):
        assert np.allclose(view.camera.camera_to_world, camera.camera_to_world, atol=1e-12)
        # LLFF has one focal length, the vertical one, and a centred lens; the images have half the size.
        assert view.camera.size_px == (16, 12) and view.camera.centre_px == (8.0, 6.0)
        assert view.camera.focal_px == pytest.approx((camera.focal_px[1] / 2,) * 2)
        assert view.image().shape == (12, 16, 3)


def test_real_photographs(shared: Path) -> None:
    dataset = open_dataset(shared / "data" / "juicebox_llff")
    assert len(dataset.views) == 64 and dataset.views[0].camera.size_px == (512, 288)
    assert 0 < dataset.hints["near"] < dataset.hints["far"]
    # These go around a box on a table: the middle is where they look, not where LLFF's paths would.
    cameras = tuple(view.camera for view in dataset.views)
    assert dataset.bounds == pytest.approx(bounds_seen(cameras))


def test_several_scenes(tmp_path: Path) -> None:
    write_folder(tmp_path / "b", 3)
    rows = np.load(write_folder(tmp_path / "a", 2) / "poses_bounds.npy")
    rows[:, 15:] = 2, 9
    np.save(tmp_path / "a" / "poses_bounds.npy", rows)
    dataset = open_dataset(tmp_path)
    assert dataset.format == "llff" and dataset.instances == ("a", "b") and dataset.time_steps == 1
    assert [view.name for view in dataset.views] == ["a/000", "a/001", "b/000", "b/001", "b/002"]
    assert [view.instance for view in dataset.views] == [0, 0, 1, 1, 1]
    assert dataset.views.camera_indices.tolist() == [-1] * 5 and not dataset.backgrounds
    assert dataset.hints == {"near": 0.5, "far": 9.0, "ranges": [[2.0, 9.0], [0.5, 6.0]]}
    (tmp_path / "b" / "images" / "002.png").write_bytes(b"")
    views = open_dataset(tmp_path).views
    with pytest.raises(UserError, match=r"b/images/002\.png: can't be read as an image"):
        _ = views[4]


def test_the_largest_copy_takes_the_place_of_images(tmp_path: Path) -> None:
    write_folder(tmp_path, 2)
    for name, size in (("images_4", (24, 32)), ("images_8", (12, 16)), ("images_16", (11, 12))):
        for index in range(2):
            write_png(tmp_path / name / f"{index:03d}.jpg", np.zeros((*size, 3), dtype=np.uint8))
    assert open_dataset(tmp_path).views[0].camera.size_px == (16, 12)
    shutil.rmtree(tmp_path / "images")
    views = open_dataset(tmp_path).views
    assert views[1].camera.size_px == (32, 24) and views[1].image_path == tmp_path / "images_4" / "001.jpg"
    shutil.rmtree(tmp_path / "images_8")
    shutil.rmtree(tmp_path / "images_16")
    (tmp_path / "images_4" / "000.jpg").unlink()
    assert refusal(tmp_path) == ": 2 rows in poses_bounds.npy but 1 in images_4/; each image needs its row"


def matched(dataset: Dataset) -> bool:
    """Whether each photograph, by its name, has the camera that was written for it."""
    pairs = ((view.camera, camera_ring(4)[int(view.name)]) for view in dataset.views)
    return all(np.allclose(camera.camera_to_world, other.camera_to_world, atol=1e-12) for camera, other in pairs)


@pytest.mark.parametrize("known_by", ["copies", "COLMAP", "numbers"])
def test_a_photograph_that_was_thrown_away(tmp_path: Path, known_by: str) -> None:
    write_folder(tmp_path)
    if known_by == "copies":
        for index in range(4):
            write_png(tmp_path / "images_4" / f"{index:03d}.jpg", np.zeros((11, 15, 3), dtype=np.uint8))
    if known_by == "COLMAP":
        (tmp_path / "sparse" / "0").mkdir(parents=True)
        (tmp_path / "sparse" / "0" / "cameras.txt").write_text("1 PINHOLE 32 24 30 30 16 12\n")
        lines = "".join(f"{index} 1 0 0 0 0 0 {index} 1 {index:03d}.png\n\n" for index in range(4))
        (tmp_path / "sparse" / "0" / "images.txt").write_text(lines)
    (tmp_path / "images" / "001.png").unlink()
    dataset = open_dataset(tmp_path)
    assert dataset.format == "llff" and [view.name for view in dataset.views] == ["000", "002", "003"]
    assert matched(dataset)
    missing = "number 1" if known_by == "numbers" else "001"
    assert dataset.notes == (f"1 of 4 photographs are not there and are left out, such as {missing}",)


def test_photographs_that_colmap_found_no_camera_of(tmp_path: Path) -> None:
    """LLFF writes rows for the others."""
    write_folder(tmp_path)
    (tmp_path / "sparse" / "0").mkdir(parents=True)
    (tmp_path / "sparse" / "0" / "cameras.txt").write_text("1 PINHOLE 32 24 30 30 16 12\n")
    lines = "".join(f"{index} 1 0 0 0 0 0 {index} 1 {index:03d}.png\n\n" for index in (0, 1, 3))
    (tmp_path / "sparse" / "0" / "images.txt").write_text(lines)
    np.save(tmp_path / "poses_bounds.npy", np.load(tmp_path / "poses_bounds.npy")[[0, 1, 3]])
    dataset = open_dataset(tmp_path)
    assert [view.name for view in dataset.views] == ["000", "001", "003"] and matched(dataset)
    assert dataset.notes == ("1 of 4 photographs in images/ have no row in poses_bounds.npy and are left out: 002",)


def test_photographs_that_are_stored_lying(tmp_path: Path) -> None:
    cameras = [upright(camera) for camera in ball_cameras(3)]
    write_poses_bounds(tmp_path / "poses_bounds.npy", cameras, [(1.0, 6.0)] * 3)
    for index, camera in enumerate(cameras):
        write_lying(tmp_path / "images" / f"{index}.png", camera)
    dataset = open_dataset(tmp_path)
    assert dataset.views[0].camera.size_px == (72, 96) and max(error_px(view) for view in dataset.views) < 0.05


def test_a_phone_keeps_a_photograph_twice(tmp_path: Path) -> None:
    write_folder(tmp_path)
    (tmp_path / "images" / "001.HEIC").touch()
    dataset = open_dataset(tmp_path)
    assert [view.name for view in dataset.views] == ["000", "001", "002", "003"] and dataset.notes == ()


def test_masks_beside(tmp_path: Path) -> None:
    write_folder(tmp_path)
    mask = np.full((12, 16), 255, np.uint8)
    mask[:6] = 0
    write_png(tmp_path / "masks" / "002.png", mask)
    write_png(tmp_path / "masks" / "003.png.png", mask)
    masks = [view.valid_mask() for view in open_dataset(tmp_path).views]
    assert masks[0] is None and masks[2] is not None and masks[3] is not None
    assert not masks[2][:6].any() and masks[2][6:].all() and np.array_equal(masks[2], masks[3])


def test_what_is_wrong_is_named(tmp_path: Path) -> None:
    rows = np.load(write_folder(tmp_path) / "poses_bounds.npy")
    path = tmp_path / "poses_bounds.npy"
    np.save(path, rows[:3])
    assert refusal(tmp_path) == ": 3 rows in poses_bounds.npy but 4 in images/; each image needs its row"
    np.save(path, rows[:, :15])
    assert refusal(tmp_path).startswith("/poses_bounds.npy: an array of 4x15; needs a row of 17 numbers")
    crossed = rows.copy()
    crossed[2, 15:] = 6, 0.5
    np.save(path, crossed)
    assert refusal(tmp_path) == "/poses_bounds.npy: row 2 has depths from 6 to 0.5; must be 0 < near < far"
    broken = rows.copy()
    broken[1, 3] = np.nan
    np.save(path, broken)
    assert refusal(tmp_path) == "/poses_bounds.npy: row 1 has a number that is not finite"
    skewed = rows.copy()
    skewed[3, :3] = 5
    np.save(path, skewed)
    assert refusal(tmp_path).startswith("/poses_bounds.npy: row 3: camera_to_world is not a rotation")
    for place, value in ((3, 1e300), (4, 1e18)):
        wild = rows.copy()
        wild[2, place] = value
        np.save(path, wild)
        assert refusal(tmp_path) == "/poses_bounds.npy: row 2 has a number beyond 1e+15; the file is damaged"
    tiny = rows.copy()
    tiny[0, 15] = 1e-300
    np.save(path, tiny)
    assert refusal(tmp_path).startswith("/poses_bounds.npy: row 0 has depths from 1e-300 to 6; must be 0 < near < far")
    np.save(path, rows.astype(complex))
    assert refusal(tmp_path).startswith("/poses_bounds.npy: can't be read as numbers (they are complex128")
    turned = rows.copy()
    turned[0, [4, 9]] = turned[0, [9, 4]]
    np.save(path, turned)
    assert refusal(tmp_path).startswith(
        "/poses_bounds.npy: row 0: is of a photograph of 24x32, but the photograph is 16x12"
    )
    np.save(path, np.array([{"code": 1}], dtype=object), allow_pickle=True)
    assert refusal(tmp_path).startswith("/poses_bounds.npy: can't be read as numbers")


def test_lists_say_what_is_held_out(tmp_path: Path) -> None:
    (write_folder(tmp_path) / "test.txt").write_text("001.png\n007.png\n")
    dataset = open_dataset(tmp_path)
    views = {view.name: view.split for view in dataset.views}
    assert views == {"000": "train", "002": "train", "003": "train", "001": "test"}
    assert dataset.notes == ("1 of 2 listed views are not there: 007.png",)
    for view, camera in zip(dataset.split("test"), camera_ring(4)[1:2], strict=True):
        assert np.allclose(view.camera.camera_to_world, camera.camera_to_world, atol=1e-12)
