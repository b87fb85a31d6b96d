"""Projects of COLMAP as they lie on people's disks: names, folders, what is missing, several models, rigs, masks."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engines.core.camera import Array, Camera
from engines.core.data.images import write_png
from engines.core.errors import UserError
from engines.core.formats import open_dataset
from engines.core.formats.colmap_files import read_model
from engines.core.paths.path_files import read_path
from tests.engines.core.formats.ball_pictures import BALLS, ball_cameras, ball_picture, error_px
from tests.engines.core.formats.test_colmap import quaternion

EXACT_PX = 0.05


def pose_words(camera: Camera) -> list[float]:
    matrix = camera.world_to_camera
    return [*quaternion(matrix[:3, :3]).tolist(), *matrix[:3, 3].tolist()]


def write_model(
    folder: Path, names: Sequence[str], observed: bool = True, empty_lines: bool = True, points: bool = True
) -> Path:
    """A text model of as many photographs as names."""
    folder.mkdir(parents=True)
    (folder / "cameras.txt").write_text("1 PINHOLE 96 72 90 90 48 36\n")
    lines = ["# Image list"]
    for index, (name, camera) in enumerate(zip(names, ball_cameras(len(names)), strict=True)):
        lines.append(f"{index + 1} {' '.join(map(str, pose_words(camera)))} 1 {name}")
        if observed:
            lines.append(" ".join(f"1 2 {number}" for number in range(len(BALLS))))
        elif empty_lines:
            lines.append("")
    (folder / "images.txt").write_text("\n".join(lines) + "\n")
    if points:
        rows = (f"{i} {x} {y} {z} 1 2 3 0.5" for i, (x, y, z) in enumerate(BALLS.tolist()))
        (folder / "points3D.txt").write_text("\n".join(rows) + "\n")
    return folder


def write_images(folder: Path, names: Sequence[str]) -> None:
    for name, camera in zip(names, ball_cameras(len(names)), strict=True):
        write_png(folder / name, ball_picture(camera))


def numbered(count: int = 8, begin: str = "") -> list[str]:
    return [f"{begin}{index:04d}.png" for index in range(count)]


def assert_exact(folder: Path, count: int = 8, notes: int = 0) -> list[str]:
    """What it is called."""
    dataset = open_dataset(folder)
    assert dataset.format == "colmap" and len(dataset.views) == count
    assert max(error_px(view) for view in dataset.views) < EXACT_PX
    assert len(dataset.notes) == notes, dataset.notes
    return [view.name for view in dataset.views]


@pytest.mark.parametrize("empty_lines", [True, False])
def test_depths_without_observations_are_those_of_the_points_in_the_pictures(tmp_path: Path, empty_lines: bool) -> None:
    for name, observed in (("with", True), ("without", False)):
        write_model(tmp_path / name / "sparse" / "0", numbered(), observed, empty_lines)
        write_images(tmp_path / name / "images", numbered())
        assert_exact(tmp_path / name)
    hints = [open_dataset(tmp_path / name).hints for name in ("with", "without")]
    for name in ("near", "far"):
        assert hints[0][name] == pytest.approx(hints[1][name], rel=1e-12)


@pytest.mark.parametrize("begin", ["images/", "photos/", "C/my photos/"])
def test_names_with_folders(tmp_path: Path, begin: str) -> None:
    write_model(tmp_path / "sparse" / "0", numbered(begin=begin))
    write_images(tmp_path / "images", numbered())
    assert assert_exact(tmp_path) == [f"{index:04d}" for index in range(8)]


def test_names_below_a_project_without_a_folder_of_images(tmp_path: Path) -> None:
    names = numbered(4, "left/") + numbered(4, "right/")
    write_model(tmp_path / "sparse" / "0", names)
    write_images(tmp_path, names)
    assert assert_exact(tmp_path)[0] == "left/0000"


@pytest.mark.parametrize("folders", [("cam0", "cam1"), ("left", "right")])
def test_a_folder_for_each_camera_of_a_rig(tmp_path: Path, folders: tuple[str, str]) -> None:
    names = [name for folder in folders for name in numbered(4, folder + "/")]
    write_model(tmp_path / "sparse" / "0", names)
    write_images(tmp_path / "images", names)
    found = assert_exact(tmp_path)
    assert found == [f"{folder}/{index:04d}" for folder in folders for index in range(4)]


def test_the_same_name_in_two_folders_is_no_ones(tmp_path: Path) -> None:
    write_model(tmp_path / "sparse" / "0", ["x/0001.png", "y/0001.png"])
    write_images(tmp_path / "images", ["0001.png"])
    with pytest.raises(UserError, match=r"images: has no x/0001\.png, which"):
        open_dataset(tmp_path)


@pytest.mark.parametrize("suffix", [".PNG", ".JPG"])
def test_photographs_of_another_suffix(tmp_path: Path, suffix: str) -> None:
    """Converted since, or written in capitals."""
    write_model(tmp_path / "sparse" / "0", [Path(name).stem + suffix for name in numbered()])
    write_images(tmp_path / "images_4", numbered())
    assert_exact(tmp_path)


def test_names_with_spaces(tmp_path: Path) -> None:
    names = [f"0001 my photograph {index}.png" for index in range(8)]
    for empty_lines in (True, False):
        folder = tmp_path / str(empty_lines)
        write_model(folder / "sparse" / "0", names, observed=False, empty_lines=empty_lines)
        write_images(folder / "images", names)
        assert_exact(folder)


def test_a_photograph_that_was_thrown_away(tmp_path: Path) -> None:
    write_model(tmp_path / "sparse" / "0", numbered())
    write_images(tmp_path / "images", numbered())
    (tmp_path / "images" / "0003.png").unlink()
    assert "0003" not in assert_exact(tmp_path, 7, notes=1)
    assert open_dataset(tmp_path).notes == ("1 of 8 photographs are not there and are left out, such as 0003.png",)


def test_photographs_whose_camera_was_not_found(tmp_path: Path) -> None:
    write_model(tmp_path / "sparse" / "0", numbered(3))
    write_images(tmp_path / "images", numbered(3))
    for index in range(3, 8):
        write_png(tmp_path / "images" / f"{index:04d}.png", np.zeros((72, 96, 3), np.uint8))
    assert_exact(tmp_path, 3, notes=1)
    assert open_dataset(tmp_path).notes == (
        "5 of 8 photographs in images/ have no camera in the model and are left out: 0003, 0004, 0005 and 2 more",
    )


def test_of_several_models_the_largest_is_taken_and_said(tmp_path: Path) -> None:
    write_model(tmp_path / "sparse" / "0", ["x.png", "y.png"])
    write_model(tmp_path / "sparse" / "1", numbered())
    write_images(tmp_path / "images", numbered())
    assert_exact(tmp_path, notes=1)
    (note,) = open_dataset(tmp_path).notes
    assert note == ("sparse/ holds 2 models, which don't hang together: 1, of 8 photographs, is taken, not 0 (2)")


def test_an_undistorted_copy_is_read_with_its_own_photographs(tmp_path: Path) -> None:
    write_model(tmp_path / "dense" / "sparse", numbered())
    write_images(tmp_path / "dense" / "images", numbered())
    for name in numbered():
        write_png(tmp_path / "images" / name, np.full((72, 96, 3), 128, np.uint8))
    (tmp_path / "dense" / "stereo" / "depth_maps").mkdir(parents=True)
    (tmp_path / "dense" / "stereo" / "depth_maps" / "0000.png.geometric.bin").write_bytes(b"96&72&1&")
    assert_exact(tmp_path, notes=1)
    assert_exact(tmp_path / "dense", notes=1)
    assert "1 depth maps in stereo/depth_maps/ are not used" in open_dataset(tmp_path).notes


def of_name(name: str) -> str:
    return name + ".png"


def of_stem(name: str) -> str:
    return Path(name).with_suffix(".PNG").as_posix()


@pytest.mark.parametrize("mask_name", [of_name, of_stem])
def test_masks_beside(tmp_path: Path, mask_name: Callable[[str], str]) -> None:
    names = numbered(3, "cam0/")
    write_model(tmp_path / "sparse" / "0", names)
    write_images(tmp_path / "images", names)
    mask = np.full((72, 96), 255, np.uint8)
    mask[:, :48] = 0
    write_png(tmp_path / "masks" / mask_name(names[1]), mask)
    write_png(tmp_path / "masks" / "elsewhere.png", mask)
    dataset = open_dataset(tmp_path)
    masks = [view.valid_mask() for view in dataset.views]
    assert masks[0] is None and masks[2] is None and masks[1] is not None
    assert not masks[1][:, :48].any() and masks[1][:, 48:].all()
    (note,) = dataset.notes
    assert note.startswith("1 of 2 masks in masks/ are named like no photograph") and "elsewhere.png" in note


def test_photographs_of_a_lens_that_cannot_be_drawn_are_counted(tmp_path: Path) -> None:
    model = write_model(tmp_path / "sparse" / "0", numbered())
    write_images(tmp_path / "images", numbered())
    with (model / "cameras.txt").open("a") as file:
        file.write("2 OPENCV_FISHEYE 96 72 90 90 48 36 0 0 0 0\n")
    # One that no photograph was taken with doesn't matter.
    assert_exact(tmp_path)
    text = (model / "images.txt").read_text()
    (model / "images.txt").write_text(text.replace("1 0002.png", "2 0002.png"))
    assert_exact(tmp_path, 7, notes=1)
    assert (
        open_dataset(tmp_path).notes[0].startswith("1 of 8 photographs are left out: its camera is of the model OPENC")
    )


def test_cameras_of_photographs_as_they_are_shown(tmp_path: Path) -> None:
    """Programs that turn photographs as EXIF says export models of COLMAP, too."""
    names = [Path(name).with_suffix(".jpg").name for name in numbered()]
    write_model(tmp_path / "sparse" / "0", names)
    (tmp_path / "images").mkdir()
    exif = Image.Exif()
    exif[0x0112] = 6
    for name, camera in zip(names, ball_cameras(8), strict=True):
        stored = Image.fromarray(np.rot90(ball_picture(camera)).copy())
        stored.save(tmp_path / "images" / name, exif=exif, quality=100, subsampling=0)
    views = open_dataset(tmp_path).views
    assert max(error_px(view) for view in views) < 0.3 and views[0].camera.size_px == (96, 72)
    assert views[0].turned == 6


def shifted(camera: Camera) -> Camera:
    return camera.at(camera.camera_to_world + np.array([[0, 0, 0, 0.7], [0] * 4, [0] * 4, [0] * 4]))


def with_frames_in_text(model: Path, cameras: Sequence[Camera], from_rig: Mapping[int, Array]) -> None:
    words = " ".join(map(str, [*quaternion(from_rig[2][:3, :3]).tolist(), *from_rig[2][:3, 3].tolist()]))
    (model / "rigs.txt").write_text(f"# Rigs\n1 3 CAMERA 1 IMU 1 0 CAMERA 2 1 {words}\n")
    lines = []
    for index, camera in enumerate(cameras):
        sensor = index % 2 + 1
        pose = np.linalg.inv(from_rig[sensor]) @ camera.world_to_camera
        words = " ".join(map(str, pose_words(camera.at(np.linalg.inv(pose)))))
        lines.append(f"{index + 1} 1 {words} 1 CAMERA {sensor} {index + 1}")
    (model / "frames.txt").write_text("\n".join(lines) + "\n")


def as_binary(model: Path, cameras: Sequence[Camera], names: Sequence[str]) -> None:
    """Replaces the text files, but for what they say of poses in `images`, which is `cameras`'."""
    (model / "cameras.bin").write_bytes(
        struct.pack("<Q", 2) + b"".join(struct.pack("<IiQQ4d", number, 1, 96, 72, 90, 90, 48, 36) for number in (1, 2))
    )
    content = struct.pack("<Q", len(cameras))
    for index, (camera, name) in enumerate(zip(cameras, names, strict=True)):
        content += struct.pack("<I7dI", index + 1, *pose_words(camera), index % 2 + 1) + name.encode() + b"\0"
        content += struct.pack("<Q", 0)
    (model / "images.bin").write_bytes(content)
    content = struct.pack("<Q", len(BALLS))
    for number, place in enumerate(BALLS):
        content += struct.pack("<Q3d3BdQ", number, *place, 1, 2, 3, 0.5, 0)
    (model / "points3D.bin").write_bytes(content)
    for name in ("rigs", "frames"):
        rows = [line.split() for line in (model / f"{name}.txt").read_text().splitlines() if line[0] != "#"]
        content = struct.pack("<Q", len(rows))
        for row in rows:
            content += rig_bytes(row) if name == "rigs" else frame_bytes(row)
        (model / f"{name}.bin").write_bytes(content)
    for path in model.glob("*.txt"):
        path.unlink()


