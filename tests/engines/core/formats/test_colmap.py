"""COLMAP's models: the same views from text and binary files, and what is wrong with one."""

from __future__ import annotations

import shutil
import struct
from pathlib import Path

import numpy as np
import pytest

from engines.core.camera import Array, Camera
from engines.core.data.dataset import Dataset
from engines.core.data.images import write_png
from engines.core.errors import UserError
from engines.core.formats import open_dataset
from engines.core.formats.colmap_files import read_model
from engines.core.formats.colmap_model import LENSES, OTHER_LENSES, model_name
from tests.engines.core.examples import camera_ring

COUNT = 4
LENS = "PINHOLE", (48, 32), (60.0, 50.0, 25.0, 15.0)
"""Of photographs twice as large."""
POINTS = np.random.default_rng(0).uniform(-0.3, 0.3, (50, 3))


def quaternion(rotation: Array) -> Array:
    """[4] w x y z of [3, 3]."""
    w = np.sqrt(max(0.0, 1 + np.trace(rotation))) / 2
    if w > 1e-3:
        x, y, z = (rotation[j, i] - rotation[i, j] for i, j in ((1, 2), (2, 0), (0, 1)))
        return np.array([w, *(np.array([x, y, z]) / (4 * w))])
    axis = np.linalg.eigh((rotation + rotation.T) / 2)[1][:, -1]
    return np.array([0.0, *axis])


def poses() -> list[tuple[str, Array, Array]]:
    """Name, quaternion and shift of each camera of a ring, not in the order of their names."""
    found = []
    for index, camera in reversed(list(enumerate(camera_ring(COUNT)))):
        matrix = camera.world_to_camera
        found.append((f"{index:03d}.png", quaternion(matrix[:3, :3]), matrix[:3, 3]))
    return found


def write_photographs(folder: Path) -> None:
    for index in range(COUNT):
        write_png(folder / "images" / f"{index:03d}.png", np.full((16, 24, 3), 10 * index, dtype=np.uint8))


def write_text(folder: Path, model: str = LENS[0], values: tuple[float, ...] = LENS[2]) -> Path:
    folder.mkdir(parents=True)
    (width, height) = LENS[1]
    numbers = " ".join(map(str, values))
    (folder / "cameras.txt").write_text(f"# Camera list\n7 {model} {width} {height} {numbers}\n")
    lines = ["# Image list"]
    seen = " ".join(f"1.5 2.5 {index + 100}" for index in range(len(POINTS)))
    for index, (name, turn, shift) in enumerate(poses()):
        numbers = " ".join(map(str, [*turn.tolist(), *shift.tolist()]))
        lines += [f"{index + 1} {numbers} 7 {name}", seen + " 3.5 4.5 -1"]
    (folder / "images.txt").write_text("\n".join(lines) + "\n")
    points = (f"{i + 100} {x} {y} {z} 10 20 30 0.5 1 2 3 4" for i, (x, y, z) in enumerate(POINTS.tolist()))
    (folder / "points3D.txt").write_text("# Points\n" + "\n".join(points) + "\n")
    return folder


def model_number(model: str) -> int:
    return (LENSES[model] if model in LENSES else OTHER_LENSES[model])[0]


def write_binary(folder: Path, model: str = LENS[0], values: tuple[float, ...] = LENS[2]) -> Path:
    folder.mkdir(parents=True)
    (folder / "cameras.bin").write_bytes(
        struct.pack(f"<QIiQQ{len(values)}d", 1, 7, model_number(model), *LENS[1], *values)
    )
    content = struct.pack("<Q", COUNT)
    for index, (name, turn, shift) in enumerate(poses()):
        content += struct.pack("<I7dI", index + 1, *turn, *shift, 7) + name.encode() + b"\0"
        content += struct.pack("<Q", len(POINTS) + 1)
        content += b"".join(struct.pack("<ddq", 1.5, 2.5, i + 100) for i in range(len(POINTS)))
        content += struct.pack("<ddq", 3.5, 4.5, -1)
    (folder / "images.bin").write_bytes(content)
    content = struct.pack("<Q", len(POINTS))
    for i, point in enumerate(POINTS):
        content += struct.pack("<Q3d3BdQ4I", i + 100, *point, 10, 20, 30, 0.5, 2, 1, 2, 3, 4)
    (folder / "points3D.bin").write_bytes(content)
    return folder


