"""The box of what photographs were taken of, for methods whose scenes lie in a grid or a cube.

It is told, in this order, by the silhouettes of masks or of transparency, by points on surfaces (COLMAP's) that many
cameras see, or by the scene's box, which lies between the depths that are known, or where the cameras look.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engines.core.bounds import bounds_of_points
from engines.core.camera import Array, Camera, project
from engines.core.data.dataset import Dataset
from engines.core.data.object_masks import has_silhouette, silhouette
from engines.core.data.views import View
from engines.core.errors import UserError

MOST_MASKS = 12
"""That are read, evenly spread: a silhouette more takes little away from what twelve leave."""
CARVED = 40
"""Points along each side of the cube that silhouettes are carved from."""
ROOM = 1.25
"""By which that cube is larger than the scene's box, which may have been guessed a little small."""
INSIDE = 0.9
"""Of the silhouettes that could hold a point; one may be wrong."""
SEEN_BY = 0.5
"""Of as many cameras as the most seen point: what fewer see is behind the scene, or beside it."""
MOST_FOLLOWED = 60
"""Cameras, evenly spread."""


def subject_box(dataset: Dataset, views: Sequence[View]) -> tuple[Array, str]:
    """[2, 3] the box of what is to be learnt, and what says so; reads some masks."""
    carved = _carved(dataset.bounds, [view for view in views if has_silhouette(view)])
    if carved is not None:
        return carved, "the silhouettes of the masks"
    cameras = tuple(view.camera for view in views)
    points = _much_seen(dataset.points, cameras)
    box = bounds_of_points(points)
    if box is not None:
        return box, "the points that most cameras see"
    if "near" in dataset.hints:
        return dataset.bounds, "what lies between the nearest and the farthest depth"
    return dataset.bounds, "where the cameras look" if "scale_mat" not in dataset.hints else "the data's own box"


def _carved(bounds: Array, views: Sequence[View]) -> Array | None:
    """[2, 3] about what lies within the silhouettes; None where there are too few, or nothing is left."""
    step = max(1, -(-len(views) // MOST_MASKS))
    middle, half = bounds.mean(axis=0), ROOM * float((bounds[1] - bounds[0]).max()) / 2
    steps = np.linspace(-half, half, CARVED)
    points = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(-1, 3) + middle
    inside, could = np.zeros(len(points)), np.zeros(len(points))
    read = 0
    for view in views[::step]:
        try:
            mask = silhouette(view)
        except UserError:
            # What can't be read is named where the photographs are.
            continue
        pixels, depth = project(view.camera, points)
        height, width = mask.shape
        column, row = np.floor(pixels).astype(np.int64).T
        seen = (depth > 0) & (column >= 0) & (column < width) & (row >= 0) & (row < height)
        could += seen
        inside[seen] += mask[row[seen], column[seen]]
        read += 1
    if read < 3:
        return None
    left = points[(could >= read / 2) & (inside >= INSIDE * could)]
    if len(left) < 8 or len(left) > 0.9 * len(points):
        return None
    cell = steps[1] - steps[0]
    return np.stack([left.min(axis=0) - cell, left.max(axis=0) + cell])


def _much_seen(points: Array, cameras: Sequence[Camera]) -> Array:
    """Of points [N, 3] those that many of the cameras see."""
    if not len(points):
        return points
    times = np.zeros(len(points))
    for camera in cameras[:: -(-len(cameras) // MOST_FOLLOWED)]:
        pixels, depth = project(camera, points)
        times += (depth > 0) & ((pixels >= 0) & (pixels <= camera.size_px)).all(axis=1)
    return np.asarray(points[times >= SEEN_BY * times.max()])
