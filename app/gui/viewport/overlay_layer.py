"""Overlays in 3D, projected to wherever the picture lies in the viewport, over its margins, too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from app.camera.fitting import same_pose
from app.gui.viewport.canvas import Label
from app.gui.viewport.letterbox import Placement
from app.rendering import overlays
from engines.core.camera import Array, Camera, project
from engines.core.engine import Scene

OVERLAY_NAMES = ("cameras", "box", "axes", "grid")
# Beyond this a frustum for each camera is a thicket that hides the scene, and slow to paint.
MOST_CAMERAS = 250
CAMERA_SIZE = 0.06
AXIS_LENGTH = 0.35


class OverlayLayer:
    """The lines of a scene; made once, projected for every picture."""

    def __init__(self) -> None:
        self._scene: Scene | None = None
        self._cameras: Sequence[Camera] = ()
        self._places: Array = np.zeros((0, 3))
        self._sources: Sequence[Camera] = ()
        self._names: frozenset[str] = frozenset()
        self._up: Array = np.array([0.0, 0.0, 1.0])
        self._made: dict[str, overlays.LineSegments] = {}
        self._left_out: frozenset[int] = frozenset()
        self.hovered: int | None = None
        """The camera under the mouse, by its number among all."""
        self._pivot: Array | None = None
        self._more = overlays.join([])
        self._camera_depth: float | None = None
        self._step = 1

    def set_scene(self, scene: Scene | None, cameras: Sequence[Camera]) -> None:
        """Takes another scene; its lines are made when they are first drawn."""
        self._scene, self._made, self._left_out, self.hovered = scene, {}, frozenset(), None
        self._pivot = None
        # Evenly thinned, so that the capture's shape is still to be seen.
        self._camera_depth = None
        step = -(-len(cameras) // MOST_CAMERAS) if cameras else 1
        self._cameras, self._step = cameras[::step], step
        self._places = np.array([camera.position for camera in self._cameras]).reshape(-1, 3)

    def set_sources(self, cameras: Sequence[Camera]) -> None:
        """Those that the picture is made of stand out."""
        self._sources = cameras
        self._made.pop("cameras", None)

    def set_shown(self, names: Sequence[str]) -> None:
        """Which of `OVERLAY_NAMES` are drawn."""
        self._names = frozenset(names)

    def set_up(self, up: Array) -> None:
        """Lays the floor across `up` [3], a unit vector in the world."""
        if not np.array_equal(up, self._up):
            self._up = up
            self._made.pop("grid", None)

    def leave_out(self, eye: Camera | None) -> None:
        """The cameras that the eye stands in: their lines would frame the picture."""
        near: Array = np.zeros(0, dtype=np.int64)
        if eye is not None and len(self._places) and "cameras" in self._names:
            near = np.flatnonzero(np.linalg.norm(self._places - eye.position, axis=1) < self._depth())
        left_out = frozenset((near * self._step).tolist())
        if left_out != self._left_out:
            self._left_out = left_out
            self._made.pop("cameras", None)

    def hover(self, index: int | None) -> None:
        """Draws a camera in another colour."""
        self.hovered = index
        self._made.pop("cameras", None)

    def show_pivot(self, pivot: Array | None) -> None:
        """Marks the point [3] (world) that is turned about; None marks nothing."""
        self._pivot = pivot

    def show_more(self, lines: overlays.LineSegments) -> None:
        """Draws lines that are no scene's own, too."""
        self._more = lines

    def camera_at(self, eye: Camera, u: float, v: float) -> int | None:
        """The nearest of the drawn cameras at a pixel of the picture that `eye` takes, by its number among all."""
        if "cameras" not in self._names:
            return None
        hit, nearest = None, np.inf
        for index, camera in self._shown_cameras():
            corners = overlays.camera_corners(camera, self._depth())
            pixels, depth = project(eye, corners)
            if depth.min() <= 0 or not overlays.inside_outline(pixels, u, v):
                continue
            if depth.mean() < nearest:
                hit, nearest = index, float(depth.mean())
        return hit

    def _shown_cameras(self) -> list[tuple[int, Camera]]:
        numbered = [(index * self._step, camera) for index, camera in enumerate(self._cameras)]
        return [(index, camera) for index, camera in numbered if index not in self._left_out]

    def _depth(self) -> float:
        """How deep cameras are drawn, world units."""
        if self._scene is None:
            return 0.0
        bounds = np.asarray(self._scene.bounds, dtype=np.float64)
        if self._camera_depth is None:
            self._camera_depth = overlays.camera_size(
                self._cameras, CAMERA_SIZE * float(np.linalg.norm(bounds[1] - bounds[0]))
            )
        return self._camera_depth

    def draw(
        self, camera: Camera, placement: Placement, viewport: tuple[int, int]
    ) -> tuple[Array, Array, Sequence[Label]]:
        """The lines as `Canvas.set_segments` takes them.

        Args:
            camera: of the picture shown.
            viewport: logical (width, height).
        """
        if self._scene is None or not (self._names or self._pivot is not None or len(self._more.points)):
            return np.zeros((0, 2, 2)), np.zeros((0, 4)), ()
        left, top = placement.left / placement.scale, placement.top / placement.scale
        size = (max(int(viewport[0] / placement.scale), 1), max(int(viewport[1] / placement.scale), 1))
        wide = replace(camera, centre_px=(camera.centre_px[0] + left, camera.centre_px[1] + top), size_px=size)
        parts = [self._segments(name) for name in OVERLAY_NAMES if name in self._names]
        if self._pivot is not None:
            parts.append(overlays.pivot_segments(camera, self._pivot, self._up))
        lines = overlays.join([*parts, self._more])
        pixels, colours = overlays.visible_segments(wide, lines, size)
        return pixels - np.array([left, top]), colours, self._labels(camera)

    def _segments(self, name: str) -> overlays.LineSegments:
        if name not in self._made:
            self._made[name] = self._make(name)
        return self._made[name]

    def _make(self, name: str) -> overlays.LineSegments:
        if self._scene is None:
            return overlays.join([])
        bounds = np.asarray(self._scene.bounds, dtype=np.float64)
        size = float(np.linalg.norm(bounds[1] - bounds[0]))
        if name == "box":
            return overlays.box_segments(bounds)
        if name == "axes":
            return overlays.axes_segments(self._origin(), AXIS_LENGTH * size)
        if name == "grid":
            return overlays.grid_segments(bounds, self._up)
        numbered = self._shown_cameras()
        hovered = [camera for index, camera in numbered if index == self.hovered]
        kept = [camera for index, camera in numbered if index != self.hovered]
        others = [camera for camera in kept if not any(same_pose(camera, source) for source in self._sources)]
        sources = [camera for camera in kept if camera not in others]
        depth = self._depth()
        return overlays.join(
            [
                overlays.camera_segments(others, depth),
                overlays.camera_segments(sources, depth, overlays.HIGHLIGHT_RGBA),
                overlays.camera_segments(hovered, 1.25 * depth, overlays.HOVERED_RGBA),
            ]
        )

    def _origin(self) -> Array:
        return np.asarray(self._scene.bounds, dtype=np.float64).mean(axis=0) if self._scene else np.zeros(3)

    def _labels(self, camera: Camera) -> Sequence[Label]:
        if "axes" not in self._names:
            return ()
        ends = self._segments("axes").points[:, 1]
        pixels, depth = project(camera, ends)
        return tuple(
            Label(float(u), float(v), name, (float(colour[0]), float(colour[1]), float(colour[2])))
            for (u, v), z, name, colour in zip(pixels, depth, "xyz", overlays.AXES_RGBA, strict=True)
            if z > 0
        )
