"""Edits of a keyed path: pure functions that give the new path, and which of its keys are selected then.

Keys are named by their numbers, from 0, in the order of their times.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from app.camera import navigation
from app.camera.navigation import NARROWEST_DEG, WIDEST_DEG, with_fov
from engines.core.camera import Array, Camera
from engines.core.errors import UserError
from engines.core.paths.keyframes import Ease, KeyedPath, Keyframe

LEG_S = 2.0
"""Seconds between a key and one that is added after it."""


@dataclass(frozen=True, eq=False)
class Edit:
    """What an edit makes of a path.

    Attributes:
        path: the new one.
        selected: numbers of its keys.
    """

    path: KeyedPath
    selected: tuple[int, ...] = ()


def _edited(path: KeyedPath, keys: Iterable[Keyframe], selected: Collection[Keyframe]) -> Edit:
    try:
        found = replace(path, keys=tuple(keys))
    except ValueError as error:
        raise UserError(f"{error}; choose another time") from error
    chosen = {id(key) for key in selected}
    return Edit(found, tuple(number for number, key in enumerate(found.keys) if id(key) in chosen))


def _changed(path: KeyedPath, numbers: Collection[int], keys: Sequence[Keyframe]) -> Edit:
    """The path with `keys` in the place of those of `numbers`, which are selected."""
    put = dict(zip(sorted(numbers), keys, strict=True))
    return _edited(path, (put.get(number, key) for number, key in enumerate(path.keys)), keys)


def _chosen(path: KeyedPath, numbers: Collection[int]) -> list[Keyframe]:
    return [path.keys[number] for number in sorted(numbers)]


# Keys come and go


def key_at(path: KeyedPath, time_s: float) -> int | None:
    """The number of the key on the frame of a time; None where there is none."""
    near = [number for number, key in enumerate(path.keys) if abs(key.time_s - time_s) * path.fps < 0.5]
    return min(near, key=lambda number: abs(path.keys[number].time_s - time_s)) if near else None


def free_time(path: KeyedPath, time_s: float) -> float:
    """The time of a new key that is added at a time: there; after the last key where one stands; else between two."""
    number = key_at(path, time_s)
    if number is None:
        return time_s
    here = path.keys[number].time_s
    if number == len(path.keys) - 1:
        return here + LEG_S
    after = path.keys[number + 1].time_s
    middle = round((here + after) / 2 * path.fps) / path.fps
    return middle if here < middle < after else (here + after) / 2


def add_key(path: KeyedPath, camera: Camera, controls: Mapping[str, float], time_s: float) -> Edit:
    """Adds a key at a time, or near it where one stands there."""
    key = Keyframe(camera, free_time(path, time_s), controls)
    return _edited(path, (*path.keys, key), [key])


def overwrite_key(path: KeyedPath, number: int, camera: Camera, controls: Mapping[str, float]) -> Edit:
    """Another view in a key's place; its time and ease stay."""
    return _changed(path, [number], [replace(path.keys[number], camera=camera, controls=controls)])


def duplicate_keys(path: KeyedPath, numbers: Collection[int]) -> Edit:
    """Copies of keys: one after itself, several after the last of the path, as far from each other as they are."""
    keys = _chosen(path, numbers)
    if not keys:
        return Edit(path)
    if len(keys) == 1:
        copies = [replace(keys[0], time_s=free_time(path, keys[0].time_s))]
    else:
        by = path.keys[-1].time_s + LEG_S - keys[0].time_s
        copies = [replace(key, time_s=key.time_s + by) for key in keys]
    return _edited(path, (*path.keys, *copies), copies)


def delete_keys(path: KeyedPath, numbers: Collection[int]) -> Edit:
    """Takes keys out; the one before them is selected."""
    kept = [key for number, key in enumerate(path.keys) if number not in numbers]
    before = kept[max(min(numbers, default=0) - 1, 0)] if kept else None
    return _edited(path, kept, [before] if before is not None else [])


def reorder_key(path: KeyedPath, number: int, to: int) -> Edit:
    """Moves a key's view to another place in the order; times and eases stay where they are."""
    views = list(path.keys)
    views.insert(to, views.pop(number))
    keys = [
        replace(slot, camera=view.camera, controls=view.controls) for slot, view in zip(path.keys, views, strict=True)
    ]
    return _edited(path, keys, [keys[to]])


# Time


def move_keys(path: KeyedPath, numbers: Collection[int], by_s: float) -> Edit:
    """Moves keys in time, also past others.

    Raises:
        UserError: another key stands there, or it is before the beginning.
    """
    moved = [replace_time(key, key.time_s + by_s) for key in _chosen(path, numbers)]
    return _changed(path, numbers, moved)


def set_time(path: KeyedPath, number: int, time_s: float) -> Edit:
    """Puts a key at a time.

    Raises:
        UserError: as `move_keys`.
    """
    return _changed(path, [number], [replace_time(path.keys[number], time_s)])


