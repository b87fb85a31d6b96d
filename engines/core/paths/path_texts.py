"""Camera paths in text: poses of 16 or 12 numbers, LLFF's paths, trajectories of TUM, KITTI and Open3D."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from engines.core.camera import Camera, rigid
from engines.core.errors import UserError
from engines.core.paths.path_camera import checked_camera, llff_camera, turned_by
from engines.core.reading import read_text, shortened

TUM, KITTI, POSE = 8, 12, 16
"""Numbers on each line: timestamp tx ty tz qx qy qz qw; the first three rows of a pose; all four."""


def txt_cameras(path: Path, like: Camera) -> list[Camera]:
    """The cameras of a text file, whose kind is told by how many numbers its lines have; # begins a comment.

    Camera to world in OpenCV's axes, but for LLFF's.

    Raises:
        UserError: names the file and line that is wrong.
    """
    rows = number_rows(path)
    if not rows:
        return []
    counts = {len(numbers) for _, numbers in rows}
    if len(rows[0][1]) == 1 and len(rows) > 1:
        return _llff_cameras(path, rows, like)
    if counts == {3, 4} and len(rows) % 5 == 0:
        return _open3d_cameras(path, rows, like)
    if counts == {4} and len(rows) % 4 == 0:
        poses = np.array([numbers for _, numbers in rows]).reshape(-1, 4, 4)
        return [checked_camera(f"{path}: line {rows[4 * i][0]}", pose, like) for i, pose in enumerate(poses)]
    return [_camera_of_line(f"{path}: line {line}", numbers, like) for line, numbers in rows]


def _camera_of_line(where: str, numbers: Sequence[float], like: Camera) -> Camera:
    if len(numbers) == TUM:
        values = np.array(numbers)
        return checked_camera(where, turned_by(where, values[4:], values[1:4]), like)
    if len(numbers) not in (KITTI, POSE):
        raise UserError(
            f"{where} has {len(numbers)} numbers; a pose needs 16 or 12 (4x4 or 3x4, row by row), or 8 as in TUM's "
            "trajectories (timestamp tx ty tz qx qy qz qw)"
        )
    return checked_camera(where, rigid(np.array(numbers).reshape(-1, 4)), like)


def _open3d_cameras(path: Path, rows: Sequence[tuple[int, list[float]]], like: Camera) -> list[Camera]:
    """Open3D's trajectories: before each pose of four lines three whole numbers that say which it is."""
    cameras = []
    for first in range(0, len(rows), 5):
        line = rows[first][0]
        pose = [numbers for _, numbers in rows[first + 1 : first + 5]]
        if len(rows[first][1]) != 3 or any(len(numbers) != 4 for numbers in pose):
            raise UserError(f"{path}: line {line}: a pose of Open3D's trajectories has 3 numbers, then 4 lines of 4")
        cameras.append(checked_camera(f"{path}: line {line}", rigid(np.array(pose)), like))
    return cameras


def _llff_cameras(path: Path, rows: Sequence[tuple[int, list[float]]], like: Camera) -> list[Camera]:
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
        cameras.append(llff_camera(f"{path}: line {line}", matrix, like))
    return cameras


def number_rows(path: Path) -> list[tuple[int, list[float]]]:
    """The numbers of each line that is neither empty nor a comment, with the line's number from 1.

    Raises:
        UserError: names the line where something is none.
    """
    rows = []
    for line, text in enumerate(read_text(path).splitlines(), 1):
        if text.lstrip().startswith("#"):
            continue
        try:
            numbers = [float(word) for word in text.replace(",", " ").split()]
        except ValueError as error:
            raise UserError(f"{path}: line {line}: {shortened(error)}") from error
        if numbers:
            rows.append((line, numbers))
    return rows
