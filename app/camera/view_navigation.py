"""Going from view to view: to one by its number, to the next, to the nearest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from app.camera import navigation
from app.camera.fitting import same_framing
from engines.core.camera import Camera


class Visitor(Protocol):
    """A camera in a scene, as far as it goes to viewpoints."""

    camera: Camera | None
    viewpoints: tuple[Camera, ...]
    view_index: int | None
    """Where it is, or is going to; None: at none."""

    def jump_to(self, camera: Camera, index: int | None = None) -> None:
        """Goes to a camera, eased, which is viewpoint `index`."""


class ViewNavigation:
    """Goes to viewpoints; nothing happens where there are none."""

    def __init__(self, eye: Visitor) -> None:
        self._eye = eye

    def go_to(self, index: int) -> None:
        """Jumps to a viewpoint; the index wraps around."""
        if viewpoints := self._eye.viewpoints:
            index %= len(viewpoints)
            self._eye.jump_to(viewpoints[index], index)

    def go_to_nearest(self) -> None:
        """Jumps to the viewpoint most like the camera."""
        if self._eye.viewpoints and self._eye.camera is not None:
            self.go_to(self.nearest())

    def nearest(self) -> int:
        """The index of the viewpoint most like the camera; there must be one."""
        if self._eye.view_index is not None:
            return self._eye.view_index
        if self._eye.camera is None:
            raise ValueError("no scene is open")
        return navigation.nearest_camera(self._eye.camera, self._eye.viewpoints)

    def step(self, step: int) -> None:
        """The next or previous viewpoint, from the one that the camera is at or going to."""
        if self._eye.viewpoints:
            self.go_to(self.nearest() + step)


def view_at(camera: Camera, viewpoints: Sequence[Camera]) -> int | None:
    """The number of the viewpoint that takes this very picture; None where none does."""
    if not viewpoints:
        return None
    at = navigation.nearest_camera(camera, viewpoints)
    return at if same_framing(camera, viewpoints[at]) else None
