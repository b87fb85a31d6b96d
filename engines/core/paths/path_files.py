"""Cameras in files: every layout that a path can be read from; `exchange.formats` has those that it is written in.

- A folder: 4x4 `.txt` poses in its `pose/` or in it, with `intrinsics.txt`; one of `KNOWN_NAMES`; any data folder, that
  of a `transforms.json` or of COLMAP's model also without its photographs.
- `.npz`: `c2w`, `K`, `hw` (OpenCV axes); or `world_mat_i`, `scale_mat_i`, `camera_mat_i` (DVR, IDR, NeuS: scaled).
- `.npy`: LLFF's `poses_bounds.npy` [N, 17] and paths [N, 3, 5], columns down, right, backwards; or OpenCV's [N, 4, 4]
  and [N, 3, 4].
- `.txt`: LLFF's path (the number of cameras, then 15 numbers a line, columns right, up, backwards); poses of 16 or 12
  numbers (KITTI's 12); trajectories of TUM (also `.tum`) and Open3D (`.log`).
- `.json`: our keys, or a list of our cameras; nerfstudio's `camera_path.json`; `transforms.json`; instant-ngp's
  `base_cam.json`; LichtFeld Studio's timeline; `cameras.json` of 3D Gaussian Splatting.
- `.chan` of Nuke; `.glb` and `.gltf` with a camera.
- A file of COLMAP's model, `.bin` or `.txt`, with the others beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from engines.core.camera import Camera
from engines.core.data.origin import in_world
from engines.core.errors import UserError
from engines.core.formats import FORMATS, open_dataset, transforms_json
from engines.core.formats.beside import texts_in
from engines.core.formats.colmap import find_model
from engines.core.formats.colmap_files import is_model, read_model
from engines.core.formats.colmap_model import picture_camera
from engines.core.formats.deepvoxels_folder import Intrinsics, read_intrinsics, read_pose
from engines.core.formats.transforms_names import natural_order as names_in_order
from engines.core.paths.exchange.formats import write_content
from engines.core.paths.exchange.gltf_motion import read_gltf
from engines.core.paths.exchange.nuke import read_chan
from engines.core.paths.path_arrays import npy_cameras, npz_cameras
from engines.core.paths.path_camera import checked_camera, inverse, size_beside
from engines.core.paths.path_content import PathContent
from engines.core.paths.path_json import json_content
from engines.core.paths.path_texts import txt_cameras
from engines.core.reading import reading, require_file

NO_POSES = ("intrinsics.txt", "bbox.txt", "readme.txt", "origin.txt")
KNOWN_NAMES = (
    "cameras.json",
    "cams_opencv.npz",
    "cameras.npz",
    "cameras_sphere.npz",
    "poses_bounds.npy",
    "qual_path.txt",
    "base_cam.json",
    "camera_path.json",
)
OTHER_FILES = {
    ".xml": "of Metashape or another program",
    ".csv": "a table, as RealityCapture writes it",
    ".nvm": "a model of VisualSFM",
    ".out": "a model of Bundler",
    ".usd": "a USD scene",
    ".usda": "a USD scene",
    ".abc": "an Alembic scene",
    ".fbx": "an FBX scene",
    ".blend": "a scene of Blender",
    ".ply": "points or splats",
    ".bin": "of no model of COLMAP: cameras and images have to lie beside each other",
}
"""What a file with cameras is that can't be used, by its suffix."""
COLMAP_PARTS = ("cameras", "images", "points3D", "frames", "rigs")


def read_path(path: Path, like: Camera) -> tuple[Camera, ...]:
    """The cameras of a file or folder, a frame each; otherwise as `read_content`."""
    return read_content(path, like).cameras


def read_content(path: Path, like: Camera) -> PathContent:
    """What a file or folder holds of a path, in its order.

    Args:
        like: its lens and size are taken where the file gives only poses.

    Raises:
        UserError: missing, empty, of no known layout, or names the file and line that is wrong.
    """
    path = Path(path)
    if not path.exists():
        raise UserError(f"{path}: no such file or folder, nor the name of a path")
    with reading(path):
        content = _read_folder(path, like) if path.is_dir() else _read_file(path, like)
    if not content.cameras:
        raise UserError(f"{path}: holds no cameras")
    return content


