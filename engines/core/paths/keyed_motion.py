"""The motion through a path's keys: the camera and the controls of any time, and those of every frame.

Places follow a centripetal Catmull-Rom spline, whose parameter runs monotonely in time; orientations a smooth curve of
turns; fields of view and controls monotone cubics in time. All of it is smooth (C1) at keys whose legs say "linear".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from engines.core.camera import Array, Camera
from engines.core.errors import UserError
from engines.core.paths.interpolation import Hermite, PlaceCurve, centripetal, closed, located, monotone, turning
from engines.core.paths.keyframes import FRAME_GRAIN, Ease, KeyedPath, Keyframe

LENGTH_SAMPLES = 256
"""A leg, from which its length and the way back from length to time are taken."""
NEAREST_SUBJECT = 1e-3
"""Of its distance at the first key: nearer to the camera's plane a subject's size can't be kept."""


@dataclass(frozen=True, eq=False)
class PathFrames:
    """Every frame of a path.

    Attributes:
        cameras: one a frame.
        controls: one mapping a frame, of the controls that keys name.
        times_s: of each frame, from the beginning.
    """

    cameras: tuple[Camera, ...]
    controls: tuple[dict[str, float], ...]
    times_s: tuple[float, ...]


def path_frames(path: KeyedPath, fps: float | None = None) -> PathFrames:
    """The frames of a path's video; what its keys hold on frames that fall on them.

    Args:
        fps: frames a second; None: the path's own.
    """
    if fps is not None:
        path = replace(path, fps=fps)
    times = tuple(number / path.fps for number in range(path.frame_count))
    if not times:
        return PathFrames((), (), ())
    motion = PathMotion(path)
    return PathFrames(motion.cameras(times), motion.controls(times), times)


