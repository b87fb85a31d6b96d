"""Camera paths in JSON: our own (keys, or each frame), nerfstudio's, instant-ngp's, `cameras.json` of 3D Gaussian
Splatting, transforms.json.

instant-ngp's `base_cam.json` is in a space of its own: the scene made smaller and moved (`scale`, `offset`), its axes
cycled, the camera looking along +z. Only the capture that it was made with says how, so that has to lie beside it.
Files of other programs have the same form with poses in the world as it is, looking along -z; those are known by where
their cameras look.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from engines.core.camera import Array, Camera
from engines.core.errors import UserError
from engines.core.formats.transforms_frames import OPENGL_TO_OPENCV, is_of_mitsuba
from engines.core.formats.transforms_json import read_cameras
from engines.core.paths.keyed_json import is_keyed, keyed_from
from engines.core.paths.keyed_motion import path_frames
from engines.core.paths.path_camera import checked_camera, turned_by
from engines.core.reading import quoted, read_json, shortened

NGP_SCALE, NGP_OFFSET = 0.33, 0.5
"""Where the capture says nothing."""
MITSUBA_SCALE, MITSUBA_OFFSET = 0.66, 0.165
CAPTURE = "transforms.json"
OTHER_FILES = {
    "sfm_data_version": "the scene of OpenMVG (sfm_data.json)",
    "views": "the scene of Meshroom or OpenMVG",
    "extrinsics": "the scene of OpenMVG (sfm_data.json)",
    "asset": "a glTF scene",
    "shots": "a reconstruction of OpenSfM",
    "keyframes": "the keyframes of nerfstudio's viewer without the path between them",
}
"""What a JSON file is that can't be used, by a field that it has."""


def json_cameras(path: Path, like: Camera) -> list[Camera]:
    """The cameras of a JSON file, whose kind is told by its fields.

    Raises:
        UserError: names the file and the camera that is wrong, or what the file is.
    """
    data = read_json(path)
    if is_keyed(data):
        return list(path_frames(keyed_from(str(path), data)).cameras)
    if isinstance(data, dict):
        for field, read in _OF_FIELD.items():
            if isinstance(data.get(field), list):
                return read(path, data, like)
    listed = data.get("cameras") if isinstance(data, dict) else data
    if not isinstance(listed, list):
        what = next((name for field, name in OTHER_FILES.items() if isinstance(data, dict) and field in data), None)
        holds = f"; it is {what}" if what else ""
        raise UserError(
            f"{path}: holds no cameras that are known (a list of cameras, nerfstudio's camera_path, instant-ngp's "
            f"path, transforms.json){holds}"
        )
    return [_listed_camera(f"{path}: camera {i}", item, like) for i, item in enumerate(listed)]


def _listed_camera(where: str, item: Any, like: Camera) -> Camera:
    if isinstance(item, Mapping) and "rotation" in item and "position" in item:
        return _splatting_camera(where, item, like)
    try:
        return Camera.from_json(item)
    except (ValueError, TypeError, AttributeError, OverflowError) as error:
        raise UserError(f"{where}: {shortened(error)}") from error


def _numbers(where: str, item: Mapping[str, Any], name: str, *shape: int) -> Array:
    """An array of `shape` that a field of a camera holds.

    Raises:
        UserError: begins with `where`: it doesn't.
    """
    try:
        array = np.array(item[name], dtype=np.float64).reshape(shape)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        count = "x".join(str(side) for side in shape) or "a number"
        raise UserError(f"{where}: needs {name} ({count}), and has {quoted(item.get(name))}") from error
    if not np.isfinite(array).all():
        raise UserError(f"{where}: {name} has a number that is not finite")
    return array


def _splatting_camera(where: str, item: Mapping[str, Any], like: Camera) -> Camera:
    """Of 3D Gaussian Splatting's `cameras.json`: camera to world in OpenCV's axes, a lens in the picture's middle."""
    pose = np.eye(4)
    pose[:3, :3], pose[:3, 3] = _numbers(where, item, "rotation", 3, 3), _numbers(where, item, "position", 3)
    if not {"fx", "fy", "width", "height"} <= item.keys():
        return checked_camera(where, pose, like)
    fx, fy, width, height = (float(_numbers(where, item, name)) for name in ("fx", "fy", "width", "height"))
    return checked_camera(where, pose, like, (fx, fy), None, (round(width), round(height)))


def _of_vertical_angle(where: str, pose: Array, like: Camera, fov_deg: float, size_px: tuple[int, int]) -> Camera:
    if not 0 < fov_deg < 180:
        raise UserError(f"{where}: fov is {fov_deg:g}; needs the vertical one, 0 to 180 degrees")
    focal = float(size_px[1] / 2 / np.tan(np.radians(fov_deg) / 2))
    return checked_camera(where, pose, like, (focal, focal), None, size_px)


