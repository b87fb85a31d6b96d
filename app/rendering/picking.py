"""The point of the scene under a pixel of whatever picture is seen, also of a preview that has no depth of its own."""

from __future__ import annotations

import numpy as np

from app.rendering.render_requests import RenderedImage, point_at
from engines.core.camera import Array, Camera, project
from engines.core.device import to_host

REACH_CELLS = 0.75
"""So many of its own widths from the pixel a cell of the depth map is taken to cover it; one a half would leave gaps
where the cells lie aslant."""
LEAST_REACH_PX = 0.75
SAME_SURFACE = 0.03
"""Of the nearest depth: what is farther than that behind it is another surface, which it hides."""


def picked_point(seen: RenderedImage, exact: RenderedImage | None, u: float, v: float) -> Array | None:
    """[3] the world point that pixel (u, v) of the picture `seen` shows; None where nothing is hit or known.

    Args:
        exact: the last exact picture, of which a preview without a frame was made.
    """
    if seen.frame is not None:
        return point_at(seen, u, v)
    if exact is None or exact.frame is None or exact.frame.depth is None:
        return None
    depth = to_host(exact.frame.depth.detach().float()).numpy()
    return reprojected_point(depth, exact.camera, seen.camera, u, v)


def reprojected_point(depth: Array, camera: Camera, by: Camera, u: float, v: float) -> Array | None:
    """[3] what a depth map [H, W] of `camera` shows at pixel (u, v) of the camera `by`; None where that is nothing.

    Args:
        depth: along the camera's +z, world units; perhaps on a coarser grid.
    """
    if not (0 <= u < by.size_px[0] and 0 <= v < by.size_px[1]):
        return None
    camera = camera.resized((depth.shape[1], depth.shape[0]))
    rows, columns = np.nonzero(np.isfinite(depth) & (depth > 0))
    z = depth[rows, columns].astype(np.float64)
    across, down = (
        (at + 0.5 - centre) / focal
        for at, centre, focal in zip((columns, rows), camera.centre_px, camera.focal_px, strict=True)
    )
    points = np.stack([across * z, down * z, z], axis=1) @ camera.camera_to_world[:3, :3].T + camera.position
    pixels, ahead = project(by, points)
    with np.errstate(divide="ignore", invalid="ignore"):
        # As wide as a cell is in the picture.
        cell_px = z / min(camera.focal_px) * max(by.focal_px) / ahead
    apart_px = np.abs(pixels - np.array([u, v])).max(axis=1)
    covering = (ahead > 0) & (apart_px <= np.maximum(REACH_CELLS * cell_px, LEAST_REACH_PX))
    if not covering.any():
        return None
    ahead, apart_px = ahead[covering], apart_px[covering]
    nearest = ahead <= (1 + SAME_SURFACE) * ahead.min()
    found = float(ahead[nearest][np.argmin(apart_px[nearest])])
    ray = np.array([(u - by.centre_px[0]) / by.focal_px[0], (v - by.centre_px[1]) / by.focal_px[1], 1.0])
    return by.position + by.camera_to_world[:3, :3] @ (ray * found)