WRITERS = {"text": write_text, "binary": write_binary}


def assert_is_the_scene(dataset: Dataset) -> None:
    assert dataset.format == "colmap"
    assert [view.name for view in dataset.views] == [f"{index:03d}" for index in range(COUNT)]
    for index, (view, camera) in enumerate(zip(dataset.views, camera_ring(COUNT), strict=True)):
        assert np.allclose(view.camera.camera_to_world, camera.camera_to_world, atol=1e-9)
        assert view.camera.size_px == (24, 16) and view.camera.focal_px == (30.0, 25.0)
        assert view.camera.centre_px == (12.5, 7.5) and view.distortion == ()
        assert round(float(view.image().mean()) * 255) == 10 * index
    depths = [depth for camera in camera_ring(COUNT) for depth in depths_of(camera)]
    assert min(depths) <= dataset.hints["near"] <= min(depths) + 0.05
    assert max(depths) - 0.05 <= dataset.hints["far"] <= max(depths)


def depths_of(camera: Camera) -> list[float]:
    return [float(camera.world_to_camera[2] @ [*point, 1]) for point in POINTS]


@pytest.mark.parametrize("place", ["sparse/0", "sparse", "colmap/sparse/0", "."])
@pytest.mark.parametrize("kind", WRITERS)
def test_text_and_binary_give_the_same_views(tmp_path: Path, kind: str, place: str) -> None:
    WRITERS[kind](tmp_path / "scene" / place) if place != "." else WRITERS[kind](tmp_path / "scene")
    write_photographs(tmp_path / "scene")
    assert_is_the_scene(open_dataset(tmp_path / "scene"))


@pytest.mark.parametrize(
    ("model", "values", "focal_px", "distortion"),
    [
        ("SIMPLE_PINHOLE", (60, 24, 16), (30, 30), ()),
        ("SIMPLE_RADIAL", (60, 24, 16, 0.1), (30, 30), (0.1, 0, 0, 0)),
        ("RADIAL", (60, 24, 16, 0.1, 0.2), (30, 30), (0.1, 0.2, 0, 0)),
        ("OPENCV", (60, 50, 24, 16, 0.1, 0.2, 0.3, 0.4), (30, 25), (0.1, 0.2, 0.3, 0.4)),
        ("OPENCV", (60, 50, 24, 16, 0, 0, 0, 0), (30, 25), ()),
        ("FULL_OPENCV", (60, 50, 24, 16, *range(1, 9)), (30, 25), tuple(range(1, 9))),
    ],
)
@pytest.mark.parametrize("kind", WRITERS)
def test_lenses(
    tmp_path: Path,
    kind: str,
    model: str,
    values: tuple[float, ...],
    focal_px: tuple[float, float],
    distortion: tuple[float, ...],
) -> None:
    WRITERS[kind](tmp_path / "sparse", model, values)
    write_photographs(tmp_path)
    view = open_dataset(tmp_path).views[0]
    assert view.camera.focal_px == focal_px and view.distortion == distortion


def test_points_have_colours_and_photographs_depths(tmp_path: Path) -> None:
    model = read_model(write_binary(tmp_path / "sparse"))
    assert np.allclose(model.points, POINTS) and (model.colours == [10, 20, 30]).all()
    assert np.allclose(np.sort(model.depths(model.pictures[0])), np.sort(depths_of(camera_ring(COUNT)[0])))


def refusal(folder: Path) -> str:
    with pytest.raises(UserError) as refused:
        open_dataset(folder)
    return str(refused.value).replace(str(folder), "")


@pytest.mark.parametrize("name", ["cameras.bin", "images.bin", "points3D.bin"])
@pytest.mark.parametrize("kept", [0.0, 0.3, 0.9])
def test_cut_short(tmp_path: Path, name: str, kept: float) -> None:
    path = write_binary(tmp_path / "sparse") / name
    write_photographs(tmp_path)
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content))])
    assert refusal(tmp_path).startswith(f"/sparse/{name}: damaged, or no file of COLMAP")


