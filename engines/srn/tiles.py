"""Ray marching (learnt sphere tracing) in tiles of a picture, each step on a grid as coarse as its outcome is smooth.

Rays of neighbouring pixels begin side by side and part slowly: their first steps are nearly the same. A tile of 32x32
pixels begins with every eighth ray. Where the outcome of a step (how far the ray is, and what the LSTM remembers) bends
between rays by more than a tolerance, the step is taken again on a finer grid, from the outcome before, interpolated.
Most tiles come to every ray half-way; those that show an even background need not.

What that changes is far below the noise in which rays begin (`network.INITIAL_DEPTH`); `SrnScene.audit` measures it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from engines.core.camera import Camera
from engines.core.device import to_device
from engines.srn.inference import CHUNK_RAYS, STATE

TILE_PX = 32
COARSEST_PX = 8
"""Between the rays with which a tile begins."""
LEAST_PX = 2 * TILE_PX
"""The least side of a picture for which tiles are worth it: rays of a smaller one part too soon."""
BAND_TILES = 256
"""Worked on at once, so that a large picture needs no more memory than a small one."""
WAITING_RAYS = 8 * CHUNK_RAYS
"""From which on rays go on: of many together few are left over that don't fill a chunk."""
AUDITED_PIXELS = 64
"""Of each tile that is audited."""
LEAST_PIXELS = 48
"""Of a tile, for which its grids are worth it."""
BEND = 5e-3
"""How far off an interpolated ray may be, of a pixel's size. Depths off by more are seen in normals first."""
LARGEST_ANGLE = 1 / 128
"""For which that holds: colours don't become more tolerant with a pixel's size."""
STATE_BEND = 10 * BEND
"""The same of what the LSTM remembers, in its own unit, of a pixel's angle."""

MarchRays = Callable[[Tensor, Tensor, int], Tensor]
"""Unit vectors [N, 3], states [N, STATE], and steps to take -> states."""