def rig_bytes(row: Sequence[str]) -> bytes:
    """Of the one with a camera, an inertial unit of unknown place, and another camera."""
    pose = map(float, row[10:])
    return struct.pack("<IIiIiIBiIB7d", int(row[0]), 3, 0, 1, 1, 1, 0, 0, 2, 1, *pose)


def frame_bytes(row: Sequence[str]) -> bytes:
    begin = struct.pack("<II7dI", int(row[0]), int(row[1]), *map(float, row[2:9]), 1)
    return begin + struct.pack("<iIQ", 0, int(row[11]), int(row[12]))


@pytest.mark.parametrize("binary", [True, False])
def test_poses_of_frames_hold(tmp_path: Path, binary: bool) -> None:
    """As COLMAP 4.2 reads a model: what `images` says of the poses is passed over."""
    model, names, cameras = tmp_path / "sparse" / "0", numbered(), ball_cameras(8)
    write_model(model, names)
    write_images(tmp_path / "images", names)
    text = "1 PINHOLE 96 72 90 90 48 36\n"
    (model / "cameras.txt").write_text(text + text.replace("1", "2", 1))
    turn = np.eye(4)
    turn[:3, :3] = cameras[1].camera_to_world[:3, :3]
    turn[:3, 3] = [0.1, -0.2, 0.3]
    with_frames_in_text(model, cameras, {1: np.eye(4), 2: turn})
    if binary:
        as_binary(model, [shifted(camera) for camera in cameras], names)
    else:
        lines = []
        for index, (camera, name) in enumerate(zip(cameras, names, strict=True)):
            lines += [f"{index + 1} {' '.join(map(str, pose_words(shifted(camera))))} {index % 2 + 1} {name}", ""]
        (model / "images.txt").write_text("\n".join(lines) + "\n")
    assert_exact(tmp_path, notes=1)
    assert "8 of 8 poses of frames" in open_dataset(tmp_path).notes[0]


