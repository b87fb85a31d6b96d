"""Cameras in files: every layout that a path can be read from, and three that it is written in.

| what | layout |
|---|---|
| folder | 4x4 `.txt` poses in its `pose/` or in it, with `intrinsics.txt`; one of `KNOWN_NAMES`; any data folder |
| `.npz` | `c2w`, `K`, `hw` (OpenCV axes); or `world_mat_i`, `scale_mat_i`, `camera_mat_i` (DVR, IDR; scaled world) |
| `.npy` | LLFF: `poses_bounds.npy` [N, 17], paths [N, 3, 5], columns down, right, backwards; or OpenCV [N, 4, 4] |
| `.txt` | LLFF's path (the number of cameras, then 15 numbers a line, columns right, up, backwards); or 4x4 poses |
| `.json` | a list of our cameras; nerfstudio's `camera_path.json` |
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from engines.core.camera import Array, Camera
from engines.core.errors import UserError
from engines.core.files import replacing
from engines.core.formats import FORMATS, open_dataset
from engines.core.formats.deepvoxels_folder import Intrinsics, read_intrinsics, read_pose
from engines.core.formats.llff import llff_lens
from engines.core.formats.projections import read_projection
from engines.core.images import LARGEST_SIDE_PX, image_size, list_images, natural_order
from engines.core.reading import quoted, read_json, read_npy, read_npz, read_text, reading, require_file, shortened

WRITTEN_SUFFIXES = (".json", ".npy", ".txt")
NO_POSES = ("intrinsics.txt", "bbox.txt", "README.txt", "ORIGIN.txt")
KNOWN_NAMES = ("cameras.json", "cams_opencv.npz", "cameras.npz", "poses_bounds.npy", "qual_path.txt")


def read_path(path: Path, like: Camera) -> tuple[Camera, ...]:
    """The cameras of a file or folder, in its order.

    Args:
        like: its lens and size are taken where the file gives only poses.

    Raises:
        UserError: missing, empty, of no known layout, or names the file and line that is wrong.
    """
    path = Path(path)
    if not path.exists():
        raise UserError(f"{path}: no such file or folder, nor the name of a path")
    with reading(path):
        cameras = _read_folder(path, like) if path.is_dir() else _read_file(path, like)
    if not cameras:
        raise UserError(f"{path}: holds no cameras")
    return tuple(cameras)


def _read_file(path: Path, like: Camera) -> list[Camera]:
    require_file(path)
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise UserError(f"{path}: cameras are read from {', '.join(_READERS)} files and from folders")
    return reader(path, like)


def write_path(path: Path, cameras: Sequence[Camera], times: Sequence[int] | None = None) -> None:
    """Writes cameras, whole or not at all.

    `.json` keeps everything; `.npy` and `.txt` are LLFF's and keep one focal length of a centred lens.

    Args:
        times: the moment of each, of a recording; only `.json` keeps them.

    Raises:
        UserError: another suffix, or the place can't be written.
    """
    path = Path(path)
    if path.suffix not in WRITTEN_SUFFIXES:
        raise UserError(f"{path}: paths are written as {', '.join(WRITTEN_SUFFIXES)}")
    with replacing(path) as temporary:
        if path.suffix == ".json":
            data = [camera.to_json() for camera in cameras]
            if times is not None:
                data = [camera | {"time": time} for camera, time in zip(data, times, strict=True)]
            temporary.write_text(json.dumps(data), encoding="utf-8")
            return
        poses = np.array([_llff_matrix(camera) for camera in cameras]).reshape(-1, 3, 5)
        if path.suffix == ".npy":
            np.save(temporary, poses)
            return
        turned = np.concatenate([poses[..., 1:2], -poses[..., 0:1], poses[..., 2:]], axis=-1)
        lines = [" ".join(str(number) for number in matrix.T.ravel().tolist()) for matrix in turned]
        temporary.write_text("\n".join([str(len(lines)), *lines]) + "\n", encoding="utf-8")


def write_poses_bounds(path: Path, cameras: Sequence[Camera], depths: Sequence[tuple[float, float]]) -> None:
    """Writes LLFF's `poses_bounds.npy`: centred lenses of one focal length, each with its nearest and farthest depth.

    Raises:
        UserError: the place can't be written.
    """
    rows = [[*_llff_matrix(camera).ravel(), *depth] for camera, depth in zip(cameras, depths, strict=True)]
    with replacing(path) as temporary:
        np.save(temporary, np.array(rows))


def _llff_matrix(camera: Camera) -> Array:
    """[3, 5] columns down, right, backwards, position, (height, width, focal)."""
    lens = np.array([camera.size_px[1], camera.size_px[0], camera.focal_px[1]])
    return np.stack([camera.down, camera.right, -camera.forward, camera.position, lens], axis=1)


def _read_folder(folder: Path, like: Camera) -> list[Camera]:
    if poses := _pose_files(folder / "pose"):
        return _read_pose_files(poses, _find_intrinsics(folder / "pose"), like)
    for name in KNOWN_NAMES:
        if (folder / name).is_file():
            return list(read_path(folder / name, like))
    if any(format_.detect(folder) for format_ in FORMATS):
        return [view.camera for view in open_dataset(folder).views]
    if poses := _pose_files(folder):
        return _read_pose_files(poses, _find_intrinsics(folder), like)
    raise UserError(f"{folder}: no poses in it (4x4 .txt, {', '.join(KNOWN_NAMES)}, or a data folder)")


def _pose_files(folder: Path) -> list[Path]:
    """Its `.txt` files in order, but for names that mean something else."""
    files = sorted((file for file in folder.glob("*.txt") if not file.name.startswith(".")), key=natural_order)
    return [file for file in files if file.name not in NO_POSES]


def _find_intrinsics(folder: Path) -> Intrinsics | None:
    places = (folder, folder.parent) if folder.name == "pose" else (folder,)
    found = next((place / "intrinsics.txt" for place in places if (place / "intrinsics.txt").is_file()), None)
    return read_intrinsics(found) if found else None


def _read_pose_files(files: Sequence[Path], intrinsics: Intrinsics | None, like: Camera) -> list[Camera]:
    cameras = []
    for file in files:
        pose = read_pose(file)
        if intrinsics is None:
            cameras.append(_camera(str(file), pose, like))
            continue
        if intrinsics.world_to_camera:
            pose = _inverse(str(file), pose)
        size_px = intrinsics.size_px or _size_beside(file.parent)
        cameras.append(_camera(str(file), pose, like, intrinsics.focal, intrinsics.centre_px, size_px))
    return cameras


def _camera(
    where: str,
    pose: Array,
    like: Camera,
    focal_px: tuple[float, float] | None = None,
    centre_px: tuple[float, float] | None = None,
    size_px: tuple[int, int] | None = None,
) -> Camera:
    """A checked camera; without a size it has `like`'s lens.

    Raises:
        UserError: begins with `where`.
    """
    try:
        if focal_px is None or size_px is None:
            return like.at(pose)
        if max(size_px) > LARGEST_SIDE_PX:
            raise ValueError(f"{size_px[0]}x{size_px[1]} is more than {LARGEST_SIDE_PX} pixels along a side")
        centre_x, centre_y = centre_px or (size_px[0] / 2, size_px[1] / 2)
        # float(): numbers of numpy would follow the camera into JSON and messages.
        return Camera(pose, (float(focal_px[0]), float(focal_px[1])), (float(centre_x), float(centre_y)), size_px)
    except ValueError as error:
        raise UserError(f"{where}: {error}") from error


def _inverse(where: str, matrix: Array) -> Array:
    try:
        return np.asarray(np.linalg.inv(matrix))
    except np.linalg.LinAlgError as error:
        raise UserError(f"{where}: its matrix can't be inverted") from error


def _llff_camera(where: str, matrix: Array, like: Camera) -> Camera:
    """From [3, 5] with LLFF's columns down, right, backwards."""
    if not np.isfinite(matrix).all():
        raise UserError(f"{where}: has a number that is not finite")
    pose, focal, size_px = llff_lens(matrix)
    return _camera(where, pose, like, (focal, focal), None, size_px)