def _read_file(path: Path, like: Camera) -> PathContent:
    require_file(path)
    if path.suffix.lower() in (".bin", ".txt") and path.stem in COLMAP_PARTS and is_model(path.parent):
        return PathContent(tuple(_colmap_cameras(path.parent)))
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        what = OTHER_FILES.get(path.suffix.lower())
        named = f"is {what}; " if what else ""
        raise UserError(f"{path}: {named}cameras are read from {', '.join(_READERS)} files and from folders")
    found = reader(path, like)
    return found if isinstance(found, PathContent) else PathContent(tuple(found))


def write_path(
    path: Path, cameras: Sequence[Camera], times: Sequence[int] | None = None, form: str | None = None
) -> tuple[str, ...]:
    """Writes cameras, whole or not at all, and tells what the format had no room for.

    Args:
        times: the time step of each, of a recording.
        form: a name of `PATH_FORMATS`; None: as the file's name or suffix says. `.json` keeps everything.

    Raises:
        UserError: another suffix, or the place can't be written.
    """
    return write_content(Path(path), PathContent(tuple(cameras), times=times), form)


def _read_folder(folder: Path, like: Camera) -> PathContent:
    for name in KNOWN_NAMES if not _pose_files(folder / "pose") else ():
        if (folder / name).is_file():
            return read_content(folder / name, like)
    return PathContent(tuple(_folder_cameras(folder, like)))


def _folder_cameras(folder: Path, like: Camera) -> list[Camera]:
    if poses := _pose_files(folder / "pose"):
        return _read_pose_files(poses, _find_intrinsics(folder / "pose"), like)
    if transforms_json.detect(folder) and not transforms_json.has_photographs(folder):
        return transforms_json.read_folder_cameras(folder, like)
    if any(format_.detect(folder) for format_ in FORMATS):
        dataset = open_dataset(folder)
        return list(in_world([view.camera for view in dataset.views], dataset.origin))
    # The folder of models, too, whose first is usually the largest.
    model = find_model(folder) or find_model(folder / "0")
    if model is not None:
        return _colmap_cameras(model)
    if poses := _pose_files(folder):
        return _read_pose_files(poses, _find_intrinsics(folder), like)
    raise UserError(f"{folder}: no poses in it (4x4 .txt, {', '.join(KNOWN_NAMES)}, or a data folder)")


def _pose_files(folder: Path) -> list[Path]:
    """Its `.txt` files in order, but for names that mean something else."""
    return [file for file in texts_in(folder) if file.name.lower() not in NO_POSES]


def _find_intrinsics(folder: Path) -> Intrinsics | None:
    places = (folder, folder.parent) if folder.name == "pose" else (folder,)
    found = next((place / "intrinsics.txt" for place in places if (place / "intrinsics.txt").is_file()), None)
    return read_intrinsics(found) if found else None


def _read_pose_files(files: Sequence[Path], intrinsics: Intrinsics | None, like: Camera) -> list[Camera]:
    cameras = []
    for file in files:
        pose = read_pose(file)
        if intrinsics is None:
            cameras.append(checked_camera(str(file), pose, like))
            continue
        if intrinsics.world_to_camera:
            pose = inverse(str(file), pose)
        size_px = intrinsics.size_px or size_beside(file.parent)
        cameras.append(checked_camera(str(file), pose, like, intrinsics.focal, intrinsics.centre_px, size_px))
    return cameras


def _colmap_cameras(folder: Path) -> list[Camera]:
    """Of a model, in the order of the photographs' names, whether these are there or not."""
    model = read_model(folder)
    return [
        picture_camera(f"{folder}: {picture.name}", picture, model.lenses[picture.lens])
        for picture in sorted(model.pictures, key=lambda picture: names_in_order(picture.name))
    ]


_READERS: Mapping[str, Callable[[Path, Camera], list[Camera] | PathContent]] = {
    ".txt": txt_cameras,
    ".tum": txt_cameras,
    ".log": txt_cameras,
    ".npz": npz_cameras,
    ".npy": npy_cameras,
    ".json": json_content,
    ".chan": read_chan,
    ".glb": read_gltf,
    ".gltf": read_gltf,
}
