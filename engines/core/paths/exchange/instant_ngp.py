"""instant-ngp's camera paths: the keys that its window saves, and the `base_cam.json` that scripts write.

They are in a space of its own: the capture made smaller and moved (`scale`, `offset`), its axes cycled, the camera
looking along its +z with +y downwards, as OpenCV's do. Only the capture that it was made with says how, so that has to
lie beside a file; one of ours says it itself. Files of other programs have the same form with poses in the world as it
is, looking along -z; those are known by where their cameras look. `fov` is vertical, in degrees; the picture's size and
the frame rate are not in the file.

`timestamp` of a key is when the next one is reached (`CameraPath::get_pos` of its camera_path.cu); where they don't
rise, keys follow evenly. Its own curve of order 3 is a B-spline, which passes near its keys but not through them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from engines.core.camera import Array, Camera
from engines.core.errors import UserError
from engines.core.formats.transforms_frames import OPENGL_TO_OPENCV, is_of_mitsuba
from engines.core.paths.exchange.keyed_content import content_of_keys
from engines.core.paths.interpolation import quaternion_of
from engines.core.paths.keyframes import KeyedPath, Keyframe
from engines.core.paths.path_camera import camera_of_angle, number_of, numbers_of, turned_by
from engines.core.paths.path_content import USUAL_FPS, Keeps, PathContent, lost_motion
from engines.core.reading import read_json

KEEPS = Keeps(lens="angle", fps=True, keys=True)
NGP_SCALE, NGP_OFFSET = 0.33, 0.5
"""Where the capture says nothing."""
MITSUBA_SCALE, MITSUBA_OFFSET = 0.66, 0.165
CAPTURE = "transforms.json"
SPACE = "capture_space"
"""The field in which our files say how their space lies to the world; instant-ngp passes over it."""
USUAL_S = 5.0
"""Of its own videos, where nobody chose."""
LINEAR, CUBIC = 1, 3
"""Orders of its splines."""


@dataclass(frozen=True, eq=False)
class NgpSpace:
    """How a space of instant-ngp lies to the world of its capture.

    Attributes:
        scale: its lengths in the world's.
        offset: [3] added then, in the capture's axes.
        cycled: whether its x y z are the capture's y z x; not those of captures of Mitsuba.
    """

    scale: float
    offset: Array
    cycled: bool

    @property
    def axes(self) -> Array:
        """[3, 3] from the space's axes to the capture's."""
        return np.roll(np.eye(3), 1, axis=0) if self.cycled else np.eye(3)

    def to_world(self, pose: Array) -> Array:
        """[4, 4] of a pose of the space, in OpenCV's axes there and here."""
        world = np.eye(4)
        world[:3, :3] = self.axes @ pose[:3, :3]
        world[:3, 3] = (self.axes @ pose[:3, 3] - self.offset) / self.scale
        return world

    def from_world(self, pose: Array) -> Array:
        """[4, 4]; undoes `to_world`."""
        own = np.eye(4)
        own[:3, :3] = self.axes.T @ pose[:3, :3]
        own[:3, 3] = self.axes.T @ (pose[:3, 3] * self.scale + self.offset)
        return own


def read_ngp(path: Path, data: Mapping[str, Any], like: Camera) -> PathContent:
    """Its keys; each is a frame where nothing says how long the path takes, else those between are interpolated.

    Raises:
        UserError: names the key that is wrong, or says that the space of the path is not known.
    """
    stated, angles, stamps = list[Array](), list[float](), list[float]()
    for index, item in enumerate(data["path"]):
        where, checked = f"{path}: path[{index}]", item if isinstance(item, Mapping) else {}
        stated.append(turned_by(where, numbers_of(where, checked, "R", 4), numbers_of(where, checked, "T", 3)))
        angles.append(number_of(where, checked, "fov"))
        stamps.append(number_of(where, checked, "timestamp", 0.0))
    if not stated:
        return PathContent(())
    cameras = [
        camera_of_angle(f"{path}: path[{index}]", pose, like, angle, like.size_px)
        for index, (pose, angle) in enumerate(zip(_in_world(path, data, stated), angles, strict=True))
    ]
    seconds = number_of(f"{path}", data, "duration_seconds", 0.0)
    if seconds <= 0 or len(cameras) < 2:
        return PathContent(tuple(cameras))
    loop = bool(data.get("loop"))
    times = _times_s(stamps, seconds, loop)
    try:
        keys = tuple(Keyframe(camera, time) for camera, time in zip(cameras, times, strict=False))
        keyed = KeyedPath(keys, USUAL_FPS, loop, closing_s=times[-1] - times[-2] if loop else 1.0)
    except ValueError as error:
        raise UserError(f"{path}: {error}") from error
    return content_of_keys(keyed, fps_said=False)


def _times_s(stamps: Sequence[float], seconds: float, loop: bool) -> list[float]:
    """Seconds of each key, of a loop also of the first again."""
    ends = np.array(stamps)
    # Its window makes all of them even, of a second in all, whenever a key is added.
    by_hand = np.allclose(ends, np.arange(1, len(ends) + 1) / len(ends), atol=1e-4) and abs(seconds - 1) < 1e-4
    if by_hand or ends[0] <= 0 or (np.diff(ends) <= 0).any():
        ends = np.arange(1, len(ends) + 1) * USUAL_S / (len(ends) if loop else len(ends) - 1)
    times = [0.0, *ends.tolist()]
    return times if loop else times[:-1]