class PathMotion:
    """The motion of a path with at least one key; made once, it is asked for any times.

    Attributes:
        path: what moves so.
        passing_s: when each key is passed: at its time, but where the speed is constant.
    """

    def __init__(self, path: KeyedPath) -> None:
        if not path.keys:
            raise ValueError("a path without keys has no camera")
        self.path = path
        keys = path.keys
        self._times = np.array([key.time_s for key in keys])
        self._period = path.period_s if path.loop and len(keys) > 1 else None
        poses = np.stack([key.camera.camera_to_world for key in keys])
        self._turns = turning(self._times, poses[:, :3, :3], self._period)
        self._places = centripetal(poses[:, :3, 3], self._period is not None)
        self._progress = _progress(self._times, self._places, self._period)
        self._lenses = monotone(self._times, np.stack([_lens(key.camera) for key in keys]), self._period)
        self._controls = {name: self._control(name) for name in _names(keys)}
        self._knots = self._turns.knots
        self._clock = self._even_clock() if path.constant_speed and len(self._knots) > 1 else self._knots
        self.passing_s: tuple[float, ...] = tuple(float(time) for time in self._clock[: len(keys)])
        self._table = self._length_table() if self._clock is not self._knots else None

    def camera(self, time_s: float) -> Camera:
        """The camera at a time from the beginning."""
        return self.cameras([time_s])[0]

    def cameras(self, times_s: Sequence[float]) -> tuple[Camera, ...]:
        """The camera at each of some times; at a key's time just its own."""
        places = self._own_times(times_s)
        positions = self._places.curve.at(self._progress.at(places)[:, 0])
        rotations, lenses = self._turns.at(places), self._lenses.at(places)
        legs = self._legs(places)
        found = list[Camera]()
        for number, place in enumerate(places):
            key = self.path.keys[legs[number] % len(self.path.keys)]
            if place == self._knots[legs[number]]:
                found.append(key.camera)
                continue
            pose = np.eye(4)
            pose[:3, :3], pose[:3, 3] = rotations[number], positions[number]
            following = self.path.keys[(legs[number] + 1) % len(self.path.keys)]
            seen = _with_lens(key.camera, following.camera, lenses[number]).at(pose)
            found.append(seen if self.path.subject is None else self._keeping_size(seen))
        return tuple(found)

    def controls(self, times_s: Sequence[float]) -> tuple[dict[str, float], ...]:
        """The controls at each of some times, by name."""
        places = self._own_times(times_s)
        columns = {name: self._control_values(name, places) for name in self._controls}
        return tuple({name: float(column[i]) for name, column in columns.items()} for i in range(len(places)))

    def length(self) -> float:
        """The way that the camera goes, world units."""
        if len(self._knots) < 2:
            return 0.0
        return float(self._leg_lengths().sum())

    # From the video's time to the keys'

    def _legs(self, places: Array) -> Array:
        """[M] the key at or before each of the keys' times [M]."""
        return np.asarray(np.clip(np.searchsorted(self._knots, places, side="right") - 1, 0, None))

    def _own_times(self, times_s: Sequence[float]) -> Array:
        """[M] the keys' own time at each time of the video: turned back in a loop, eased, at even speed."""
        times = np.asarray(times_s, dtype=np.float64)
        first, last = self._clock[0], self._clock[-1]
        if self._period is not None:
            wrapped = (times - first) % self._period + first
            # What lies within a loop stays what it is, to the bit.
            times = np.where((first <= times) & (times < last), times, wrapped)
        times = np.clip(times, first, last)
        near = np.clip(np.searchsorted(self._clock, times), 1, len(self._clock) - 1) if len(self._clock) > 1 else None
        if near is None:
            return np.repeat(self._knots[:1], len(times))
        near = np.where(times - self._clock[near - 1] < self._clock[near] - times, near - 1, near)
        on_key = np.abs(times - self._clock[near]) <= FRAME_GRAIN / self.path.fps
        moved = self._eased(times) if self._table is None else self._table.at(times)[:, 0]
        found = np.where(on_key, self._knots[near], moved)
        # The end of a loop is its beginning.
        return np.where(found >= self._knots[-1], self._knots[0], found) if self._period is not None else found

    def _eased(self, times: Array) -> Array:
        leg, share, step = located(self._knots, times)
        eases = [self.path.keys[number].ease for number in leg]
        return np.asarray(self._knots[leg] + step * np.array([_ease(e, s) for e, s in zip(eases, share, strict=True)]))

    def _fine_times(self) -> Array:
        """[L, LENGTH_SAMPLES + 1] times on each leg, its ends among them."""
        shares = np.linspace(0.0, 1.0, LENGTH_SAMPLES + 1)
        times = self._knots[:-1, None] + np.diff(self._knots)[:, None] * shares
        times[:, -1] = self._knots[1:]
        return np.asarray(times)

    def _ways(self) -> Array:
        """[L, LENGTH_SAMPLES] how far the camera goes in each small part of each leg."""
        times = self._fine_times()
        places = self._places.curve.at(self._progress.at(times.ravel())[:, 0]).reshape(*times.shape, 3)
        return np.asarray(np.linalg.norm(np.diff(places, axis=1), axis=2))

    def _leg_lengths(self) -> Array:
        return np.asarray(self._ways().sum(axis=1))

    def _even_clock(self) -> Array:
        """[L + 1] when keys are passed at constant speed: legs that move nothing keep their seconds."""
        lengths, seconds = self._leg_lengths(), np.diff(self._knots)
        still = np.diff(self._places.knots) == 0
        if still.all():
            return self._knots
        moving_s = seconds[~still].sum()
        shared = np.where(still, seconds, moving_s * np.where(still, 0.0, lengths) / lengths[~still].sum())
        clock = self._knots[0] + np.concatenate([[0.0], np.cumsum(shared)])
        clock[-1] = self._knots[-1]
        return np.asarray(clock)

    def _length_table(self) -> Hermite:
        """The keys' times of those of the video, for constant speed."""
        times, ways = self._fine_times(), self._ways()
        still = np.diff(self._places.knots) == 0
        shares = np.cumsum(ways, axis=1) / np.where(still, 1.0, ways.sum(axis=1))[:, None]
        shares[still] = np.linspace(0.0, 1.0, LENGTH_SAMPLES + 1)[1:]
        video = self._clock[:-1, None] + np.diff(self._clock)[:, None] * shares
        video, own = np.append(self._clock[0], video.ravel()), np.append(self._knots[0], times[:, 1:].ravel())
        # Where the camera hardly moves, sums no longer grow.
        rising = np.concatenate([[True], video[1:] > np.maximum.accumulate(video)[:-1]])
        return monotone(video[rising], own[rising, None])

    # Lenses and controls

    def _keeping_size(self, camera: Camera) -> Camera:
        """The camera with the lens in which the subject is as large as at the first key (dolly zoom)."""
        first = self.path.keys[0].camera
        depth, own = _depth(first, self.path.subject), _depth(camera, self.path.subject)
        factor = max(own / depth, NEAREST_SUBJECT) * first.focal_px[1] / first.size_px[1]
        return camera.zoomed(factor * camera.size_px[1] / camera.focal_px[1])

    def _control(self, name: str) -> Hermite:
        keys = [key for key in self.path.keys if name in key.controls]
        times = np.array([key.time_s for key in keys])
        values = np.array([[key.controls[name]] for key in keys])
        if name not in self.path.stepped:
            return monotone(times, values, self._period)
        if self._period is not None:
            times, values = closed(times, values, self._period)
        return Hermite(times, values, np.zeros_like(values))

    def _control_values(self, name: str, places: Array) -> Array:
        """[M] a control's values at the keys' times [M]."""
        curve = self._controls[name]
        if self._period is not None:
            # Its first key may not be the path's.
            places = np.where(places < curve.knots[0], places + self._period, places)
        if name not in self.path.stepped:
            return curve.at(places)[:, 0]
        return np.asarray(curve.values[np.clip(np.searchsorted(curve.knots, places, side="right") - 1, 0, None), 0])