def test_two_models_that_say_the_same_need_no_word(tmp_path: Path) -> None:
    model = write_model(tmp_path / "sparse" / "0", numbered())
    write_images(tmp_path / "images", numbered())
    with_frames_in_text(model, ball_cameras(8), {1: np.eye(4), 2: np.eye(4)})
    # All by the first camera.
    text = (model / "frames.txt").read_text().replace("CAMERA 2", "CAMERA 1")
    (model / "frames.txt").write_text(text)
    assert_exact(tmp_path)


def test_a_scene_called_train_beside_others(tmp_path: Path) -> None:
    """Tanks and Temples has a locomotive of that name."""
    for name in ("train", "truck"):
        write_model(tmp_path / name / "sparse" / "0", numbered(3))
        write_images(tmp_path / name / "images", numbered(3))
    dataset = open_dataset(tmp_path)
    assert dataset.instances == ("train", "truck") and len(dataset.split("train")) == 6


def test_a_rig_with_masks_of_each_camera(tmp_path: Path) -> None:
    names = [f"cam{index // 4}/{index % 4:04d}.png" for index in range(8)]
    write_model(tmp_path / "sparse" / "0", names)
    write_images(tmp_path / "images", names)
    for name in names:
        write_png(tmp_path / "masks" / f"{name}.png", np.tile(np.repeat([0, 255], 48), (72, 1)).astype(np.uint8))
    assert_exact(tmp_path)
    masks = [view.valid_mask() for view in open_dataset(tmp_path).views]
    assert all(mask is not None and not mask[:, :48].any() and mask[:, 48:].all() for mask in masks)


