"""Nuke's `.chan`: a line for each frame, `frame tx ty tz rx ry rz vfov`, angles in degrees, without a header.

The camera looks along its -z with +y up, as OpenGL's do. The order of rotations is not in the file: it is that of
Nuke's cameras where nothing else was chosen, ZXY, in which z turns first and y last: R = Ry Rx Rz. Blender's importer
has to be told so ("Rotation order: ZXY"; its default is XYZ), and turns Nuke's y-up world to its own unless "Make Z up"
is off. Lines that begin with # are passed over, as Blender does. A line without a field of view is that of an object.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from engines.core.camera import Array, Camera
from engines.core.errors import UserError
from engines.core.formats.transforms_frames import OPENGL_TO_OPENCV
from engines.core.paths.path_camera import camera_of_angle, checked_camera
from engines.core.paths.path_content import Keeps, PathContent
from engines.core.paths.path_texts import number_rows

KEEPS = Keeps(lens="angle")
ORDER = "ZXY"
FIRST_FRAME = 1
"""Nuke's projects begin with it."""
POSE, WITH_LENS = 7, 8
"""Numbers on a line."""
UPRIGHT = 1e-9
"""A camera that looks straight up or down: turning about y and about z are then the same."""


def read_chan(path: Path, like: Camera) -> PathContent:
    """The cameras in the order of their frames.

    Raises:
        UserError: names the line that is wrong.
    """
    rows = number_rows(path)
    cameras = dict[float, Camera]()
    for line, numbers in rows:
        where = f"{path}: line {line}"
        if len(numbers) not in (POSE, WITH_LENS):
            raise UserError(
                f"{where} has {len(numbers)} numbers; a frame of a .chan has {WITH_LENS}: frame tx ty tz rx ry rz vfov"
            )
        if not np.isfinite(numbers).all():
            raise UserError(f"{where} has a number that is not finite")
        if numbers[0] in cameras:
            raise UserError(f"{where}: frame {numbers[0]:g} is there already")
        pose = np.eye(4)
        pose[:3, :3], pose[:3, 3] = chan_rotation(np.radians(numbers[4:7])), numbers[1:4]
        pose = pose * OPENGL_TO_OPENCV
        cameras[numbers[0]] = (
            camera_of_angle(where, pose, like, numbers[7], like.size_px)
            if len(numbers) == WITH_LENS
            else checked_camera(where, pose, like)
        )
    frames = sorted(cameras)
    gaps = sum(after - before > 1 for before, after in itertools.pairwise(frames))
    notes = (f"{path}: frames are missing in {gaps} places; those that are there follow each other",) if gaps else ()
    return PathContent(tuple(cameras[frame] for frame in frames), notes=notes)


def write_chan(path: Path, content: PathContent) -> list[str]:
    """Writes a line for each frame, from 1 on; angles go on from those of the frame before, beyond half a turn too."""
    poses = [camera.camera_to_world * OPENGL_TO_OPENCV for camera in content.cameras]
    angles = np.unwrap([chan_angles(pose[:3, :3]) for pose in poses], axis=0)
    lines = [
        "\t".join([str(frame), *(_text(value) for value in (*pose[:3, 3], *np.degrees(turns), camera.fov_y_deg))])
        for frame, (pose, turns, camera) in enumerate(zip(poses, angles, content.cameras, strict=True), FIRST_FRAME)
    ]
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", newline="\n")
    return [] if not lines else [f"the order of rotations (it is {ORDER}, Nuke's own)"]


def _text(value: float) -> str:
    # Readers of such files know no exponents.
    return f"{float(value):.12f}"


def chan_rotation(angles: Sequence[float] | Array) -> Array:
    """[3, 3] Ry Rx Rz of the angles about x, y and z, radians."""
    (sx, sy, sz), (cx, cy, cz) = np.sin(angles), np.cos(angles)
    about_x = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_z = np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]])
    return np.asarray(about_y @ about_x @ about_z)


def chan_angles(rotation: Array) -> Array:
    """[3] the angles about x (a quarter turn at most), y and z, radians, of which `chan_rotation` makes it again."""
    # Ry Rx Rz has -sin x in row 1, column 2; cos x (sin y, cos y) in column 2; cos x (sin z, cos z) in row 1.
    level = float(np.hypot(rotation[0, 2], rotation[2, 2]))
    about_x = np.arctan2(-rotation[1, 2], level)
    if level < UPRIGHT:
        return np.array([about_x, np.arctan2(-rotation[2, 0], rotation[0, 0]), 0.0])
    about_y = np.arctan2(rotation[0, 2], rotation[2, 2])
    about_z = np.arctan2(rotation[1, 0], rotation[1, 1])
    return np.array([about_x, about_y, about_z])
