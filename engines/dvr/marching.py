"""The plain search for the surface along rays, as in the paper (section 3.3): the reference that fast ones must equal.

Rays run in the field's own coordinates, in which the object fills the cube of side 1 about the origin. A ray is
`origin + d * direction`; `d` is in lengths of `direction`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from engines.dvr.config import PADDING

Logits = Callable[[Tensor], Tensor]
"""Occupancy logits [N], positive inside, of points [N, 3]."""
EPSILON = 1e-6
UNSEEN_RANGE = (0.0, 2.4)
"""Where rays that pass the cube by are searched: the authors' `depth_range`."""


@dataclass(frozen=True, eq=False)
class Hits:
    """Where rays meet the surface.

    Attributes:
        distances: [N] d of the surface; undefined where `hit` is false.
        hit: [N] whether the ray goes from empty to occupied, and began in empty space.
        starts_inside: [N] whether the first place that is looked at is occupied already.
    """

    distances: Tensor
    hit: Tensor
    starts_inside: Tensor


def cube_interval(origins: Tensor, directions: Tensor, padding: float = PADDING) -> tuple[Tensor, Tensor, Tensor]:
    """Where rays [N, 3] enter and leave the cube: d [N], d [N], and whether they meet it [N].

    Distances are unsigned, as in the authors' code: of a camera within the cube the interval begins at the nearer
    face, on whichever side that lies.
    """
    half = 0.5 + padding / 2
    faces = torch.tensor([half] * 3 + [-half] * 3, dtype=origins.dtype, device=origins.device)
    distances = (faces - origins.repeat(1, 2)) / directions.repeat(1, 2)
    points = origins[:, None] + distances[..., None] * directions[:, None]
    inside = (points.abs() <= half + EPSILON).all(-1)
    meets = inside.sum(-1) == 2
    lengths = (points - origins[:, None]).norm(dim=-1) / directions.norm(dim=-1, keepdim=True)
    # Of rays that don't meet it the numbers mean nothing.
    inside = inside | ~meets[:, None]
    near = lengths.masked_fill(~inside, torch.inf).amin(1)
    far = lengths.masked_fill(~inside, -torch.inf).amax(1)
    return near, far, meets


def sample_distances(
    origins: Tensor,
    directions: Tensor,
    samples: int,
    padding: float = PADDING,
    unseen: tuple[float, float] = UNSEEN_RANGE,
) -> Tensor:
    """[N, samples] evenly spaced d in the cube, or in `unseen` where a ray [N, 3] passes it by."""
    near, far, meets = cube_interval(origins, directions, padding)
    steps = torch.linspace(0, 1, samples, dtype=origins.dtype, device=origins.device)
    within = near[:, None] + steps * (far - near)[:, None]
    beside = torch.linspace(*unseen, samples, dtype=origins.dtype, device=origins.device)
    return torch.where(meets[:, None], within, beside)