class PixelRays:
    """Rays through places of a picture, also beyond its border."""

    def __init__(self, camera: Camera, device: torch.device) -> None:
        """Pixel i lies at i, not at i + 0.5, as the authors have it."""
        self.size_px = camera.size_px
        self._focal, self._centre = camera.focal_px, camera.centre_px
        self._rotation = to_device(torch.tensor(camera.camera_to_world[:3, :3], dtype=torch.float32), device)
        self.position = to_device(torch.tensor(camera.position, dtype=torch.float32), device)
        self.pixel_angle = 1 / max(camera.focal_px)
        """Of a pixel in the middle, radians."""

    def through(self, columns: Tensor, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Directions of the rays through places of the picture.

        Args:
            columns, rows: of any shape [...], pixels.

        Returns:
            Unit vectors [..., 3] in the world, and [..., 1] how far along them a depth of 1 is.
        """
        x, y = (columns - self._centre[0]) / self._focal[0], (rows - self._centre[1]) / self._focal[1]
        directions = torch.stack([x, y, torch.ones_like(x)], dim=-1).float() @ self._rotation.T
        lengths = directions.norm(dim=-1, keepdim=True)
        return directions / lengths, lengths

    def of(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """What `through` gives, of pixels [N], row * width + column each: unit vectors [N, 3], and [N, 1]."""
        width = self.size_px[0]
        return self.through(pixels % width, pixels.div(width, rounding_mode="floor"))


@dataclass(frozen=True, eq=False)
class Marched:
    """Tiles that are as far.

    Attributes:
        tiles: [n] their numbers.
        states: [n, m, m, STATE] of the rays on the grid of each; the last ones are the next tile's first.
        spacing_px: between them.
        steps: taken.
    """

    tiles: Tensor
    states: Tensor
    spacing_px: int
    steps: int

    def __len__(self) -> int:
        return len(self.tiles)

    def chosen(self, which: Tensor | slice) -> Marched:
        """Some of the tiles: numbers [N], a mask of all of them, or a slice."""
        return Marched(self.tiles[which], self.states[which], self.spacing_px, self.steps)

    def refined(self, spacing_px: int) -> Marched:
        """On a finer grid, interpolated."""
        side = TILE_PX // spacing_px + 1
        if side == self.states.shape[1]:
            return self
        images = F.interpolate(self.states.permute(0, 3, 1, 2), (side, side), mode="bilinear", align_corners=True)
        return Marched(self.tiles, images.permute(0, 2, 3, 1), spacing_px, self.steps)


class TiledMarch:
    """The rays of a picture, on a CPU. Pixels may be asked for in parts: what is shared by a tile is marched once."""

    def __init__(
        self,
        march: MarchRays,
        rays: PixelRays,
        begin_depth: float,
        steps: int,
        reach: float,
    ) -> None:
        """Begins.

        Args:
            march: `PackedMarcher.march` of a scene and a camera.
            begin_depth: where rays begin, along +z.
            steps: that each ray takes.
            reach: how far away what is seen is, about.
        """
        self._march_rays, self._rays, self._begin_depth, self._steps = march, rays, begin_depth, steps
        angle = min(rays.pixel_angle, LARGEST_ANGLE)
        bends = torch.full((STATE,), STATE_BEND * angle)
        bends[0] = BEND * angle * reach
        self._bends = bends.clamp(min=torch.finfo(torch.float32).tiny)
        self._across = -(-rays.size_px[0] // TILE_PX)
        self._begun: dict[int, Marched] = {}  # tiles of which pixels are left
        self.evaluated = 0
        """Points at which phi was asked."""

    def distances(self, pixels: Tensor) -> Tensor:
        """[N] how far along their rays pixels [N] are, row * width + column each; none of them twice."""
        wanted = _Wanted(pixels, self._rays.size_px, self._across)
        made = torch.empty(len(pixels))
        for tiles in torch.split(wanted.tiles, BAND_TILES):
            # Tiles that are equally far go on together: a product of few rows is slow.
            waiting: dict[int, list[tuple[Tensor, Tensor]]] = {}
            for steps, places, states in self._reached(tiles, wanted):
                of_steps = waiting.setdefault(steps, [])
                of_steps.append((places, states))
                if sum(len(places) for places, _ in of_steps) >= WAITING_RAYS:
                    self._finish(steps, waiting.pop(steps), wanted, made)
            for steps, of_steps in waiting.items():
                self._finish(steps, of_steps, wanted, made)
        return made

    def _reached(self, tiles: Tensor, wanted: _Wanted) -> Iterator[tuple[int, Tensor, Tensor]]:
        """How many steps the pixels of each tile are marched on grids, which those are, and their states."""
        known = torch.tensor([tile in self._begun for tile in tiles.tolist()])
        few = ~known & (wanted.counts[tiles] < LEAST_PIXELS)
        for tile in tiles[few].tolist():
            places = wanted.of(tile)
            states = torch.zeros(len(places), STATE)
            states[:, :1] = self._begin_depth * self._rays.through(wanted.columns[places], wanted.rows[places])[1]
            yield 0, places, states
        for tile in tiles[known].tolist():
            yield self._begun[tile].steps, *self._of_pixels(self._begun[tile], wanted)
        for marched in self._march(self._begin(tiles[~known & ~few])):
            for index, tile in enumerate(marched.tiles.tolist()):
                one = marched.chosen(slice(index, index + 1))
                if wanted.counts[tile] < TILE_PX**2:
                    # Without the other tiles' states, a view of which it is.
                    self._begun[tile] = Marched(one.tiles, one.states.clone(), one.spacing_px, one.steps)
                yield one.steps, *self._of_pixels(one, wanted)

    def _of_pixels(self, one: Marched, wanted: _Wanted) -> tuple[Tensor, Tensor]:
        """Which of the pixels are in this one tile, and their states."""
        places = wanted.of(int(one.tiles))
        return places, one.refined(1).states[0, wanted.rows[places] % TILE_PX, wanted.columns[places] % TILE_PX]

    def _begin(self, tiles: Tensor) -> Marched:
        side = TILE_PX // COARSEST_PX + 1
        marched = Marched(tiles, torch.zeros(len(tiles), side, side, STATE), COARSEST_PX, 0)
        marched.states[..., :1] = self._begin_depth * self._through(marched)[1]
        return marched

    def _through(self, marched: Marched) -> tuple[Tensor, Tensor]:
        """The grids' rays and the lengths of theirs, [n, m, m, 3] and [n, m, m, 1]."""
        places = torch.arange(marched.states.shape[1]) * marched.spacing_px
        columns = (marched.tiles % self._across * TILE_PX)[:, None, None] + places[None, None]
        rows = (marched.tiles // self._across * TILE_PX)[:, None, None] + places[:, None]
        shape = marched.states.shape[:3]
        return self._rays.through(columns.expand(shape), rows.expand(shape))

    def _march(self, marched: Marched) -> Iterator[Marched]:
        """The same tiles in parts: as far as they can be marched on grids."""
        while marched.spacing_px > 1 and marched.steps < self._steps and len(marched):
            rays, _ = self._through(marched)
            states = self._step(rays.view(-1, 3), marched.states.reshape(-1, STATE), 1).view(marched.states.shape)
            spacings = self._spacings(states, marched.spacing_px)
            for spacing in sorted(set(spacings.tolist())):
                some = marched.chosen(spacings == spacing)
                if spacing == 1:
                    yield some
                elif spacing < marched.spacing_px:
                    yield from self._march(some.refined(spacing))
            good = spacings == marched.spacing_px
            marched = Marched(marched.tiles[good], states[good], marched.spacing_px, marched.steps + 1)
        if len(marched):
            yield marched

    def _spacings(self, states: Tensor, spacing_px: int) -> Tensor:
        """[n] of the grid that each tile needs in whose `states` on this one there are such bends."""
        # A parabola's middle is an eighth of its second difference away from its chord. Half the spacing: a quarter.
        bend = torch.stack([states.diff(n=2, dim=dim).abs().flatten(1, 2).amax(dim=1) for dim in (1, 2)]).amax(dim=0)
        excess = (bend / (8 * self._bends)).amax(dim=1)
        halvings = (excess.clamp(1, 2.0**40).log2() / 2).ceil().clamp(max=math.log2(spacing_px)).long()
        return torch.full_like(halvings, spacing_px) >> halvings

    def _finish(self, steps: int, tiles: Sequence[tuple[Tensor, Tensor]], wanted: _Wanted, made: Tensor) -> None:
        """Goes on after so many steps to the end, and puts the distances where they belong in `made`."""
        places, states = (torch.cat(parts) for parts in zip(*tiles, strict=True))
        rays, _ = self._rays.through(wanted.columns[places], wanted.rows[places])
        made[places] = self._step(rays, states, self._steps - steps)[:, 0]

    def _step(self, rays: Tensor, states: Tensor, steps: int) -> Tensor:
        """[N, STATE] after so many steps more."""
        if steps == 0:
            return states
        self.evaluated += len(rays) * steps
        parts = zip(torch.split(rays, CHUNK_RAYS), torch.split(states, CHUNK_RAYS), strict=True)
        return torch.cat([self._march_rays(*part, steps) for part in parts])


class _Wanted:
    """Pixels, tile by tile."""

    def __init__(self, pixels: Tensor, size_px: tuple[int, int], across: int) -> None:
        self.columns, self.rows = pixels % size_px[0], pixels // size_px[0]
        tiles = self.rows // TILE_PX * across + self.columns // TILE_PX
        self._order = tiles.argsort(stable=True)
        self.counts = torch.bincount(tiles)
        """[T] of each tile."""
        self._ends = self.counts.cumsum(dim=0)
        self.tiles = self.counts.nonzero()[:, 0]
        """Those that have some."""

    def of(self, tile: int) -> Tensor:
        """Which of the pixels are in a tile."""
        return self._order[self._ends[tile] - self.counts[tile] : self._ends[tile]]


def tiles_by_chance(size_px: tuple[int, int], rays: int) -> tuple[Tensor, Tensor]:
    """All pixels [N] of some tiles of a picture, and which [M] of them are looked at, `rays` at most."""
    width, height = size_px
    across, down = -(-width // TILE_PX), -(-height // TILE_PX)
    random = torch.Generator().manual_seed(0)
    count = max(1, rays // AUDITED_PIXELS)
    pixels = torch.arange(width * height)
    chosen = torch.zeros(down * across, dtype=torch.bool)
    chosen[torch.randperm(len(chosen), generator=random)[:count]] = True
    inside = pixels[chosen[pixels // width // TILE_PX * across + pixels % width // TILE_PX]]
    return inside, torch.randperm(len(inside), generator=random)[:rays]
