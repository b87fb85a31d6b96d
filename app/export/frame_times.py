"""Which moment of a recording each frame of a path shows: it runs with the video, or the path holds it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from app.viewing.held_out import object_views
from app.viewing.objects import find_number
from app.viewing.opening import Opened
from engines.core.data.dataset import Dataset
from engines.core.data.views import Split, Views
from engines.core.engine import INSTANCE, Control, time_control
from engines.core.paths.path_times import read_times

SPLITS: Mapping[str, Split] = {"train": "train", "validation": "validation", "test": "test"}
"""Paths of the data folder's own cameras."""


def running(control: Control, frames: int) -> list[float]:
    """One moment a frame, from the first, looping."""
    count = int(control.high - control.low) + 1
    return [control.low + index % count for index in range(frames)]


def split_views(opened: Opened, dataset: Dataset, split: Split, choice: int) -> Views:
    """The views of a split, of a class those of object `choice`; what the run held out are validation views.

    Args:
        dataset: that of `opened`.
    """
    number = find_number(opened.scene, dataset, choice)
    return object_views(opened.checkpoint, dataset, 0 if number is None else number).split(split)


def path_times(opened: Opened, path: str, choice: int = 0) -> list[int] | None:
    """The moment of each of a path's cameras, where the path says so: photographs, or a `.json` that holds them.

    Args:
        path: a name, a split, or a file.
        choice: the object of a class.
    """
    dataset, moments = opened.dataset, time_control(opened.scene, {INSTANCE: choice})
    if dataset is None or dataset.moments < 2 or moments is None:
        return None
    if path in SPLITS:
        return [int(time) for time in split_views(opened, dataset, SPLITS[path], choice).times]
    return read_times(Path(path).expanduser(), round(moments.high) + 1)
