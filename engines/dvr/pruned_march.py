"""The search for the surface while it is learnt: what `march` finds, at the same samples, with fewer points.

Rays are walked from the front, some samples at a time, and no farther than the first that is occupied. Samples are
passed over that lie in cells which a coarse grid says to be empty. The field changes with every step, so the grid is
made anew now and then, and cells count as empty only where the field is well below the surface all around them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor

from engines.dvr.chosen import numbers_of
from engines.dvr.config import PADDING
from engines.dvr.marching import Bracket, Logits, RaySampling, SurfaceHits, march, sample_distances, secant

CELLS = 32
"""Along each side of the padded cube."""
RENEWED_EVERY = 16
"""Steps between two grids: a grid is asked at as many points as a step of a thousand rays looks at."""
DRIFT = 0.5
"""By how much the logit of a point may rise until the grid is made anew."""
OfRays = Callable[[Tensor, Tensor], Tensor]
"""Logits [N] of points [N, 3] on the rays of these numbers [N]."""
WAVES = 8
"""Parts in which a ray's samples are looked at, one after the other."""


class LearntGrid:
    """Cells of the padded cube in which the field may be occupied, as it was at some step."""

    def __init__(self) -> None:
        self._possible: Tensor | None = None

    def is_due(self, step: int) -> bool:
        """Whether the field is to be asked again."""
        return self._possible is None or step % RENEWED_EVERY == 0

    def renew(self, logits: Logits, device: torch.device) -> None:
        """Asks the field again; `logits` are 0 on the surface."""
        self._possible = possibly_occupied(logits, device)

    def state(self) -> Mapping[str, Tensor]:
        """What the checkpoint keeps: a run that goes on between two grids needs the last one."""
        return {} if self._possible is None else {"possible": self._possible}

    def restore(self, state: Mapping[str, Tensor], device: torch.device) -> None:
        """Takes over what `state` gave: `possible` [C, C, C] bool, the cells that may be occupied, if it is there."""
        self._possible = state["possible"].to(device) if "possible" in state else None

    def waves(self, samples: int) -> list[int]:
        """Up to which of so many samples that may be occupied a GPU looks at once: most rays that meet the surface do
        so soon after the first, where the grid says which these are."""
        at_once = max(1, samples // WAVES)
        return [*range(at_once, samples, at_once), samples] if self._possible is None else [at_once, samples]

    def may_be_occupied(self, points: Tensor) -> Tensor:
        """Whether points may be occupied; all that is outside of the padded cube may.

        Args:
            points: of the shape [..., 3], in the field's coordinates.

        Returns:
            [...] bool.
        """
        if self._possible is None:
            return torch.ones(points.shape[:-1], dtype=torch.bool, device=points.device)
        place = ((points / _HALF + 1) * (CELLS / 2)).floor().long()
        outside = ((place < 0) | (place >= CELLS)).any(-1)
        x, y, z = place.clamp(0, CELLS - 1).unbind(-1)
        return self._possible[x, y, z] | outside


_HALF = 0.5 + PADDING / 2


@torch.no_grad()
def possibly_occupied(logits: Logits, device: torch.device) -> Tensor:
    """[C, C, C] bool: cells that aren't surely empty, by the field at their corners."""
    along = torch.linspace(-_HALF, _HALF, CELLS + 1, device=device)
    corners = torch.stack(torch.meshgrid(along, along, along, indexing="ij"), dim=-1)
    values = logits(corners.view(-1, 3)).view(1, 1, CELLS + 1, CELLS + 1, CELLS + 1)
    # By as much as it varies between neighbouring corners it may rise within a cell.
    around = F.pad(values, [1] * 6, mode="replicate")
    highest = F.max_pool3d(around, 4, stride=1)
    lowest = -F.max_pool3d(-around, 4, stride=1)
    return (highest + (highest - lowest) / 3 > -DRIFT)[0, 0]


@torch.no_grad()
def pruned_march(
    logits: Logits, origins: Tensor, directions: Tensor, sampling: RaySampling, grid: LearntGrid
) -> SurfaceHits:
    """The places where rays first cross the surface, as `march` says; of empty cells the grid is believed.

    Args:
        logits: the field; 0 on the surface.
        origins, directions: [N, 3] in the field's coordinates.
    """
    distances = sample_distances(origins, directions, sampling)
    points = origins[:, None] + directions[:, None] * distances[..., None]
    looked_at = grid.may_be_occupied(points)
    values = _until_occupied(logits, points, looked_at)
    occupied = values >= 0
    first = occupied.byte().argmax(1, keepdim=True)
    starts_inside = occupied[:, 0]
    hit = occupied.any(1) & ~starts_inside
    before = (first - 1).clamp(min=0)
    rays = hit.nonzero()[:, 0]
    low = values.gather(1, before)[rays, 0]
    unknown = ~looked_at.gather(1, before)[rays, 0]
    low[unknown] = logits(points[rays[unknown], before[rays[unknown], 0]])
    near, far, high = (
        part.gather(1, at)[rays, 0] for part, at in ((distances, before), (distances, first), (values, first))
    )
    found = torch.ones_like(distances[:, 0])
    bracket = Bracket(near, far, low, high)
    found[rays] = secant(logits, origins[rays], directions[rays], bracket, sampling.secant_steps)
    # Where the grid was wrong: the surface lies before.
    wrong = rays[low >= 0]
    if len(wrong):
        again = march(logits, origins[wrong], directions[wrong], sampling)
        found[wrong], hit[wrong], starts_inside[wrong] = again.distances, again.hit, again.starts_inside
    return SurfaceHits(found, hit, starts_inside)


def _until_occupied(logits: Logits, points: Tensor, looked_at: Tensor) -> Tensor:
    """[N, S] logits of samples [N, S, 3] that are to be looked at, up to the first occupied ones; -1 elsewhere."""
    values = points.new_full(looked_at.shape, -1.0)
    number = looked_at.cumsum(1)
    count, at_once = number[:, -1], max(1, looked_at.shape[1] // WAVES)
    rays = (count > 0).nonzero()[:, 0]
    begin = 0
    while len(rays):
        of_rays = number[rays]
        ray, sample = (looked_at[rays] & (of_rays > begin) & (of_rays <= begin + at_once)).nonzero().unbind(1)
        ray = rays[ray]
        values[ray, sample] = logits(points[ray, sample])
        begin += at_once
        going_on = (count[rays] > begin) & (values[rays] < 0).all(1)
        rays = rays[going_on]
    return values


@torch.no_grad()
def with_few_waits(
    logits: OfRays,
    origins: Tensor,
    directions: Tensor,
    sampling: RaySampling,
    grid: LearntGrid,
    again: Callable[[Tensor], SurfaceHits],
) -> SurfaceHits:
    """What `pruned_march` finds, for a GPU: it is waited for once in each wave and once for the hits, of all objects.

    Samples before those that are to be looked at are, too: so what is on both sides of the surface is known without
    asking again.

    Args:
        logits: the field of each ray's object; 0 on the surface.
        origins, directions: [N, 3] in the field's coordinates.
        again: marches plainly along the rays of some numbers [M].
    """
    distances = sample_distances(origins, directions, sampling)
    points = origins[:, None] + directions[:, None] * distances[..., None]
    looked_at = grid.may_be_occupied(points)
    asked = looked_at.clone()
    asked[:, :-1] |= looked_at[:, 1:]
    values, flat, number, begin = points.new_full(asked.shape, -1.0), points.view(-1, 3), asked.cumsum(1), 0
    for end in grid.waves(sampling.samples):
        wave = asked & (number > begin) & (number <= end) & (values < 0).all(1, keepdim=True)
        (pairs,) = numbers_of(wave.view(-1))
        values.view(-1)[pairs] = logits(flat[pairs], pairs.div(sampling.samples, rounding_mode="floor"))
        begin = end
    occupied = values >= 0
    first = occupied.byte().argmax(1, keepdim=True)
    starts_inside, before = occupied[:, 0].clone(), (first - 1).clamp(min=0)
    hit = occupied.any(1) & ~starts_inside
    # Where the grid was wrong: the surface lies before.
    known = asked.gather(1, before)[:, 0]
    right, wrong = numbers_of(hit & known, hit & ~known)
    near, far = (distances.gather(1, at)[right, 0] for at in (before, first))
    low, high = (values.gather(1, at)[right, 0] for at in (before, first))
    found, bracket = torch.ones_like(distances[:, 0]), Bracket(near, far, low, high)
    of_right = partial(_of, logits, right)
    found[right] = secant(of_right, origins[right], directions[right], bracket, sampling.secant_steps)
    if len(wrong):
        plain = again(wrong)
        found[wrong], hit[wrong], starts_inside[wrong] = plain.distances, plain.hit, plain.starts_inside
    return SurfaceHits(found, hit, starts_inside)


def _of(logits: OfRays, rays: Tensor, points: Tensor) -> Tensor:
    return logits(points, rays)