def test_what_is_wrong_is_named(tmp_path: Path) -> None:
    write_text(tmp_path / "sparse")
    write_photographs(tmp_path)
    for path in (tmp_path / "images").iterdir():
        path.rename(path.with_stem("of another capture " + path.stem))
    assert refusal(tmp_path).startswith("/images: has no 000.png, which ")
    shutil.rmtree(tmp_path / "images")
    write_photographs(tmp_path)
    write_png(tmp_path / "images" / "002.png", np.zeros((24, 16, 3), np.uint8))
    assert "002.png: is of a photograph of 48x32, but the photograph is 16x24; it was turned or cut since" in refusal(
        tmp_path
    )
    write_photographs(tmp_path)
    shutil.rmtree(tmp_path / "sparse")
    write_text(tmp_path / "sparse", "FISHY", (60, 50, 24, 16, 0, 0, 0, 0))
    assert "camera 7 is a FISHY; known are SIMPLE_PINHOLE" in refusal(tmp_path)
    shutil.rmtree(tmp_path / "sparse")
    path = write_text(tmp_path / "sparse") / "images.txt"
    path.write_text(path.read_text().replace("000.png", "../../secret.png"))
    assert "'../../secret.png' is no name of a photograph" in refusal(tmp_path)


@pytest.mark.parametrize("model", OTHER_LENSES)
@pytest.mark.parametrize("kind", WRITERS)
def test_lenses_that_cannot_be_drawn_are_named_with_the_way_out(tmp_path: Path, kind: str, model: str) -> None:
    WRITERS[kind](tmp_path / "sparse", model, tuple(range(1, 1 + OTHER_LENSES[model][1])))
    write_photographs(tmp_path)
    said = refusal(tmp_path)
    assert f"is of the model {model}, which can't be drawn" in said and "image_undistorter" in said
    assert "damaged" not in said


def test_lenses_are_numbered_as_colmap_does() -> None:
    pycolmap_4_2 = (
        "SIMPLE_PINHOLE PINHOLE SIMPLE_RADIAL RADIAL OPENCV OPENCV_FISHEYE FULL_OPENCV FOV SIMPLE_RADIAL_FISHEYE "
        "RADIAL_FISHEYE THIN_PRISM_FISHEYE RAD_TAN_THIN_PRISM_FISHEYE SIMPLE_DIVISION DIVISION SIMPLE_FISHEYE FISHEYE "
        "EUCM EQUIRECTANGULAR"
    )
    assert [model_name(number) for number in range(18)] == pycolmap_4_2.split()


@pytest.mark.parametrize("content", [None, ""])
def test_without_points_the_depths_are_assumed(tmp_path: Path, content: str | None) -> None:
    path = write_text(tmp_path / "sparse") / "points3D.txt"
    path.unlink()
    if content is not None:
        path.write_text(content)
    write_photographs(tmp_path)
    dataset = open_dataset(tmp_path)
    # The cameras stand on a circle of radius 3, 1 above what they look at.
    assert (dataset.hints["near"], dataset.hints["far"]) == pytest.approx((0.1 * 10**0.5, 3 * 10**0.5))
    assert "the model has no points" in dataset.notes[0]


@pytest.mark.parametrize("place", ["sparse/0", ""])
def test_lists_say_what_is_held_out(tmp_path: Path, place: str) -> None:
    """As splats' programs write them beside the model, and nerfbaselines in the folder itself."""
    write_text(tmp_path / "sparse" / "0")
    write_photographs(tmp_path)
    held_out = tmp_path / place / ("test.txt" if place else "test_list.txt")
    held_out.write_text("002.png\nimages/000.png\n")
    dataset = open_dataset(tmp_path)
    assert [(view.name, view.split) for view in dataset.views] == [
        ("001", "train"),
        ("003", "train"),
        ("000", "test"),
        ("002", "test"),
    ]
    assert [view.image()[0, 0, 0] for view in dataset.views] == pytest.approx([10 / 255, 30 / 255, 0, 20 / 255])
    held_out.with_name(held_out.name.replace("test", "train")).write_text("001.png\n002.png\n")
    dataset = open_dataset(tmp_path)
    # What stands in both lists is held out.
    assert {view.name: view.split for view in dataset.views} == {"001": "train", "000": "test", "002": "test"}
    assert "1 of 4 views are in no list and are left out: 003.png" in dataset.notes
