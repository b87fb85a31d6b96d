"""The horizon of a camera: which way is up for it, and that it is level."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from app.camera import navigation
from engines.core.camera import Array, Camera
from engines.core.engine import Scene


class Levelled(Protocol):
    """A camera in a scene, as far as it has an up."""

    camera: Camera | None
    up: Array

    def jump_to(self, camera: Camera) -> None:
        """Goes there eased."""


class Horizon:
    """Chooses what is up, and levels the camera; nothing happens in no scene."""

    def __init__(self, eye: Levelled) -> None:
        self._eye = eye
        self._scene: Scene | None = None

    def enter(self, scene: Scene) -> None:
        """Another scene was opened."""
        self._scene = scene

    def leave(self) -> None:
        """No scene is open any more."""
        self._scene = None

    def choose_up(self, up: Array) -> None:
        """Levels the camera about another up axis [3], a direction in the world."""
        if self._eye.camera is not None:
            self._eye.up = np.asarray(up, dtype=np.float64)
            self.level()

    def next_up(self) -> Array:
        """Takes the next up axis [3]: the scene's own, then each world axis both ways."""
        if self._scene is None:
            return self._eye.up
        axes = [np.asarray(self._scene.up, dtype=np.float64)]
        axes += [axis for axis in (*np.eye(3), *-np.eye(3)) if not np.allclose(axis, axes[0])]
        at = int(np.argmin([np.linalg.norm(axis - self._eye.up) for axis in axes]))
        self.choose_up(axes[(at + 1) % len(axes)])
        return self._eye.up

    def level(self) -> None:
        """Turns the horizon straight."""
        if self._eye.camera is not None:
            self._eye.jump_to(navigation.level(self._eye.camera, self._eye.up))
