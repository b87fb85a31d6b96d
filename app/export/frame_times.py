"""Which time step of a recording each frame of a path shows: it runs with the video, or the path holds it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.viewing.instances import find_number
from app.viewing.opening import Opened
from app.viewing.validation_split import instance_views
from engines.core.data.dataset import Dataset
from engines.core.data.views import SPLITS, Split, Views
from engines.core.engine import TIME, Control, Scene, time_control
from engines.core.paths.path_times import TimesSaid

SPLIT_PATHS: Mapping[str, Split] = {split: split for split in SPLITS}
"""Paths of the data folder's own cameras."""


def running(control: Control, frames: int) -> list[float]:
    """One time step a frame, from the first, looping."""
    count = int(control.high - control.low) + 1
    return [control.low + index % count for index in range(frames)]


def split_views(opened: Opened, dataset: Dataset, split: Split, choice: int) -> Views:
    """The views of a split, of a class those of object `choice`; what the run held out are validation views.

    Args:
        dataset: that of `opened`.
    """
    number = find_number(opened.scene, dataset, choice)
    return instance_views(opened.checkpoint, dataset, 0 if number is None else number).split(split)


def path_times(opened: Opened, source: TimesSaid | Views, controls: Mapping[str, float]) -> list[int] | None:
    """The time step of each of a path's cameras, where the path says so: photographs, or a file that holds them.

    Args:
        source: what the file says, or views of the data folder.
        controls: that choose the object of a class, or the recording.

    Raises:
        UserError: what the file says makes no time steps.
    """
    dataset, time_steps = opened.dataset, time_control(opened.scene, controls)
    if time_steps is None:
        return None
    if isinstance(source, TimesSaid):
        return source.steps(round(time_steps.high) + 1)
    return None if dataset is None or dataset.time_steps < 2 else [int(time) for time in source.times]


def playing(
    scene: Scene, controls: Mapping[str, float], frames: int, held: Sequence[int] | None = None
) -> list[dict[str, float]]:
    """The controls of each frame, of which a recording's time runs; of other scenes they are all the same.

    Args:
        held: the time step of each frame, where the path says so.
    """
    time_steps = time_control(scene, controls)
    if time_steps is None:
        return [dict(controls) for _ in range(frames)]
    times = running(time_steps, frames) if held is None else [time_steps.clamped(time) for time in held[:frames]]
    return [{**controls, TIME: time} for time in times]
