"""Camera paths in numpy's files: LLFF's arrays, camera to world, and the projections of DVR, IDR and NeuS."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from engines.core.camera import Array, Camera, rigid
from engines.core.errors import UserError
from engines.core.formats.projections import read_projection
from engines.core.paths.path_camera import checked_camera, llff_camera, size_beside
from engines.core.reading import read_npy, read_npz, reading


def npy_cameras(path: Path, like: Camera) -> list[Camera]:
    """LLFF's [N, 17] or [N, 3, 5]; else camera to world [N, 4, 4], [N, 3, 4], or one of these alone.

    Raises:
        UserError: names the file and what is wrong.
    """
    with reading(path, "can't be read as numbers"):
        array = np.asarray(read_npy(path), dtype=np.float64)
    if array.ndim == 2 and array.shape[1] == 17:
        array = array[:, :15].reshape(-1, 3, 5)
    if array.ndim == 3 and array.shape[1:] == (3, 5):
        return [llff_camera(f"{path}: camera {i}", matrix, like) for i, matrix in enumerate(array)]
    poses = array[None] if array.shape in ((4, 4), (3, 4)) else array
    if poses.ndim == 3 and poses.shape[1:] in ((4, 4), (3, 4)):
        return [checked_camera(f"{path}: camera {i}", rigid(pose), like) for i, pose in enumerate(poses)]
    shape = "x".join(str(n) for n in array.shape)
    raise UserError(
        f"{path}: an array of {shape}; cameras are Nx17 or Nx3x5 (LLFF), or Nx4x4 or Nx3x4 (camera to world, OpenCV)"
    )


def npz_cameras(path: Path, like: Camera) -> list[Camera]:
    """`c2w`, `K`, `hw` in OpenCV's axes; or `world_mat_i`, `scale_mat_i`, `camera_mat_i`.

    Raises:
        UserError: names the file and what is wrong.
    """
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
    poses = np.array([rigid(pose) for pose in poses])
    if "K" not in content or "hw" not in content:
        return [checked_camera(f"{path}: camera {i}", pose, like) for i, pose in enumerate(poses)]
    lenses, sizes = np.asarray(content["K"], dtype=np.float64), content["hw"]
    if lenses.shape[-2:] != (3, 3) or lenses.ndim not in (2, 3) or sizes.size != 2 or not np.isfinite(sizes).all():
        raise UserError(f"{path}: K is {lenses.shape} and hw is {sizes.shape}; need N x 3 x 3 and 2, finite")
    if lenses.ndim == 3 and len(lenses) != len(poses):
        raise UserError(f"{path}: {len(poses)} poses but {len(lenses)} intrinsics")
    lenses = np.broadcast_to(lenses, (len(poses), 3, 3))
    size = (int(sizes.flat[1]), int(sizes.flat[0]))
    return [
        checked_camera(f"{path}: camera {i}", pose, like, (lens[0, 0], lens[1, 1]), (lens[0, 2], lens[1, 2]), size)
        for i, (pose, lens) in enumerate(zip(poses, lenses, strict=True))
    ]


def _read_projections(path: Path, content: Mapping[str, Array], like: Camera) -> list[Camera]:
    """DVR and IDR: a point of the scaled world goes to the picture by camera_mat @ world_mat @ scale_mat.

    With a camera_mat the picture spans [-1, 1]; without one it is in pixels of the photographs beside the file.
    """
    size = size_beside(path)
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
        cameras.append(checked_camera(where, found.camera_to_world, like, focal, centre, found.size_px))
    return cameras
