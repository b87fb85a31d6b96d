"""The edges of a mesh that a camera sees, as lines."""

from __future__ import annotations

import cv2
import numpy as np

from app.rendering.overlays import LineSegments, visible_segments
from engines.core.camera import Array, Camera

LINE_RGB = (41, 140, 242)
SHIFT = 4
"""Bits of a pixel's parts that OpenCV's lines are placed by."""
BEHIND = 1.01
"""An edge lies in the surface that it would be hidden by; so much farther it is behind it."""


def mesh_edges(faces: Array) -> Array:
    """[E, 2] the vertices of each edge, once."""
    ends = np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), axis=1).astype(np.int64)
    count = int(faces.max(initial=0)) + 1
    keys = np.unique(ends[:, 0] * count + ends[:, 1])
    return np.stack([keys // count, keys % count], axis=1)


def visible_edges(places: Array, edges: Array, camera: Camera, depth: Array) -> tuple[Array, Array]:
    """Lines where edges are not hidden by the surface itself.

    Args:
        places: [N, 3] of the vertices, in the camera.
        edges: [E, 2].
        depth: [H, W] of the surface, +inf where there is none.

    Returns:
        pixels: [H, W, 3] uint8, all of the lines' colour.
        coverage: [H, W] float32 in [0, 1].
    """
    seen = _seen(places, camera, depth)
    shown = places[edges[seen[edges].all(axis=1)]]
    at_eye = Camera(np.eye(4), camera.focal_px, camera.centre_px, camera.size_px)
    lines, _ = visible_segments(
        at_eye, LineSegments(shown, np.zeros((len(shown), 4), dtype=np.float32)), camera.size_px
    )
    width, height = camera.size_px
    coverage = np.zeros((height, width), dtype=np.uint8)
    # The middle of its first pixel is at 0.
    ends = np.round((lines - 0.5) * 2**SHIFT).astype(np.int32)
    if len(ends):
        cv2.polylines(coverage, list(ends), False, 255, 1, cv2.LINE_AA, SHIFT)
    pixels = np.broadcast_to(np.array(LINE_RGB, dtype=np.uint8), (height, width, 3)).copy()
    return pixels, coverage.astype(np.float32) / 255


def _seen(places: Array, camera: Camera, depth: Array) -> Array:
    """[N] bool: whether the surface does not hide a vertex; those out of the picture count as seen."""
    height, width = depth.shape
    z = places[:, 2]
    ahead = z > 0
    divisor = np.where(ahead, z, 1.0)
    pixels = places[:, :2] / divisor[:, None] * np.array(camera.focal_px) + np.array(camera.centre_px)
    within = ahead & (pixels >= 0).all(axis=1) & (pixels < (width, height)).all(axis=1)
    # The farthest around it: beside a silhouette's pixel there may be nothing, or what is behind.
    around = cv2.dilate(depth, np.ones((3, 3), dtype=np.uint8))
    seen = np.ones(len(places), dtype=bool)
    columns, rows = pixels[within].astype(np.int64).T
    seen[within] = z[within] <= BEHIND * around[rows, columns]
    return seen
