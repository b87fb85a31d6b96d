"""COLMAP's model, `cameras.json` of 3D Gaussian Splatting, transforms.json and trajectories, by their conventions."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from engines.core.camera import Camera
from engines.core.errors import UserError
from engines.core.paths.exchange.formats import PATH_FORMATS, format_of, write_content
from engines.core.paths.path_content import PathContent
from engines.core.paths.path_files import read_content, read_path
from tests.engines.core.cameras_around import LIKE, around, assert_same_poses

QUARTER = np.array([[0.0, 0, 1, 5], [0, 1, 0, 6], [-1, 0, 0, 7], [0, 0, 0, 1]])
"""A camera at (5, 6, 7) that looks along +x with the world's +y downwards: right is -z."""
SHIFTED = Camera(QUARTER, (50.0, 60.0), (21.0, 16.0), (40, 30))


def test_colmaps_poses_are_world_to_camera_with_w_first(tmp_path: Path) -> None:
    """Its documentation (format.html): images.txt has QW QX QY QZ TX TY TZ of the projection from world to camera, x
    to the right, y downwards, z ahead; the camera stands at -R^t t.

    R^t is a quarter turn about y, so R is one back: q = (cos -45, 0, sin -45, 0) = (h, 0, -h, 0), h = sqrt(1/2).
    t = -R (5, 6, 7): R takes (x, y, z) to (-z, y, x), so t = (7, -6, -5).
    """
    assert write_content(tmp_path / "images.txt", PathContent((SHIFTED,))) == ()
    lines = (tmp_path / "images.txt").read_text().splitlines()
    assert lines[0].startswith("#") and lines[2] == ""
    number, *pose, lens, name = lines[1].split()
    half = np.sqrt(0.5)
    np.testing.assert_allclose([float(word) for word in pose], [half, 0, -half, 0, 7, -6, -5], atol=1e-15)
    assert (number, lens, name) == ("1", "1", "frame_00001.png")
    assert (tmp_path / "cameras.txt").read_text().splitlines()[1] == "1 PINHOLE 40 30 50.0 60.0 21.0 16.0"
    for place in (tmp_path, tmp_path / "images.txt"):
        (camera,) = read_path(place, LIKE)
        np.testing.assert_allclose(camera.camera_to_world, QUARTER, atol=1e-12)
        assert (camera.focal_px, camera.centre_px, camera.size_px) == ((50, 60), (21, 16), (40, 30))


