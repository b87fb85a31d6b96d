"""What a second scene is asked for, so that it shows what the first one does: the same place of the same world."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from app.camera.fitting import fit_cameras
from app.rendering.cropping import offered_channels
from app.rendering.render_requests import RenderRequest
from app.viewing.opening import Opened
from engines.core.camera import Camera
from engines.core.data.origin import from_world, in_world
from engines.core.engine import Control, Scene, whole_controls


def second_request(request: RenderRequest, first: Opened, second: Opened) -> RenderRequest:
    """What the second scene is to draw where the first is asked for `request`.

    The camera is the same in the world, fitted to what the second can draw as `main.py render` fits it; channel and
    controls are the first's where both have them, else the second's usual ones.
    """
    (camera,) = fit_cameras(second.scene, (in_second(request.camera, first, second),), None)
    box = request.crop
    # The same place of the world.
    crop = None if box is None else box.moved(first.origin - second.origin)
    has_channel = request.channel in offered_channels(second.scene, crop)
    return replace(
        request,
        camera=camera,
        controls=second_controls(request.controls, first.scene, second.scene),
        channel=request.channel if has_channel else "rgb",
        limits=request.limits if has_channel else None,
        colour_map=request.colour_map if has_channel else "",
        crop=crop,
        # The number is the first scene's, which may be opened again; this one stays.
        scene_number=0,
        draft=False,
    )


def in_second(camera: Camera, first: Opened, second: Opened) -> Camera:
    """A camera of the first scene, in the second's coordinates: each may lie elsewhere in the world."""
    return from_world(in_world((camera,), first.origin), second.origin)[0]


def in_first(camera: Camera, first: Opened, second: Opened) -> Camera:
    """A camera of the second scene, in the first's coordinates."""
    return in_second(camera, second, first)


def second_controls(controls: Mapping[str, float], first: Scene, second: Scene) -> dict[str, float]:
    """The second scene's controls: the first's where it has them, choices by their names; else as they begin."""
    own = {control.name: control for control in first.controls}
    shared = {
        control.name: value
        for control in second.controls
        if control.name in controls and (value := _translated(controls, own.get(control.name), control)) is not None
    }
    return whole_controls(second, shared)


def _translated(controls: Mapping[str, float], own: Control | None, other: Control) -> float | None:
    value = controls[other.name]
    if own is None or not (own.choices and other.choices):
        return other.clamped(value)
    name = own.choices[min(max(round(value), 0), len(own.choices) - 1)]
    return float(other.choices.index(name)) if name in other.choices else None
