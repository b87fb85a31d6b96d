"""Captures in large coordinates, such as a map's, moved to their own middle: engines learn in single precision.

A map's 4,649,776 m has a grain of half a metre there. What is read is moved once, in double precision, where a folder
is opened; what is written for others (paths, meshes) is moved back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from engines.core.camera import Array, Camera
from engines.core.data.dataset import Dataset
from engines.core.data.views import View, ViewSource

FINEST = 1e-5
"""Of a capture's size: single precision that is coarser moves what is seen by a hundredth of a pixel or more."""


def about_its_middle(dataset: Dataset) -> Dataset:
    """The dataset, moved to its own middle if its coordinates are too large for single precision; else unchanged."""
    if not len(dataset.views):
        return dataset
    first = dataset.views.of_instance(int(dataset.views.instances[0]))
    positions = np.stack([view.camera.position for view in first.at_time(int(first.times.min()))])
    middle = np.median(positions, axis=0)
    # Of a single camera, what it looks at.
    size = max(float(np.linalg.norm(positions - middle, axis=1).max()), float(np.ptp(dataset.bounds, axis=0).max()))
    largest = float(np.abs(positions).max())
    if not np.isfinite(largest) or np.spacing(np.float32(largest)) <= FINEST * size:
        return dataset
    # Whole numbers, as people read them; a half more or less makes no difference at such a distance.
    origin = np.round(middle) if size > 1 else middle
    place = ", ".join(f"{value:.10g}" for value in origin)
    note = (
        f"its coordinates are large for single precision, which would move cameras by "
        f"{np.spacing(np.float32(largest)) / 2:.2g}: it is learnt about its own middle ({place}), and paths and meshes "
        "are read and written in its own coordinates"
    )
    return replace(moved(dataset, origin), notes=(*dataset.notes, note))


def moved(dataset: Dataset, origin: Array) -> Dataset:
    """The dataset in coordinates that begin at `origin` [3], a place in its own world."""
    by = dataset.origin - np.asarray(origin, dtype=np.float64)
    if not by.any():
        return dataset
    views, backgrounds = (
        some.of_source(_Moved(some.source, by)) if len(some) else some for some in (dataset.views, dataset.backgrounds)
    )
    return replace(
        dataset,
        views=views,
        backgrounds=backgrounds,
        bounds=dataset.bounds + by,
        points=dataset.points + by,
        hints=_moved_hints(dataset.hints, by),
        origin=np.asarray(origin, dtype=np.float64),
    )


def _moved_hints(hints: Mapping[str, Any], by: Array) -> dict[str, Any]:
    changed = dict(hints)
    if "grid_barycenter" in hints:
        changed["grid_barycenter"] = (np.array(hints["grid_barycenter"], dtype=np.float64) + by).tolist()
    if "scale_mat" in hints:
        back = np.eye(4)
        back[:3, 3] = -by
        changed["scale_mat"] = (np.array(hints["scale_mat"], dtype=np.float64) @ back).tolist()
    return changed


def in_world(cameras: Sequence[Camera], origin: Array) -> tuple[Camera, ...]:
    """Cameras in coordinates that begin at `origin` [3], as they stand in the world."""
    return tuple(_at(camera, origin) for camera in cameras)


def from_world(cameras: Sequence[Camera], origin: Array) -> tuple[Camera, ...]:
    """Cameras of the world in coordinates that begin at `origin` [3]; undoes `in_world`."""
    return tuple(_at(camera, -np.asarray(origin)) for camera in cameras)


def _at(camera: Camera, by: Array) -> Camera:
    if not np.any(by):
        return camera
    pose = camera.camera_to_world.copy()
    pose[:3, 3] += by
    return camera.at(pose)


class _Moved:
    """A source's views, moved by a way in the world."""

    def __init__(self, source: ViewSource, by: Array) -> None:
        self._source, self._by = source, by

    def __len__(self) -> int:
        return len(self._source)

    def __getitem__(self, number: int) -> View:
        view = self._source[number]
        return replace(view, camera=_at(view.camera, self._by))

    def fingerprint(self, numbers: Array) -> str:
        """As `ViewSource` has it."""
        return self._source.fingerprint(numbers)
