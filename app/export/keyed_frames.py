"""Frames of a keyed path for a scene: its cameras in the scene's coordinates, its controls as the scene has them."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from app.export.frame_times import playing
from app.viewing.opening import Opened
from engines.core.camera import Camera
from engines.core.data.origin import from_world
from engines.core.engine import TIME, Control, Scene, time_control, whole_controls
from engines.core.paths.keyed_motion import path_frames
from engines.core.paths.keyframes import KeyedPath


def keyed_frames(
    path: KeyedPath,
    opened: Opened,
    controls: Mapping[str, float],
    held: Collection[str] = (),
    fps: float | None = None,
    plays: bool = True,
) -> tuple[tuple[Camera, ...], list[dict[str, float]]]:
    """The camera and the controls of each frame.

    Args:
        controls: where the path names none.
        held: controls that stay as they are in `controls`, whatever the path names.
        fps: frames a second; None: the path's own.
        plays: of a recording whose time the path doesn't name, whether it runs.
    """
    frames = path_frames(path, fps)
    cameras = from_world(frames.cameras, opened.origin)
    if not cameras:
        return (), []
    runs = playing(opened.scene, controls, len(cameras)) if plays and TIME not in frames.controls[0] else None
    found = []
    for number, keyed in enumerate(frames.controls):
        own = dict(controls) if runs is None else runs[number]
        own |= {name: value for name, value in keyed.items() if name not in held}
        found.append(scene_controls(opened.scene, own))
    return cameras, found


def scene_controls(scene: Scene, values: Mapping[str, float]) -> dict[str, float]:
    """A value for each of the scene's controls, within its range, whole where only whole ones mean something."""
    named = {control.name: control for control in scene.controls}
    found = {name: _of(named[name], value) for name, value in values.items() if name in named}
    # As long as the recording is that the values before choose.
    if TIME in found and (control := time_control(scene, found)) is not None:
        found[TIME] = _of(control, found[TIME])
    return whole_controls(scene, found)


def _of(control: Control, value: float) -> float:
    clamped = control.clamped(value)
    return clamped if control.kind == "number" else float(round(clamped))
