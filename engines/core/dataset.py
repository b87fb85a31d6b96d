"""Posed photographs as every engine sees them, whatever layout they came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from engines.core.camera import Array, Camera, project
from engines.core.views import Split, Views

# Optical axes nearer to parallel than this, on average, meet at a depth that the error of the poses decides.
MEETING_DEG = 10.0


@dataclass(frozen=True, eq=False)
class Dataset:
    """All views of one scene.

    Attributes:
        views: in file order, training views first.
        source: the folder that was opened.
        format: the layout's name, e.g. "deepvoxels".
        bounds: [2, 3] lowest and highest corner of the box that holds the scene, world.
        up: [3] unit vector, world.
        hints: what only some formats know, by its name there (`near_plane`, `scale`, `grid_barycenter`).
        notes: in plain words, what had to be assumed.
        instances: names of the objects of a class, or of several recordings; empty for a single scene.
        backgrounds: of a recording, what each camera sees without anything that moves; empty where that is not known.
    """

    views: Views
    source: Path
    format: str
    bounds: Array
    up: Array
    hints: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    instances: tuple[str, ...] = ()
    backgrounds: Views = field(default_factory=lambda: Views.of(()))

    @property
    def moments(self) -> int:
        """How many moments its recordings have, the longest of them; 1 of a still scene."""
        return int(self.views.times.max(initial=0)) + 1

    def split(self, name: Split) -> Views:
        """The views of one split, in order."""
        return self.views.split(name)

    def with_held_out(self, every: int) -> Dataset:
        """Every `every`-th training view (0: none) becomes a validation view, unless some are held out already.

        Of a class, every such view of each object; of a rig every such camera, with all that it saw. An object of fewer
        than twice as many views or cameras keeps them all.
        """
        views, train = self.views, np.flatnonzero(self.views.splits == 0)
        if every == 0 or self.split("validation"):
            return self
        indices = views.camera_indices[train]
        # A camera that was moved about counts as a new one for each view.
        cameras = np.where(indices < 0, -1 - np.arange(len(train)), indices)
        held_out: list[Array] = []
        for instance in np.unique(views.instances[train]):
            of_object = views.instances[train] == instance
            _, firsts = np.unique(cameras[of_object], return_index=True)
            known = cameras[of_object][np.sort(firsts)]
            if len(known) >= 2 * every:
                held_out.append(train[of_object & np.isin(cameras, known[every - 1 :: every])])
        return replace(self, views=views.with_split(np.concatenate([np.empty(0, int), *held_out]), "validation"))


def focus_depth(near: float, far: float) -> float:
    """Distance ahead that LLFF's paths look at, for a capture of these depths."""
    # It weighs disparities, so that near things move less than far ones swing.
    return 1.0 / (0.25 / (0.9 * near) + 0.75 / (5.0 * far))


def focus_point(cameras: tuple[Camera, ...]) -> Array:
    """[3] the point nearest to all optical axes, by least squares; one unit ahead where they are parallel."""
    system, target = np.zeros((3, 3)), np.zeros(3)
    for camera in cameras:
        across = np.eye(3) - np.outer(camera.forward, camera.forward)
        system += across
        target += across @ camera.position
    # Nearly parallel axes leave one direction undetermined.
    if np.linalg.cond(system) > 1e6:
        return np.asarray(np.mean([camera.position + camera.forward for camera in cameras], axis=0))
    return np.asarray(np.linalg.solve(system, target))


def up_direction(cameras: tuple[Camera, ...]) -> Array:
    """[3] the mean upward direction of the pictures, snapped to a world axis where one is within 30 degrees."""
    mean = -np.mean([camera.down for camera in cameras], axis=0)
    length = np.linalg.norm(mean)
    if length < 1e-6:
        return np.array([0.0, 0.0, 1.0])
    mean = mean / length
    axis = int(np.argmax(np.abs(mean)))
    if abs(mean[axis]) > np.cos(np.radians(30)):
        snapped = np.zeros(3)
        snapped[axis] = np.sign(mean[axis])
        return snapped
    return np.asarray(mean)


def bounds_seen(cameras: tuple[Camera, ...]) -> Array:
    """[2, 3] a cube about the focus point whose faces most cameras see whole; corners may stick out."""
    centre = focus_point(cameras)
    halves = [
        np.linalg.norm(camera.position - centre) * min(camera.size_px) / (2 * max(camera.focal_px))
        for camera in cameras
    ]
    # 0.8: objects are seldom framed to the very edge. Cameras that only turn on the spot give 0: any size will do.
    half = 0.8 * float(np.median(halves))
    if half < 1e-9:
        half = 1.0
    return np.stack([centre - half, centre + half])


def bounds_ahead(cameras: tuple[Camera, ...], near: float, far: float) -> Array:
    """[2, 3] a cube at the focus depth ahead of cameras that face one way, which see its middle whole."""
    focus = focus_depth(near, far)
    forward = np.mean([camera.forward for camera in cameras], axis=0)
    centre = np.mean([camera.position for camera in cameras], axis=0) + focus * forward / np.linalg.norm(forward)
    seen = np.median([min(camera.size_px) / (2 * max(camera.focal_px)) for camera in cameras])
    half = 0.8 * focus * float(seen)
    return np.stack([centre - half, centre + half])


def bounds_between(cameras: tuple[Camera, ...], near: float, far: float) -> Array:
    """[2, 3] the box of a capture of known depths: where all cameras look, if there is such a place, else ahead."""
    alike = np.linalg.norm(np.mean([camera.forward for camera in cameras], axis=0))
    # Where they face all about, no direction is ahead.
    if alike < 0.5:
        return bounds_seen(cameras)
    if alike < np.cos(np.radians(MEETING_DEG)):
        centre = focus_point(cameras)[None]
        depths = np.array([project(camera, centre)[1][0] for camera in cameras])
        if ((near < depths) & (depths < far)).all():
            return bounds_seen(cameras)
    return bounds_ahead(cameras, near, far)
