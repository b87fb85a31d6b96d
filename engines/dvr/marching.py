"""Plain ray marching to the surface, as in the paper (section 3.3): the reference that faster searches must equal.

Rays run in the field's own coordinates, in which the object fills the cube of side 1 about the origin. A ray is
`origin + d * direction`; `d` is in lengths of `direction`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from engines.core.engine import Stop, never_stop
from engines.core.errors import Cancelled
from engines.dvr.chosen import first_of, numbers_of
from engines.dvr.config import PADDING

Logits = Callable[[Tensor], Tensor]
"""Occupancy logits [N], positive inside, of points [N, 3]."""
EPSILON = 1e-6
UNSEEN_RANGE = (0.0, 2.4)
"""Where rays that pass the cube by are searched: the authors' `depth_range`."""
CHUNK_POINTS = 2**17
"""Evaluated at once: 2 GB of a decoder of 512 features."""


@dataclass(frozen=True)
class RaySampling:
    """Which places of a ray are looked at.

    Attributes:
        samples: evenly spaced places at which a sign change is looked for; 2 at least.
        secant_steps: of the secant method between the two places where the sign changes.
        padding: the field is searched in the cube of side 1 + padding.
        unseen: (first, last) d where rays that pass the cube by are searched.
    """

    samples: int = 1024
    secant_steps: int = 8
    padding: float = PADDING
    unseen: tuple[float, float] = UNSEEN_RANGE


@dataclass(frozen=True, eq=False)
class SurfaceHits:
    """The places where rays meet the surface.

    Attributes:
        distances: [N] d of the surface; undefined where `hit` is false.
        hit: [N] whether the ray goes from empty to occupied, and began in empty space.
        starts_inside: [N] whether the first place that is looked at is occupied already: seen at the origin.
        counts: of how many rays both say so, where that is known.
    """

    distances: Tensor
    hit: Tensor
    starts_inside: Tensor
    counts: tuple[int, int] | None = None

    @staticmethod
    def joined(parts: Sequence[SurfaceHits]) -> SurfaceHits:
        """The hits of several parts of the rays, one part after the other."""
        known = [part.counts for part in parts if part.counts is not None]
        counts = sum(hit for hit, _ in known), sum(within for _, within in known)
        return SurfaceHits(
            torch.cat([part.distances for part in parts]),
            torch.cat([part.hit for part in parts]),
            torch.cat([part.starts_inside for part in parts]),
            counts if len(known) == len(parts) else None,
        )

    def numbers(self) -> tuple[Tensor, Tensor]:
        """[M], [K] numbers of the rays that are hits, and of those that begin inside."""
        if self.counts is None:
            hit, within = numbers_of(self.hit, self.starts_inside)
            return hit, within
        return first_of(self.hit, self.counts[0]), first_of(self.starts_inside, self.counts[1])


def cube_interval(origins: Tensor, directions: Tensor, padding: float = PADDING) -> tuple[Tensor, Tensor, Tensor]:
    """Distances at which rays [N, 3] enter and leave the cube: d [N], d [N], and whether they meet it [N].

    Distances are unsigned, as in the authors' code: of a camera within the cube the interval begins at the nearer
    face, on whichever side that lies.
    """
    half = 0.5 + padding / 2
    distances = torch.cat([half - origins, -half - origins], dim=1) / directions.repeat(1, 2)
    points = origins[:, None] + distances[..., None] * directions[:, None]
    inside = (points.abs() <= half + EPSILON).all(-1)
    meets = inside.sum(-1) == 2
    lengths = (points - origins[:, None]).norm(dim=-1) / directions.norm(dim=-1, keepdim=True)
    # Of rays that don't meet it the numbers mean nothing.
    inside = inside | ~meets[:, None]
    near = lengths.masked_fill(~inside, torch.inf).amin(1)
    far = lengths.masked_fill(~inside, -torch.inf).amax(1)
    return near, far, meets


