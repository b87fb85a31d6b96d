"""TSDF fusion: all views in a volume of truncated signed distances (Curless and Levoy 1996), with free space carved.

Distances are along the camera's +z, in units of the truncation: +1 well before a surface, -1 well behind.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from app.mesh.depth_views import DepthView
from app.mesh.footprints import BlockStates, Footprints
from engines.core.camera import Array, Camera
from engines.core.engine import Stop
from engines.core.errors import Cancelled

BLOCK = 4
"""Voxels along the sides of the blocks that views judge at once."""
CHUNK = 1 << 19
"""Voxels at a time: some 40 MB for what is made of them on the way."""
FREE_WEIGHT = 0.15
"""Of a view that looks through a voxel, against one that sees a surface there head-on; much more, and one picture whose
background was taken too large bores through what all others see."""
FEWEST_VIEWS = 2
"""A surface that a single view sees is not believed."""
HIDDEN = -2.0
"""Value of a voxel that is behind a surface in some view, and before or near one in none."""


@dataclass(frozen=True, eq=False)
class Grid:
    """Voxels of a box; their values stand for their middles.

    Attributes:
        origin: [3] the middle of the first voxel, world.
        size: the voxels' side, world units.
        counts: (X, Y, Z).
    """

    origin: Array
    size: float
    counts: tuple[int, int, int]

    @staticmethod
    def of(box: Array, resolution: int) -> Grid:
        """`resolution` voxels along the longest side of [2, 3] `box`, and enough of them along the others."""
        sides = box[1] - box[0]
        size = float(sides.max()) / resolution
        x, y, z = (max(int(np.ceil(side / size - 1e-6)), 2) for side in sides)
        middle = box.mean(axis=0)
        return Grid(middle - (np.array([x, y, z]) - 1) / 2 * size, size, (x, y, z))

    @property
    def voxels(self) -> int:
        """How many."""
        return int(np.prod(self.counts))

    def world(self, index: Array) -> Array:
        """[N, 3] places from [N, 3] indices, which may lie between voxels."""
        return np.asarray(self.origin + index * self.size)


@dataclass(frozen=True, eq=False)
class SeenAt:
    """What a view says about places; all [...] as the places.

    Attributes:
        depth: of the places themselves, along +z.
        hit: a surface is seen on their ray, at `surface`, with the cosine `facing`.
        empty: nothing is.
    """

    depth: Tensor
    hit: Tensor
    surface: Tensor
    facing: Tensor
    empty: Tensor


def view_maps(view: DepthView) -> Tensor:
    """[1, 4, h, w] for `seen_at`: hit, depth, facing, empty; 0 where unknown, so that they can be averaged."""
    return torch.stack([view.hit.float(), view.depth, view.facing, view.empty.float()])[None]


def seen_at(camera: Camera, maps: Tensor, x: Tensor, y: Tensor, z: Tensor) -> SeenAt:
    """Looks places up in a view, between its pixels.

    Args:
        maps: of `view_maps`.
        x, y, z: places, world; of shapes that broadcast against each other.
    """
    to_camera = torch.tensor(camera.world_to_camera, dtype=torch.float32)
    right, down, depth = (row[0] * x + (row[1] * y + (row[2] * z + row[3])) for row in to_camera[:3])
    before = depth > 0
    inverse = torch.where(before, 1 / depth, torch.nan)
    width, height = camera.size_px
    # grid_sample's -1 and 1 are the picture's edges.
    u = right * inverse * (2 * camera.focal_px[0] / width) + (2 * camera.centre_px[0] / width - 1)
    v = down * inverse * (2 * camera.focal_px[1] / height) + (2 * camera.centre_px[1] / height - 1)
    place = torch.stack([u, v], dim=-1).view(1, 1, -1, 2).nan_to_num(-3.0).clamp(-3, 3)
    found = F.grid_sample(maps, place, mode="bilinear", padding_mode="zeros", align_corners=False)
    hit, surface, facing, empty = found[0].view(4, *depth.shape)
    share = hit.clamp(min=1e-6)
    return SeenAt(depth, hit > 0.5, surface / share, facing / share, empty > 0.5)


def fuse(
    views: Sequence[DepthView], grid: Grid, truncation: float, on_part: Callable[[float], None], stop: Stop
) -> Array:
    """[X, Y, Z] float32 signed distances; nan where no view says anything, `HIDDEN` where all only hide.

    Args:
        truncation: world units.
        on_part: told the share that is done.

    Raises:
        Cancelled: `stop` said so.
    """
    radius = float(np.sqrt(3)) / 2 * BLOCK * grid.size
    centre = torch.from_numpy(grid.world((np.array(grid.counts) - 1) / 2)).float()
    seers = [(view.camera, view_maps(view), Footprints(view, radius, centre, truncation)) for view in views]
    steps = torch.arange(BLOCK) - (BLOCK - 1) / 2
    offsets = torch.cartesian_prod(steps, steps, steps).float() * grid.size  # [BLOCK^3, 3]
    blocks = [-(-count // BLOCK) for count in grid.counts]
    index = torch.cartesian_prod(*(torch.arange(count) for count in blocks))  # [N, 3], x slowest
    origin = torch.from_numpy(grid.origin).float()
    middles = origin + (index * BLOCK + (BLOCK - 1) / 2) * grid.size
    values = torch.empty(len(middles), BLOCK**3)
    at_once = CHUNK // BLOCK**3
    with torch.inference_mode():
        for first in range(0, len(middles), at_once):
            part = _Blocks(middles[first : first + at_once], offsets)
            for camera, maps, footprints in seers:
                if stop():
                    raise Cancelled
                part.add(camera, maps, footprints.judge(part.middles), truncation)
            values[first : first + at_once] = part.values()
            on_part(min(first + at_once, len(middles)) / len(middles))
    # [X' Y' Z', b^3] -> [X', b, Y', b, Z', b] -> [X, Y, Z]; the last blocks may stick out
    volume = values.view(*blocks, BLOCK, BLOCK, BLOCK).permute(0, 3, 1, 4, 2, 5)
    whole = volume.reshape([count * BLOCK for count in blocks])
    x, y, z = grid.counts
    return np.ascontiguousarray(whole[:x, :y, :z].numpy())


class _Blocks:
    """Some blocks of voxels: the sums over the views, each [N, BLOCK^3]."""

    def __init__(self, middles: Tensor, offsets: Tensor) -> None:
        self.middles, self._offsets = middles, offsets
        shape = (len(middles), len(offsets))
        self.total, self.weight, self.near, self.free = (torch.zeros(shape) for _ in range(4))
        self.hidden = torch.zeros(shape, dtype=torch.bool)

    def add(self, camera: Camera, maps: Tensor, states: BlockStates, truncation: float) -> None:
        """One view more."""
        self.free[states.free] += 1
        self.hidden[states.hidden] = True
        rows = states.mixed.nonzero()[:, 0]
        if len(rows) == 0:
            return
        middles = self.middles[rows]
        x, y, z = (middles[:, axis, None] + self._offsets[:, axis] for axis in range(3))
        seen = seen_at(camera, maps, x, y, z)
        distance = (seen.surface - seen.depth) / truncation
        near = seen.hit & (distance.abs() <= 1)
        weight = torch.where(near, seen.facing, torch.zeros(()))
        self.total.index_add_(0, rows, weight * distance.clamp(-1, 1))
        self.weight.index_add_(0, rows, weight)
        self.near.index_add_(0, rows, near.float())
        self.free.index_add_(0, rows, (seen.empty | (seen.hit & (distance > 1))).float())
        self.hidden[rows] |= seen.hit & (distance < -1)

    def values(self) -> Tensor:
        """The signed distances."""
        free = FREE_WEIGHT * self.free
        mean = (self.total + free) / (self.weight + free)
        believed = self.near >= FEWEST_VIEWS
        unseen = torch.where(self.hidden, HIDDEN, torch.nan)
        return torch.where(believed, mean, torch.where(self.free > 0, 1.0, unseen))
