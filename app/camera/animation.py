"""Camera animation, movement that takes time: eased jumps between cameras, and flying while keys are held."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from app.camera import navigation
from engines.core.camera import Array, Camera

JUMP_SECONDS = 0.2

FLY_DIRECTIONS = {
    "left": (-1.0, 0.0, 0.0),
    "right": (1.0, 0.0, 0.0),
    "down": (0.0, -1.0, 0.0),
    "up": (0.0, 1.0, 0.0),
    "back": (0.0, 0.0, -1.0),
    "forward": (0.0, 0.0, 1.0),
}
"""What can be held, as (right, up, forward)."""


@dataclass(frozen=True, eq=False)
class Jump:
    """An eased change from one camera to another; the way leads around `pivot`."""

    begin: Camera
    end: Camera
    pivot: Array
    started_s: float

    def at(self, now_s: float) -> Camera:
        """The camera at a time; exactly `end` once it is over."""
        t = (now_s - self.started_s) / JUMP_SECONDS
        if t >= 1:
            return self.end
        t = max(t, 0.0)
        return navigation.interpolate(self.begin, self.end, t * t * (3 - 2 * t), self.pivot)

    def over(self, now_s: float) -> bool:
        """Whether the end is reached."""
        return now_s - self.started_s >= JUMP_SECONDS


def fly_step(camera: Camera, held: Collection[str], distance: float) -> Camera:
    """The camera moved `distance` world units in the sum of the directions held (keys of `FLY_DIRECTIONS`)."""
    right, up, forward = (sum(FLY_DIRECTIONS[name][axis] for name in held) for axis in range(3))
    length = (right**2 + up**2 + forward**2) ** 0.5
    if length == 0:
        return camera
    scale = distance / length
    return navigation.fly(camera, right * scale, up * scale, forward * scale)


def pivot_ahead(camera: Camera, pivot: Array) -> Array:
    """[3] the point straight ahead at the pivot's depth: what to turn about after the camera left the old pivot."""
    depth = float((pivot - camera.position) @ camera.forward)
    return camera.position + camera.forward * max(depth, 1e-3 * float(abs(pivot - camera.position).sum()) + 1e-9)
