"""Folders as trainers leave them: which file is the scene, and whose cameras it has."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from engines.core.camera import Camera
from engines.core.errors import UserError
from engines.core.paths.exchange.formats import write_content
from engines.core.paths.path_content import PathContent
from engines.splats.files.content import SplatContent
from engines.splats.files.folders import detects, known_cameras, scene_file
from engines.splats.files.forms import write_splats
from tests.engines.splats.making import some_splats


def scene(path: Path, form: str = "ply") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_splats(path, SplatContent(some_splats(5, 0)), form)
    return path


def cameras(count: int = 3) -> tuple[Camera, ...]:
    poses = np.tile(np.eye(4), (count, 1, 1))
    poses[:, 0, 3] = np.arange(count)
    return tuple(Camera(pose, (300.0, 310.0), (320.0, 240.0), (640, 480)) for pose in poses)


def test_a_run_of_inria(tmp_path: Path) -> None:
    for iteration in (7000, 30000):
        scene(tmp_path / "point_cloud" / f"iteration_{iteration}" / "point_cloud.ply")
    write_content(tmp_path / "cameras.json", PathContent(cameras()), "inria")
    newest = tmp_path / "point_cloud" / "iteration_30000" / "point_cloud.ply"
    assert detects(tmp_path) and scene_file(tmp_path) == scene_file(newest) == newest
    assert scene_file(tmp_path / "point_cloud") == newest
    found = known_cameras(newest)
    assert found.source == tmp_path / "cameras.json" and found.notes == ()
    assert [camera.position[0] for camera in found.cameras] == [0, 1, 2] and found.cameras[0].focal_px == (300, 310)


@pytest.mark.parametrize("names", [("export_5000.ply", "export_30000.ply"), ("splat_7000.ply", "splat_30000.ply")])
def test_exports_of_brush_and_lichtfeld_beside_a_model(tmp_path: Path, names: tuple[str, str]) -> None:
    for name in names:
        scene(tmp_path / name)
    write_content(tmp_path / "sparse" / "0", PathContent(cameras(4)), "colmap")
    newest = tmp_path / names[1]
    assert detects(tmp_path) and scene_file(tmp_path) == newest
    found = known_cameras(newest)
    assert found.source == tmp_path / "sparse" / "0" and len(found.cameras) == 4
    assert found.cameras[3].position.tolist() == [3, 0, 0]


def test_the_one_file_that_is_there(tmp_path: Path) -> None:
    assert not detects(tmp_path)
    with pytest.raises(UserError, match=r"no splats in it; they are in \.ply, \.spz"):
        scene_file(tmp_path)
    (tmp_path / "points.ply").write_text("ply\nformat ascii 1.0\nelement vertex 1\nproperty float x\nend_header\n1\n")
    (tmp_path / "other.json").write_text(json.dumps([1]))
    only = scene(tmp_path / "room.spz", "spz")
    assert scene_file(tmp_path) == only and known_cameras(only).cameras == ()
    scene(tmp_path / "hall.splat", "splat")
    with pytest.raises(UserError, match=r"several files of splats \(hall\.splat, room\.spz\); name one of them"):
        scene_file(tmp_path)


def test_cameras_that_can_not_be_read_are_told_of(tmp_path: Path) -> None:
    (tmp_path / "cameras.json").write_text("{")
    found = known_cameras(scene(tmp_path / "a.ply"))
    assert found.cameras == () and found.notes[0].startswith("cameras of cameras.json are not taken: ")


def test_files_are_known_by_names_and_first_bytes(tmp_path: Path) -> None:
    for name, form in (("a.ply", "ply"), ("a.spz", "spz"), ("a.splat", "splat"), ("a.glb", "glb"), ("a.gltf", "glb")):
        assert detects(scene(tmp_path / name, form))
    # A mesh is told apart when it is read; a .zip or .json of something else is nobody's.
    for name, content in (("mesh.ply", b"ply\n"), ("cut.spz", b""), ("cut.sog", b"PK")):
        (tmp_path / name).write_bytes(content)
        assert detects(tmp_path / name)
    for name, content in (
        ("noise.ply", bytes(256)),
        ("a.zip", b"PK12"),
        ("b.json", b"{}"),
        ("b.glb", b"glTF"),
        ("b.bin", b""),
    ):
        (tmp_path / name).write_bytes(content)
        assert not detects(tmp_path / name)
    assert not detects(tmp_path / "nothing.ply") and not detects(tmp_path / "nothing")
