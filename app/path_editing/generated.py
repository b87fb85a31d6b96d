"""Generated paths as keys that can be edited: turns about the scene, LLFF's paths, runs through the training views."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from app.camera import navigation
from app.path_editing.thinning import Bound, Moment, thinned
from engines.core.camera import Array, Camera, quaternion_rotation
from engines.core.data.origin import in_world
from engines.core.errors import UserError
from engines.core.paths.generators import DEFAULT_FRAMES, camera_path
from engines.core.paths.interpolation import quaternion_of
from engines.core.paths.keyframes import KeyedPath, Keyframe

TURN_STEP_DEG = 30.0
"""Between keys of a turn: the curve through them is round to a thousandth."""
MOST_VIEWS = 60
"""Of a data folder with more of them every so many is a key."""
SMOOTHED_VIEWS = 2.0
"""Standard deviation of the average along the training views, in views."""
THINNED = 0.002
"""Of the scene's size, how far keys may be from the path that they stand for."""
PATH_FPS = 30.0
CLOSED = ("circle", "spiral")
"""Generated paths whose end is their beginning."""


@dataclass(frozen=True, eq=False)
class Place:
    """The scene that a path is made in, and what is seen of it; all in the scene's coordinates.

    Attributes:
        start: what is looked at now, where the path begins.
        cameras: the training cameras, in their order.
        bounds: [2, 3] box.
        up: [3].
        pivot: [3] what a turn goes around; None: the middle of the box.
        controls: of each key.
        stepped: controls that change at keys.
    """

    start: Camera
    cameras: Sequence[Camera]
    bounds: Array
    up: Array
    pivot: Array | None = None
    controls: Mapping[str, float] = field(default_factory=dict)
    stepped: frozenset[str] = frozenset()

    @property
    def size(self) -> float:
        """Length of the box's diagonal."""
        return float(np.linalg.norm(self.bounds[1] - self.bounds[0]))


def turn(place: Place, degrees: float = 360.0, seconds: float = 6.0) -> KeyedPath:
    """Once around the scene, or as far as `degrees` says (negative: the other way); of a whole turn the path is a loop.

    Raises:
        UserError: no turn, or one of no time.
    """
    if not 0 < abs(degrees) <= 3600 or not seconds > 0:
        raise UserError(f"a turn of {degrees:g} degrees in {seconds:g} s: needs up to 3600 degrees, and more than 0 s")
    middle = place.bounds.mean(axis=0) if place.pivot is None else place.pivot
    legs = max(1, int(np.ceil(abs(degrees) / TURN_STEP_DEG - 1e-9)))
    closes = abs(degrees) % 360 == 0
    steps = np.radians(np.linspace(0, degrees, legs + 1))
    # To the right in the picture the scene turns, so the camera goes to the left.
    cameras = [navigation.orbit(place.start, middle, place.up, -float(step), 0.0) for step in steps]
    times = np.linspace(0, seconds, legs + 1)
    keys = [
        Keyframe(camera if number else place.start, time, place.controls)
        for number, (camera, time) in enumerate(zip(cameras, times, strict=True))
    ]
    if not closes:
        return KeyedPath(tuple(keys), PATH_FPS, stepped=place.stepped)
    return KeyedPath(tuple(keys[:-1]), PATH_FPS, True, seconds / legs, stepped=place.stepped)


def llff(place: Place, name: str, seconds: float | None = None) -> KeyedPath:
    """LLFF's spiral, circle, x, y or z as keys; at their own speed where no seconds are said.

    Raises:
        UserError: no such path.
    """
    count = DEFAULT_FRAMES.get(name, 1)
    cameras = camera_path(name, place.start, place.cameras, place.bounds, place.up, count)
    length = count / PATH_FPS if seconds is None else seconds
    closes = name in CLOSED
    # The frame after the last is the first again.
    around = [*cameras, cameras[0]] if closes else list(cameras)
    times = np.linspace(0, length, len(around))
    moments = [Moment(float(time), camera, place.controls) for time, camera in zip(times, around, strict=True)]
    keys = thinned(moments, Bound(THINNED * max(place.size, 1e-9)))
    if closes:
        keys, closing = keys[:-1], keys[-1].time_s - keys[-2].time_s
        return KeyedPath(keys, PATH_FPS, True, closing, stepped=place.stepped)
    return KeyedPath(keys, PATH_FPS, stepped=place.stepped)


def through_views(place: Place, seconds_per_view: float = 1.0) -> KeyedPath:
    """Each training view a key, in their order.

    Raises:
        UserError: there are none.
    """
    cameras = _distinct(place.cameras)
    if len(cameras) > MOST_VIEWS:
        cameras = [cameras[number] for number in np.linspace(0, len(cameras) - 1, MOST_VIEWS).round().astype(int)]
    keys = tuple(Keyframe(camera, number * seconds_per_view, place.controls) for number, camera in enumerate(cameras))
    return KeyedPath(keys, PATH_FPS, stepped=place.stepped)


def smoothed_run(place: Place, seconds_per_view: float = 0.25, deviation: float = SMOOTHED_VIEWS) -> KeyedPath:
    """A run along the training views in their order, without the shaking of the hand that took them.

    Args:
        deviation: of the Gaussian average, in views.

    Raises:
        UserError: there are none.
    """
    cameras = _distinct(place.cameras)
    positions = np.stack([camera.position for camera in cameras])
    rotations = [quaternion_of(camera.camera_to_world[:3, :3]) for camera in cameras]
    moments = []
    for number, camera in enumerate(cameras):
        weights = np.exp(-0.5 * ((np.arange(len(cameras)) - number) / deviation) ** 2)
        pose = np.eye(4)
        pose[:3, 3] = weights @ positions / weights.sum()
        pose[:3, :3] = _mean_rotation(np.array(rotations), weights)
        moments.append(Moment(number * seconds_per_view, camera.at(pose), place.controls))
    keys = thinned(moments, Bound(THINNED * max(place.size, 1e-9), 1.0))
    return KeyedPath(keys, PATH_FPS, stepped=place.stepped)


def _mean_rotation(quaternions: Array, weights: Array) -> Array:
    """[3, 3] the mean of unit quaternions [N, 4] (Markley et al. 2007): the main axis of their weighted squares."""
    _, axes = np.linalg.eigh((quaternions * weights[:, None]).T @ quaternions)
    return quaternion_rotation(*(float(value) for value in axes[:, -1]))


def _distinct(cameras: Sequence[Camera]) -> list[Camera]:
    """Cameras without those that stand and look just as the one before them: a rig's, of each time step."""
    if not cameras:
        raise UserError("there are no training views to go through; open the data folder")
    found = [cameras[0]]
    for camera in cameras[1:]:
        if not np.array_equal(camera.camera_to_world, found[-1].camera_to_world):
            found.append(camera)
    return found


def in_place_of(keys: KeyedPath, before: KeyedPath, origin: Array | None = None) -> KeyedPath:
    """Generated keys with what the path before had said of the whole: frame rate, speed.

    Args:
        origin: [3] where the coordinates of the keys begin in the world; None: they stand there.
    """
    moved = keys.keys
    if origin is not None:
        cameras = in_world([key.camera for key in keys.keys], origin)
        moved = tuple(replace(key, camera=camera) for key, camera in zip(keys.keys, cameras, strict=True))
    return replace(keys, keys=moved, fps=before.fps, constant_speed=before.constant_speed)