def _read_npy(path: Path, like: Camera) -> list[Camera]:
    with reading(path, "can't be read as numbers"):
        array = np.asarray(read_npy(path), dtype=np.float64)
    if array.ndim == 2 and array.shape[1] == 17:
        array = array[:, :15].reshape(-1, 3, 5)
    if array.ndim == 3 and array.shape[1:] == (3, 5):
        return [_llff_camera(f"{path}: camera {i}", matrix, like) for i, matrix in enumerate(array)]
    if array.ndim == 3 and array.shape[1:] == (4, 4):
        return [_camera(f"{path}: camera {i}", matrix, like) for i, matrix in enumerate(array)]
    shape = "x".join(str(n) for n in array.shape)
    raise UserError(f"{path}: an array of {shape}; cameras are Nx17 or Nx3x5 (LLFF) or Nx4x4 (camera to world)")


def _read_txt(path: Path, like: Camera) -> list[Camera]:
    rows = _number_rows(path)
    if not rows:
        return []
    if len(rows[0][1]) == 1 and len(rows) > 1:
        return _read_llff_rows(path, rows, like)
    if all(len(numbers) == 4 for _, numbers in rows) and len(rows) % 4 == 0:
        poses = np.array([numbers for _, numbers in rows]).reshape(-1, 4, 4)
        return [_camera(f"{path}: line {rows[4 * i][0]}", pose, like) for i, pose in enumerate(poses)]
    cameras = []
    for line, numbers in rows:
        if len(numbers) != 16:
            raise UserError(f"{path}: line {line} has {len(numbers)} numbers; a pose needs 16 (4x4, row by row)")
        cameras.append(_camera(f"{path}: line {line}", np.array(numbers).reshape(4, 4), like))
    return cameras


