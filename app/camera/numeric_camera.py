"""The camera in numbers, each of which can be set by itself: the others stay."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace

import numpy as np

from app.camera import navigation
from app.camera.camera_place import CameraPlace
from app.camera.orientation import Orientation, orientation_of, oriented, wrapped_deg
from engines.core.camera import Camera

AXES = ("x", "y", "z")
TURNS = ("heading", "roll")
"""Angles that go all the way round."""
NEAREST = 1e-6
"""Of the distance to the pivot; with it the rounding of places far from the origin."""


def numbers_of(place: CameraPlace) -> Mapping[str, float]:
    """The numbers by their names.

    "x", "y", "z" and "distance" (to the pivot) are world units, "heading", "pitch", "roll" and "fov" (of the picture,
    from top to bottom) degrees.
    """
    camera = place.camera
    return {
        **{axis: float(value) for axis, value in zip(AXES, camera.position, strict=True)},
        **asdict(orientation_of(camera, place.up)),
        "fov": camera.fov_y_deg,
        "distance": float(np.linalg.norm(place.pivot - camera.position)),
    }


def allowed(place: CameraPlace, name: str, value: float) -> float:
    """The number nearest to `value` that can be set; of angles that go all the way round, the same one."""
    if name in TURNS:
        return wrapped_deg(value)
    low, high = limits(place, name)
    return min(max(value, low), high)


def limits(place: CameraPlace, name: str) -> tuple[float, float]:
    """The least and the most that a number can be."""
    if name == "pitch":
        return -90.0, 90.0
    if name == "fov":
        return navigation.NARROWEST_DEG, navigation.WIDEST_DEG
    if name == "distance":
        return NEAREST * max(1.0, float(np.linalg.norm(place.pivot))), navigation.FARTHEST
    return (-180.0, 180.0) if name in TURNS else (-navigation.FARTHEST, navigation.FARTHEST)


def with_number(place: CameraPlace, name: str, value: float) -> CameraPlace:
    """The place with another number, an allowed one.

    The camera takes its pivot along where it moves or turns its head, so that it stays where it is in the picture; it
    goes nearer to it, or away, where the distance is set.
    """
    camera = place.camera
    if name == "fov":
        return replace(place, camera=navigation.with_fov(camera, value))
    if name == "distance":
        return replace(place, camera=_at_distance(place, value))
    if name in AXES:
        pose = camera.camera_to_world.copy()
        pose[AXES.index(name), 3] = value
        moved = camera.at(pose)
    else:
        angles: Orientation = replace(orientation_of(camera, place.up), **{name: value})
        moved = oriented(camera, place.up, angles)
    pivot_in_camera = camera.camera_to_world[:3, :3].T @ (place.pivot - camera.position)
    return replace(place, camera=moved, pivot=moved.position + moved.camera_to_world[:3, :3] @ pivot_in_camera)


def _at_distance(place: CameraPlace, distance: float) -> Camera:
    camera = place.camera
    offset = camera.position - place.pivot
    length = np.linalg.norm(offset)
    pose = camera.camera_to_world.copy()
    pose[:3, 3] = place.pivot + distance * (offset / length if length > 0 else -camera.forward)
    return camera.at(pose)