def sample_distances(origins: Tensor, directions: Tensor, sampling: RaySampling) -> Tensor:
    """[N, samples] evenly spaced d in the cube, or in `unseen` where a ray [N, 3] passes it by."""
    near, far, meets = cube_interval(origins, directions, sampling.padding)
    steps = torch.linspace(0, 1, sampling.samples, dtype=origins.dtype, device=origins.device)
    within = near[:, None] + steps * (far - near)[:, None]
    beside = torch.linspace(*sampling.unseen, sampling.samples, dtype=origins.dtype, device=origins.device)
    return torch.where(meets[:, None], within, beside)


@torch.no_grad()
def march(
    logits: Logits,
    origins: Tensor,
    directions: Tensor,
    sampling: RaySampling,
    chunk_points: int = CHUNK_POINTS,
    stop: Stop = never_stop,
) -> SurfaceHits:
    """The places where rays first cross the surface: the field is evaluated at every sample of every ray.

    A ray is a hit where the first change of sign goes from empty to occupied, and its first sample is empty. An exact
    0 is neither, as in the authors' code.

    Args:
        logits: the field; 0 on the surface.
        origins, directions: [N, 3] in the field's coordinates.
        chunk_points: evaluated at once, at most, but for a ray that has more samples.

    Raises:
        Cancelled: `stop` said so.
    """
    chunk = max(1, chunk_points // sampling.samples)
    parts = list[SurfaceHits]()
    # Of no rays there is one part, too, of the right shapes.
    for first in range(0, max(1, len(origins)), chunk):
        if stop():
            raise Cancelled
        parts.append(_march(logits, origins[first : first + chunk], directions[first : first + chunk], sampling))
    return SurfaceHits.joined(parts)


def _march(logits: Logits, origins: Tensor, directions: Tensor, sampling: RaySampling) -> SurfaceHits:
    distances = sample_distances(origins, directions, sampling)
    points = origins[:, None] + directions[:, None] * distances[..., None]
    values = logits(points.view(-1, 3)).view_as(distances)
    changes = values[:, :-1] * values[:, 1:] < 0
    first = changes.byte().argmax(1, keepdim=True)
    low, high = values.gather(1, first)[:, 0], values.gather(1, first + 1)[:, 0]
    starts_inside = ~(values[:, 0] < 0)
    hit = changes.any(1) & (low < 0) & ~starts_inside
    near, far = distances.gather(1, first)[:, 0], distances.gather(1, first + 1)[:, 0]
    found = torch.ones_like(near)
    (rays,) = numbers_of(hit)
    bracket = Bracket(near[rays], far[rays], low[rays], high[rays])
    found[rays] = secant(logits, origins[rays], directions[rays], bracket, sampling.secant_steps)
    return SurfaceHits(found, hit, starts_inside)


@dataclass(frozen=True, eq=False)
class Bracket:
    """Two places on rays that have the surface between them.

    Attributes:
        near, far: [N] their d.
        low, high: [N] logits there; `low` is negative, `high` is not.
    """

    near: Tensor
    far: Tensor
    low: Tensor
    high: Tensor

    def crossing(self) -> Tensor:
        """[N] d where the field would be 0 if it were a line between both."""
        return -self.low * (self.far - self.near) / (self.high - self.low) + self.near

    def narrowed(self, at: Tensor, values: Tensor) -> Bracket:
        """Between places `at` [N], at which the logits are `values` [N], and one of the former two."""
        empty = values < 0
        return Bracket(
            torch.where(empty, at, self.near),
            torch.where(empty, self.far, at),
            torch.where(empty, values, self.low),
            torch.where(empty, self.high, values),
        )


def secant(logits: Logits, origins: Tensor, directions: Tensor, bracket: Bracket, steps: int) -> Tensor:
    """[N] d of the surface on rays [N, 3]."""
    at = bracket.crossing()
    for _ in range(steps if len(at) else 0):
        bracket = bracket.narrowed(at, logits(origins + at[:, None] * directions))
        at = bracket.crossing()
    return at
