"""Which primitives a filter finds, by their places, opacities and sizes alone: plain arrays, a million in a second."""

from __future__ import annotations

import cv2
import numpy as np

from engines.core.camera import Array, Camera
from engines.core.engine import Stop, never_stop
from engines.core.errors import Cancelled

CHUNK = 2**15
"""Points whose neighbours are looked for before it is asked whether to stop."""
RASTER_CELLS, MOST_CELLS_A_PIXEL = 2048, 8.0
"""Of an outline's longer side, and of a pixel: finer than anybody draws by hand."""
SURFACE_SHARE, SURFACE_SIZES = 0.01, 2.0
"""How far behind the surface that is seen a centre may lie and still be of it: of its depth, and in its own sizes."""


def in_box(positions: Array, low: Array, high: Array) -> Array:
    """[N] bool, which of [N, 3] points lie in a box of corners `low` and `high` [3], its sides included."""
    found = np.ones(len(positions), dtype=bool)
    for axis in range(3):
        column = positions[:, axis]
        found &= (column >= low[axis]) & (column <= high[axis])
    return found


def in_sphere(positions: Array, centre: Array, radius: float) -> Array:
    """[N] bool, which of [N, 3] points lie no farther than `radius` from `centre` [3]."""
    squared = np.zeros(len(positions))
    for axis in range(3):
        squared += np.square(positions[:, axis] - float(centre[axis]))
    return np.asarray(squared <= radius**2)


def size_at(sizes: Array, percent: float) -> float:
    """The size that `percent` of [N] sizes do not exceed: the k-th smallest, k = N percent / 100, rounded up."""
    if not len(sizes):
        return 0.0
    rank = min(max(int(np.ceil(len(sizes) * percent / 100 - 1e-9)), 1), len(sizes)) - 1
    return float(np.partition(sizes, rank)[rank])


def neighbour_distances(positions: Array, neighbours: int, stop: Stop = never_stop) -> Array:
    """[N] float32, the mean distance of each of [N, 3] points to its nearest others, so many as there are at most.

    Raises:
        Cancelled: `stop` said so.
    """
    from scipy.spatial import cKDTree

    count = min(neighbours, len(positions) - 1)
    if count < 1:
        return np.zeros(len(positions), dtype=np.float32)
    # Neither balanced nor compact: as fast to ask, and made in a third of the time.
    tree = cKDTree(positions, leafsize=24, balanced_tree=False, compact_nodes=False)
    # By their place in the tree, near ones one after the other: the processor's cache has what they ask for.
    order, means = tree.indices, np.empty(len(positions), dtype=np.float32)
    for begin in range(0, len(order), CHUNK):
        if stop():
            raise Cancelled
        chosen = order[begin : begin + CHUNK]
        # The nearest of all is the point itself, or another in the same place.
        distances = tree.query(positions[chosen], count + 1, workers=-1)[0]
        means[chosen] = distances[:, 1:].mean(axis=1)
    return means


def in_outline(camera: Camera, positions: Array, outline: Array) -> Array:
    """[N] bool, which of [N, 3] points the picture of `camera` shows within an outline, whatever is before them.

    Args:
        outline: [M, 2] corners in pixels of that picture, also beside it; it may cross itself (even-odd rule).
    """
    corner, spread = outline.min(axis=0), np.maximum(np.ptp(outline, axis=0), 1e-6)
    scale = min(RASTER_CELLS / float(spread.max()), MOST_CELLS_A_PIXEL)
    width, height = (int(side) + 1 for side in np.ceil(spread * scale))
    raster = np.zeros((height, width), dtype=np.uint8)
    cv2.fillPoly(raster, [np.round((outline - corner) * scale).astype(np.int32)], 1)
    columns, rows, depth = _pixels(camera, positions)
    with np.errstate(invalid="ignore"):
        columns, rows = (columns - corner[0]) * scale, (rows - corner[1]) * scale
        found = (depth > 0) & (columns >= 0) & (columns <= width - 1) & (rows >= 0) & (rows <= height - 1)
    at = np.flatnonzero(found)
    found[at] = raster[np.rint(rows[at]).astype(np.intp), np.rint(columns[at]).astype(np.intp)] > 0
    return np.asarray(found)


def on_surface(camera: Camera, positions: Array, sizes: Array, depth_map: Array) -> Array:
    """[N] bool, which of [N, 3] points of [N] sizes are not behind what the picture shows where they are.

    Args:
        depth_map: [h, w] along the camera's +z, of its picture, perhaps on a coarser grid; infinite where nothing is
            hit, before which everything is.
    """
    columns, rows, depth = _pixels(camera, positions)
    height, width = depth_map.shape
    with np.errstate(invalid="ignore"):
        columns, rows = columns * width / camera.size_px[0], rows * height / camera.size_px[1]
        found = (depth > 0) & (columns >= 0) & (columns < width) & (rows >= 0) & (rows < height)
    at = np.flatnonzero(found)
    seen = depth_map[rows[at].astype(np.intp), columns[at].astype(np.intp)]
    found[at] = depth[at] <= seen * (1 + SURFACE_SHARE) + SURFACE_SIZES * sizes[at]
    return np.asarray(found)


def _pixels(camera: Camera, positions: Array) -> tuple[Array, Array, Array]:
    """Columns and rows [N] in pixels, and depths [N] along +z, of [N, 3] points; infinite or none behind the camera."""
    local = (positions - camera.position.astype(np.float32)) @ camera.camera_to_world[:3, :3].astype(np.float32)
    with np.errstate(divide="ignore", invalid="ignore"):
        columns = local[:, 0] / local[:, 2] * camera.focal_px[0] + camera.centre_px[0]
        rows = local[:, 1] / local[:, 2] * camera.focal_px[1] + camera.centre_px[1]
    return columns, rows, local[:, 2]
