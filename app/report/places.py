"""Where a judged view is among what can be looked at: its object, its time step, its camera."""

from __future__ import annotations

from dataclasses import dataclass

from app.report.judging import ViewKey
from app.viewing.instances import find_choice
from app.viewing.opening import Opened
from app.viewing.validation_split import with_held_out_of
from engines.core.camera import Camera
from engines.core.data.views import Split
from engines.core.engine import BLEND, INSTANCE, TIME


@dataclass(frozen=True, eq=False)
class ViewPlace:
    """What shows a view.

    Attributes:
        controls: of the scene, by name: which object, which time step; empty where there is one only.
        camera: the photograph's.
    """

    controls: dict[str, float]
    camera: Camera


def place_of(opened: Opened, split: Split, key: ViewKey) -> ViewPlace | None:
    """Finds a view of the open scene's data; None where there is no such view any more."""
    if opened.dataset is None:
        return None
    dataset, (instance, name, time) = with_held_out_of(opened.checkpoint, opened.dataset), key
    views = dataset.split(split).photographed
    if instance in dataset.instances:
        views = views.of_instance(dataset.instances.index(instance))
    found = [view for view in views if view.name == name]
    at_time = [view for view in found if view.time == time]
    view = next(iter([*at_time, *found]), None)
    if view is None:
        return None
    names, controls = {control.name for control in opened.scene.controls}, dict[str, float]()
    if TIME in names:
        controls[TIME] = float(view.time)
    choice = find_choice(opened.scene, dataset, view.instance)
    if INSTANCE in names and choice is not None:
        controls |= {INSTANCE: float(choice), **({BLEND: 0.0} if BLEND in names else {})}
    return ViewPlace(controls, view.camera)
