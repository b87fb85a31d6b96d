"""How near one may come to a scene before its near plane cuts into it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engines.core.camera import Array, Camera
from engines.core.engine import HasNearPlane, Scene
from engines.core.frame import Frame

SAMPLES = 65536
"""Depths that are looked at: enough for a percentile."""
NEAREST_SHARE = 0.003
"""Of the depths: nearer ones are single pixels gone astray."""
SOFT_SHARE = 0.07
"""Of the scene's diagonal: a surface that the plane cuts is told to be so far behind it, since learnt ones are soft."""
SLOWING = 0.5
"""Of the room that is left: a step nearer takes no more."""
CLOSEST = 0.02
"""Of the plane's depth: less room than this is none."""


@dataclass(frozen=True, eq=False)
class Room:
    """What is left before the near plane reaches the nearest surface.

    Attributes:
        nearest: [3] a point at the nearest surface's depth, world.
        limit: depth at which the plane begins to cut, world units.
    """

    nearest: Array
    limit: float

    def left(self, camera: Camera) -> float:
        """How far `camera` may go on; < 0 where the scene is cut."""
        return float((self.nearest - camera.position) @ camera.forward) - self.limit

    def shortened(self, start: Camera, end: Camera) -> Camera | None:
        """The way from `start` as far towards `end` as the plane allows, slower and slower; None: it stops here."""
        ahead = float((end.position - start.position) @ start.forward)
        left = self.left(start)
        # What is cut already can't be kept whole: whoever is in there may go on.
        if ahead <= 0 or left < -self.limit * SOFT_SHARE or ahead <= SLOWING * left:
            return end
        if left < CLOSEST * self.limit:
            return None
        share = SLOWING * left / ahead
        pose = end.camera_to_world.copy()
        pose[:3, 3] = start.position + share * (end.position - start.position)
        return end.at(pose)


def room(scene: Scene, frame: Frame, camera: Camera) -> Room | None:
    """The room before a scene's near plane, by the depth of an exact frame; None where there is no such plane."""
    thing: object = scene
    if not isinstance(thing, HasNearPlane) or frame.depth is None:
        return None
    step = max(1, int(np.ceil(np.sqrt(frame.depth.numel() / SAMPLES))))
    depth = frame.depth.detach()[::step, ::step].float().cpu().numpy()
    depth = depth[np.isfinite(depth) & (depth > 0)]
    if depth.size == 0:
        return None
    nearest = camera.position + float(np.quantile(depth, NEAREST_SHARE)) * camera.forward
    low, high = np.asarray(scene.bounds, dtype=np.float64)
    return Room(nearest, thing.near + SOFT_SHARE * float(np.linalg.norm(high - low)))