def test_photographs_in_the_order_that_people_count_in(tmp_path: Path) -> None:
    names = [f"frame-{index}.png" for index in range(12)]
    model = write_model(tmp_path / "sparse" / "0", names)
    write_images(tmp_path / "images", names)
    assert assert_exact(tmp_path, 12) == [f"frame-{index}" for index in range(12)]
    for found, camera in zip(read_path(model, ball_cameras(1)[0]), ball_cameras(12), strict=True):
        assert np.allclose(found.position, camera.position)


@pytest.mark.parametrize("begin", ["/home/me/capture/images/", "D:\\capture\\images\\", "./images/"])
def test_names_of_another_machine(tmp_path: Path, begin: str) -> None:
    write_model(tmp_path / "sparse" / "0", numbered(begin=begin))
    write_images(tmp_path / "images", numbered())
    assert_exact(tmp_path)


@pytest.mark.parametrize("begin", ["/home/me/rig/images/", "input/", ""])
def test_names_of_a_rig_lead_by_their_folders(tmp_path: Path, begin: str) -> None:
    names = [f"cam{index // 4}/{index % 4:04d}.png" for index in range(8)]
    write_model(tmp_path / "sparse" / "0", [begin + name for name in names])
    # As cameras name them.
    write_images(tmp_path / "images", [name.replace(".png", ".PNG") for name in names])
    assert_exact(tmp_path)


