"""The search for the surface on a GPU: at the samples of `march`, with hardly a wait.

`surface_search.py` looks after each step which rays go on, and a GPU would be waited for each time. Here rays go on in
rounds: in each the grid passes them over what is surely empty, then the field is asked where it doesn't tell. How many
rays a round has is taken from the last picture, and a quarter more; those that find no room take part in the next. What
is found doesn't depend on that. At the end it is counted, once, what was found and how many rays are left; these go on
in rounds that are counted each.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor

from engines.core.engine import Stop, never_stop
from engines.core.errors import Cancelled
from engines.dvr.chosen import first_of
from engines.dvr.grid_lookup import Bounds, GridCells, bounds, exits, locate
from engines.dvr.marching import Bracket, Logits, RaySampling, SurfaceHits, march, secant
from engines.dvr.occupancy_grid import OccupancyGrid
from engines.dvr.ray_samples import RaySamples
from engines.dvr.surface_search import ERROR_BEND, ERROR_SLOPE, GPU_CHUNK_RAYS, SearchResult, first_zero

FIRST_LEAPS, LEAPS = (1, 1, 1, 1, 16), (16,)
"""Samples for which the grid is asked at once, in the first round and in each that follows."""
AT_ONCE = (2, 8, 16)
"""Samples of a ray at which the field is asked in a round: most rays are through soon, others are seen along a surface,
where the grid tells nothing for many samples."""
MORE, LEAST = 1.25, 64
"""Room for rays: of those that the last picture had, and besides."""
TINY = 1e-12
"""A logit that is as good as 0, where the field has not the sign that the grid says."""


@dataclass
class Rounds:
    """How many rays took part, and of how many the field was asked, in each round of the last picture.

    Attributes:
        shares: of all rays.
    """

    shares: list[tuple[float, float]] = field(default_factory=list)

    def rooms(self, rays: int) -> list[tuple[int, int]]:
        """How many of `rays` each round has room for, and of how many of these the field can be asked."""
        most = [[min(rays, int(MORE * share * rays) + LEAST) for share in of_round] for of_round in self.shares]
        return [(going, asked) for going, asked in most]


@torch.no_grad()
def steady_search(
    logits: Logits,
    grid: OccupancyGrid,
    rays: tuple[Tensor, Tensor],
    sampling: RaySampling,
    rounds: Rounds,
    stop: Stop = never_stop,
) -> SearchResult:
    """The places where rays first cross the surface; waits for the device once, where `rounds` fits.

    Args:
        logits: the field; 0 on the surface.
        grid: of the same field, as far as the rays go.
        rays: origins and directions [N, 3] in the field's coordinates.
        rounds: of a picture like this one, if there was one; is then this one's.

    Raises:
        Cancelled: `stop` said so.
    """
    parts, (origins, directions) = list[SearchResult](), rays
    for first in range(0, max(1, len(origins)), GPU_CHUNK_RAYS):
        some = slice(first, first + GPU_CHUNK_RAYS)
        with_one_more = RaySamples(_one_more(origins[some]), _one_more(directions[some]), sampling)
        parts.append(_Rounds(logits, grid, with_one_more, stop).found(rounds))
    return SearchResult.joined(parts)


def _one_more(rows: Tensor) -> Tensor:
    """[N + 1, 3] of [N, 3]."""
    return F.pad(rows, (0, 0, 0, 1), value=1.0)


class _Rounds:
    """A search under way. Beside the rays [N] there is one more that goes nowhere: what there is room for beyond them.

    All samples of a ray before `sample` are known to be empty.
    """

    def __init__(self, logits: Logits, grid: OccupancyGrid, rays: RaySamples, stop: Stop) -> None:
        self._logits, self._grid, self._stop, self._count = logits, grid, stop, len(rays.origins) - 1
        self._rays = rays
        device, kind = rays.origins.device, rays.origins.dtype
        more = self._count + 1
        self._sample = torch.zeros(more, dtype=torch.long, device=device)
        self._former, self._former_value = (torch.full((more,), torch.nan, dtype=kind, device=device) for _ in range(2))
        nobody = torch.zeros(more, dtype=torch.bool, device=device)
        self._occupied, self._astray, self._doubtful = nobody.clone(), nobody.clone(), nobody.clone()
        self._going = self._rays.finite()
        self._going[-1:] = False
        self._astray[:-1] = ~self._going[:-1]
        self._took_part = list[tuple[Tensor, Tensor]]()
        self._asked = 0

    def found(self, rounds: Rounds) -> SearchResult:
        """All of it."""
        for room in rounds.rooms(self._count):
            self._round(room)
        left, hits, within, marched, *took_part = self._counted()
        while left:
            self._round(None)
            left, hits, within, marched, *took_part = self._counted()
        pairs = list(zip(took_part[::2], took_part[1::2], strict=True))
        while pairs and not pairs[-1][0]:
            pairs.pop()
        rounds.shares = [(going / max(1, self._count), asked / max(1, self._count)) for going, asked in pairs]
        return self._crossed(hits, within, marched)

    def _counted(self) -> list[int]:
        """How many rays are left, meet the surface, begin within, went astray; how many took part in each round."""
        numbers = [self._going, self._hit(), self._occupied & (self._sample == 0), self._astray]
        all_of_it = [mask.sum() for mask in numbers] + [number for both in self._took_part for number in both]
        counted: list[int] = torch.stack(all_of_it).tolist()
        return counted

    def _hit(self) -> Tensor:
        return self._occupied & (self._sample > 0)

    # A round

    def _round(self, room: tuple[int, int] | None) -> None:
        """Rays go on; `room` for how many, and for how many of which the field is asked; None: they are counted."""
        if self._stop():
            raise Cancelled
        going = self._going.sum()
        rays = first_of(self._going[:-1], room[0] if room is not None else int(going))
        self._doubtful.zero_()
        for at_once in LEAPS if self._took_part else FIRST_LEAPS:
            self._leap(rays, at_once)
        doubtful = self._doubtful.sum()
        self._took_part.append((going, doubtful))
        asked = first_of(self._doubtful[:-1], room[1] if room is not None else int(doubtful))
        self._ask(asked, AT_ONCE[min(len(self._took_part), len(AT_ONCE)) - 1])

    def _samples(self, rays: Tensor, at_once: int) -> tuple[Tensor, Tensor, Tensor]:
        """Numbers [M, S] of so many samples of rays [M], from their current ones on, each one's ray [M * S] and d."""
        steps = torch.arange(at_once, device=rays.device)
        samples = (self._sample[rays][:, None] + steps).clamp(max=self._rays.sampling.samples - 1)
        every = rays[:, None].expand(-1, at_once).reshape(-1)
        return samples, every, self._rays.d(every, samples.view(-1))

    def _about(self, rays: Tensor, d: Tensor) -> tuple[GridCells, Bounds]:
        """Of places [M]."""
        cells = locate(self._grid, self._rays.points(rays, d), self._rays.directions[rays])
        return cells, bounds(self._grid, cells)

    def _leap(self, rays: Tensor, at_once: int) -> None:
        """Over so many samples, and what follows, that the grid says to be empty; where it doesn't say, rays become
        doubtful, or are through."""
        samples, every, d = self._samples(rays, at_once)
        cells, about = self._about(every, d)
        lowest, highest = about.value - about.margin, about.value + about.margin
        near = cells.reach == 0
        until = torch.where(about.steepest > 0, -highest / about.steepest, torch.inf)
        ahead = torch.where(near, torch.minimum(exits(self._grid, cells), until), exits(self._grid, cells))
        going = self._going[rays]
        stays, there = self._stay(rays, going, samples, (~near | (highest < 0)).view_as(samples))
        occupied = stays & (lowest.view_as(samples).gather(1, there)[:, 0] > 0)
        self._occupied[rays] |= occupied
        self._going[rays] &= ~occupied
        self._doubtful[rays] = stays & ~occupied
        self._advance(rays, going & ~stays, (d + ahead).view_as(samples)[:, -1])

    def _stay(self, rays: Tensor, going: Tensor, samples: Tensor, empty: Tensor) -> tuple[Tensor, Tensor]:
        """Goes to the first of the samples [M, S] that aren't empty, else to the last.

        Returns:
            stays: [M] whether there is one.
            there: [M, 1] which.
        """
        stays, there = going & ~empty.all(dim=1), (~empty).byte().argmax(dim=1, keepdim=True)
        at = torch.where(stays, samples.gather(1, there)[:, 0], samples[:, -1])
        self._sample[rays] = torch.where(going, at, samples[:, 0])
        return stays, there

    def _advance(self, rays: Tensor, which: Tensor, until: Tensor) -> None:
        """Those of the rays whose samples before `until` [M] are empty."""
        sample, last = self._sample[rays], self._rays.sampling.samples - 1
        following = torch.maximum(self._rays.samples_until(rays, until), sample + 1)
        ended = which & (following > last)
        self._sample[rays] = torch.where(which, following.clamp(max=last), sample)
        self._going[rays] &= ~ended

    def _ask(self, rays: Tensor, at_once: int) -> None:
        """The field, at so many samples of rays."""
        samples, every, d = self._samples(rays, at_once)
        values = self._logits(self._rays.points(every, d)).view_as(samples)
        self._asked += values.numel()
        going = self._going[rays]
        stays, there = self._stay(rays, going, samples, values < 0)
        occupied = values.gather(1, there)[:, 0] > 0
        self._occupied[rays] |= stays & occupied
        # `march` has a rule for an exact 0.
        self._astray[rays] |= stays & ~occupied
        self._going[rays] &= ~stays
        self._go_on(rays, going & ~stays, d.view_as(samples), values)

    def _go_on(self, rays: Tensor, which: Tensor, asked: Tensor, values: Tensor) -> None:
        """Those of the rays on which all samples that were asked are empty: over what the last ones tell to be.

        Args:
            asked: [M, S] d of the samples, and `values` [M, S] there.
        """
        d, value = asked[:, -1], values[:, -1]
        former, former_value = self._former[rays], self._former_value[rays]
        self._former[rays], self._former_value[rays] = (
            torch.where(which, d, former),
            torch.where(which, value, former_value),
        )
        if asked.shape[1] > 1:
            former, former_value = asked[:, -2], values[:, -2]
        cells, about = self._about(rays, d)
        cell = 1 / cells.rate.norm(dim=1)
        bend, since = about.bend + ERROR_BEND * about.margin / cell**2, d - former
        until = first_zero(value, (value - former_value) / since + bend * since, bend)
        steepest = about.steepest + ERROR_SLOPE * about.margin / cell
        # Not a number where the field is asked for the first time on a ray.
        ahead = torch.fmax(until, -value / steepest)
        self._advance(rays, which, d + torch.minimum(ahead, exits(self._grid, cells)))

    # What was found

    def _crossed(self, hits: int, within: int, marched: int) -> SearchResult:
        hit, starts_inside = self._hit(), self._occupied & (self._sample == 0)
        distances, sampling = torch.ones_like(self._former), self._rays.sampling
        rays = first_of(hit[:-1], hits)
        near, far = (self._rays.d(rays, self._sample[rays] - back) for back in (1, 0))
        low, high = (self._logits(self._rays.points(rays, d)) for d in (near, far))
        # Where bounds were too narrow the sample before is occupied, too: that which was asked last surely is empty.
        wrong = (low >= 0) & (self._former[rays] < near)
        near, low = torch.where(wrong, self._former[rays], near), torch.where(wrong, self._former_value[rays], low)
        bracket = Bracket(near, far, low.clamp(max=-TINY), high.clamp(min=TINY))
        of_rays = self._rays.origins[rays], self._rays.directions[rays]
        distances[rays] = secant(self._logits, *of_rays, bracket, sampling.secant_steps)
        self._asked += hits * (2 + sampling.secant_steps)
        if not marched:
            return SearchResult(
                SurfaceHits(distances[:-1], hit[:-1], starts_inside[:-1], (hits, within)), self._asked, 0
            )
        astray = first_of(self._astray[:-1], marched)
        of_rays = self._rays.origins[astray], self._rays.directions[astray]
        plain = march(self._logits, *of_rays, sampling, stop=self._stop)
        distances[astray], hit[astray], starts_inside[astray] = plain.distances, plain.hit, plain.starts_inside
        self._asked += marched * (sampling.samples + sampling.secant_steps)
        return SearchResult(SurfaceHits(distances[:-1], hit[:-1], starts_inside[:-1]), self._asked, marched)
