"""Camera paths in the JSON of other programs: read in their own spaces, or named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engines.core.camera import Array, Camera
from engines.core.errors import UserError
from engines.core.paths.path_files import read_path
from tests.engines.core.cameras_around import LIKE, around, assert_same_poses, quaternion
from tests.engines.core.formats.transforms_folders import photograph

GL = np.diag([1.0, -1.0, -1.0, 1.0])
CYCLED = np.array([[0.0, 1, 0], [0, 0, 1], [1, 0, 0]])
"""Of the capture's axes to instant-ngp's."""


def write(path: Path, data: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(data))
    return path


def transforms(**more: Any) -> dict[str, Any]:
    frames = [
        {"file_path": f"images/{index:04}.png", "transform_matrix": (camera.camera_to_world @ GL).tolist()}
        for index, camera in enumerate(around())
    ]
    return {"fl_x": 90.0, "fl_y": 90.0, "cx": 48, "cy": 36, "w": 96, "h": 72, "frames": frames, **more}


def keyframe(rotation: Array, position: Array, fov: float = 50.0) -> dict[str, Any]:
    old = {"slice": 0, "scale": 1.5, "aperture_size": 0, "dof": 0}
    return {"R": quaternion(rotation), "T": position.tolist(), "fov": fov, **old}


def ngp_path(scale: float = 0.33, offset: float | list[float] = 0.5, cycled: Array = CYCLED) -> dict[str, Any]:
    """As instant-ngp writes it: smaller, moved, its axes cycled, the camera looking along its +z."""
    frames = [
        keyframe(cycled @ camera.camera_to_world[:3, :3], cycled @ (camera.position * scale + np.array(offset)))
        for camera in around()
    ]
    return {"path": frames, "time": 0.0, "loop": False}


def test_a_transforms_file_is_a_path_without_its_photographs(tmp_path: Path) -> None:
    write(tmp_path / "transforms.json", transforms())
    for path in (tmp_path / "transforms.json", tmp_path):
        cameras = read_path(path, LIKE)
        assert_same_poses(cameras, around())
        assert {(camera.focal_px, camera.centre_px, camera.size_px) for camera in cameras} == {
            ((90.0, 90.0), (48.0, 36.0), (96, 72))
        }


def test_its_frames_come_in_the_order_of_their_names_and_without_a_size_take_the_one_at_hand(tmp_path: Path) -> None:
    data = transforms()
    for name in ("fl_x", "fl_y", "cx", "cy", "w", "h"):
        del data[name]
    data |= {"camera_angle_x": np.pi / 2, "frames": data["frames"][::-1]}
    write(tmp_path / "other_name.json", data)
    cameras = read_path(tmp_path / "other_name.json", LIKE)
    assert_same_poses(cameras, around())
    assert cameras[0].size_px == (64, 64) and cameras[0].focal_px == pytest.approx((32, 32))
    # A photograph that is there has one.
    photograph(tmp_path / "images" / "0000.png")
    assert read_path(tmp_path / "other_name.json", LIKE)[0].size_px == (24, 16)


def test_split_files_without_photographs_are_a_path_one_after_the_other(tmp_path: Path) -> None:
    data = transforms()
    for name, frames in (("train", data["frames"][:10]), ("test", data["frames"][10:])):
        write(tmp_path / f"transforms_{name}.json", data | {"frames": frames})
    assert_same_poses(read_path(tmp_path, LIKE), around())


def test_panoramas_are_refused_as_a_path_too(tmp_path: Path) -> None:
    write(tmp_path / "transforms.json", transforms(latlong=True))
    with pytest.raises(UserError, match=r"transforms\.json: frame 0 .*latlong is True; only pinholes"):
        read_path(tmp_path / "transforms.json", LIKE)


def test_instant_ngps_path_is_read_by_the_capture_beside_it(tmp_path: Path) -> None:
    write(tmp_path / "base_cam.json", ngp_path())
    with pytest.raises(
        UserError, match=r"base_cam\.json: a camera path of instant-ngp, in its own space; put the transf"
    ):
        read_path(tmp_path / "base_cam.json", LIKE)
    write(tmp_path / "transforms.json", transforms(aabb_scale=4))
    cameras = read_path(tmp_path / "base_cam.json", LIKE)
    assert_same_poses(cameras, around())
    # 50 degrees from top to bottom.
    assert cameras[0].fov_y_deg == pytest.approx(50) and cameras[0].size_px == (64, 64)


@pytest.mark.parametrize(
    ("stated", "scale", "offset"),
    [
        ({"scale": 0.5, "offset": [0.1, 0.2, 0.3]}, 0.5, [0.1, 0.2, 0.3]),
        ({"offset": 0.25}, 0.33, [0.25] * 3),
        ({"aabb": [[-2, -1, 0], [2, 1, 1]], "scale": 9}, 0.25, [0.5, 0.5, 0.375]),
    ],
)
def test_the_capture_says_how_its_space_lies(
    tmp_path: Path, stated: dict[str, Any], scale: float, offset: list[float]
) -> None:
    write(tmp_path / "transforms.json", transforms(**stated))
    write(tmp_path / "base_cam.json", ngp_path(scale, offset))
    assert_same_poses(read_path(tmp_path / "base_cam.json", LIKE), around())


def test_mitsubas_captures_keep_their_axes(tmp_path: Path) -> None:
    write(tmp_path / "transforms.json", transforms(from_mitsuba=True))
    write(tmp_path / "base_cam.json", ngp_path(0.66, 0.165, np.eye(3)))
    assert_same_poses(read_path(tmp_path / "base_cam.json", LIKE), around())


def test_paths_of_that_form_in_the_world_are_known_by_where_they_look(tmp_path: Path) -> None:
    frames = [keyframe((camera.camera_to_world @ GL)[:3, :3], camera.position) for camera in around()]
    write(tmp_path / "base_cam.json", {"path": frames, "time": 0.0})
    assert_same_poses(read_path(tmp_path / "base_cam.json", LIKE), around())


def test_instant_ngps_cameras_that_look_outwards_are_not_taken_for_such(tmp_path: Path) -> None:
    turned = np.diag([-1.0, 1.0, -1.0])
    frames = [keyframe(CYCLED @ camera.camera_to_world[:3, :3] @ turned, camera.position) for camera in around()]
    # A room's: level.
    frames = [frame | {"T": [frame["T"][1], 0.5, frame["T"][0]]} for frame in frames]
    write(tmp_path / "base_cam.json", {"path": frames})
    with pytest.raises(UserError, match="in its own space"):
        read_path(tmp_path / "base_cam.json", LIKE)


def splatting(camera: Camera, index: int) -> dict[str, Any]:
    pose = camera.camera_to_world
    lens = {"width": 96, "height": 72, "fx": 90.0, "fy": 80.0}
    return {
        "id": index,
        "img_name": f"{index:04}",
        "position": pose[:3, 3].tolist(),
        "rotation": pose[:3, :3].tolist(),
        **lens,
    }


def test_cameras_beside_splats(tmp_path: Path) -> None:
    write(tmp_path / "cameras.json", [splatting(camera, index) for index, camera in enumerate(around())])
    for path in (tmp_path, tmp_path / "cameras.json"):
        cameras = read_path(path, LIKE)
        assert_same_poses(cameras, around())
        assert (
            cameras[0].focal_px == (90.0, 80.0)
            and cameras[0].centre_px == (48.0, 36.0)
            and cameras[0].size_px == (96, 72)
        )


def nerfstudio(**more: Any) -> dict[str, Any]:
    pose = (around()[0].camera_to_world @ GL).ravel().tolist()
    return {"render_width": 200, "render_height": 100, "camera_path": [{"camera_to_world": pose, "fov": 90.0}], **more}


def test_nerfstudios_other_pictures_are_named(tmp_path: Path) -> None:
    path = write(tmp_path / "path.json", nerfstudio(camera_type="perspective"))
    assert_same_poses(read_path(path, LIKE), around()[:1])
    write(path, nerfstudio(camera_type="equirectangular"))
    with pytest.raises(UserError, match=r"path\.json: camera_type is 'equirectangular'; only perspective pictures"):
        read_path(path, LIKE)


BAD: list[tuple[Any, str]] = [
    ({"path": [{"R": [1, 0, 0], "T": [0, 0, 0], "fov": 50}]}, r"path\[0\]: needs R \(4\), and has \[1, 0, 0\]"),
    ({"path": [{"R": [0, 0, 0, 2], "T": [0, 0, 0], "fov": 50}]}, r"path\[0\]: its quaternion has a length of 2"),
    ({"path": [{"R": [0, 0, 0, 1], "fov": 50}]}, r"path\[0\]: needs T \(3\), and has None"),
    ({"path": [5]}, r"path\[0\]: needs R"),
    ({"path": []}, "holds no cameras"),
    (nerfstudio(camera_path=[3]), r"camera_path\[0\]: needs camera_to_world \(4x4\)"),
    (nerfstudio(camera_path=[{"camera_to_world": [0] * 16, "fov": 50}]), "not a rotation"),
    (nerfstudio(render_width="a"), "needs render_width"),
    ([splatting(around()[0], 0) | {"rotation": [[1]]}], r"camera 0: needs rotation \(3x3\)"),
    ([splatting(around()[0], 0) | {"fx": 0}], "camera 0: focal_px"),
    (
        [splatting(around()[0], 0) | {"position": [0, 0, float("nan")]}],
        "camera 0: position has a number that is not fin",
    ),
    ([1, 2], "camera 0: "),
    ({"sfm_data_version": "0.3", "views": []}, r"holds no cameras .*it is the scene of OpenMVG"),
    ({"cameras": {"a": 1}, "shots": {}}, "it is a reconstruction of OpenSfM"),
    ({"frames": []}, "has no frames"),
    ("text", "holds no cameras that are known"),
]


@pytest.mark.parametrize(("data", "message"), BAD)
def test_what_is_wrong_is_named(tmp_path: Path, data: Any, message: str) -> None:
    path = write(tmp_path / "bad.json", data)
    with pytest.raises(UserError, match=rf"bad\.json.*{message}") as caught:
        read_path(path, LIKE)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 400