def _read_llff_rows(path: Path, rows: Sequence[tuple[int, list[float]]], like: Camera) -> list[Camera]:
    """LLFF's path in text: the columns right, up, backwards, position, (height, width, focal), one after the other."""
    count = rows[0][1][0]
    if count != len(rows) - 1:
        raise UserError(f"{path}: line {rows[0][0]} says {count:g} cameras, but {len(rows) - 1} lines follow")
    cameras = []
    for line, numbers in rows[1:]:
        if len(numbers) != 15:
            raise UserError(f"{path}: line {line} has {len(numbers)} numbers; a camera of LLFF's paths needs 15")
        right, up, back, position, lens = np.array(numbers).reshape(5, 3)
        matrix = np.stack([-up, right, back, position, lens], axis=1)
        cameras.append(_llff_camera(f"{path}: line {line}", matrix, like))
    return cameras


def _number_rows(path: Path) -> list[tuple[int, list[float]]]:
    """The numbers of each line that is not empty, with the line's number from 1."""
    rows = []
    for line, text in enumerate(read_text(path).splitlines(), 1):
        try:
            numbers = [float(word) for word in text.replace(",", " ").split()]
        except ValueError as error:
            raise UserError(f"{path}: line {line}: {shortened(error)}") from error
        if numbers:
            rows.append((line, numbers))
    return rows


def _read_npz(path: Path, like: Camera) -> list[Camera]:
    # Strings (image names) are left out; object arrays would run code and are refused by numpy.
    content = {name: array for name, array in read_npz(path).items() if array.dtype.kind in "fiu"}
    if "c2w" in content:
        return _read_opencv_arrays(path, content, like)
    if "world_mat_0" in content:
        return _read_projections(path, content, like)
    raise UserError(f"{path}: no c2w and no world_mat_0 in it; it holds {', '.join(content) or 'nothing numeric'}")


def _read_opencv_arrays(path: Path, content: Mapping[str, Array], like: Camera) -> list[Camera]:
    poses = np.asarray(content["c2w"], dtype=np.float64)
    if poses.ndim != 3 or poses.shape[1:] not in ((4, 4), (3, 4)):
        raise UserError(f"{path}: c2w is {poses.shape}; needs N x 4 x 4")
    if poses.shape[1] == 3:
        poses = np.concatenate([poses, np.broadcast_to([[[0.0, 0, 0, 1]]], (len(poses), 1, 4))], axis=1)
    if "K" not in content or "hw" not in content:
        return [_camera(f"{path}: camera {i}", pose, like) for i, pose in enumerate(poses)]
    lenses, sizes = np.asarray(content["K"], dtype=np.float64), content["hw"]
    if lenses.shape[-2:] != (3, 3) or lenses.ndim not in (2, 3) or sizes.size != 2 or not np.isfinite(sizes).all():
        raise UserError(f"{path}: K is {lenses.shape} and hw is {sizes.shape}; need N x 3 x 3 and 2, finite")
    if lenses.ndim == 3 and len(lenses) != len(poses):
        raise UserError(f"{path}: {len(poses)} poses but {len(lenses)} intrinsics")
    lenses = np.broadcast_to(lenses, (len(poses), 3, 3))
    size = (int(sizes.flat[1]), int(sizes.flat[0]))
    return [
        _camera(f"{path}: camera {i}", pose, like, (lens[0, 0], lens[1, 1]), (lens[0, 2], lens[1, 2]), size)
        for i, (pose, lens) in enumerate(zip(poses, lenses, strict=True))
    ]


