"""LichtFeld Studio's timeline (JSON, version 4), as its sequencer saves and `--render-camera-path` reads it.

A key has a time in seconds, a position, a rotation (w x y z) of the camera to the world, a focal length of 35 mm film
(the vertical field of view is 2 atan(12 / mm)) and an easing: 0 none, 1 in, 2 out, 3 both. Cameras have OpenGL's axes,
and stand in the viewer's world, which is that of the data turned half about x: (x, -y, -z). The file has no frame rate.
Before September 2026 its renderer without a window took the file for the data's own world (its pull request 2051).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from engines.core.camera import Camera
from engines.core.errors import UserError
from engines.core.paths.exchange.keyed_content import content_of_keys
from engines.core.paths.interpolation import quaternion_of
from engines.core.paths.keyframes import Ease, KeyedPath, Keyframe
from engines.core.paths.path_camera import (
    camera_of_angle,
    number_of,
    numbers_of,
    turned_by,
)
from engines.core.paths.path_content import USUAL_FPS, Keeps, PathContent, lost_motion

KEEPS = Keeps(lens="angle", fps=True, keys=True)
VERSION = 4
HALF_FILM_MM = 12.0
SHORTEST_MM, LONGEST_MM = 10.0, 200.0
"""Its own bounds; it takes the nearest for what is beyond."""
MOST_KEYS = 100_000
EASINGS: tuple[Ease, ...] = ("linear", "ease in", "ease out", "ease in-out")
TURNED = ((1.0, 0, 0, 0), (0, -1.0, 0, 0), (0, 0, -1.0, 0), (0, 0, 0, 1.0))
"""Of the viewer's world to the data's, and of OpenGL's camera to OpenCV's; and back."""


def read_lichtfeld(path: Path, data: Mapping[str, Any], like: Camera) -> PathContent:
    """Its keys; they are the frames where they follow evenly and fast, else those between are interpolated.

    Raises:
        UserError: names the key that is wrong.
    """
    version = number_of(f"{path}", data, "version", VERSION)
    if not 1 <= version <= VERSION:
        raise UserError(f"{path}: a timeline of version {version:g}; 1 to {VERSION} are read")
    keys = list[Keyframe]()
    for index, item in enumerate(data["keyframes"]):
        where, checked = f"{path}: keyframes[{index}]", item if isinstance(item, Mapping) else {}
        w, x, y, z = numbers_of(where, checked, "rotation", 4)
        length = float(np.linalg.norm([w, x, y, z]))
        if not 1e-6 < length < 1e6:
            raise UserError(f"{where}: its rotation has a length of {length:.4g}; a quaternion (w x y z) has one of 1")
        pose = turned_by(where, np.array([x, y, z, w]) / length, numbers_of(where, checked, "position", 3))
        film_mm = number_of(where, checked, "focal_length_mm", 35.0)
        if not film_mm > 0:
            raise UserError(f"{where}: focal_length_mm is {film_mm:g}; must be > 0")
        angle = float(np.degrees(2 * np.arctan(HALF_FILM_MM / film_mm)))
        easing = number_of(where, checked, "easing", 0)
        if easing not in range(len(EASINGS)):
            raise UserError(f"{where}: easing is {easing:g}; there are 0 to {len(EASINGS) - 1}")
        camera = camera_of_angle(where, np.array(TURNED) @ pose @ TURNED, like, angle, like.size_px)
        try:
            keys.append(Keyframe(camera, number_of(where, checked, "time"), ease=EASINGS[int(easing)]))
        except ValueError as error:
            raise UserError(f"{where}: {error}") from error
    try:
        content = content_of_keys(KeyedPath(tuple(keys), USUAL_FPS), fps_said=False)
    except ValueError as error:
        raise UserError(f"{path}: {error}") from error
    passed_over = ("its animation clip has no effect here",) if data.get("animation_clip") is not None else ()
    return replace(content, notes=tuple(f"{path}: {note}" for note in passed_over))


def write_lichtfeld(path: Path, content: PathContent) -> list[str]:
    """Writes the keys; of a path without keys every frame as one.

    Raises:
        UserError: there are more than it reads.
    """
    keyed, notes = content.keyed, list[str]()
    if keyed is None:
        fps = content.fps or USUAL_FPS
        keys: tuple[Keyframe, ...] = tuple(
            Keyframe(camera, index / fps) for index, camera in enumerate(content.cameras)
        )
    else:
        keys = keyed.keys
        if keyed.loop:
            notes.append("that it is a loop (its viewer has a switch for that)")
        notes += lost_motion(keyed, eases=True)
    if len(keys) > MOST_KEYS:
        raise UserError(f"{path}: {len(keys)} keys; LichtFeld Studio reads {MOST_KEYS} at most")
    entries = [_entry(key) for key in keys]
    if any(not SHORTEST_MM <= entry["focal_length_mm"] <= LONGEST_MM for entry in entries):
        notes.append("lenses beyond 10 to 200 mm (it takes the nearest)")
    last = keys[-1].time_s if keyed is None else keyed.duration_s
    data = {"version": VERSION, "clip_duration": last, "keyframes": entries}
    # A line's end of one byte on every system: it counts what it reads.
    path.write_bytes(json.dumps(data, indent=1).encode("utf-8"))
    return notes


def _entry(key: Keyframe) -> dict[str, Any]:
    pose = np.array(TURNED) @ key.camera.camera_to_world @ TURNED
    w, x, y, z = quaternion_of(pose[:3, :3])
    return {
        "time": key.time_s,
        "position": pose[:3, 3].tolist(),
        "rotation": [w, x, y, z],
        "focal_length_mm": 2 * HALF_FILM_MM * key.camera.focal_px[1] / key.camera.size_px[1],
        "easing": EASINGS.index(key.ease) if key.ease in EASINGS else 0,
    }
