"""Camera paths of other programs as keys, and keys as files of theirs."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from app.path_editing.thinning import Bound, Moment, thinned
from engines.core.camera import Array, Camera
from engines.core.paths.exchange.formats import write_content
from engines.core.paths.keyed_motion import path_frames
from engines.core.paths.keyframes import KeyedPath, Keyframe
from engines.core.paths.path_content import USUAL_FPS, PathContent
from engines.core.paths.path_files import read_content

FEW = 30
"""Cameras of which nobody says how fast they follow: so many are keys, more are the frames of a motion."""
APART_S = 1.0
"""Between such keys."""
THINNED = 1e-3
"""Of the size of a path: how far its keys may lead from its cameras."""


def read_foreign(path: Path, like: Camera) -> KeyedPath:
    """The keys of a file or folder of cameras, in any form that paths are read from.

    The file's own, where it has some; of a camera for each frame as few as lead through all of them to within a
    thousandth of the path's size.

    Args:
        like: its lens and size are taken where the file gives only poses.

    Raises:
        UserError: it holds no path.
    """
    return keys_of(read_content(path, like))


def keys_of(content: PathContent) -> KeyedPath:
    """Keys for what a file holds; see `read_foreign`."""
    if content.keyed is not None:
        return content.keyed
    cameras, fps = content.cameras, content.fps or USUAL_FPS
    if content.fps is None and len(cameras) <= FEW:
        return KeyedPath(tuple(Keyframe(camera, APART_S * number) for number, camera in enumerate(cameras)))
    steps = content.times
    moments = [
        Moment(number / fps, camera, {} if steps is None else {"time": float(steps[number])})
        for number, camera in enumerate(cameras)
    ]
    return KeyedPath(thinned(moments, Bound(THINNED * _size(cameras))), fps)


def _size(cameras: tuple[Camera, ...]) -> float:
    places = np.array([camera.position for camera in cameras])
    return max(float(np.linalg.norm(np.ptp(places, axis=0))), 1e-9)


def write_foreign(out: Path, path: KeyedPath, up: Array, form: str) -> tuple[str, ...]:
    """Writes a path in a form of another program, whole or not at all.

    Args:
        up: [3] where up is in the world.
        form: a name of `PATH_FORMATS`.

    Returns:
        what the form has no room for, in a line; or nothing.

    Raises:
        UserError: the form's files have other suffixes, or the place can't be written.
    """
    frames = path_frames(path)
    times = [controls.get("time") for controls in frames.controls]
    steps = [round(time) for time in times if time is not None]
    content = PathContent(frames.cameras, path.fps, steps if steps and len(steps) == len(times) else None, path, up=up)
    return write_content(out, content, form)
