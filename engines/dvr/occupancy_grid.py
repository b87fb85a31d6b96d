"""Bounds on an occupancy field, made once for a scene: where it is surely empty, and about how large it is elsewhere.

The field is sampled in a cube of BASE cells a side, and where that doesn't settle its sign in halved cells, down to
FINEST. Between samples it is taken for trilinear; how far off that is at most isn't known but measured: halving the
cells of a region tells the error of the coarse ones at every new sample. The largest around a cell, times SAFETY, is
the margin of the halved cells, whose own error is mostly a quarter of it. So the bounds are no proof: `audit` in
`surface_search.py` counts what they miss.

Cubes of twice the side each lie around the first one, for rays that are searched outside of it. Coordinates are the
field's own; a cube of half side h spans [-h, h] on each axis.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from engines.core.engine import Stop, never_stop
from engines.core.errors import Cancelled
from engines.dvr.config import PADDING
from engines.dvr.marching import Logits

FINEST = 64
"""Cells a side of each cube."""
BASE, OUTER_BASE = 32, 16
"""Cells a side that are sampled wholly, in the first cube and in those around it."""
SIZES = (32, 64, 128)
"""What `FINEST` may be."""
MOST_CUBES = 64
SAFETY = 1.25
"""Measured on trained and random fields: halved cells are off by at most 0.97 of what the margin is made from."""
LARGEST = 6e4
"""What a half-precision number holds; samples are rounded to such, which is what a scene file keeps."""
ROUNDING = 2.0**-11
CHUNK, GPU_CHUNK = 2**10, 2**18
"""Samples between two looks at `stop`; on a CPU a look each few hundredths of a second."""
FARTHEST_REACH = 64
KEPT = {
    "samples": (torch.float16, 1), "halved": (torch.uint8, 1), "shape": (torch.int64, 1), "half": (torch.float64, 0),
}  # fmt: skip
"""Types and numbers of dimensions of what a file keeps of a grid."""
RECIPE = 1
"""Grows when grids are made otherwise: those of files aren't read any more then."""


@dataclass(frozen=True, eq=False)
class OccupancyGrid:
    """Nested cubes of C cells a side.

    Attributes:
        half: half the first cube's side; cube k's is 2^k as large.
        values: [K, C+1, C+1, C+1] logits at the cells' corners.
        margins: [K, C, C, C] how far the field may be from the trilinear one; 0 where its sign is settled.
        reach: [K, C, C, C] uint8, to the nearest cell that isn't surely empty, in cells; 0: this one.
        samples: [M] float16 what the field was asked for, in order.
        halved: bytes of bits, which cells were halved, in order.
    """

    half: float
    values: Tensor
    margins: Tensor
    reach: Tensor
    samples: Tensor
    halved: Tensor

    @property
    def cells(self) -> int:
        """Cells a side of a cube."""
        return self.reach.shape[-1]

    @property
    def radius(self) -> float:
        """Half the last cube's side."""
        return float(self.half * 2 ** (len(self.reach) - 1))

    def covering(self, logits: Logits, radius: float) -> OccupancyGrid:
        """This grid with as many more cubes as points whose coordinates are up to `radius` need."""
        grown = self
        while grown.radius < radius:
            grown = _with_cube(grown, _Asked(logits, self.values.device))
        return grown

    def to_tensors(self) -> dict[str, Tensor]:
        """What a file keeps."""
        shape = torch.tensor([len(self.reach), self.cells])
        half = torch.tensor(self.half, dtype=torch.float64)
        return {"samples": self.samples, "halved": self.halved, "shape": shape, "half": half}

    @staticmethod
    def from_tensors(tensors: Mapping[str, Tensor], device: torch.device) -> OccupancyGrid:
        """The grid that a file keeps; the field isn't asked.

        Args:
            tensors: as `to_tensors` gives them: samples [M], halved [L] bytes, shape [2], and half, a scalar.

        Raises:
            ValueError: the tensors aren't those of a grid.
        """
        for name, (dtype, dimensions) in KEPT.items():
            if name not in tensors:
                raise ValueError(f"a grid has no {name}")
            if tensors[name].dtype != dtype or tensors[name].dim() != dimensions:
                raise ValueError(f"a grid's {name} is {tensors[name].dtype} {list(tensors[name].shape)}")
        if len(tensors["shape"]) != 2:
            raise ValueError(f"a grid's shape has {len(tensors['shape'])} numbers, not 2")
        (cubes, cells), half = tensors["shape"].tolist(), float(tensors["half"])
        if not (0 < cubes <= MOST_CUBES and cells in SIZES and 0 < half < math.inf):
            raise ValueError(f"a grid of {cubes} cubes of {cells} cells a side, from {half}, is none that is made here")
        replayed = _Replayed(tensors["samples"], tensors["halved"], device)
        grid = _first_cube(replayed, half, cells)
        for _ in range(cubes - 1):
            grid = _with_cube(grid, replayed)
        replayed.finish()
        return OccupancyGrid(grid.half, grid.values, grid.margins, grid.reach, tensors["samples"], tensors["halved"])


