"""What a file holds of a camera path: a camera for each frame, how fast they follow, and its keys where it has some."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from engines.core.camera import Array, Camera
from engines.core.paths.keyframes import KeyedPath
from engines.core.paths.path_times import TimesSaid

USUAL_FPS = 30.0
"""Of paths that don't say how fast their frames follow."""
SLOWEST_FPS = 9.99
"""Cameras that follow slower than ten a second are keys, with the frames between left out."""
UNEVEN = 5e-3
"""By which the steps of even times may differ, of a step: seconds in single precision, or of few digits."""
TIME_STEP = "time"
"""The control that is a recording's time step, as `engines.core.engine` names it."""
USUAL_RATE, SINGLE = 2e-4, 1e-6
"""Of a frame rate: nearer to a usual one it is that one; times in single precision are as coarse."""
CENTRED_PX = 1e-6
"""A principal point that is nearer to the picture's middle lies there."""

Lens: TypeAlias = Literal["whole", "focal lengths", "focal length", "angle", "nothing"]
"""All of it; two focal lengths and the size of a centred lens; one and the size; the vertical angle alone; no lens."""


@dataclass(frozen=True, eq=False)
class PathContent:
    """A camera path as a file holds it, or is to hold it.

    Attributes:
        cameras: one a frame, in the world.
        fps: frames a second; None: not said.
        times: the time step of a recording that each frame shows; None: not said.
        keyed: the keys that the cameras were made of; None where there are none.
        interpolated: whether it was by us that they were, at the keys' frame rate.
        up: [3] where up is in the world, for formats that prescribe an axis; None: not known.
        notes: what a user has to know of the file, a line each.
        times_said: what the file says of time steps, of which only a recording's number makes `times`.
    """

    cameras: tuple[Camera, ...]
    fps: float | None = None
    times: Sequence[int] | None = None
    keyed: KeyedPath | None = None
    interpolated: bool = False
    up: Array | None = None
    notes: tuple[str, ...] = ()
    times_said: TimesSaid | None = None


@dataclass(frozen=True)
class Keeps:
    """What of a path a format has room for.

    Attributes:
        lens: how much of the lens.
        size: the picture's size.
        fps: the frame rate, be it as a time for each frame.
        times: the time step of a recording.
        keys: keys, besides or instead of frames.
        controls: the scene's controls that keys name.
    """

    lens: Lens = "angle"
    size: bool = False
    fps: bool = False
    times: bool = False
    keys: bool = False
    controls: bool = False


def lost_in(keeps: Keeps, content: PathContent) -> list[str]:
    """What of a path a format has no room for, in a few words each; nothing of what the path has not."""
    lost = list[str]()
    cameras = content.cameras
    if keeps.lens == "nothing":
        lost.append("the lens")
    elif keeps.lens != "whole":
        if keeps.lens != "focal lengths" and any(not np.isclose(*camera.focal_px, rtol=1e-9) for camera in cameras):
            lost.append("a second focal length (the vertical one is kept)")
        off = max((_off_centre_px(camera) for camera in cameras), default=0.0)
        if off > CENTRED_PX:
            lost.append(f"the principal point ({off:.3g} pixels off the picture's middle)")
    if not keeps.size:
        sizes = sorted({camera.size_px for camera in cameras})
        lost.append(f"the picture's size ({', '.join(f'{width}x{height}' for width, height in sizes[:2])})")
    if content.fps is not None and not keeps.fps:
        lost.append(f"the frame rate ({content.fps:g}/s)")
    if content.times is not None and not keeps.times:
        lost.append("the time steps of the recording")
    if content.keyed is not None and not keeps.keys:
        lost.append("the keys (all frames are written)")
    if content.keyed is not None and not keeps.controls:
        names = {name for key in content.keyed.keys for name in key.controls} - ({TIME_STEP} if keeps.times else set())
        if names:
            lost.append(f"controls of the scene ({', '.join(sorted(names))})")
    return lost


def lost_motion(keyed: KeyedPath, eases: bool = False) -> list[str]:
    """What of the motion between keys a format has no words for, in a few words each; of frames it is all there.

    Args:
        eases: whether it has words for those of legs, but for holding.
    """
    lost = list[str]()
    others = {key.ease for key in keyed.keys} - {"linear"}
    if eases:
        lost += ["keys that hold until the next (written as even ones)"] * ("hold" in others)
    elif others:
        lost.append("eases")
    if keyed.constant_speed:
        lost.append("constant speed")
    if keyed.subject is not None:
        lost.append("the dolly zoom between keys")
    return lost


def _off_centre_px(camera: Camera) -> float:
    return max(abs(centre - side / 2) for centre, side in zip(camera.centre_px, camera.size_px, strict=True))


def frame_rate(times_s: Sequence[float]) -> float | None:
    """Frames a second of cameras at these times; None where they follow unevenly, or so slowly that they are keys."""
    steps = np.diff(np.asarray(times_s, dtype=np.float64))
    if not len(steps) or not np.isfinite(steps).all() or steps.min() <= 0:
        return None
    # Over all of them: the steps of rounded times scatter.
    step = float(steps.mean())
    if np.abs(steps - step).max() > UNEVEN * step or step > 1 / SLOWEST_FPS:
        return None
    rate = 1 / step
    # 24, or 23.976 as television has it; else to a thousandth, as files in single precision have it.
    usual = (float(round(rate)), round(rate * 1.001) / 1.001)
    near = (candidate for candidate in usual if abs(rate - candidate) < USUAL_RATE * rate)
    written = round(rate, 3)
    return next(near, written if abs(rate - written) < SINGLE * rate else rate)