def _read_projections(path: Path, content: Mapping[str, Array], like: Camera) -> list[Camera]:
    """DVR and IDR: a point of the scaled world goes to the picture by camera_mat @ world_mat @ scale_mat.

    With a camera_mat the picture spans [-1, 1]; without one it is in pixels of the photographs beside the file.
    """
    size = _size_beside(path)
    cameras = []
    indices = sorted(int(name[10:]) for name in content if name.startswith("world_mat_") and name[10:].isdigit())
    for index in indices:
        where = f"{path}: world_mat_{index}"
        matrices = [content.get(f"{kind}_mat_{index}") for kind in ("camera", "world", "scale")]
        squares = dict[str, Array]()
        for kind, matrix in zip(("camera", "world", "scale"), matrices, strict=True):
            if matrix is not None and matrix.shape not in ((4, 4), (3, 4)):
                raise UserError(f"{path}: {kind}_mat_{index} is {matrix.shape}; needs 4 x 4")
            squares[kind] = np.eye(4)
            if matrix is not None:
                squares[kind][: len(matrix)] = matrix
        product = squares["world"] @ squares["scale"]
        alone = None if matrices[0] is None else squares["camera"][:3, :3]
        found = read_projection(where, product[:3], alone, size, like.size_px)
        focal, centre = (found.lens[0, 0], found.lens[1, 1]), (found.lens[0, 2], found.lens[1, 2])
        cameras.append(_camera(where, found.camera_to_world, like, focal, centre, found.size_px))
    return cameras


def _size_beside(path: Path) -> tuple[int, int] | None:
    for name in ("image", "images", "rgb"):
        images = list_images(path.parent / name) if (path.parent / name).is_dir() else []
        if images:
            return image_size(images[0])
    return None


def _read_json(path: Path, like: Camera) -> list[Camera]:
    data = read_json(path)
    if isinstance(data, dict) and isinstance(data.get("camera_path"), list):
        return [_nerfstudio_camera(f"{path}: camera_path[{i}]", data, i, like) for i in range(len(data["camera_path"]))]
    if isinstance(data, dict):
        data = data.get("cameras")
    if not isinstance(data, list):
        raise UserError(f"{path}: neither a list of cameras nor nerfstudio's camera_path")
    cameras = []
    for i, item in enumerate(data):
        try:
            cameras.append(Camera.from_json(item))
        except (ValueError, TypeError, AttributeError, OverflowError) as error:
            raise UserError(f"{path}: camera {i}: {shortened(error)}") from error
    return cameras


def _nerfstudio_camera(where: str, data: Mapping[str, Any], index: int, like: Camera) -> Camera:
    """OpenGL axes; `fov` is vertical, in degrees. Poses are taken as they stand, in the space they were saved in."""
    item = data["camera_path"][index]
    try:
        pose = np.array(item["camera_to_world"], dtype=np.float64).reshape(4, 4) * [1, -1, -1, 1]
        size = (int(data["render_width"]), int(data["render_height"])) if "render_width" in data else like.size_px
        half = np.tan(np.radians(float(item["fov"])) / 2)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise UserError(f"{where}: needs camera_to_world (16 numbers) and fov ({shortened(error)})") from error
    if not half > 0:
        raise UserError(f"{where}: fov is {quoted(item['fov'])}; needs the vertical one, 0 to 180 degrees")
    focal = float(size[1] / 2 / half)
    return _camera(where, pose, like, (focal, focal), None, size)


_READERS: Mapping[str, Callable[[Path, Camera], list[Camera]]] = {
    ".txt": _read_txt,
    ".npz": _read_npz,
    ".npy": _read_npy,
    ".json": _read_json,
}
