"""Camera paths for a video: LLFF's published spiral, circle and axis paths, and an orbit.

Where all cameras of a capture face one way the paths are those of LLFF (Mildenhall et al. 2019,
`llff/math/pose_math.py`), number for number. Where they stand around an object LLFF's mean camera means nothing:
the same curves are then drawn about the start camera, looking at the middle of the scene.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engines.core.bounds import focus_depth
from engines.core.camera import Array, Camera, look_at, project
from engines.core.errors import UserError
from engines.core.paths.path_files import read_path, write_path

__all__ = ["DEFAULT_FRAMES", "PATH_NAMES", "camera_path", "faces_forward", "read_path", "usual_path", "write_path"]

PATH_NAMES = ("spiral", "circle", "x", "y", "z", "orbit")
DEFAULT_FRAMES = {"spiral": 120, "circle": 60, "x": 30, "y": 30, "z": 30, "orbit": 120}
"""LLFF's own numbers; the orbit's is 4 s at 30 frames/s."""

# Captures that LLFF is used for stay within this of their mean direction; those around an object go far beyond.
FORWARD_FACING_DEG = 50.0
# Those around an object from high above do so, too, but go around that direction: it is then where their ups point.
FROM_ABOVE_DEG = 30.0


@dataclass(frozen=True)
class _Sway:
    """What a path is drawn around.

    Attributes:
        pose: [4, 4] camera_to_world of the middle of the path.
        down: [3] what is down in every picture, world.
        radii: reach along the pose's right, down and forward axes, world units.
        focus: distance ahead of `pose` to the point that every frame looks at.
    """

    pose: Array
    down: Array
    radii: Array
    focus: float


def camera_path(
    name: str,
    start: Camera,
    cameras: Sequence[Camera],
    bounds: Array,
    up: Array,
    frames: int | None = None,
    *,
    depths: tuple[float, float] | None = None,
) -> tuple[Camera, ...]:
    """The cameras of a named path, all with `start`'s lens.

    Args:
        name: one of `PATH_NAMES`.
        start: the camera to begin from; the centre of the path where the capture is not forward-facing.
        cameras: the training cameras; may be empty.
        bounds: [2, 3] box of the scene, world.
        up: [3], world.
        frames: None: the path's own number.
        depths: nearest and farthest depth of the capture (`poses_bounds.npy`); None: those of `bounds`.

    Raises:
        UserError: an unknown name, or no frames.
    """
    if name not in PATH_NAMES:
        raise UserError(f"path {name}: unknown; there are {', '.join(PATH_NAMES)}")
    count = DEFAULT_FRAMES[name] if frames is None else frames
    if count < 1:
        raise UserError(f"a path of {count} frames: needs at least 1")
    if name == "orbit":
        poses = _orbit(start, bounds, up, count)
    elif faces_forward(cameras):
        poses = _swayed(_llff_sway(cameras, depths or _depths(cameras, bounds)), _offsets(name, count))
    else:
        poses = _swayed(_sway_about(start, bounds, up), _offsets(name, count))
    return tuple(start.at(pose) for pose in poses)


def faces_forward(cameras: Sequence[Camera]) -> bool:
    """Whether the capture is one of LLFF's kind: several places, all looking about the same way."""
    if len(cameras) < 2 or np.ptp([camera.position for camera in cameras], axis=0).max() == 0:
        return False
    forward = np.array([camera.forward for camera in cameras])
    mean, up = forward.mean(axis=0), -np.mean([camera.down for camera in cameras], axis=0)
    length = np.linalg.norm(mean)
    if length == 0:
        return False
    steepness = abs(up @ mean) / (length * max(float(np.linalg.norm(up)), 1e-9))
    widest = FROM_ABOVE_DEG if steepness > np.cos(np.radians(45.0)) else FORWARD_FACING_DEG
    return bool((forward @ mean / length).min() > np.cos(np.radians(widest)))


def usual_path(cameras: Sequence[Camera]) -> str:
    """The name of the path that shows a scene best: around it, or LLFF's spiral where its capture faces one way."""
    return "spiral" if faces_forward(cameras) else "orbit"


