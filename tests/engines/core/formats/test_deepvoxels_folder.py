"""The DeepVoxels/SRN layout: what is read, and one clear line for each thing that can be wrong."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engines.core.data.images import write_png
from engines.core.errors import UserError
from engines.core.formats import open_dataset
from engines.core.formats.deepvoxels_folder import read_intrinsics, read_pose, write_pose
from tests.engines.core.examples import INTRINSICS, camera_ring, write_part
from tests.engines.core.formats.ball_pictures import ball_cameras, ball_picture, error_px, upright, write_lying


def test_reads_views_in_order(tmp_path: Path) -> None:
    dataset = open_dataset(write_part(tmp_path))
    assert [view.name for view in dataset.views] == ["000000", "000001", "000002"]
    for index, (view, camera) in enumerate(zip(dataset.views, camera_ring(3), strict=True)):
        assert view.camera.camera_to_world == pytest.approx(camera.camera_to_world, abs=1e-11)
        assert (view.camera.focal_px, view.camera.centre_px) == ((30.0, 30.0), (16.0, 12.0))
        assert (view.camera.size_px, view.split) == ((32, 24), "train")
        assert view.image() == pytest.approx(10 * index / 255)
    assert dataset.hints == {"near_plane": 0.5, "scale": 1.5, "grid_barycenter": [0.1, 0.2, 0.3]}
    assert dataset.up.tolist() == [0, 0, 1]


def test_intrinsics_scale_to_the_size_of_the_images(tmp_path: Path) -> None:
    camera = open_dataset(write_part(tmp_path, size_px=(16, 12))).views[0].camera
    assert (camera.focal_px, camera.centre_px, camera.size_px) == ((15, 15), (8, 6), (16, 12))


def test_splits_share_one_intrinsics_file(tmp_path: Path) -> None:
    for split, views in (("train", 3), ("validation", 2), ("test", 1)):
        write_part(tmp_path / split, views)
    (tmp_path / "train" / "intrinsics.txt").rename(tmp_path / "intrinsics.txt")
    dataset = open_dataset(tmp_path)
    assert [view.split for view in dataset.views] == ["train"] * 3 + ["validation"] * 2 + ["test"]


def test_poses_without_images_make_a_path(tmp_path: Path) -> None:
    shutil.rmtree(write_part(tmp_path) / "rgb")
    dataset = open_dataset(tmp_path)
    assert len(dataset.views) == 3 and not dataset.views.photographed
    with pytest.raises(UserError, match="000000 has no photograph"):
        dataset.views[0].image()


def test_masks_depths_and_bounds_beside(tmp_path: Path) -> None:
    write_part(tmp_path)
    write_png(tmp_path / "mask" / "000001.png", np.zeros((24, 32), dtype=np.uint8))
    (tmp_path / "depth").mkdir()
    np.save(tmp_path / "depth" / "000001.npy", np.zeros((24, 32)))
    (tmp_path / "bbox.txt").write_text("-1 -2 -3 1 2 3 0.1\n")
    dataset = open_dataset(tmp_path)
    assert dataset.views[0].mask_path is None and dataset.views[0].depth_path is None
    assert dataset.views[1].mask_path == tmp_path / "mask" / "000001.png"
    assert dataset.views[1].depth_path == tmp_path / "depth" / "000001.npy"
    assert dataset.bounds.tolist() == [[-1, -2, -3], [1, 2, 3]]


def test_names_pair_images_with_poses_whatever_their_order(tmp_path: Path) -> None:
    write_part(tmp_path)
    for folder, suffix in (("pose", "txt"), ("rgb", "png")):
        (tmp_path / folder / f"000000.{suffix}").rename(tmp_path / folder / f"x.{suffix}")
    (tmp_path / "rgb" / "._000001.png").touch()  # macOS leaves such files
    (tmp_path / "pose" / "._000001.txt").touch()
    last = open_dataset(tmp_path).views[-1]
    assert last.name == "x" and last.image_path == tmp_path / "rgb" / "x.png"


def test_poses_may_be_world_to_camera_and_on_one_line(tmp_path: Path) -> None:
    write_part(tmp_path)
    with (tmp_path / "intrinsics.txt").open("a") as file:
        file.write("1\n")
    for path, camera in zip(sorted((tmp_path / "pose").iterdir()), camera_ring(3), strict=True):
        path.write_text(" ".join(str(number) for number in camera.world_to_camera.ravel()))
    for view, camera in zip(open_dataset(tmp_path).views, camera_ring(3), strict=True):
        assert view.camera.camera_to_world == pytest.approx(camera.camera_to_world)


@pytest.mark.parametrize(("line", "inverted"), [("0", False), ("1", True), ("", False), ("none", False)])
def test_the_sixth_line_of_intrinsics(tmp_path: Path, line: str, inverted: bool) -> None:
    write_part(tmp_path)
    with (tmp_path / "intrinsics.txt").open("a") as file:
        file.write(line + "\n")
    assert read_intrinsics(tmp_path / "intrinsics.txt").world_to_camera == inverted


def test_intrinsics_and_poses_come_back_as_written(tmp_path: Path) -> None:
    write_part(tmp_path)
    assert read_intrinsics(tmp_path / "intrinsics.txt") == INTRINSICS
    pose = camera_ring(5)[3].camera_to_world
    write_pose(tmp_path / "pose.txt", pose)
    assert read_pose(tmp_path / "pose.txt") == pytest.approx(pose, abs=1e-11)


def refusal(folder: Path) -> str:
    with pytest.raises(UserError) as caught:
        open_dataset(folder)
    text = str(caught.value)
    assert "\n" not in text
    return text.removeprefix(str(folder))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (" ".join(["1"] * 15), "has 15 numbers; a pose needs 16"),
        (" ".join(["1"] * 15 + ["x"]), "a pose is 16 numbers"),
        ("", "has 0 numbers"),
        ("2 0 0 0  0 1 0 0  0 0 1 0  0 0 0 1", "not a rotation"),
        ("nan 0 0 0  0 1 0 0  0 0 1 0  0 0 0 1", "not finite"),
    ],
)
def test_bad_pose(tmp_path: Path, content: str, message: str) -> None:
    write_part(tmp_path)
    (tmp_path / "pose" / "000001.txt").write_text(content)
    text = refusal(tmp_path)
    assert text.startswith("/pose/000001.txt: ") and message in text


def test_pose_file_that_is_not_text(tmp_path: Path) -> None:
    write_part(tmp_path)
    (tmp_path / "pose" / "000001.txt").write_bytes(b"\xff\xfe\x00\x80")
    assert "can't be read as text" in refusal(tmp_path)


@pytest.mark.parametrize(
    ("line", "content", "message"),
    [
        (0, "30 16", "line 1 must hold f cx cy, but is 30 16"),
        (1, "a b c", "line 2 must hold x y z of the grid's centre, but is a b c"),
        (3, "nan", "line 4 must hold the scale"),
        (0, "-30 16 12", "must be > 0"),
        (4, "0 32", "must be > 0"),
    ],
)
def test_bad_intrinsics(tmp_path: Path, line: int, content: str, message: str) -> None:
    path = write_part(tmp_path) / "intrinsics.txt"
    lines = path.read_text().splitlines()
    lines[line : line + 1] = [content]
    path.write_text("\n".join(lines))
    text = refusal(tmp_path)
    assert text.startswith("/intrinsics.txt: ")
    assert message in text


def test_missing_intrinsics_file(tmp_path: Path) -> None:
    (write_part(tmp_path) / "intrinsics.txt").unlink()
    assert refusal(tmp_path) == "/intrinsics.txt: missing"


def test_images_of_different_sizes(tmp_path: Path) -> None:
    write_part(tmp_path)
    Image.new("RGB", (30, 24)).save(tmp_path / "rgb" / "000002.png")
    assert refusal(tmp_path) == (
        "/rgb/000002.png: is 30x24, the other images are 32x24; all images of a folder must have one size"
    )


def test_image_that_changed_after_opening(tmp_path: Path) -> None:
    view = open_dataset(write_part(tmp_path)).views[1]
    Image.new("RGB", (30, 24)).save(tmp_path / "rgb" / "000001.png")
    with pytest.raises(UserError, match="is 30x24, the other images are 32x24"):
        view.image()


def test_unreadable_image(tmp_path: Path) -> None:
    write_part(tmp_path)
    (tmp_path / "rgb" / "000001.png").write_bytes(b"no image")
    assert refusal(tmp_path).startswith("/rgb/000001.png: can't be read as an image")


def test_image_without_pose(tmp_path: Path) -> None:
    write_part(tmp_path)
    (tmp_path / "pose" / "000001.txt").unlink()
    dataset = open_dataset(tmp_path)
    assert [view.name for view in dataset.views] == ["000000", "000002"]
    assert dataset.notes == ("1 of 3 photographs in rgb/ have no pose and are left out: 000001",)


def test_pose_without_image(tmp_path: Path) -> None:
    write_part(tmp_path)
    (tmp_path / "rgb" / "000001.png").unlink()
    dataset = open_dataset(tmp_path)
    assert [view.name for view in dataset.views] == ["000000", "000002"]
    assert dataset.notes == ("1 of 3 photographs are not there and are left out, such as 000001",)


def test_unlike_names_need_equal_counts(tmp_path: Path) -> None:
    write_part(tmp_path)
    for path in (tmp_path / "rgb").iterdir():
        path.rename(path.with_stem("r_" + path.stem))
    assert open_dataset(tmp_path).views[2].image_path == tmp_path / "rgb" / "r_000002.png"
    # The numbers still say which is which.
    (tmp_path / "pose" / "000001.txt").unlink()
    dataset = open_dataset(tmp_path)
    assert dataset.views[1].image_path == tmp_path / "rgb" / "r_000002.png" and len(dataset.notes) == 1
    for letter, path in zip("xyz", sorted((tmp_path / "rgb").iterdir()), strict=True):
        path.rename(path.with_stem(letter))
    assert "2 poses but 3 images" in refusal(tmp_path)


def write_balls(folder: Path, pose_name: str = "{}", image_name: str = "frame_{:04d}", count: int = 12) -> Path:
    """Photographs whose poses can be told right from wrong; intrinsics as NSVF has them."""
    (folder / "pose").mkdir(parents=True)
    for index, camera in enumerate(ball_cameras(count)):
        write_png(folder / "rgb" / f"{image_name.format(index)}.png", ball_picture(camera))
        write_pose(folder / "pose" / f"{pose_name.format(index)}.txt", camera.camera_to_world)
    (folder / "intrinsics.txt").write_text("90 0 48 0\n0 90 36 0\n0 0 1 0\n0 0 0 1\n")
    return folder


def test_unlike_names_go_in_the_order_that_people_count_in(tmp_path: Path) -> None:
    dataset = open_dataset(write_balls(tmp_path))
    assert max(error_px(view) for view in dataset.views) < 0.05
    assert [view.name for view in dataset.views] == [str(index) for index in range(12)]


@pytest.mark.parametrize("first", [0, 1, 7])
def test_numbers_may_begin_elsewhere(tmp_path: Path, first: int) -> None:
    write_balls(tmp_path, "{}", "x{}")
    for path in sorted((tmp_path / "rgb").iterdir(), key=lambda path: -int(path.stem[1:])):
        path.rename(path.with_stem(f"x{int(path.stem[1:]) + first}"))
    assert max(error_px(view) for view in open_dataset(tmp_path).views) < 0.05


def test_as_many_of_both_but_not_the_same_ones(tmp_path: Path) -> None:
    write_balls(tmp_path)
    (tmp_path / "pose" / "3.txt").unlink()
    (tmp_path / "rgb" / "frame_0005.png").unlink()
    dataset = open_dataset(tmp_path)
    assert len(dataset.views) == 10 and max(error_px(view) for view in dataset.views) < 0.05
    assert len(dataset.notes) == 2


def test_intrinsics_as_a_matrix(tmp_path: Path) -> None:
    write_balls(tmp_path, "0_{:04d}", "0_{:04d}")
    (tmp_path / "intrinsics.txt").write_text("90 0 48 0\n0 80 36 0\n0 0 1 0\n0 0 0 1\n")
    dataset = open_dataset(tmp_path)
    camera = dataset.views[0].camera
    assert (camera.focal_px, camera.centre_px, camera.size_px) == ((90, 80), (48, 36), (96, 72))
    # It says nothing of a grid.
    assert dataset.hints == {}
    (tmp_path / "intrinsics.txt").write_text("90 0 48 0\n0 -80 36 0\n0 0 1 0\n0 0 0 1\n")
    assert "is a matrix, but not of a lens" in refusal(tmp_path)


def test_names_of_nsvf_say_the_split(tmp_path: Path) -> None:
    write_balls(tmp_path, "{}_x", "{}_x", count=3)
    assert [view.split for view in open_dataset(tmp_path).views] == ["train", "validation", "test"]


def test_the_fourth_row_of_a_pose_is_0_0_0_1(tmp_path: Path) -> None:
    write_balls(tmp_path)
    for path in (tmp_path / "pose").iterdir():
        pose = np.loadtxt(path)
        pose[3] = [-0.02, 0.01, -0.05, 0.99]
        np.savetxt(path, pose)
    dataset = open_dataset(tmp_path)
    assert max(error_px(view) for view in dataset.views) < 0.05
    assert dataset.views[0].camera.camera_to_world[3].tolist() == [0, 0, 0, 1]


def test_depths_and_normals_beside_are_no_photographs(tmp_path: Path) -> None:
    write_balls(tmp_path, "{:04d}", "{:04d}")
    for index in range(12):
        for kind in ("_depth_0001", "_normal", "_depth"):
            write_png(tmp_path / "rgb" / f"{index:04d}{kind}.png", np.zeros((72, 96, 3), dtype=np.uint8))
    dataset = open_dataset(tmp_path)
    assert len(dataset.views) == 12 and dataset.notes == ()


@pytest.mark.parametrize("intrinsics", ["90 48 36 0.\n0 0 0\n0.\n1.\n72 96\n", "90 0 48 0 0 90 36 0 0 0 1 0 0 0 0 1"])
def test_nsvf_has_other_forms_of_intrinsics_too(tmp_path: Path, intrinsics: str) -> None:
    write_balls(tmp_path, "{}_x", "{}_x", count=3)
    (tmp_path / "intrinsics.txt").write_text(intrinsics)
    (tmp_path / "bbox.txt").write_text("-1 -1 -1 1 1 1 0.1\n")
    views = open_dataset(tmp_path).views
    assert [view.split for view in views] == ["train", "validation", "test"]
    assert max(error_px(view) for view in views) < 0.05


def test_photographs_that_are_stored_lying(tmp_path: Path) -> None:
    (tmp_path / "pose").mkdir()
    for index, camera in enumerate(map(upright, ball_cameras(3))):
        write_lying(tmp_path / "rgb" / f"{index}.png", camera)
        write_pose(tmp_path / "pose" / f"{index}.txt", camera.camera_to_world)
    (tmp_path / "intrinsics.txt").write_text("90 36 48 0.\n0 0 0\n0.\n1.\n96 72\n")
    views = open_dataset(tmp_path).views
    assert views[0].camera.size_px == (72, 96) and max(error_px(view) for view in views) < 0.05
    for path in (tmp_path / "rgb").iterdir():
        Image.open(path).save(path)
    # Without EXIF's word it was turned by somebody, and nobody knows how.
    assert "pose/0.txt: is of a photograph of 72x96, but the photograph is 96x72" in refusal(tmp_path)


@pytest.mark.parametrize("suffix", [".PNG", ".jpg", ".npy"])
def test_masks_of_any_suffix(tmp_path: Path, suffix: str) -> None:
    write_balls(tmp_path, "{:04d}", "{:04d}", count=3)
    (tmp_path / "mask").mkdir()
    (tmp_path / "mask" / f"0001{suffix}").touch()
    found = [view.mask_path for view in open_dataset(tmp_path).views]
    assert found == [None, None if suffix == ".npy" else tmp_path / "mask" / f"0001{suffix}", None]


@pytest.mark.parametrize("content", ["1 2 3", "a b c d e f", "1 1 1 0 0 0"])
def test_bad_bounds(tmp_path: Path, content: str) -> None:
    (write_part(tmp_path) / "bbox.txt").write_text(content)
    assert refusal(tmp_path).startswith("/bbox.txt: ")


def test_folders_without_a_scene(tmp_path: Path) -> None:
    assert refusal(tmp_path) == ": the folder is empty"
    assert refusal(tmp_path / "none") == ": no such folder"
    (tmp_path / "notes.txt").touch()
    assert "no known data layout in it (deepvoxels: intrinsics.txt" in refusal(tmp_path)
    for folder in ("pose", "rgb"):
        (tmp_path / folder).mkdir()
    (tmp_path / "intrinsics.txt").write_text("1 1 1\n0 0 0\n0\n1\n2 2\n")
    assert "its pose folder is empty" in refusal(tmp_path)


def test_lego(shared: Path) -> None:
    dataset = open_dataset(shared / "data" / "lego_deepvoxels_srn")
    assert len(dataset.split("train")) == len(dataset.split("validation")) == 100
    assert dataset.up.tolist() == [0, 0, 1]
    # The bulldozer fills the box of its `bbox.txt`; all cameras look at it from outside.
    centre = dataset.bounds.mean(axis=0)
    for view in dataset.views:
        assert (centre - view.camera.position) @ view.camera.forward > 2
    assert dataset.views[0].image().shape == (256, 256, 3)
