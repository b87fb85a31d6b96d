"""Clips of RealEstate10K: cameras of the text, frames by their time, and what is wrong with a clip."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from engines.core.camera import Array, project
from engines.core.data.images import write_png
from engines.core.errors import UserError
from engines.core.formats import open_dataset
from tests.engines.core.formats.rigs import greys, picture, refusal

ADDRESS = "https://www.example.org/watch?v=1"
TIMES = (45979267, 46012633, 46046000)


def world_to_camera(index: int) -> Array:
    """[3, 4] turned by 0.1 `index` about y, and moved."""
    turn = 0.1 * index
    rows = [[np.cos(turn), 0, np.sin(turn), 0.2 * index], [0, 1, 0, -0.1], [-np.sin(turn), 0, np.cos(turn), 0.3]]
    return np.array(rows)


def line(index: int, lens: str = "0.5 0.9 0.5 0.5 0 0") -> str:
    """Of a frame."""
    pose = " ".join(f"{value:.9f}" for value in world_to_camera(index).ravel())
    return f"{TIMES[index]} {lens} {pose}"


def write_text(path: Path, lines: tuple[str, ...] = (line(0), line(1), line(2))) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([ADDRESS, *lines]) + "\n")


def write_frames(folder: Path, names: tuple[str, ...] = tuple(map(str, TIMES))) -> None:
    """The picture of `names[i]` has grey 20 i."""
    for index, name in enumerate(names):
        write_png(folder / f"{name}.png", picture(20 * index))


def test_cameras_are_those_of_the_text(tmp_path: Path) -> None:
    write_text(tmp_path / "cameras" / "0a1b.txt")
    write_text(tmp_path / "cameras" / "not_downloaded.txt")
    write_frames(tmp_path / "frames" / "0a1b")
    dataset = open_dataset(tmp_path)
    assert dataset.format == "realestate10k" and dataset.instances == ("0a1b",) and dataset.up.tolist() == [0, -1, 0]
    assert dataset.hints == {"near": 1, "far": 100, "ranges": [[1, 100]]}
    assert [view.name for view in dataset.views] == [f"0a1b/{time}" for time in TIMES]
    assert greys(dataset.views) == [0, 20, 40]
    assert dataset.views.times.tolist() == [0, 0, 0] and dataset.views.camera_indices.tolist() == [-1, -1, -1]
    view = dataset.views[2]
    assert (view.time, view.camera_index, view.distortion) == (0, None, ())
    assert view.camera.focal_px == pytest.approx((16, 14.4)) and view.camera.centre_px == (16.0, 8.0)
    # By hand: into the camera, through its lens.
    point = np.array([0.3, 0.2, 2.0])
    x, y, z = world_to_camera(2) @ [*point, 1]
    expected = [(0.5 * x / z + 0.5) * 32, (0.9 * y / z + 0.5) * 16]
    np.testing.assert_allclose(project(view.camera, point[None])[0][0], expected, atol=1e-6)
    assert pickle.loads(pickle.dumps(dataset.views))[1].name == f"0a1b/{TIMES[1]}"


def test_layouts(tmp_path: Path) -> None:
    write_text(tmp_path / "beside" / "b.txt")
    write_frames(tmp_path / "beside" / "b")
    write_text(tmp_path / "own" / "c" / "cameras.txt")
    write_frames(tmp_path / "own" / "c")
    write_text(tmp_path / "inside" / "d" / "cameras.txt")
    write_frames(tmp_path / "inside" / "d" / "images")
    for name, clip in (("beside", "b"), ("own", "c"), ("inside", "d")):
        dataset = open_dataset(tmp_path / name)
        assert dataset.format == "realestate10k" and dataset.instances == (clip,) and len(dataset.views) == 3
    alone = open_dataset(tmp_path / "own" / "c")
    assert alone.instances == () and alone.views[0].name == str(TIMES[0])


def test_splits(tmp_path: Path) -> None:
    for name in ("train/b", "train/a", "validation/c", "test/d"):
        write_text(tmp_path / f"{name}.txt")
        write_frames(tmp_path / name)
    dataset = open_dataset(tmp_path)
    assert dataset.instances == ("a", "b", "c", "d")
    assert [len(dataset.split(name)) for name in ("train", "validation", "test")] == [6, 3, 3]
    assert len(dataset.hints["ranges"]) == 4


def test_frames_go_by_time_else_in_order(tmp_path: Path) -> None:
    write_text(tmp_path / "a.txt")
    write_frames(tmp_path / "a", (f"a_{TIMES[2]}", f"a_{TIMES[0]}"))
    views = open_dataset(tmp_path).views
    assert greys(views) == [20, 0]
    np.testing.assert_allclose(views[1].camera.world_to_camera[:3], world_to_camera(2), atol=1e-8)
    write_text(tmp_path / "b.txt")
    write_frames(tmp_path / "b", ("x1", "x2", "x3"))
    views = open_dataset(tmp_path).views.of_instance(1)
    assert greys(views) == [0, 20, 40]
    np.testing.assert_allclose(views[2].camera.world_to_camera[:3], world_to_camera(2), atol=1e-8)


def test_distortion_is_taken_out(tmp_path: Path) -> None:
    write_text(tmp_path / "a.txt", tuple(line(index, "0.5 0.9 0.5 0.5 0.1 -0.02") for index in range(3)))
    write_frames(tmp_path / "a")
    view = open_dataset(tmp_path).views[1]
    assert view.distortion == (0.1, -0.02, 0.0, 0.0) and view.image().shape == (14, 28, 3)


def test_lines_are_read_when_their_views_are_looked_at(tmp_path: Path) -> None:
    write_text(tmp_path / "a.txt")
    write_frames(tmp_path / "a")
    write_text(tmp_path / "b.txt", (line(0), line(1).rsplit(" ", 1)[0], f"{TIMES[2]} " + "1 " * 18))
    write_frames(tmp_path / "b")
    views = open_dataset(tmp_path).views
    with pytest.raises(UserError, match=r"b\.txt: line 3 has 18 words; needs 19 numbers: time, fx fy cx cy"):
        _ = views[4]
    with pytest.raises(UserError, match=r"b\.txt: line 4: "):
        _ = views[5]


def test_what_is_wrong_is_named(tmp_path: Path) -> None:
    write_text(tmp_path / "a.txt")
    (tmp_path / "a").mkdir()
    assert refusal(tmp_path) == "/a: holds no images; needs the frames of a.txt"
    write_frames(tmp_path / "a", ("x", "y"))
    assert refusal(tmp_path) == (
        "/a: 2 images but 3 lines in /a.txt; each image needs its line, or its time in its name"
    )
    for path in (tmp_path / "a").iterdir():
        path.unlink()
    write_frames(tmp_path / "a", (str(TIMES[0]), str(TIMES[1]), "5"))
    dataset = open_dataset(tmp_path)
    assert greys(dataset.views) == [0, 20] and dataset.notes == (
        f"a: 1 of 3 photographs are not there and are left out, such as {TIMES[2]}",
        "a: 1 of 3 photographs in a/ have no line in a.txt and are left out: 5",
    )
    write_text(tmp_path / "a.txt", (line(0), "soon 1 2 3"))
    assert refusal(tmp_path) == "/a.txt: line 3 begins with soon, not with a frame's time"
    write_text(tmp_path / "a.txt", ())
    assert refusal(tmp_path).startswith("/a.txt: has no frames; needs a line of 19 numbers for each")
    (tmp_path / "a.txt").write_bytes(ADDRESS.encode() + b"\n\xff\xfe")
    assert refusal(tmp_path).startswith("/a.txt: can't be read as text")


def test_other_texts_are_not_clips(tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes.txt").write_text("of the shooting\n")
    assert "no known data layout" in refusal(tmp_path)