def _offsets(name: str, count: int) -> Array:
    """[N, 3] where the path goes, in units of the reach along right, down and forward."""
    if name in ("x", "y", "z"):
        # LLFF's z axis points backwards, out of the scene.
        axis, sign = {"x": (0, 1.0), "y": (1, 1.0), "z": (2, -1.0)}[name]
        offsets = np.zeros((count, 3))
        offsets[:, axis] = 0.8 * sign * np.linspace(-1.0, 1.0, count + 1)[:-1]
        return offsets
    turns, depth_rate = (2, 0.5) if name == "spiral" else (1, 0.0)
    angle = np.linspace(0.0, 2 * np.pi * turns, count + 1)[:-1]
    return np.stack([np.cos(angle), -np.sin(angle), np.sin(angle * depth_rate)], axis=1)


def _swayed(sway: _Sway, offsets: Array) -> list[Array]:
    rotation, position = sway.pose[:3, :3], sway.pose[:3, 3]
    target = position + sway.focus * rotation[:, 2]
    return [look_at(position + rotation @ (offset * sway.radii), target, -sway.down) for offset in offsets]


def _llff_sway(cameras: Sequence[Camera], depths: tuple[float, float]) -> _Sway:
    """`generate_render_path` of LLFF, with their axes (down, right, backwards) turned into ours."""
    positions = np.array([camera.position for camera in cameras])
    centre = positions.mean(axis=0)
    down = np.sum([camera.down for camera in cameras], axis=0)
    pose = look_at(centre, centre + np.sum([camera.forward for camera in cameras], axis=0), -down)
    reach = np.percentile(np.abs((positions - centre) @ pose[:3, :3]), 90, axis=0)
    return _Sway(pose, down, np.array([reach[0], reach[1], 0.2 * (0.9 * depths[0])]), focus_depth(*depths))


def _depths(cameras: Sequence[Camera], bounds: Array) -> tuple[float, float]:
    """Nearest and farthest depth of the box's corners over all cameras; both > 0."""
    depth = np.concatenate([project(camera, _corners(bounds))[1] for camera in cameras])
    far = float(depth.max())
    if far <= 0:
        raise UserError("the scene's box lies behind all cameras; use the orbit path, or a file of cameras")
    # A camera inside the box has corners beside and behind it.
    return max(float(depth.min()), 0.05 * far), far


def _sway_about(start: Camera, bounds: Array, up: Array) -> _Sway:
    centre, radius = bounds.mean(axis=0), float(np.linalg.norm(bounds[1] - bounds[0])) / 2
    pose, distance = _base(start, centre, radius, up)
    # As far to the sides as shows depth without losing the subject: at most 17 degrees.
    side = min(0.5 * radius, 0.3 * distance)
    ahead = 0.2 * 0.9 * max(distance - radius, 0.2 * distance)
    return _Sway(pose, -np.asarray(up, dtype=np.float64), np.array([side, side, ahead]), distance)


def _base(start: Camera, centre: Array, radius: float, up: Array) -> tuple[Array, float]:
    """`start` turned to the scene's centre, and the distance to it; unturned where it stands in the centre."""
    distance = float(np.linalg.norm(start.position - centre))
    if distance < 1e-3 * radius:
        return start.camera_to_world, max(radius, 1e-6)
    return look_at(start.position, centre, up), distance


def _orbit(start: Camera, bounds: Array, up: Array, count: int) -> list[Array]:
    """A turntable: once around `up` through the middle of the box, the last frame just before the first."""
    centre = bounds.mean(axis=0)
    base, _ = _base(start, centre, float(np.linalg.norm(bounds[1] - bounds[0])) / 2, up)
    axis = np.asarray(up, dtype=np.float64) / np.linalg.norm(up)
    poses = []
    for angle in np.linspace(0.0, 2 * np.pi, count + 1)[:-1]:
        turn = np.eye(4)
        turn[:3, :3] = _rotation(axis, angle)
        turn[:3, 3] = centre - turn[:3, :3] @ centre
        poses.append(turn @ base)
    return poses


def _rotation(axis: Array, angle: float) -> Array:
    """[3, 3] by `angle` radians about the unit vector `axis` (Rodrigues)."""
    x, y, z = axis
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.asarray(np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross)


def _corners(bounds: Array) -> Array:
    """[8, 3] the corners of a [2, 3] box."""
    return np.array([[bounds[i, 0], bounds[j, 1], bounds[k, 2]] for i in (0, 1) for j in (0, 1) for k in (0, 1)])