class GridInMaking:
    """A grid that is made in as many attempts as it takes: what the field was asked for is kept between them."""

    def __init__(
        self,
        logits: Logits,
        device: torch.device,
        finest: int = FINEST,
        padding: float = PADDING,
        kept: OccupancyGrid | None = None,
    ) -> None:
        """`kept`: that of this field, where there is one; it may yet have to be grown."""
        self._source, self._finest, self._half = _Asked(logits, device), finest, 0.5 + padding / 2
        self._logits, self._grid = logits, kept

    @property
    def is_finished(self) -> bool:
        """Whether there is a grid already."""
        return self._grid is not None

    @torch.no_grad()
    def finished(self, radius: float = 0.0, stop: Stop = never_stop) -> OccupancyGrid:
        """The grid, for points whose coordinates are up to `radius`.

        Raises:
            Cancelled: `stop` said so; the next attempt goes on from there.
        """
        if self._grid is None:
            self._source.begin(stop)
            self._grid = _first_cube(self._source, self._half, self._finest)
            self._source = _Asked(self._logits, self._source.device)
        while self._grid.radius < radius:
            self._source.begin(stop)
            self._grid = _with_cube(self._grid, self._source)
            self._source = _Asked(self._logits, self._source.device)
        return self._grid


def build_grid(
    logits: Logits,
    device: torch.device,
    radius: float = 0.0,
    finest: int = FINEST,
    padding: float = PADDING,
    stop: Stop = never_stop,
) -> OccupancyGrid:
    """The grid of a field.

    Args:
        radius: coordinates that it shall cover besides the padded cube.

    Raises:
        Cancelled: `stop` said so.
    """
    return GridInMaking(logits, device, finest, padding).finished(radius, stop)


class _Asked:
    """Gives samples of the field, and keeps them."""

    def __init__(self, logits: Logits, device: torch.device) -> None:
        self._logits, self.device = logits, device
        self._stop: Stop = never_stop
        self._samples, self._halved, self._given = list[Tensor](), list[Tensor](), 0

    def begin(self, stop: Stop) -> None:
        """From the start; what was asked already is given again."""
        self._stop, self._given, self._halved = stop, 0, []

    def at(self, points: Tensor) -> Tensor:
        """[N] float32 of points [N, 3]."""
        parts = torch.split(points, CHUNK if self.device.type == "cpu" else GPU_CHUNK)
        first = self._given
        for part in parts:
            if self._given == len(self._samples):
                if self._stop():
                    raise Cancelled
                self._samples.append(self._logits(part).clamp(-LARGEST, LARGEST).half())
            self._given += 1
        return torch.cat(self._samples[first : self._given]).float() if parts else points.new_zeros(0)

    def chosen(self, cells: Tensor) -> Tensor:
        """The cells to be halved [r, r, r]: those asked for."""
        self._halved.append(_packed(cells))
        return cells

    def record(self) -> tuple[Tensor, Tensor]:
        """Samples and bits so far."""
        none = torch.zeros(0, dtype=torch.uint8, device=self.device)
        return torch.cat(self._samples), torch.cat([none, *self._halved])


