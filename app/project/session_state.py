"""From a session to a project, and back: which scenes are open, and how one looks at them."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import numpy as np

from app.camera.camera_place import CameraPlace
from app.cleaning.edits import CleaningEdit
from app.project.project_file import ProjectScene, ProjectView
from app.viewing.inputs import input_of
from app.viewing.opening import CompanionPaths
from app.viewing.session import Session
from engines.core.camera import Array
from engines.core.data.origin import from_world, in_world
from engines.core.storage.run_folder import LIVE_NAME


def scene_of(session: Session, cleaning: tuple[CleaningEdit, ...] = ()) -> ProjectScene | None:
    """The open scene, what it was opened with, and how it was cleaned; None where none is open."""
    opened = session.opened
    if opened is None:
        return None
    # What a run shows while it learns is gone when it ends; the run stays.
    path = opened.path.parent if opened.path.name == LIVE_NAME else opened.path
    up = session.loader.ups.of(opened.path)
    return ProjectScene(
        path=path,
        data=session.loader.data,
        photograph=input_of(opened),
        config=opened.beside.config,
        options=dict(session.loader.chosen),
        up=None if up is None else _triple(up),
        cleaning=cleaning,
    )


def view_of(session: Session, overlays: tuple[str, ...]) -> ProjectView | None:
    """How the open scene is looked at; None where none is open."""
    opened, place = session.opened, session.eye.place
    if opened is None or place is None:
        return None
    view = session.view
    return ProjectView(
        camera=in_world([place.camera], opened.origin)[0],
        pivot=_triple(place.pivot + opened.origin),
        up=_triple(place.up),
        channel=view.channel,
        limits=view.limits,
        colour_maps=dict(view.colour_maps),
        controls=dict(view.controls),
        navigation=session.eye.hand.mode,
        overlays=overlays,
        crop_box=view.crop_corners(opened.origin),
        cropped=view.is_cropped,
    )


def open_scene_of(session: Session, scene: ProjectScene) -> None:
    """Begins to open a project's scene, with what it was opened with."""
    if scene.up is not None:
        session.loader.ups.choose(scene.path, np.array(scene.up))
    beside = CompanionPaths(scene.config, scene.photograph)
    session.loader.open(scene.path, scene.data, beside, scene.options)


def look_as(session: Session, view: ProjectView) -> None:
    """Looks at the open scene as a project says, as far as the scene has that."""
    opened = session.opened
    if opened is None:
        return
    for name, value in view.controls.items():
        session.set_control(name, value, stays=True)
    # Corners that are none are passed over: a project may be made by hand.
    with suppress(ValueError):
        session.view.take_crop_corners(view.crop_box, opened.origin)
    session.view.is_cropped = view.cropped and "depth" in opened.scene.channels
    session.set_channel(view.channel)
    session.view.limits = view.limits
    if view.colour_maps is not None:
        session.view.take_colour_maps(view.colour_maps)
    place = CameraPlace(
        from_world([view.camera], opened.origin)[0], np.array(view.pivot) - opened.origin, np.array(view.up)
    )
    session.eye.take(place)
    session.submit(moving=False)


def missing(scene: ProjectScene) -> Path | None:
    """A file or folder of the scene that isn't there any more."""
    named = (scene.path, scene.data, scene.photograph, scene.config)
    return next((path for path in named if path is not None and not path.exists()), None)


def _triple(values: Array) -> tuple[float, float, float]:
    x, y, z = (float(value) for value in values)
    return x, y, z
