"""Keys for a motion that is given by many cameras: as few as stay within a bound of it."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from engines.core.camera import Array, Camera
from engines.core.paths.keyed_motion import PathMotion
from engines.core.paths.keyframes import KeyedPath, Keyframe


@dataclass(frozen=True)
class Bound:
    """How far keys may lead from what they stand for.

    Attributes:
        distance: of places, world units.
        angle_deg: of directions, and of fields of view.
    """

    distance: float
    angle_deg: float = 0.5


@dataclass(frozen=True, eq=False)
class Moment:
    """What was seen at a time."""

    time_s: float
    camera: Camera
    controls: Mapping[str, float]


def thinned(moments: Sequence[Moment], bound: Bound, stepped: frozenset[str] = frozenset()) -> tuple[Keyframe, ...]:
    """The keys among moments, of rising times, by which all others are hit to within a bound.

    Keys are put where the motion through those that are there is farthest off, leg by leg, until it is nowhere
    (Douglas & Peucker 1973, with this motion in the place of straight lines). A change of a control in `stepped`
    is always a key.
    """
    if len(moments) < 3:
        return tuple(_key(moment) for moment in moments)
    times = [moment.time_s for moment in moments]
    chosen = {0, len(moments) - 1}
    for number in range(1, len(moments)):
        before, here = moments[number - 1].controls, moments[number].controls
        if any(before.get(name) != here.get(name) for name in stepped):
            chosen.add(number)
    while True:
        at = sorted(chosen)
        motion = PathMotion(KeyedPath(tuple(_key(moments[number]) for number in at), stepped=stepped))
        errors = _errors(moments, motion.cameras(times), bound)
        worst = [
            first + 1 + int(np.argmax(errors[first + 1 : last]))
            for first, last in itertools.pairwise(at)
            if last > first + 1
        ]
        added = {number for number in worst if errors[number] > 1}
        if not added:
            return tuple(_key(moments[number]) for number in at)
        chosen |= added


def _key(moment: Moment) -> Keyframe:
    return Keyframe(moment.camera, moment.time_s, moment.controls)


def _errors(moments: Sequence[Moment], cameras: Sequence[Camera], bound: Bound) -> Array:
    """[N] how far each camera is from its moment's, in units of the bound."""
    wanted = np.stack([moment.camera.camera_to_world for moment in moments])
    found = np.stack([camera.camera_to_world for camera in cameras])
    distances = np.linalg.norm(wanted[:, :3, 3] - found[:, :3, 3], axis=1)
    cosines = (np.einsum("nij,nij->n", wanted[:, :3, :3], found[:, :3, :3]) - 1) / 2
    angles = np.degrees(np.arccos(np.clip(cosines, -1, 1)))
    pairs = zip(moments, cameras, strict=True)
    lenses = np.array([abs(moment.camera.fov_y_deg - camera.fov_y_deg) for moment, camera in pairs])
    apart = np.stack([distances / bound.distance, angles / bound.angle_deg, lenses / bound.angle_deg])
    return np.asarray(apart.max(axis=0))
