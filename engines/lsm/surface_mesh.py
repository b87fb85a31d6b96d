"""About where a picture's rays meet the surface: its triangles, by OpenCV's rasteriser.

Of a picture of an object most rays meet nothing, and of the others it is known at once to a part of a voxel where.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from engines.core.camera import Array

NEAREST = 0.02
"""The cube's units: what is nearer than that can't be drawn."""
BEYOND, EMPTY_FROM = 1.01, 0.9995
"""The far plane, of the farthest depth; of the far plane: pixels on which nothing was drawn, but for rounding."""
EYE: Any = np.eye(4, dtype=np.float32)


class SurfaceMesh:
    """The triangles of marching cubes."""

    def __init__(self, values: Array, low: float, side: float) -> None:
        """Triangulates where `values` are 0.

        Args:
            values: of the shape [n, n, n], positive inside.
            low: where the first stands along each axis.
            side: between two of them, in the units of `low`.
        """
        self.corners: Array = np.zeros((0, 3))
        self.triangles: Array = np.zeros((0, 3), dtype=np.int32)
        if values.max() > 0 > values.min():
            from skimage.measure import marching_cubes

            places, triangles, _, _ = marching_cubes(values, 0.0)
            self.corners, self.triangles = low + places * side, np.ascontiguousarray(triangles, dtype=np.int32)

    def depths(self, K: Array, R: Array, size_px: tuple[int, int]) -> Array | None:
        """[H, W] float32 depths along +z at which pixels' rays meet it first; +inf where they don't.

        None where it can't be drawn: the camera is within, or too near.

        Args:
            K: [3, 3] intrinsics, pixels.
            R: [3, 4] to the camera.
        """
        width, height = size_px
        nothing = np.full((height, width), np.inf, dtype=np.float32)
        if not len(self.corners):
            return nothing
        places = self.corners @ R[:, :3].T + R[:, 3]
        near, far = float(places[:, 2].min()), float(places[:, 2].max()) * BEYOND
        if near < NEAREST:
            return None
        fx, fy, cx, cy = K[0, 0], K[1, 1], K[0, 2], K[1, 2]
        # It knows square pixels about the middle of the picture only: what differs goes into the places.
        across = (fx * places[:, 0] + (cx - width / 2) * places[:, 2]) / fy
        down = places[:, 1] + (cy - height / 2) / fy * places[:, 2]
        # Its camera looks along -z with y upwards.
        turned = np.stack([across, -down, -places[:, 2]], axis=1).astype(np.float32)
        depth = np.full((height, width), far, dtype=np.float32)
        settings = cv2.TriangleRasterizeSettings().setCullingMode(cv2.RASTERIZE_CULLING_NONE)
        settings = settings.setShadingType(cv2.RASTERIZE_SHADING_WHITE)
        fov_y = 2 * float(np.arctan(height / 2 / fy))
        cv2.triangleRasterizeDepth(turned, self.triangles, depth, EYE, fov_y, near * 0.99, far, settings)
        return np.where(depth < far * EMPTY_FROM, depth, nothing)
