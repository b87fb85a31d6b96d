"""A scene whose picture is known exactly and whose frames take as long as a test wants."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping

import numpy as np
import torch

from engines.core.camera import Array, Camera, look_at, pixel_rays
from engines.core.engine import Control, Stop
from engines.core.errors import Cancelled
from engines.core.frame import Frame

UP = np.array([0.0, 0.0, 1.0])
_BALLS = (((0.0, 0.0, 0.5), 0.5), ((0.9, -0.5, 0.25), 0.25), ((-0.7, -0.7, 0.3), 0.3))


def start_camera(size_px: int) -> Camera:
    """Looks at the balls from in front and above."""
    pose = look_at(np.array([0.5, -3.5, 1.8]), np.array([0.0, 0.0, 0.3]), UP)
    return Camera(pose, (1.1 * size_px,) * 2, (size_px / 2,) * 2, (size_px, size_px))


def ray_trace(camera: Camera) -> tuple[Array, Array]:
    """Balls on a round table: [H, W, 3] float32 and the depth [H, W], +inf beside them."""
    origin, directions = pixel_rays(camera)
    distance = np.full(directions.shape[:2], np.inf)
    with np.errstate(divide="ignore", invalid="ignore"):
        floor = -origin[2] / directions[..., 2]
    at = origin + np.where(np.isfinite(floor), floor, 0)[..., None] * directions
    on_table = (floor > 0) & (np.hypot(at[..., 0], at[..., 1]) < 1.5)
    distance[on_table] = floor[on_table]
    centres = np.zeros_like(directions)
    for centre, radius in _BALLS:
        offset = origin - np.array(centre)
        half = directions @ offset
        root = half**2 - offset @ offset + radius**2
        hit = -half - np.sqrt(np.maximum(root, 0))
        closer = (root > 0) & (hit > 0) & (hit < distance)
        distance[closer] = hit[closer]
        centres[closer] = centre
    known = np.isfinite(distance)
    points = origin + np.where(known, distance, 0)[..., None] * directions
    # Smooth stripes: a preview is compared with this, and noise would only measure itself.
    image = 0.5 + 0.4 * np.sin(6 * points + 3 * centres)
    image[~known] = 1.0
    return image.astype(np.float32), (distance * (directions @ camera.forward)).astype(np.float32)


class FakeScene:
    """Draws the balls after as many chunks of work as it is told; asks `stop` between them.

    Args:
        chunk: one piece of work.
        chunks: how many an exact frame takes at its full size; fewer at a smaller one.
    """

    engine = "fake"
    cropped_px = border_px = 0
    device = torch.device("cpu")
    cameras: tuple[Camera, ...] = ()
    controls: tuple[Control, ...] = ()
    assumptions: tuple[str, ...] = ()
    channels: tuple[str, ...] = ("rgb", "depth")

    def __init__(
        self,
        size_px: int = 64,
        chunks: int = 0,
        chunk: Callable[[], object] = lambda: time.sleep(0.01),
        any_size: bool = False,
        depth: bool = True,
    ) -> None:
        self.start, self.native_px = start_camera(size_px), None if any_size else (size_px, size_px)
        self.bounds, self.up = np.array([[-1.5, -1.5, 0], [1.5, 1.5, 1]]), UP
        self.chunks, self.chunk, self.depth = chunks, chunk, depth
        self.size_px = size_px
        self.began: list[tuple[float, Camera]] = []
        self.finished: list[Camera] = []
        self.stopped: list[float] = []
        self.most_at_once = 0
        self.error: Exception | None = None
        self._at_once = 0
        self._lock = threading.Lock()
        self._cache: dict[bytes, Frame] = {}

    def render(self, camera: Camera, controls: Mapping[str, float], stop: Stop) -> Frame:
        """The balls, late."""
        with self._lock:
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
            self.began.append((time.perf_counter(), camera))
        try:
            return self._render(camera, stop)
        finally:
            with self._lock:
                self._at_once -= 1

    def _render(self, camera: Camera, stop: Stop) -> Frame:
        for _ in range(round(self.chunks * (camera.size_px[0] / self.size_px) ** 2)):
            if stop():
                self.stopped.append(time.perf_counter())
                raise Cancelled
            self.chunk()
        if self.error is not None:
            raise self.error
        image, depth = ray_trace(camera)
        self.finished.append(camera)
        return Frame(torch.from_numpy(image), torch.from_numpy(depth) if self.depth else None)
