"""The search for the surface along rays, fast: what `march` finds, with a hundredth of the points.

`find_surface(logits, grid, origins, directions, sampling)` is all. `logits` are those of `PackedDecoder`, or in
a training the network's own, without gradients), `grid` is `build_grid` of the same field, made again when it has
changed. Of several scenes or codes each has a call and a grid of its own.

A ray is walked from one of `march`'s samples to another that could be the first one not in empty space:

| where a sample is | what is done |
|---|---|
| in a cell that is surely empty | all samples up to the next cell that isn't are passed over |
| the trilinear field and its margin are below 0 | all samples up to where the margin could reach 0 are passed over |
| the field rises steeply there | the crossing is looked for at once, then whether `march` has a sample beyond it |
| else | the field is asked |

Crossings are found by the secant method, begun where the trilinear field crosses, with bisection where it goes astray.
A ray for which that doesn't end well is marched plainly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from engines.core.engine import Stop, never_stop
from engines.core.errors import Cancelled
from engines.dvr.crossings import Guess, cross
from engines.dvr.grid_lookup import Bounds, bounds, exits, locate
from engines.dvr.marching import Bracket, Logits, RaySampling, SurfaceHits, march, secant
from engines.dvr.occupancy_grid import OccupancyGrid
from engines.dvr.ray_samples import RaySamples

CHUNK_RAYS, GPU_CHUNK_RAYS = 2**16, 2**20
"""Walked at once: some 20 MB, and 300. On a GPU each step of a chunk waits for the device, however few its rays are."""
ERROR_SLOPE = 2.0
"""How fast the error of the trilinear field changes at most, in margins for each side of a cell."""
ERROR_BEND = 4.0
"""How fast that changes, in margins for each side of a cell twice; of smooth fields 1.6 by how margins are measured."""


@dataclass(frozen=True, eq=False)
class SearchResult:
    """What was found, and at what cost.

    Attributes:
        hits: as `march` gives them.
        evaluations: points at which the field was asked, those of plain marches included.
        marched: rays that were marched plainly.
    """

    hits: SurfaceHits
    evaluations: int
    marched: int

    @staticmethod
    def joined(parts: Sequence[SearchResult]) -> SearchResult:
        """The result of several parts of the rays, one part after the other."""
        hits = SurfaceHits.joined([part.hits for part in parts])
        return SearchResult(hits, sum(part.evaluations for part in parts), sum(part.marched for part in parts))


@torch.no_grad()
def find_surface(
    logits: Logits,
    grid: OccupancyGrid,
    origins: Tensor,
    directions: Tensor,
    sampling: RaySampling,
    stop: Stop = never_stop,
) -> SearchResult:
    """The places where rays first cross the surface, found with few evaluations of the field.

    Args:
        logits: the field; 0 on the surface.
        grid: of the same field; where it ends before the rays do, more of it is made for this call alone.
        origins, directions: [N, 3] in the field's coordinates.

    Raises:
        Cancelled: `stop` said so.
    """
    parts, chunk = list[SearchResult](), CHUNK_RAYS if origins.device.type == "cpu" else GPU_CHUNK_RAYS
    for first in range(0, max(1, len(origins)), chunk):
        rays = slice(first, first + chunk)
        parts.append(_Walk(logits, grid, RaySamples(origins[rays], directions[rays], sampling), stop).found())
    return SearchResult.joined(parts)


@dataclass(frozen=True, eq=False)
class _Waiting:
    """Rays at a sample [M] where only the field itself tells whether it is negative.

    Attributes:
        rays: indices of theirs.
        d: of the sample.
        rise: of the trilinear field there, by d.
        steepest: that the true field rises anywhere in the cell, by d.
        bend: by how much its rise changes at most, by d.
        leaves: d by which they leave the cell, from the sample on.
    """

    rays: Tensor
    d: Tensor
    rise: Tensor
    steepest: Tensor
    bend: Tensor
    leaves: Tensor

    def chosen(self, which: Tensor) -> _Waiting:
        """Those of some rays."""
        return _Waiting(*(getattr(self, name)[which] for name in self.__dataclass_fields__))


@dataclass(frozen=True, eq=False)
class _Crossing:
    """Rays that cross the surface after the sample before their current one.

    Attributes:
        rays: [M] indices of theirs.
        high: [M] d before which they do.
        at: [M] about where; not finite where that isn't known.
        rise: [M] of the field there, by d.
        sure: [M] whether the current sample is known to be occupied.
    """

    rays: Tensor
    high: Tensor
    at: Tensor
    rise: Tensor
    sure: Tensor


class _Walk:
    """A search under way.

    All samples of a ray before `sample` are known to be empty.
    """

    def __init__(self, logits: Logits, grid: OccupancyGrid, rays: RaySamples, stop: Stop) -> None:
        self._logits, self._grid, self._rays, self._stop = logits, grid, rays, stop
        count = len(rays.origins)
        self._sample = torch.zeros(count, dtype=torch.long, device=rays.origins.device)
        self._distances = torch.ones(count, dtype=rays.origins.dtype, device=rays.origins.device)
        self._hit = torch.zeros(count, dtype=torch.bool, device=rays.origins.device)
        self._starts_inside, self._astray = self._hit.clone(), self._hit.clone()
        # Where the field was asked last on each ray, and what it was.
        self._former, self._former_value = (torch.full_like(self._distances, torch.nan) for _ in range(2))
        self._waiting, self._crossing = list[_Waiting](), list[_Crossing]()
        self._asked = 0

    def found(self) -> SearchResult:
        """All of it."""
        ends, finite = self._rays.ends()
        known = len(self._grid.samples)
        self._grid = self._grid.covering(self._logits, float(ends.abs().amax()) if ends.numel() else 0.0)
        self._asked += len(self._grid.samples) - known
        self._astray |= ~finite
        going = finite.nonzero()[:, 0]
        while len(going) or self._crossing:
            self._walk(going)
            going = self._cross()
        marched = self._march()
        return SearchResult(SurfaceHits(self._distances, self._hit, self._starts_inside), self._asked, marched)

    def _walk(self, going: Tensor) -> None:
        """Goes on until each ray has ended, or crosses the surface."""
        while len(going) or self._waiting:
            if self._stop():
                raise Cancelled
            # The field is asked for many points at once, but no ray is waited for long.
            if len(going) > sum(len(waiting.rays) for waiting in self._waiting):
                going = self._step(going)
            else:
                going = torch.cat([going, self._ask()])

    def _step(self, rays: Tensor) -> Tensor:
        """Looks at the current samples of some rays; those that go on."""
        d = self._rays.d(rays, self._sample[rays])
        cells = locate(self._grid, self._rays.points(rays, d), self._rays.directions[rays])
        ahead = exits(self._grid, cells)
        near = (cells.reach == 0).nonzero()[:, 0]
        free = torch.ones_like(rays, dtype=torch.bool)
        if len(near):
            about = bounds(self._grid, cells.chosen(near))
            empty = about.value + about.margin < 0
            until = torch.where(about.steepest > 0, -(about.value + about.margin) / about.steepest, torch.inf)
            doubtful = (~empty).nonzero()[:, 0]
            held = near[doubtful]
            free[held] = False
            self._hold(rays[held], d[held], about.chosen(doubtful), ahead[held], 1 / cells.rate[held].norm(dim=1))
            ahead[near] = torch.minimum(ahead[near], until)
        free_ = free.nonzero()[:, 0]
        return self._advanced(rays[free_], d[free_], ahead[free_])

    def _hold(self, rays: Tensor, d: Tensor, about: Bounds, leaves: Tensor, cell: Tensor) -> None:
        """Sorts rays whose samples may be occupied: which cross here, and which have to wait.

        Args:
            d: [M] of the samples, and `about` them.
            leaves: [M] d by which they leave the cell.
            cell: [M] d as long as a cell's side.
        """
        first, inside = self._sample[rays] == 0, about.value - about.margin > 0
        self._starts_inside[rays[inside & first]] = True
        slope = ERROR_SLOPE * about.margin / cell
        # Where the trilinear field rises so steeply, the true one rises as well.
        crosses = ~first & (inside | (about.rise > slope))
        high = torch.where(inside, d, d + 1.5 * (about.margin - about.value) / about.rise)
        at = d - about.value / about.rise
        which = crosses.nonzero()[:, 0]
        if len(which):
            self._crossing.append(_Crossing(*(of[which] for of in (rays, high, at, about.rise, inside))))
        which = (~crosses & ~(inside & first)).nonzero()[:, 0]
        if len(which):
            bend = about.bend + ERROR_BEND * about.margin / cell**2
            told = (rays, d, about.rise, about.steepest + slope, bend, leaves)
            self._waiting.append(_Waiting(*(of[which] for of in told)))

    def _ask(self) -> Tensor:
        """Asks the field at the samples that rays wait at; the rays that go on."""
        names = _Waiting.__dataclass_fields__
        at = _Waiting(*(torch.cat([getattr(waiting, name) for waiting in self._waiting]) for name in names))
        self._waiting.clear()
        values = self._logits(self._rays.points(at.rays, at.d))
        self._asked += len(values)
        first, inside = self._sample[at.rays] == 0, values > 0
        self._starts_inside[at.rays[first & inside]] = True
        # `march` has a rule for an exact 0.
        self._astray[at.rays[~(values < 0) & ~inside]] = True
        into = (inside & ~first).nonzero()[:, 0]
        if len(into):
            self._entered(at.chosen(into), values[into])
        on = (values < 0).nonzero()[:, 0]
        return self._go_on(at.chosen(on), values[on])

    def _entered(self, at: _Waiting, values: Tensor) -> None:
        """Of samples `at` which the field is positive, `values` [M], and not the first of their rays."""
        since, change = at.d - self._former[at.rays], values - self._former_value[at.rays]
        rise = torch.where(since.isfinite(), change / since, at.rise)
        sure = torch.ones_like(at.rays, dtype=torch.bool)
        self._crossing.append(_Crossing(at.rays, at.d, at.d - values / rise, rise, sure))

    def _go_on(self, at: _Waiting, values: Tensor) -> Tensor:
        """From samples `at` which the field is negative, `values` [M]: the rays that go on.

        What the field was where it was asked before on a ray tells its rise between. From there on that changes by
        `bend` for each d at most: so the field is negative as long as a parabola is that rises faster and faster, and
        surely crosses where one does that rises more and more slowly.
        """
        since, change = at.d - self._former[at.rays], values - self._former_value[at.rays]
        self._former[at.rays], self._former_value[at.rays] = at.d, values
        rise = change / since
        fastest, slowest = rise + at.bend * since, rise - at.bend * since
        until = first_zero(values, fastest, at.bend)
        # Not a number where the field is asked for the first time on a ray.
        ahead = torch.fmax(until, -values / at.steepest)
        crossing = first_zero(values, slowest, -at.bend)
        crosses = (slowest > 0) & (crossing < at.leaves)
        which = crosses.nonzero()[:, 0]
        if len(which):
            self._sample[at.rays[which]] += 1
            which = which[self._sample[at.rays[which]] < self._rays.sampling.samples]
            told = (at.rays, at.d + crossing, at.d - values / rise, rise, torch.zeros_like(crosses))
            self._crossing.append(_Crossing(*(of[which] for of in told)))
        which = (~crosses).nonzero()[:, 0]
        return self._advanced(at.rays[which], at.d[which], torch.minimum(ahead, at.leaves)[which])

    def _advanced(self, rays: Tensor, d: Tensor, ahead: Tensor) -> Tensor:
        """Those of the rays, of which d [M] and `ahead` of it is empty, that have samples left."""
        following = torch.maximum(self._rays.samples_until(rays, d + ahead), self._sample[rays] + 1)
        self._sample[rays] = following
        return rays[following < self._rays.sampling.samples]

    def _cross(self) -> Tensor:
        """Finds the crossings; the rays that go on all the same."""
        if not self._crossing:
            return self._sample[:0]
        rays, high, at, rise, sure = (
            torch.cat([getattr(crossing, name) for crossing in self._crossing])
            for name in _Crossing.__dataclass_fields__
        )
        self._crossing.clear()
        # Between samples that are wide apart there may be several: the one of the plain search is found by its steps.
        wide = self._rays.spacing(rays) * self._rays.lengths[rays] > 2 * self._grid.half / self._grid.cells
        self._follow(rays[sure & wide])
        which = (~(sure & wide)).nonzero()[:, 0]
        rays, high, at, rise, sure, wide = (of[which] for of in (rays, high, at, rise, sure, wide))
        # Where the field was asked it surely was empty; what lies between is measured, not proven.
        low = torch.fmin(self._rays.d(rays, self._sample[rays] - 1), self._former[rays])
        guess = Guess(self._rays.origins[rays], self._rays.directions[rays], low, high, at, rise, sure)
        crossed = cross(self._logits, guess)
        self._asked += crossed.asked
        self._hit[rays] = crossed.d.isfinite()
        self._astray[rays[~crossed.d.isfinite()]] = True
        self._distances[rays] = crossed.d
        doubtful = crossed.d.isfinite() & ~sure
        on = self._beyond(rays[doubtful], crossed.seen[doubtful])
        self._follow(rays[wide & self._hit[rays]])
        return on

    def _follow(self, rays: Tensor) -> None:
        """Finds the crossing of rays whose current sample is occupied by the plain search's steps."""
        if not len(rays):
            return
        origins, directions = self._rays.origins[rays], self._rays.directions[rays]
        near, far = (self._rays.d(rays, self._sample[rays] - back) for back in (1, 0))
        low, high = (self._logits(self._rays.points(rays, d)) for d in (near, far))
        steps = self._rays.sampling.secant_steps
        self._asked += (2 + steps) * len(rays)
        between = (low < 0) & (high > 0)
        self._astray[rays[~between]] = True
        self._distances[rays] = secant(self._logits, origins, directions, Bracket(near, far, low, high), steps)
        self._hit[rays] = between

    def _beyond(self, rays: Tensor, seen: Tensor) -> Tensor:
        """Of crossed rays, those that go on: `march` has no occupied sample beyond the crossing.

        Args:
            seen: whether the field is known to cross 0; else it is empty up to there.
        """
        crossing = self._distances[rays]
        following = torch.maximum(self._rays.samples_until(rays, crossing), self._sample[rays])
        has = following < self._rays.sampling.samples
        self._hit[rays[~has]] = False
        rays, seen, following, crossing = rays[has], seen[has], following[has], crossing[has]
        self._sample[rays] = following
        d = self._rays.d(rays, following)
        (before, cell), (after, _) = self._bounds(rays, crossing), self._bounds(rays, d)
        # The field is 0 at the crossing: by how much the trilinear one is off there is known.
        change = ERROR_SLOPE * torch.maximum(before.margin, after.margin) * (d - crossing) / cell
        doubtful = ~(seen & (after.value - torch.minimum(after.margin, before.value + change) > 0))
        rays, d, crossing, seen = rays[doubtful], d[doubtful], crossing[doubtful], seen[doubtful]
        if not len(rays):
            return rays
        values = self._logits(self._rays.points(rays, d))
        self._asked += len(values)
        passed, later = values < 0, (values > 0) & ~seen
        self._astray[rays[~passed & ~(values > 0)]] = True
        self._hit[rays[passed | later]] = False
        which = later.nonzero()[:, 0]
        if len(which):
            nowhere, sure = torch.full_like(d, torch.nan), torch.ones_like(seen)
            told = (rays, d, nowhere, values / (d - crossing), sure)
            self._crossing.append(_Crossing(*(of[which] for of in told)))
        return self._advanced(rays[passed], d[passed], torch.zeros_like(d[passed]))

    def _bounds(self, rays: Tensor, d: Tensor) -> tuple[Bounds, Tensor]:
        """Of places [M] on rays, and d as long as a cell's side."""
        cells = locate(self._grid, self._rays.points(rays, d), self._rays.directions[rays])
        return bounds(self._grid, cells), 1 / cells.rate.norm(dim=1)

    def _march(self) -> int:
        """Marches plainly along the rays that went astray; how many these are."""
        rays = self._astray.nonzero()[:, 0]
        if len(rays):
            sampling = self._rays.sampling
            hits = march(self._logits, self._rays.origins[rays], self._rays.directions[rays], sampling, stop=self._stop)
            self._distances[rays], self._hit[rays] = hits.distances, hits.hit
            self._starts_inside[rays] = hits.starts_inside
            self._asked += len(rays) * sampling.samples + int(hits.hit.sum()) * sampling.secant_steps
        return len(rays)


def first_zero(values: Tensor, rise: Tensor, bend: Tensor) -> Tensor:
    """[M] where parabolas first are 0 that begin at `values`, all negative, and `rise`, by `bend` more for each d.

    Not a number where they never are.
    """
    return -2 * values / (rise + (rise**2 - 2 * bend * values).sqrt())
