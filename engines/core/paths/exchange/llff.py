"""LLFF's paths: `render_poses` in `.npy` [N, 3, 5], and `qual_path.txt`, of which columns stand otherwise.

A camera is a rotation, a position and (height, width, focal length): one focal length of a centred lens.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from engines.core.camera import Array, Camera
from engines.core.files import replacing
from engines.core.paths.path_content import Keeps, PathContent

KEEPS = Keeps(lens="focal length", size=True)


def write_llff(path: Path, content: PathContent) -> list[str]:
    """Writes, by the suffix, `.npy`: [N, 3, 5], columns down, right, backwards, position, lens; or text.

    In text there is the number of cameras, then 15 numbers a line, columns right, up, backwards, position, lens.
    """
    poses = _matrices(content.cameras)
    if path.suffix.lower() == ".npy":
        np.save(path, poses)
        return []
    turned = np.concatenate([poses[..., 1:2], -poses[..., 0:1], poses[..., 2:]], axis=-1)
    lines = [" ".join(str(number) for number in matrix.T.ravel().tolist()) for matrix in turned]
    path.write_text("\n".join([str(len(lines)), *lines]) + "\n", encoding="utf-8")
    return []


def write_poses_bounds(path: Path, cameras: Sequence[Camera], depths: Sequence[tuple[float, float]]) -> None:
    """Writes LLFF's `poses_bounds.npy`: centred lenses of one focal length, each with its nearest and farthest depth.

    Raises:
        UserError: the place can't be written.
    """
    rows = [[*_matrix(camera).ravel(), *depth] for camera, depth in zip(cameras, depths, strict=True)]
    with replacing(path) as temporary:
        np.save(temporary, np.array(rows))


def _matrices(cameras: Sequence[Camera]) -> Array:
    return np.array([_matrix(camera) for camera in cameras]).reshape(-1, 3, 5)


def _matrix(camera: Camera) -> Array:
    """[3, 5] columns down, right, backwards, position, (height, width, focal)."""
    lens = np.array([camera.size_px[1], camera.size_px[0], camera.focal_px[1]])
    return np.stack([camera.down, camera.right, -camera.forward, camera.position, lens], axis=1)