class _Replayed:
    """Gives the samples that a file keeps."""

    def __init__(self, samples: Tensor, halved: Tensor, device: torch.device) -> None:
        self._samples, self._halved, self.device = samples.to(device), halved.to(device), device
        self._sample = self._byte = 0

    def at(self, points: Tensor) -> Tensor:
        """As `_Asked.at`."""
        self._sample += len(points)
        if self._sample > len(self._samples):
            raise ValueError("a grid has too few samples")
        return self._samples[self._sample - len(points) : self._sample].float()

    def chosen(self, cells: Tensor) -> Tensor:
        """As kept; they needn't be those asked for to the last bit, on another machine."""
        size = (cells.numel() + 7) // 8
        self._byte += size
        if self._byte > len(self._halved):
            raise ValueError("a grid has too few bits")
        return _unpacked(self._halved[self._byte - size : self._byte], cells.shape)

    def record(self) -> tuple[Tensor, Tensor]:
        """Nothing; it is known already."""
        return self._samples, self._halved

    def finish(self) -> None:
        """Raises ValueError where something is left over."""
        if self._sample != len(self._samples) or self._byte != len(self._halved):
            raise ValueError("a grid has more samples than its cells need")


_Source = _Asked | _Replayed


def _packed(bits: Tensor) -> Tensor:
    flat = F.pad(bits.flatten(), (0, -bits.numel() % 8)).view(-1, 8)
    return (flat << torch.arange(8, device=bits.device)).sum(1).to(torch.uint8)


def _unpacked(packed: Tensor, shape: torch.Size) -> Tensor:
    bits = packed[:, None].int() >> torch.arange(8, device=packed.device) & 1
    return bits.flatten()[: shape.numel()].view(shape).bool()


@dataclass(frozen=True, eq=False)
class _Cube:
    """One cube while it is made: as `OccupancyGrid`, without K; `empty` [C, C, C]: surely."""

    values: Tensor
    margins: Tensor
    empty: Tensor


def _first_cube(source: _Source, half: float, finest: int) -> OccupancyGrid:
    cube = _sampled(source, half, (min(BASE, finest), finest), None)
    reach = _reach(cube.empty)
    return OccupancyGrid(half, cube.values[None], cube.margins[None], reach[None], *source.record())