def replace_time(key: Keyframe, time_s: float) -> Keyframe:
    """The key at another time.

    Raises:
        UserError: before the beginning, or beyond all videos.
    """
    try:
        return replace(key, time_s=time_s)
    except ValueError as error:
        raise UserError(f"key: {error}") from error


def set_leg_seconds(path: KeyedPath, number: int, seconds: float) -> Edit:
    """Makes the leg that begins at a key as long; all keys behind move along. The last key's is that of a loop."""
    if number == len(path.keys) - 1:
        return Edit(set_path(path, closing_s=seconds), (number,))
    if seconds <= 0:
        raise UserError(f"seconds {seconds:g}: a leg must take more than 0")
    by = path.keys[number].time_s + seconds - path.keys[number + 1].time_s
    behind = [replace_time(key, key.time_s + by) for key in path.keys[number + 1 :]]
    keys = (*path.keys[: number + 1], *behind)
    return _edited(path, keys, [keys[number]])


def spread_evenly(path: KeyedPath, seconds: float) -> Edit:
    """Makes all legs as long, that of a loop, too."""
    if seconds <= 0:
        raise UserError(f"seconds {seconds:g}: a leg must take more than 0")
    first = path.keys[0].time_s if path.keys else 0.0
    keys = [replace_time(key, first + number * seconds) for number, key in enumerate(path.keys)]
    return _edited(replace(path, keys=(), closing_s=seconds), keys, [])


def set_path(
    path: KeyedPath,
    *,
    fps: float | None = None,
    loop: bool | None = None,
    closing_s: float | None = None,
    constant_speed: bool | None = None,
) -> KeyedPath:
    """The path with something of the whole set; None: as it is.

    Raises:
        UserError: a value that no path can have.
    """
    said = {"fps": fps, "loop": loop, "closing_s": closing_s, "constant_speed": constant_speed}
    try:
        return replace(path, **{name: value for name, value in said.items() if value is not None})  # type: ignore[arg-type]
    except ValueError as error:
        raise UserError(f"path: {error}") from error


def set_end(path: KeyedPath, end_s: float | None) -> KeyedPath:
    """The path with a video of another length; None: as long as its keys reach."""
    try:
        return replace(path, end_s=end_s)
    except ValueError as error:
        raise UserError(f"path: {error}") from error


# What a key holds


def set_ease(path: KeyedPath, numbers: Collection[int], ease: Ease) -> Edit:
    """Sets how the legs run that begin at keys."""
    return _changed(path, numbers, [replace(key, ease=ease) for key in _chosen(path, numbers)])


def set_fov(path: KeyedPath, numbers: Collection[int], fov_y_deg: float) -> Edit:
    """Sets the vertical fields of view of keys.

    Raises:
        UserError: no lens has it.
    """
    if not NARROWEST_DEG <= fov_y_deg <= WIDEST_DEG:
        raise UserError(
            f"field of view {fov_y_deg:g}: must be {NARROWEST_DEG:g} to {WIDEST_DEG:g} degrees, from top to bottom"
        )
    keys = [replace(key, camera=with_fov(key.camera, fov_y_deg)) for key in _chosen(path, numbers)]
    return _changed(path, numbers, keys)


def set_roll(path: KeyedPath, numbers: Collection[int], roll_deg: float, up: Array) -> Edit:
    """Tilts keys' cameras: 0 is level.

    Args:
        up: [3] world.
    """
    keys = [
        replace(key, camera=navigation.roll(navigation.level(key.camera, up), float(np.radians(roll_deg))))
        for key in _chosen(path, numbers)
    ]
    return _changed(path, numbers, keys)


def set_control(path: KeyedPath, numbers: Collection[int], name: str, value: float | None) -> Edit:
    """Sets one of the scene's controls at keys; None: they take it from the keys around them."""
    keys = []
    for key in _chosen(path, numbers):
        controls = {other: kept for other, kept in key.controls.items() if other != name}
        keys.append(replace(key, controls=controls if value is None else {**controls, name: value}))
    return _changed(path, numbers, keys)


def set_position(path: KeyedPath, number: int, position: Array) -> Edit:
    """Puts a key's camera at another place [3] (world); it looks in the same direction.

    Raises:
        UserError: no camera can be there.
    """
    key = path.keys[number]
    pose = key.camera.camera_to_world.copy()
    pose[:3, 3] = position
    try:
        return _changed(path, [number], [replace(key, camera=key.camera.at(pose))])
    except ValueError as error:
        raise UserError(f"key: {error}") from error


def with_stepped(path: KeyedPath, names: Collection[str]) -> KeyedPath:
    """The path with other controls that change at keys only."""
    return path if path.stepped == frozenset(names) else replace(path, stepped=frozenset(names))