def _nerfstudio_cameras(path: Path, data: Mapping[str, Any], like: Camera) -> list[Camera]:
    """OpenGL axes; `fov` is vertical, in degrees. Poses are taken as they stand, in the space they were saved in."""
    kind = data.get("camera_type", "perspective")
    if str(kind).lower() != "perspective":
        raise UserError(f"{path}: camera_type is {quoted(kind)}; only perspective pictures can be drawn")
    size_px = like.size_px
    if "render_width" in data:
        width, height = (float(_numbers(f"{path}", data, name)) for name in ("render_width", "render_height"))
        size_px = (round(width), round(height))
    cameras = []
    for index, item in enumerate(data["camera_path"]):
        where = f"{path}: camera_path[{index}]"
        checked = item if isinstance(item, Mapping) else {}
        pose = _numbers(where, checked, "camera_to_world", 4, 4) * OPENGL_TO_OPENCV
        cameras.append(_of_vertical_angle(where, pose, like, float(_numbers(where, checked, "fov")), size_px))
    return cameras


def _ngp_cameras(path: Path, data: Mapping[str, Any], like: Camera) -> list[Camera]:
    """instant-ngp's keyframes, each a camera.

    Raises:
        UserError: names the keyframe that is wrong, or says that the space of the path is not known.
    """
    stated, angles = list[Array](), list[float]()
    for index, item in enumerate(data["path"]):
        where, checked = f"{path}: path[{index}]", item if isinstance(item, Mapping) else {}
        stated.append(turned_by(where, _numbers(where, checked, "R", 4), _numbers(where, checked, "T", 3)))
        angles.append(float(_numbers(where, checked, "fov")))
    if not stated:
        return []
    if _in_the_world(np.stack(stated)):
        poses = [pose * OPENGL_TO_OPENCV for pose in stated]
    elif (path.parent / CAPTURE).is_file():
        poses = _from_ngp(path.parent / CAPTURE, stated)
    else:
        raise UserError(
            f"{path}: a camera path of instant-ngp, in its own space; put the {CAPTURE} that it was made with beside "
            "it, which says how that lies in the world"
        )
    return [
        _of_vertical_angle(f"{path}: path[{index}]", pose, like, angle, like.size_px)
        for index, (pose, angle) in enumerate(zip(poses, angles, strict=True))
    ]


def _in_the_world(poses: Array) -> bool:
    """Whether cameras [N, 4, 4] look along their -z: they meet there, and stand upright in no space of instant-ngp.

    In its own space they look along +z, with +y of the camera downwards, which is -y there.
    """
    positions, backwards, upwards = poses[:, :3, 3], poses[:, :3, 2], poses[:, :3, 1]
    across = np.eye(3) - backwards[:, :, None] * backwards[:, None, :]
    system = across.sum(axis=0)
    if np.linalg.cond(system) > 1e6:
        return False
    focus = np.linalg.solve(system, (across @ positions[:, :, None]).sum(axis=0)[:, 0])
    ahead = ((focus - positions) * -backwards).sum(axis=1) > 0
    return bool(ahead.all() and upwards[:, 1].mean() > -0.5)


def _from_ngp(capture: Path, poses: Sequence[Array]) -> list[Array]:
    """Poses [4, 4] of instant-ngp's space in the world of a capture, OpenCV's axes."""
    data = read_json(capture)
    data = data if isinstance(data, Mapping) else {}
    mitsuba = is_of_mitsuba(data)
    scale, offset = (MITSUBA_SCALE, MITSUBA_OFFSET) if mitsuba else (NGP_SCALE, NGP_OFFSET)
    scale = float(_numbers(f"{capture}", data, "scale")) if data.get("scale") is not None else scale
    offsets = np.full(3, offset)
    if data.get("offset") is not None:
        # Three numbers, or one for all axes.
        many = isinstance(data["offset"], list)
        offsets = np.full(3, _numbers(f"{capture}", data, "offset", *([3] if many else [])))
    if data.get("aabb") is not None:
        low, high = _numbers(f"{capture}", data, "aabb", 2, 3)
        scale = 1 / max(float(np.abs(high - low).max()), 1e-6)
        offsets = 0.5 - (low + high) / 2 * scale
    if not scale > 0:
        raise UserError(f"{capture}: scale is {scale:g}; must be > 0")
    # Its cameras have OpenCV's axes already; its world's are y z x of the capture's, but for Mitsuba's.
    cycled = np.eye(3) if mitsuba else np.roll(np.eye(3), 1, axis=0)
    found = []
    for pose in poses:
        world = np.eye(4)
        world[:3, :3] = cycled @ pose[:3, :3]
        world[:3, 3] = (cycled @ pose[:3, 3] - offsets) / scale
        found.append(world)
    return found


def _transforms_cameras(path: Path, _data: Mapping[str, Any], like: Camera) -> list[Camera]:
    return read_cameras(path, like)


_OF_FIELD: Mapping[str, Callable[[Path, Mapping[str, Any], Camera], list[Camera]]] = {
    "camera_path": _nerfstudio_cameras,
    "path": _ngp_cameras,
    "frames": _transforms_cameras,
}