def _with_cube(grid: OccupancyGrid, source: _Source) -> OccupancyGrid:
    """With one more around the last."""
    cells = grid.cells
    quarter = slice(cells // 4, cells - cells // 4)
    within = torch.zeros(cells, cells, cells, dtype=torch.bool, device=source.device)
    within[quarter, quarter, quarter] = True
    cube = _sampled(source, 2 * grid.radius, (min(OUTER_BASE, cells), cells), within)
    # What the last cube says is finer than what this one does.
    cube.empty[quarter, quarter, quarter] = F.max_pool3d((grid.reach[-1:] == 0).float(), 2)[0] == 0
    samples, halved = source.record()
    if isinstance(source, _Asked):
        samples, halved = torch.cat([grid.samples, samples]), torch.cat([grid.halved, halved])
    return OccupancyGrid(
        grid.half,
        torch.cat([grid.values, cube.values[None]]),
        torch.cat([grid.margins, cube.margins[None]]),
        torch.cat([grid.reach, _reach(cube.empty)[None]]),
        samples,
        halved,
    )


def _sampled(source: _Source, half: float, sizes: tuple[int, int], within: Tensor | None) -> _Cube:
    """A cube from its first to its last number of cells a side; `within` [C, C, C]: cells that another one has."""
    cells, finest = sizes
    every = torch.ones([cells + 1] * 3, dtype=torch.bool, device=source.device)
    values = source.at(_corners(every, half)).view(every.shape)
    off = _off(_doubled(values[::2, ::2, ::2]), values)
    margins = _twice(_around(off)) * SAFETY
    settled = _settled(values, margins)
    while cells < finest:
        needed = ~settled
        if within is not None:
            needed &= ~F.max_pool3d(within[None].float(), finest // cells)[0].bool()
        halved = source.chosen(needed)
        guessed = _doubled(values)
        new = _corners_of(halved)
        new[::2, ::2, ::2] = False
        values = guessed.masked_scatter(new, source.at(_corners(new, half)))
        margins = _twice(torch.where(halved, _around(_off(guessed, values)), 0)) * SAFETY
        cells *= 2
        # A cell beside halved ones has some samples of theirs at its corners; its sign stays settled.
        settled = _settled(values, margins) | ~_twice(halved)
    return _Cube(values, margins.masked_fill(settled, 0), settled & (values[:-1, :-1, :-1] < 0))


def _corners(chosen: Tensor, half: float) -> Tensor:
    """[M, 3] coordinates of the corners chosen among [c+1, c+1, c+1]."""
    return chosen.nonzero() * (2 * half / (chosen.shape[0] - 1)) - half


def _corners_of(cells: Tensor) -> Tensor:
    """[2c+1]^3 which corners the halves of cells [c, c, c] have."""
    size = cells.shape[0]
    spread = F.conv_transpose3d(cells[None, None].float(), torch.ones(1, 1, 3, 3, 3, device=cells.device), stride=2)
    return spread[0, 0, : 2 * size + 1, : 2 * size + 1, : 2 * size + 1] > 0


def _doubled(values: Tensor) -> Tensor:
    """Trilinear values at the corners of halved cells."""
    size = [2 * side - 1 for side in values.shape]
    return F.interpolate(values[None, None], size, mode="trilinear", align_corners=True)[0, 0]


def _twice(cells: Tensor) -> Tensor:
    """What cells have, for their halves."""
    return cells.repeat_interleave(2, 0).repeat_interleave(2, 1).repeat_interleave(2, 2)


def _off(guessed: Tensor, values: Tensor) -> Tensor:
    """[c, c, c] by how much guesses at halved cells' corners are off at most, and what rounding adds."""
    error = (guessed - values).abs() + ROUNDING * values.abs()
    return F.max_pool3d(error[None], 3, 2)[0]


def _around(cells: Tensor) -> Tensor:
    """The largest of a cell and its neighbours."""
    return F.max_pool3d(cells[None], 3, 1, 1)[0]


def _settled(values: Tensor, margins: Tensor) -> Tensor:
    """[c, c, c] whether the field has one sign in a cell."""
    high = F.max_pool3d(values[None], 2, 1)[0]
    low = -F.max_pool3d(-values[None], 2, 1)[0]
    return (high + margins < 0) | (low - margins > 0)


def _reach(empty: Tensor) -> Tensor:
    # One cell more on all sides: margins are measured, not proven.
    near = _dilated((~empty).to(torch.uint8))
    reach = torch.zeros_like(near)
    for _ in range(FARTHEST_REACH):
        reach += near == 0
        grown = _dilated(near)
        if torch.equal(grown, near):
            break
        near = grown
    return reach


def _dilated(cells: Tensor) -> Tensor:
    for axis in range(3):
        grown, size = cells.clone(), cells.shape[axis] - 1
        torch.maximum(grown.narrow(axis, 1, size), cells.narrow(axis, 0, size), out=grown.narrow(axis, 1, size))
        torch.maximum(grown.narrow(axis, 0, size), cells.narrow(axis, 1, size), out=grown.narrow(axis, 0, size))
        cells = grown
    return cells