def with_dolly_zoom(path: KeyedPath, subject: Array | Sequence[float] | None) -> KeyedPath:
    """The path with focal lengths by which the subject keeps the size that it has at the first key.

    Args:
        subject: [3] a point of the world that all keys see; None: lenses stay as they are from now on.

    Raises:
        UserError: it is not in front of a key's camera.
    """
    if subject is None or not path.keys:
        return replace(path, subject=None)
    x, y, z = (float(value) for value in subject)
    first = path.keys[0].camera
    depths = [_depth(key.camera, (x, y, z)) for key in path.keys]
    for number, depth in enumerate(depths, 1):
        if depth <= NEAREST_SUBJECT * depths[0] or depths[0] <= 0:
            raise UserError(
                f"dolly zoom: the subject is not in front of key {number}; choose a point that all keys see"
            )
    per_height = first.focal_px[1] / first.size_px[1] / depths[0]
    keys = [path.keys[0]]
    for key, depth in zip(path.keys[1:], depths[1:], strict=True):
        camera = key.camera
        keys.append(replace(key, camera=camera.zoomed(per_height * depth * camera.size_px[1] / camera.focal_px[1])))
    return replace(path, keys=tuple(keys), subject=(x, y, z))


def _depth(camera: Camera, subject: tuple[float, float, float] | None) -> float:
    return float((np.array(subject) - camera.position) @ camera.forward)


def _ease(ease: Ease, share: float) -> float:
    """How far along a leg is at a share of its time; at both ends as fast as without, or at rest."""
    if ease == "ease in":
        return share * share * (2 - share)
    if ease == "ease out":
        return share * (1 + share - share * share)
    if ease == "ease in-out":
        return share * share * (3 - 2 * share)
    if ease == "hold":
        return float(share >= 1)
    return share


def _progress(times: Array, places: PlaceCurve, period: float | None) -> Hermite:
    """Where on the curve of places the path is at each time; rests where two keys stand at one place."""
    knots = places.knots[:, None]
    if period is None:
        return monotone(times, knots)
    return monotone(times, knots[:-1], period, float(places.knots[-1]))


def _names(keys: Sequence[Keyframe]) -> tuple[str, ...]:
    named: Mapping[str, None] = {name: None for key in keys for name in key.controls}
    return tuple(named)


def _lens(camera: Camera) -> Array:
    """[4] what is interpolated of a lens: vertical field of view in degrees, pixels' aspect, centre by the size."""
    (fx, fy), (cx, cy), (width, height) = camera.focal_px, camera.centre_px, camera.size_px
    return np.array([camera.fov_y_deg, fx / fy, cx / width, cy / height])


def _with_lens(before: Camera, after: Camera, lens: Array) -> Camera:
    """The camera of `before`'s size and of a lens [4] as `_lens` has it; where both are the same, of just that."""
    if (before.focal_px, before.centre_px, before.size_px) == (after.focal_px, after.centre_px, after.size_px):
        return before
    width, height = before.size_px
    fov, aspect, x, y = (float(value) for value in lens)
    focal = height / (2 * float(np.tan(np.radians(fov) / 2)))
    return replace(before, focal_px=(aspect * focal, focal), centre_px=(x * width, y * height))