@pytest.mark.slow
def test_colmap_itself_reads_the_same_places(tmp_path: Path) -> None:
    """In a process of its own: its native libraries and others don't go together."""
    write_content(tmp_path / "sparse", PathContent((*around(), SHIFTED)), "colmap")
    code = (
        "import json, sys, pycolmap\n"
        "model = pycolmap.Reconstruction(sys.argv[1])\n"
        "images = sorted(model.images.values(), key=lambda image: image.name)\n"
        "print(json.dumps([[image.projection_center().tolist(), image.viewing_direction().tolist(),\n"
        "                   model.cameras[image.camera_id].params.tolist()] for image in images]))\n"
    )
    done = subprocess.run([sys.executable, "-c", code, tmp_path / "sparse"], capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    assert len(found) == 13
    for (place, ahead, lens), camera in zip(found, (*around(), SHIFTED), strict=True):
        np.testing.assert_allclose(place, camera.position, atol=1e-12)
        np.testing.assert_allclose(ahead, camera.forward, atol=1e-12)
        np.testing.assert_allclose(lens, [*camera.focal_px, *camera.centre_px], atol=1e-12)


def test_gaussian_splattings_cameras_are_camera_to_world(tmp_path: Path) -> None:
    """`camera_to_JSON` (utils/camera_utils.py of 3D Gaussian Splatting): it puts [R^t | T], world to camera as COLMAP
    has it, into a matrix, inverts it, and writes the inverse's last column as position, its 3x3 part, row by row, as
    rotation; fx and fy of the two fields of view; no principal point."""
    (note,) = write_content(tmp_path / "a.json", PathContent((SHIFTED,)), "inria")
    assert note.endswith("can't keep the principal point (1 pixels off the picture's middle)")
    (entry,) = json.loads((tmp_path / "a.json").read_text())
    world_to_camera = np.array([[0, 0, -1, 7], [0, 1, 0, -6], [1, 0, 0, -5], [0, 0, 0, 1]])
    inverse = np.linalg.inv(world_to_camera)
    np.testing.assert_allclose(entry["rotation"], inverse[:3, :3], atol=1e-15)
    np.testing.assert_allclose(entry["position"], inverse[:3, 3], atol=1e-15)
    assert (entry["fx"], entry["fy"], entry["width"], entry["height"]) == (50, 60, 40, 30)
    (camera,) = read_path(tmp_path / "a.json", LIKE)
    assert (camera.focal_px, camera.centre_px) == ((50, 60), (20, 15))


def test_transforms_have_opengls_axes_and_lenses_of_their_own(tmp_path: Path) -> None:
    """Of instant-ngp's and nerfstudio's documentation: transform_matrix is camera to world, +x to the right, +y up, the
    camera looks along -z; fl_x, fl_y, cx, cy, w, h in pixels, for all or in each frame. Of our axes the second and the
    third column turn around."""
    cameras = (SHIFTED, *around(2))
    assert write_content(tmp_path / "transforms.json", PathContent(cameras)) == ()
    data = json.loads((tmp_path / "transforms.json").read_text())
    np.testing.assert_allclose(
        data["frames"][0]["transform_matrix"], [[0, 0, -1, 5], [0, -1, 0, 6], [-1, 0, 0, 7], [0, 0, 0, 1]], atol=0
    )
    assert data["frames"][0]["fl_y"] == 60 and data["frames"][1]["cx"] == 48 and "fl_x" not in data
    assert_same_poses(read_path(tmp_path / "transforms.json", LIKE), list(cameras), 1e-12)
    write_content(tmp_path / "transforms.json", PathContent(tuple(around(2))))
    data = json.loads((tmp_path / "transforms.json").read_text())
    assert data["w"] == 96 and "fl_x" not in data["frames"][0]


def test_trajectories_are_poses_alone(tmp_path: Path) -> None:
    """TUM's format: timestamp tx ty tz qx qy qz qw, seconds, camera to world; a quarter turn about y has q = (0, h, 0,
    h). KITTI's: the first three rows, one after the other."""
    write_content(tmp_path / "a.tum", PathContent((SHIFTED, *around(1)), 20.0))
    first, second = np.loadtxt(tmp_path / "a.tum")
    np.testing.assert_allclose(first, [0, 5, 6, 7, 0, np.sqrt(0.5), 0, np.sqrt(0.5)], atol=1e-15)
    assert second[0] == 0.05
    write_content(tmp_path / "a.txt", PathContent((SHIFTED,)), "kitti")
    np.testing.assert_array_equal(np.loadtxt(tmp_path / "a.txt"), QUARTER[:3].ravel())


@pytest.mark.parametrize(
    ("name", "suffix"), [(name, suffix) for name, form in PATH_FORMATS.items() for suffix in form.suffixes]
)
def test_every_form_is_read_back(tmp_path: Path, name: str, suffix: str) -> None:
    """Places within 1e-6 and directions within 1e-4 degrees, fields of view and frame rate where there is room."""
    path, form = tmp_path / (f"a{suffix}" if name != "colmap" else "images.txt"), PATH_FORMATS[name]
    notes = write_content(path, PathContent(tuple(around()), 24.0), name)
    content = read_content(path, LIKE)
    assert_same_poses(content.cameras, around(), 1e-6)
    if form.keeps.lens != "nothing":
        assert content.cameras[3].fov_y_deg == pytest.approx(around()[3].fov_y_deg, abs=1e-5)
    if form.keeps.size:
        assert content.cameras[0].size_px == (96, 72)
    assert ("the frame rate (24/s)" in "".join(notes)) == (not form.keeps.fps)
    if form.keeps.fps and name != "tum":
        assert content.fps == 24


def test_a_place_says_its_form(tmp_path: Path) -> None:
    names = {
        "a.json": "vantage", "cameras.json": "vantage", "camera_path.json": "nerfstudio",
        "base_cam.json": "instant-ngp",
        "transforms.json": "transforms", "images.txt": "colmap", "a.txt": "llff", "a.NPY": "llff", "a.chan": "nuke",
        "a.glb": "gltf", "a.gltf": "gltf", "a.tum": "tum",
    }  # fmt: skip
    for name, form in names.items():
        found = format_of(tmp_path / name)
        assert found is not None and found.name == form
    assert format_of(tmp_path / "a.mp4") is None and format_of(tmp_path / "folder") is None
    assert format_of(tmp_path / "sparse", "colmap") is PATH_FORMATS["colmap"]
    with pytest.raises(UserError, match=r"a\.mp4: Nuke's \.chan is written as \.chan"):
        format_of(tmp_path / "a.mp4", "nuke")
    with pytest.raises(UserError, match="path format maya: unknown; there are vantage"):
        format_of(tmp_path / "a.ma", "maya")
    with pytest.raises(UserError, match=r"a\.chan: Nuke's \.chan needs a camera"):
        write_content(tmp_path / "a.chan", PathContent(()))
