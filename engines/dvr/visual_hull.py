"""The visual hull of silhouettes: the largest shape that is seen within all of them.

It tells about where the object begins on a ray, before anything is learnt.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from engines.core.camera import project
from engines.core.data.images import resize_area
from engines.core.data.object_masks import silhouette
from engines.core.data.views import View, Views
from engines.dvr.config import DvrConfig
from engines.dvr.cube import Cube
from engines.dvr.marching import cube_interval
from engines.dvr.photograph_size import learnt_size

CELLS = 64
"""Along each side of the cube."""
MOST_VIEWS = 60
"""That are looked at, evenly spread: a silhouette more takes little away."""
SEEN_BY = 0.25
"""Of them: of what fewer show, nobody knows whether it is within the silhouettes."""
SAMPLES = 128
"""Places along a ray where the hull is looked for: a cell is not passed over."""
MOST_KEPT = 1024
"""Hulls of a class that are kept, 256 KiB each; of one more the one is given up that was asked for longest ago."""


class VisualHulls:
    """The visual hulls of some photographs' objects, each carved when it is first asked for."""

    def __init__(self, views: Views, cube: Cube, config: DvrConfig) -> None:
        """Carves nothing yet; all objects of `views` share the cube."""
        self._views, self._cube, self._config = views, cube, config
        self._kept = OrderedDict[int, Tensor | None]()

    def of_instance(self, number: int) -> Tensor | None:
        """[C, C, C] as of `carve`; None where the object's photographs come with depths of its hull.

        Raises:
            UserError: a mask can't be read.
        """
        if number not in self._kept:
            views = tuple(self._views.of_instance(number))
            comes_with = any(view.hull_depth_path is not None for view in views)
            self._kept[number] = None if comes_with else carve(views, self._cube, self._config)
            if len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(number)
        return self._kept[number]


def carve(views: Sequence[View], cube: Cube, config: DvrConfig) -> Tensor:
    """[C, C, C] bool: cells of the cube whose middle is within all silhouettes that could show it.

    Raises:
        UserError: a mask can't be read.
    """
    along = (np.arange(CELLS) + 0.5) / CELLS - 0.5
    middles = np.stack(np.meshgrid(along, along, along, indexing="ij"), axis=-1).reshape(-1, 3)
    points, inside = middles * cube.side + np.array(cube.centre), np.ones(CELLS**3, dtype=bool)
    chosen, times = views[:: -(-len(views) // MOST_VIEWS)], np.zeros(CELLS**3)
    for view in chosen:
        size_px = learnt_size(view.camera.size_px, config)
        mask = resize_area(silhouette(view).astype(np.float32), size_px) > 0
        pixels, depth = project(view.camera.resized(size_px), points[inside])
        column, row = np.floor(pixels).astype(np.int64).T
        seen = (depth > 0) & (column >= 0) & (column < size_px[0]) & (row >= 0) & (row < size_px[1])
        times[np.flatnonzero(inside)] += seen
        outside = np.zeros(len(seen), dtype=bool)
        outside[seen] = ~mask[row[seen], column[seen]]
        inside[np.flatnonzero(inside)[outside]] = False
    hull = torch.from_numpy(inside & (times >= SEEN_BY * len(chosen))).view(1, 1, CELLS, CELLS, CELLS)
    # Parts that are thinner than a cell have no middle in them.
    return F.max_pool3d(hull.float(), 3, stride=1, padding=1)[0, 0] > 0


def entries(hull: Tensor, origins: Tensor, directions: Tensor) -> Tensor:
    """[N] d where rays [N, 3], in the field's coordinates, enter the hull; infinite where they pass it by."""
    near, far, meets = cube_interval(origins, directions, 0.0)
    steps = torch.linspace(0, 1, SAMPLES)
    distances = near[:, None] + steps * (far - near)[:, None]
    points = origins[:, None] + distances[..., None] * directions[:, None]
    x, y, z = ((points + 0.5) * CELLS).floor().long().clamp(0, CELLS - 1).unbind(-1)
    within = hull[x, y, z] & meets[:, None]
    first = within.byte().argmax(1, keepdim=True)
    return torch.where(within.any(1), distances.gather(1, first)[:, 0], torch.inf)
