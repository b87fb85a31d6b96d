"""nerfstudio's `camera_path.json`, as its viewer saves and `ns-render camera-path` reads it.

Poses are camera to world, 4x4 row by row, in OpenGL's axes; `fov` is vertical, in degrees; frames are
`int(fps * seconds)`. Keys have no times: each says how long the way to it is (`override_transition_sec`, else
`default_transition_sec`), and of a loop the first key's is the way back to it. Everything is in the space that was
trained in, which `dataparser_transforms.json` leads to, and is taken and written as it stands.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from engines.core.camera import Camera
from engines.core.errors import UserError
from engines.core.formats.transforms_frames import OPENGL_TO_OPENCV
from engines.core.paths.exchange.keyed_content import content_of_keys
from engines.core.paths.keyframes import KeyedPath, Keyframe
from engines.core.paths.path_camera import camera_of_angle, number_of, numbers_of
from engines.core.paths.path_content import USUAL_FPS, Keeps, PathContent, lost_motion
from engines.core.reading import quoted, shortened

KEEPS = Keeps(lens="focal length", size=True, fps=True, keys=True)
TRANSITION_S = 0.5
"""Where the file says none, as in its viewer."""
TENSION = 0.5
"""Of its splines, as in its viewer: those of Catmull and Rom, which overshoot no more than ours."""


def read_nerfstudio(path: Path, data: Mapping[str, Any], like: Camera) -> PathContent:
    """The frames that the file holds; where it holds keys alone, those between them by our own interpolation.

    Raises:
        UserError: names the camera that is wrong.
    """
    kind = data.get("camera_type", "perspective")
    if str(kind).lower() != "perspective":
        raise UserError(f"{path}: camera_type is {quoted(kind)}; only perspective pictures can be drawn")
    size_px = like.size_px
    if "render_width" in data:
        width, height = (number_of(f"{path}", data, name) for name in ("render_width", "render_height"))
        size_px = (round(width), round(height))
    fps = number_of(f"{path}", data, "fps") if data.get("fps") is not None else None
    if fps is not None and not fps > 0:
        raise UserError(f"{path}: fps is {fps:g}; must be > 0")
    frames = data.get("camera_path") if isinstance(data.get("camera_path"), list) else []
    cameras = [
        _camera(f"{path}: camera_path[{index}]", item, "camera_to_world", like, size_px)
        for index, item in enumerate(frames or [])
    ]
    keyed = _keyed(path, data, like, size_px, fps or USUAL_FPS)
    notes = (f"{path}: its crop box has no effect here",) if data.get("crop") is not None else ()
    if cameras or keyed is None:
        return PathContent(tuple(cameras), fps, None, keyed, notes=notes)
    return replace(content_of_keys(keyed), notes=notes)


def _camera(where: str, item: Any, pose_name: str, like: Camera, size_px: tuple[int, int]) -> Camera:
    checked = item if isinstance(item, Mapping) else {}
    stated = checked.get(pose_name)
    if isinstance(stated, str):
        # Its first viewer wrote the keys' numbers as text.
        checked = {**checked, pose_name: _listed(where, stated)}
    # The first viewer was three.js's, whose matrices go column by column; a rigid one has its fourth row last.
    pose = numbers_of(where, checked, pose_name, 4, 4)
    if isinstance(stated, str):
        pose = pose.T
    return camera_of_angle(where, pose * OPENGL_TO_OPENCV, like, number_of(where, checked, "fov"), size_px)


def _listed(where: str, text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise UserError(f"{where}: {shortened(error)}") from error


def _keyed(path: Path, data: Mapping[str, Any], like: Camera, size_px: tuple[int, int], fps: float) -> KeyedPath | None:
    stated = data.get("keyframes")
    if not isinstance(stated, list) or not stated:
        return None
    usual = number_of(f"{path}", data, "default_transition_sec", TRANSITION_S)
    keys, ways = list[Keyframe](), list[float]()
    for index, item in enumerate(stated):
        where = f"{path}: keyframes[{index}]"
        camera = _camera(where, item, "matrix", like, size_px)
        own = item.get("override_transition_enabled") and item.get("override_transition_sec") is not None
        ways.append(number_of(where, item, "override_transition_sec") if own else usual)
        time = sum(ways[1:])
        try:
            keys.append(Keyframe(camera, time))
        except ValueError as error:
            raise UserError(f"{where}: {error}") from error
    try:
        return KeyedPath(tuple(keys), fps, loop=bool(data.get("is_cycle")), closing_s=ways[0] or usual)
    except ValueError as error:
        raise UserError(f"{path}: {error}") from error


def write_nerfstudio(path: Path, content: PathContent) -> list[str]:
    """Writes all frames, and the keys; of a path without keys every frame is one, so that its viewer shows the path."""
    cameras, fps = content.cameras, content.fps or USUAL_FPS
    width, height = cameras[0].size_px
    keyed = content.keyed
    if keyed is None:
        keys, ways, loop = list(cameras), [1 / fps] * len(cameras), False
    else:
        keys = [key.camera for key in keyed.keys]
        ways = [keyed.closing_s, *np.diff([key.time_s for key in keyed.keys]).tolist()]
        loop = keyed.loop
    data = {
        "default_fov": keys[0].fov_y_deg,
        "default_transition_sec": ways[-1],
        "keyframes": [
            {
                "matrix": _matrix(camera),
                "fov": camera.fov_y_deg,
                "aspect": width / height,
                "override_transition_enabled": True,
                "override_transition_sec": way,
            }
            for camera, way in zip(keys, ways, strict=True)
        ],
        "camera_type": "perspective",
        "render_height": height,
        "render_width": width,
        "fps": int(fps) if fps == int(fps) else fps,
        "seconds": seconds_of(len(cameras), fps),
        "is_cycle": loop,
        "smoothness_value": TENSION,
        "camera_path": [
            {"camera_to_world": _matrix(camera), "fov": camera.fov_y_deg, "aspect": width / height}
            for camera in cameras
        ],
    }
    path.write_text(json.dumps(data), encoding="utf-8")
    notes = [] if keyed is None else [f"{lost} of its keys (its frames have it)" for lost in lost_motion(keyed)]
    return [*_notes(cameras), *notes]


def seconds_of(frames: int, fps: float) -> float:
    """So that nerfstudio, which cuts off, counts as many frames."""
    seconds = frames / fps
    while int(fps * seconds) < frames:
        seconds = math.nextafter(seconds, math.inf)
    return seconds


def _matrix(camera: Camera) -> list[float]:
    return [float(value) for value in (camera.camera_to_world * OPENGL_TO_OPENCV).ravel()]


def _notes(cameras: Sequence[Camera]) -> list[str]:
    sizes = {camera.size_px for camera in cameras}
    return ["one size for all frames (the first one's)"] if len(sizes) > 1 else []
