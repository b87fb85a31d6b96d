"""The place of a camera in a scene: the camera, what it turns about, and which way is up."""

from __future__ import annotations

from dataclasses import dataclass

from engines.core.camera import Array, Camera


@dataclass(frozen=True, eq=False)
class CameraPlace:
    """The place of an eye, the point `pivot` [3] that it turns about, and the direction `up` [3]; world."""

    camera: Camera
    pivot: Array
    up: Array