@pytest.mark.parametrize("model", ["sparse/0", "distorted/sparse/0"])
def test_photographs_in_input_as_splats_have_them(tmp_path: Path, model: str) -> None:
    write_model(tmp_path / model, numbered())
    write_images(tmp_path / "input", numbered())
    write_images(tmp_path / "masks", numbered())
    assert_exact(tmp_path)
    views = open_dataset(tmp_path).views
    assert all(view.image_path == tmp_path / "input" / f"{view.name}.png" for view in views)
    assert all(view.valid_mask_path == tmp_path / "masks" / f"{view.name}.png" for view in views)


def test_images_of_pinholes_go_before_input(tmp_path: Path) -> None:
    write_model(tmp_path / "sparse" / "0", numbered())
    write_model(tmp_path / "distorted" / "sparse" / "0", numbered())
    write_images(tmp_path / "images", numbered())
    write_images(tmp_path / "input", numbered())
    assert_exact(tmp_path)
    assert open_dataset(tmp_path).views[0].image_path == tmp_path / "images" / "0000.png"


def test_depths_without_observations_are_seen_through_the_lens(tmp_path: Path) -> None:
    """By a barrel of a lens that shows more than its pinhole would: points that only it shows count."""
    model = write_model(tmp_path / "sparse" / "0", numbered(), observed=False)
    write_images(tmp_path / "images", numbered())
    near = {}
    for k1 in (0.0, -0.4):
        (model / "cameras.txt").write_text(f"1 SIMPLE_RADIAL 96 72 90 48 36 {k1}\n")
        # Before the first camera, at a slope of 0.6: outside the pinhole's picture (48 / 90), inside the lens' own.
        camera = ball_cameras(8)[0]
        point = camera.camera_to_world @ np.array([0.6 * 0.5, 0.0, 0.5, 1.0])
        rows = [f"{i} {x} {y} {z} 1 2 3 0.5" for i, (x, y, z) in enumerate([*BALLS.tolist()] * 2)]
        rows += [f"{900 + i} {' '.join(map(str, point[:3]))} 1 2 3 0.5" for i in range(20)]
        (model / "points3D.txt").write_text("\n".join(rows) + "\n")
        near[k1] = min(near for near, _ in read_model(model).depth_ranges())
    assert near[0.0] > 1 and near[-0.4] == pytest.approx(0.5)
