"""Trajectories of TUM (`timestamp tx ty tz qx qy qz qw`) and KITTI (12 numbers): poses alone, camera to world."""

from __future__ import annotations

from pathlib import Path

from engines.core.paths.interpolation import quaternion_of
from engines.core.paths.path_content import USUAL_FPS, Keeps, PathContent

TUM_KEEPS = Keeps(lens="nothing", fps=True)
KITTI_KEEPS = Keeps(lens="nothing")


def write_tum(path: Path, content: PathContent) -> list[str]:
    """Writes a line for each frame, with its seconds from the beginning."""
    fps = content.fps or USUAL_FPS
    lines = ["# timestamp tx ty tz qx qy qz qw"]
    for index, camera in enumerate(content.cameras):
        w, x, y, z = quaternion_of(camera.camera_to_world[:3, :3])
        numbers = (*camera.position.tolist(), x, y, z, w)
        lines.append(" ".join([f"{index / fps:.9f}", *(repr(value) for value in numbers)]))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
    return []


def write_kitti(path: Path, content: PathContent) -> list[str]:
    """Writes the first three rows of each pose on a line."""
    lines = [" ".join(repr(v) for v in camera.camera_to_world[:3].ravel().tolist()) for camera in content.cameras]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
    return []
