"""Which pixels of a photograph a step looks at, their rays, and the places on rays that are chosen by chance."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from engines.core.camera import Camera
from engines.dvr.config import PADDING, DvrConfig
from engines.dvr.cube import Cube
from engines.dvr.marching import cube_interval

SPREAD = 8
"""A ray's way through the cube, in standard deviations of a place near its middle; the authors' number."""
MORE, LEAST_MORE_PX = 0.1, 4
"""Around an object's mask, of its longer side: where the surface is still too large."""
CHANCE = 5
"""Numbers by chance for each pixel: a place that must be empty, one that must be occupied, a neighbour's three."""


class Pixels(NamedTuple):
    """The pixels of one photograph that a step looks at, patch by patch, each row by row.

    Attributes:
        columns, rows: [N] int64.
        within: [N, 2] where in the pixel, from its top left corner, in [0, 1].
        chance: [N, 5] for `random_places` and the neighbours of surface points; the first two in [0, 1), or drawn from
            the normal distribution the second; the others in [-1/2, 1/2).
    """

    columns: Tensor
    rows: Tensor
    within: Tensor
    chance: Tensor


def patches_of(size_px: tuple[int, int], config: DvrConfig) -> int:
    """How many patches are looked at in a photograph."""
    side = config.patch_size
    return min(config.n_training_points // side**2, max(1, size_px[0] // side) * max(1, size_px[1] // side))


class Rectangle(NamedTuple):
    """A rectangle of pixels; `right` and `bottom` are the first beyond it."""

    left: int
    top: int
    right: int
    bottom: int


def rectangle_about(inside: Tensor) -> Rectangle | None:
    """The rectangle about an object's pixels `inside` [H, W] bool, and somewhat more; None where there are none."""
    if not inside.any():
        return None
    (top, bottom), (left, right) = (_ends(inside.any(axis)) for axis in (1, 0))
    more = max(LEAST_MORE_PX, round(MORE * max(right - left, bottom - top)))
    height, width = inside.shape
    return Rectangle(max(left - more, 0), max(top - more, 0), min(right + more, width), min(bottom + more, height))


def _ends(chosen: Tensor) -> tuple[int, int]:
    """The first of those [N] that are chosen, and the first after the last."""
    places = chosen.nonzero()
    return int(places[0]), int(places[-1]) + 1


def choose_pixels(
    size_px: tuple[int, int], config: DvrConfig, random: torch.Generator, about: Rectangle | None = None
) -> Pixels:
    """Patches by chance, some of which may overlap; where there is no room for that many, all side by side.

    Args:
        about: where the object is; `object_share` of the patches begin in it.
    """
    (width, height), side = size_px, config.patch_size
    count = patches_of(size_px, config)
    if count * side**2 < config.n_training_points // side**2 * side**2:
        columns = torch.arange(width // side).repeat(height // side) * side
        rows = torch.arange(height // side).repeat_interleave(width // side) * side
    else:
        columns = torch.randint(width - side + 1, (count,), generator=random)
        rows = torch.randint(height - side + 1, (count,), generator=random)
        near = round(config.object_share * count)
        if about is not None and near:
            last = (min(about.right, width - side + 1), min(about.bottom, height - side + 1))
            columns[:near] = torch.randint(min(about.left, last[0] - 1), last[0], (near,), generator=random)
            rows[:near] = torch.randint(min(about.top, last[1] - 1), last[1], (near,), generator=random)
    down, across = (part.reshape(-1) for part in torch.meshgrid(*[torch.arange(side)] * 2, indexing="ij"))
    within = torch.full((count, 2), 0.5)
    if config.sample_continuous:
        within = torch.rand(count, 2, generator=random)
    chance = torch.rand(count * side**2, CHANCE, generator=random)
    chance[:, 2:] -= 0.5
    if config.occupancy_random_normal:
        chance[:, 1] = torch.randn(count * side**2, generator=random)
    return Pixels(
        (columns[:, None] + across).view(-1),
        (rows[:, None] + down).view(-1),
        within.repeat_interleave(side**2, dim=0),
        chance,
    )


def rays_through(camera: Camera, cube: Cube, places_px: Tensor) -> tuple[Tensor, Tensor]:
    """Origins and directions [N, 3] float32 of rays, in the field's coordinates.

    A step of 1 along a ray goes 1 world unit along the camera's +z.

    Args:
        places_px: [N, 2] x, y, from the picture's top left corner.
    """
    centre, focal = (torch.tensor(pair, dtype=torch.float64) for pair in (camera.centre_px, camera.focal_px))
    flat = (places_px.double() - centre) / focal
    in_camera = torch.cat([flat, torch.ones_like(flat[:, :1])], dim=1)
    rotation = torch.from_numpy(np.array(camera.camera_to_world[:3, :3]))
    origin = cube.in_field(torch.from_numpy(np.array(camera.position)))
    directions = in_camera @ rotation.T / cube.side
    return origin.float().expand(len(directions), 3), directions.float()


def places_on_rays(
    origins: Tensor, directions: Tensor, chance: Tensor, config: DvrConfig, unit: float
) -> tuple[Tensor, Tensor]:
    """d [N] of a place on each ray [N, 3] that must be empty, and d [N] of one that must be occupied, by chance.

    They lie on the ray's way through the cube, the first also in its padding; of rays that pass it by, anywhere.

    Args:
        chance: [N, 5] as in `Pixels`.
        unit: d of a depth of 1 in `depth_range`.
    """
    far_off = config.depth_range[1] * unit
    near, far, meets = cube_interval(origins, directions, PADDING)
    empty = torch.where(meets, near + chance[:, 0] * (far - near), chance[:, 0] * far_off)
    near, far, meets = cube_interval(origins, directions, 0.0)
    if config.occupancy_random_normal:
        inside = (near + far) / 2 + chance[:, 1] * (far - near) / SPREAD
        beside = far_off / 2 + chance[:, 1] * far_off / SPREAD
    else:
        inside, beside = near + chance[:, 1] * (far - near), chance[:, 1] * far_off
    return empty, torch.where(meets, inside, beside)
