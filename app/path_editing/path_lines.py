"""Lines that show a path in 3D: the way of the camera, and its keys as the pyramids that cameras are drawn as."""

from __future__ import annotations

import itertools
from collections.abc import Collection

import numpy as np

from app.path_editing.document import PathDocument
from app.rendering.overlays import LineSegments, camera_corners, camera_segments, inside_outline, join, polyline
from engines.core.camera import Array, Camera, project
from engines.core.data.origin import from_world

LEG_STEPS = 24
"""Straight pieces of a leg."""
MOST_STEPS = 6000
"""Of the whole path: more are slow to project for every picture."""
PATH_RGBA = (0.10, 0.55, 0.90, 0.95)
KEY_RGBA = (0.10, 0.55, 0.90, 0.95)
SELECTED_RGBA = (0.90, 0.10, 0.45, 1.0)
SIZE = 0.05
"""How deep keys are drawn, of the scene's diagonal."""


class PathLines:
    """The lines of a document's path in the scene's coordinates; made once for each path.

    Attributes:
        origin: [3] where the scene's coordinates begin in the world.
        size: how deep keys are drawn, world units.
    """

    def __init__(self, document: PathDocument) -> None:
        self._document = document
        self.origin: Array = np.zeros(3)
        self.size = 1.0
        self._made: tuple[object, Array, LineSegments, tuple[Camera, ...]] | None = None

    def set_scene(self, bounds: Array, origin: Array) -> None:
        """Takes another scene: its box [2, 3], and where its coordinates begin [3]."""
        self.size = SIZE * max(float(np.linalg.norm(bounds[1] - bounds[0])), 1e-9)
        self.origin = np.asarray(origin, dtype=np.float64)

    @property
    def keys(self) -> tuple[Camera, ...]:
        """The keys' cameras, in the scene's coordinates."""
        return self._parts()[1]

    def _parts(self) -> tuple[LineSegments, tuple[Camera, ...]]:
        path = self._document.path
        if self._made is None or self._made[0] is not path or self._made[1] is not self.origin:
            cameras = from_world([key.camera for key in path.keys], self.origin)
            self._made = (path, self.origin, self._way(), cameras)
        return self._made[2], self._made[3]

    def _way(self) -> LineSegments:
        motion, path = self._document.motion, self._document.path
        if motion is None or len(path.keys) < 2:
            return join([])
        times = [*motion.passing_s, motion.passing_s[0] + path.period_s] if path.loop else list(motion.passing_s)
        steps = max(2, min(LEG_STEPS, MOST_STEPS // len(times)))
        fine = np.concatenate([np.linspace(a, b, steps, endpoint=False) for a, b in itertools.pairwise(times)])
        places = np.stack([camera.position for camera in motion.cameras([*fine, times[-1]])])
        return polyline(places - self.origin, PATH_RGBA)

    def drawn(self, eye: Camera) -> LineSegments:
        """What is drawn over the picture that `eye` takes: without what it stands in, which would frame the picture."""
        way, cameras = self._parts()
        near = np.linalg.norm(way.points - eye.position, axis=2).min(axis=1, initial=np.inf) < self.size
        selected = set(self._document.selected)
        seen = self._seen(eye)
        return join(
            [
                LineSegments(way.points[~near], way.colours[~near]),
                camera_segments([cameras[number] for number in seen if number not in selected], self.size, KEY_RGBA),
                camera_segments([cameras[number] for number in seen if number in selected], self.size, SELECTED_RGBA),
            ]
        )

    def _seen(self, eye: Camera) -> Collection[int]:
        return [
            number
            for number, camera in enumerate(self._parts()[1])
            if np.linalg.norm(camera.position - eye.position) >= self.size
        ]

    def key_at(self, eye: Camera, u: float, v: float) -> int | None:
        """The nearest key at a pixel of the picture that `eye` takes."""
        hit, nearest = None, np.inf
        for number in self._seen(eye):
            pixels, depth = project(eye, camera_corners(self._parts()[1][number], self.size))
            if depth.min() > 0 and depth.mean() < nearest and inside_outline(pixels, u, v):
                hit, nearest = number, float(depth.mean())
        return hit


def moved_in_view(eye: Camera, place: Array, by_px: tuple[float, float]) -> Array:
    """[3] where a point [3] comes that is dragged over the picture that `eye` takes, at the same depth; world."""
    depth = max(float((place - eye.position) @ eye.forward), 1e-9)
    right, down = by_px[0] / eye.focal_px[0] * depth, by_px[1] / eye.focal_px[1] * depth
    return np.asarray(place + right * eye.right + down * eye.down)