def _in_world(path: Path, data: Mapping[str, Any], stated: Sequence[Array]) -> list[Array]:
    if isinstance(data.get(SPACE), Mapping):
        space = _stated_space(f"{path}: {SPACE}", data[SPACE])
    elif _looks_backwards(np.stack(stated)):
        return [pose * OPENGL_TO_OPENCV for pose in stated]
    elif (path.parent / CAPTURE).is_file():
        space = space_of_capture(path.parent / CAPTURE)
    else:
        raise UserError(
            f"{path}: a camera path of instant-ngp, in its own space; put the {CAPTURE} that it was made with beside "
            "it, which says how that lies in the world"
        )
    return [space.to_world(pose) for pose in stated]


def _stated_space(where: str, said: Mapping[str, Any]) -> NgpSpace:
    scale = number_of(where, said, "scale")
    if not scale > 0:
        raise UserError(f"{where}: scale is {scale:g}; must be > 0")
    return NgpSpace(scale, numbers_of(where, said, "offset", 3), said.get("from_mitsuba") is not True)


def _looks_backwards(poses: Array) -> bool:
    """Whether cameras [N, 4, 4] look along their -z: they meet there, and stand upright in no space of instant-ngp.

    In its own space they look along +z, with +y of the camera downwards, which is -y there.
    """
    positions, backwards, upwards = poses[:, :3, 3], poses[:, :3, 2], poses[:, :3, 1]
    across = np.eye(3) - backwards[:, :, None] * backwards[:, None, :]
    system = across.sum(axis=0)
    if np.linalg.cond(system) > 1e6:
        return False
    focus = np.linalg.solve(system, (across @ positions[:, :, None]).sum(axis=0)[:, 0])
    ahead = ((focus - positions) * -backwards).sum(axis=1) > 0
    return bool(ahead.all() and upwards[:, 1].mean() > -0.5)


def space_of_capture(capture: Path) -> NgpSpace:
    """The space that instant-ngp puts a capture in.

    Raises:
        UserError: the file can't be read, or its scale is none.
    """
    data = read_json(capture)
    data = data if isinstance(data, Mapping) else {}
    mitsuba = is_of_mitsuba(data)
    scale, offset = (MITSUBA_SCALE, MITSUBA_OFFSET) if mitsuba else (NGP_SCALE, NGP_OFFSET)
    scale = number_of(f"{capture}", data, "scale", scale)
    offsets = np.full(3, offset)
    if data.get("offset") is not None:
        # Three numbers, or one for all axes.
        many = isinstance(data["offset"], list)
        offsets = np.full(3, numbers_of(f"{capture}", data, "offset", *([3] if many else [])))
    if data.get("aabb") is not None:
        low, high = numbers_of(f"{capture}", data, "aabb", 2, 3)
        scale = 1 / max(float(np.abs(high - low).max()), 1e-6)
        offsets = 0.5 - (low + high) / 2 * scale
    if not scale > 0:
        raise UserError(f"{capture}: scale is {scale:g}; must be > 0")
    return NgpSpace(scale, offsets, not mitsuba)


def write_ngp(path: Path, content: PathContent) -> list[str]:
    """Writes the keys; of a path without keys every frame as one, joined by straight lines.

    Raises:
        UserError: the capture beside it, which says which space it is in, can't be read.
    """
    capture = path.parent / CAPTURE
    notes = list[str]()
    if capture.is_file():
        space = space_of_capture(capture)
    else:
        space = NgpSpace(NGP_SCALE, np.full(3, NGP_OFFSET), cycled=True)
        notes.append(
            f"a capture's scale and offset other than {NGP_SCALE} and {NGP_OFFSET} (there is no {CAPTURE} beside it)"
        )
    keyed = content.keyed
    if keyed is None:
        fps = content.fps or USUAL_FPS
        cameras: Sequence[Camera] = content.cameras
        times = [index / fps for index in range(len(cameras))]
        closing_s, loop = 1 / fps, False
    else:
        cameras, times = [key.camera for key in keyed.keys], [key.time_s for key in keyed.keys]
        closing_s, loop = keyed.closing_s, keyed.loop
        notes.append("what is between keys (its curve passes near them, not through them)")
        notes += lost_motion(keyed)
    begin = times[0]
    ends = [time - begin for time in [*times[1:], times[-1] + closing_s]]
    data = {
        "loop": loop,
        "time": 0.0,
        "path": [
            _entry(space.from_world(camera.camera_to_world), camera.fov_y_deg, end)
            for camera, end in zip(cameras, ends, strict=True)
        ],
        "duration_seconds": ends[-1] if loop or len(ends) < 2 else ends[-2],
        "spline_order": LINEAR if keyed is None else CUBIC,
        SPACE: {"scale": space.scale, "offset": space.offset.tolist(), "from_mitsuba": not space.cycled},
    }
    path.write_text(json.dumps(data), encoding="utf-8")
    return notes


def _entry(pose: Array, fov_deg: float, end_s: float) -> dict[str, Any]:
    w, x, y, z = quaternion_of(pose[:3, :3])
    return {
        "R": [x, y, z, w],
        "T": pose[:3, 3].tolist(),
        # Of its window's cut through the scene and its focal plane: as it begins.
        "slice": 0.0,
        "scale": 1.5,
        "fov": fov_deg,
        "aperture_size": 0.0,
        "timestamp": end_s,
    }
