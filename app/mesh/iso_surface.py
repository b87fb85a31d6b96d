"""Where a field crosses 0, as triangles: looked for coarsely, then finer and finer near to it only.

Cells of a coarse lattice are divided where their corners differ in sign, or where the field may change it between them
by what is seen of how steep it is; a cell that the surface leaves through a side brings in the one on the other side.
So each piece that is met is whole, and that of the full lattice; pieces are lost only that lie between the coarse
lattice's points and leave no trace on its values. Memory goes with the surface's area.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from app.mesh.cell_tables import BETWEEN, CORNERS, CROSSED, CROSSED_SIDES, HALVES, LOW_HIGH, PARTS, SIDES
from app.mesh.field import SurfaceField
from app.mesh.lattice import Lattice
from app.mesh.marching import CrossedCells, marched
from app.mesh.surface import Surface
from engines.core.camera import Array

COARSEST = 32
"""Cells at least along the longest side of the lattice that is asked everywhere."""
STEEPER = 1.25
"""How much steeper a field may be between a lattice's points than it was seen to be nearby."""
AT_ONCE = 2**17
"""Cells that are looked at together; more would only take more memory."""
OUTSIDE = np.float32("-inf")
"""The value of points beyond the box."""


@dataclass(frozen=True, eq=False)
class SurfaceCells:
    """Cells of one step that the surface may be in.

    Attributes:
        keys: [C] of their first points, sorted.
        steep: [C] how much the field changes in a world unit thereabouts, as far as it was seen.
        crossed: [C] bool, whether corners differ in sign.
        hopeful: [C] bool, whether some point between them may.
        sides: [C, 6] bool, on which of `SIDES` corners differ.
    """

    keys: Array
    steep: Array
    crossed: Array
    hopeful: Array
    sides: Array

    def and_also(self, others: SurfaceCells) -> SurfaceCells:
        """Both; none may be the same."""
        order = np.argsort(keys := np.concatenate([self.keys, others.keys]))
        return SurfaceCells(keys[order], *(
            np.concatenate([getattr(self, name), getattr(others, name)])[order]
            for name in ("steep", "crossed", "hopeful", "sides")
        ))  # fmt: skip


@dataclass(frozen=True, eq=False)
class Known:
    """What the field is at some points.

    Attributes:
        keys: [P] sorted.
        values: [P] float32, `OUTSIDE` beyond the box.
    """

    keys: Array
    values: Array

    def at(self, keys: Array) -> Array:
        """[...] float32 at keys [...], all of which are known."""
        return np.asarray(self.values[np.searchsorted(self.keys, keys)])


class _Search:
    """The lattice, the field, and how far it is."""

    def __init__(self, field: SurfaceField, lattice: Lattice, on_share: Callable[[float], None]) -> None:
        self.field, self.lattice, self.on_share = field, lattice, on_share
        levels = lattice.step.bit_length()
        # The surface has four times as many points at each half of the step.
        self._weights = 4.0 ** np.arange(levels) / (4.0 ** np.arange(levels)).sum()
        self._level = 0

    def asked(self, known: Known, keys: Array) -> Known:
        """What the field is at keys (sorted, each once): what is known already, and the rest."""
        values, missing = np.full(len(keys), OUTSIDE), np.ones(len(keys), dtype=bool)
        if len(known.keys):
            place = np.minimum(np.searchsorted(known.keys, keys), len(known.keys) - 1)
            missing = known.keys[place] != keys
            values[~missing] = known.values[place[~missing]]
        points = self.lattice.points(keys[missing])
        within = ~self.lattice.outside(points)
        found = np.full(len(points), OUTSIDE)
        found[within] = self.field.values(self.lattice.world(points[within]), self._told)
        values[missing] = found
        return Known(keys, values)

    def next_level(self) -> None:
        """The step is half as large from now on."""
        self._level += 1

    def _told(self, share: float) -> None:
        self.on_share(float(self._weights[: self._level].sum() + share * self._weights[self._level]))

    def corners(self, cells: Array, step: int) -> Array:
        """[C, 8] keys of the corners of cells [C]."""
        return np.asarray(self.lattice.keys(self.lattice.points(cells)[:, None] + CORNERS * step))

    def corners_of_all(self, cells: Array, step: int) -> Array:
        """[P] sorted keys of the corners of cells [C], each once."""
        found = [_distinct(self.corners(cells[part], step)) for part in _parts(len(cells))]
        return _distinct(np.concatenate([np.empty(0, dtype=np.int64), *found]))

    def divided(self, known: Known, cells: SurfaceCells, step: int) -> tuple[Array, Array]:
        """[N] sorted keys of the parts that the surface may be in, and [N] how steep the field was seen to be there."""
        keys, steep = [np.empty(0, dtype=np.int64)], [np.empty(0)]
        chosen = np.flatnonzero(cells.hopeful)
        for part in _parts(len(chosen)):
            here = chosen[part]
            parts = np.ones((len(here), len(CORNERS)), dtype=bool)
            if step == 2:
                parts = self._last_parts(known, cells, here)
            keys.append(self.corners(cells.keys[here], step // 2)[parts])
            steep.append(np.repeat(cells.steep[here], parts.sum(axis=1)))
        order = np.argsort(every := np.concatenate(keys))
        return every[order], np.concatenate(steep)[order]

    def _last_parts(self, known: Known, cells: SurfaceCells, here: Array) -> Array:
        """[N, 8] bool, which parts of some cells of step 2 are looked at: fewer, since most points are asked here.

        Where the surface is known to pass, parts that it would be in were the field linear; it is followed from there.
        Else none but where a point between the corners, of those that may, has another sign.
        """
        values = known.at(self.corners(cells.keys[here], 2))
        at_box = np.isneginf(values).any(axis=1)
        linear = np.packbits((np.where(np.isfinite(values), values, 0) @ BETWEEN.T > 0)[:, PARTS], axis=2)[..., 0]
        parts = CROSSED[linear] & cells.crossed[here, None]
        rest = np.flatnonzero(~cells.crossed[here] & ~at_box)
        may = _near_enough(values[rest], cells.steep[here[rest]], 2 * self.lattice.spacing)
        keys = self.lattice.keys(self.lattice.points(cells.keys[here[rest]])[:, None] + HALVES)
        found = self.asked(known, _distinct(keys[may]))
        differs = np.zeros(may.shape, dtype=bool)
        differs[may] = (found.at(keys[may]) > 0) != np.broadcast_to(values[rest, :1] > 0, may.shape)[may]
        parts[rest[differs.any(axis=1)]] = True
        parts[at_box] = True
        return np.asarray(parts)

    def judged(self, known: Known, keys: Array, steep: Array, step: int) -> SurfaceCells:
        """Looks at cells [C].

        Args:
            steep: [C] how steep the field was seen to be thereabouts before.
        """
        side = step * self.lattice.spacing
        parts = [SurfaceCells(*_nothing())]
        for part in _parts(len(keys)):
            values = known.at(self.corners(keys[part], step))
            code = np.packbits(values > 0, axis=1)[:, 0]
            steeper = np.maximum(steep[part], _steepness(values, side))
            hopeful = CROSSED[code]
            rest = np.flatnonzero(~hopeful & np.isfinite(values).any(axis=1))
            hopeful[rest] = _near_enough(values[rest], steeper[rest], side).any(axis=1)
            parts.append(SurfaceCells(keys[part], steeper, CROSSED[code], hopeful, CROSSED_SIDES[code]))
        return SurfaceCells(*(
            np.concatenate([getattr(part, name) for part in parts])
            for name in ("keys", "steep", "crossed", "hopeful", "sides")
        ))  # fmt: skip


def extract_iso_surface(
    field: SurfaceField, resolution: int, on_share: Callable[[float], None], coarsest: int = COARSEST
) -> Surface:
    """The surface in the field's box, closed where the box cuts it; without triangles where there is none.

    Args:
        resolution: cells along the box's longest side.
        on_share: told the share that is done.
        coarsest: cells at least along the longest side of the lattice that is asked everywhere.

    Raises:
        Cancelled: the field's `stop` said so.
        UserError: the field gives what is no number.
    """
    search = _Search(field, Lattice.of(field.box, resolution, coarsest), on_share)
    step = search.lattice.step
    known, cells = _everywhere(search)
    while step > 1:
        keys, steep = search.divided(known, cells, step)
        step //= 2
        search.next_level()
        known = search.asked(known, search.corners_of_all(keys, step))
        known, cells = _followed(search, known, search.judged(known, keys, steep, step), step)
    crossed = cells.keys[cells.crossed]
    del cells
    return marched(search.lattice, CrossedCells(crossed, known.keys, known.values), field.check_stop)


def _nothing() -> tuple[Array, ...]:
    """No cells."""
    none = np.empty(0, dtype=bool)
    return np.empty(0, dtype=np.int64), np.empty(0), none, none, np.empty((0, len(SIDES)), dtype=bool)


def _parts(count: int) -> Iterator[slice]:
    return (slice(first, first + AT_ONCE) for first in range(0, count, AT_ONCE))


def _distinct(keys: Array) -> Array:
    """[N] sorted, each once; numpy's own `unique` takes several times as long for so many numbers."""
    keys = np.sort(keys, axis=None)
    return np.asarray(keys[np.concatenate([[True], keys[1:] != keys[:-1]])] if len(keys) else keys)


def _without(keys: Array, others: Array) -> Array:
    """[N] of sorted keys those that are not among the other sorted ones."""
    if len(others) == 0:
        return keys
    place = np.minimum(np.searchsorted(others, keys), len(others) - 1)
    return np.asarray(keys[others[place] != keys])


def _everywhere(search: _Search) -> tuple[Known, SurfaceCells]:
    """The coarsest lattice: all its points, and all its cells."""
    lattice, step = search.lattice, search.lattice.step
    points = np.stack(np.meshgrid(*(np.arange(0, count, step) for count in lattice.shape), indexing="ij"), axis=-1)
    known = search.asked(Known(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)),
                         lattice.keys(points).ravel())  # fmt: skip
    first = lattice.keys(points[:-1, :-1, :-1])
    cells = search.judged(known, first.ravel(), np.zeros(first.size), step)
    steep = _largest_nearby(cells.steep.reshape(first.shape)).ravel()
    return known, search.judged(known, cells.keys, steep, step)


def _largest_nearby(values: Array) -> Array:
    """[X, Y, Z] the largest of each cell's value and its 26 neighbours'."""
    for axis in range(3):
        padded = np.pad(values, [(1, 1) if axis == each else (0, 0) for each in range(3)], mode="edge")
        count = values.shape[axis]
        values = np.maximum.reduce([np.take(padded, range(at, at + count), axis=axis) for at in range(3)])
    return values


def _followed(search: _Search, known: Known, cells: SurfaceCells, step: int) -> tuple[Known, SurfaceCells]:
    """Brings in the cells that the surface goes on into, until there are none left."""
    newest = cells
    while newest.crossed.any():
        points = search.lattice.points(newest.keys)
        ahead = [
            search.lattice.keys(points[newest.sides[:, number]] + way * step * np.eye(3, dtype=np.int64)[axis])
            for number, (axis, way, _) in enumerate(SIDES)
        ]
        keys = _without(_distinct(np.concatenate(ahead)), cells.keys)
        if len(keys) == 0:
            break
        more = search.asked(Known(known.keys[:0], known.values[:0]),
                            _without(search.corners_of_all(keys, step), known.keys))  # fmt: skip
        order = np.argsort(both := np.concatenate([known.keys, more.keys]), kind="stable")
        known = Known(both[order], np.concatenate([known.values, more.values])[order])
        newest = search.judged(known, keys, np.zeros(len(keys)), step)
        cells = cells.and_also(newest)
    return known, cells


def _steepness(values: Array, side: Array) -> Array:
    """[C] how much the field changes in a world unit, from corners' values [C, 8] of cells with sides [3]."""
    corners = np.ascontiguousarray(np.where(np.isfinite(values), values, np.nan).T)
    squares = np.zeros(len(values))
    for axis, (low, high) in enumerate(LOW_HIGH):
        change = np.fmax.reduce(np.abs(corners[high] - corners[low]), axis=0)
        squares += (np.nan_to_num(change) / side[axis]) ** 2
    return np.asarray(np.sqrt(squares))


def _near_enough(values: Array, steep: Array, side: Array) -> Array:
    """[C, 27] bool, which of `HALVES` may have another sign than a cell's corners: those near enough to all of them.

    Args:
        values: [C, 8] at the corners, all of the same sign or `OUTSIDE`.
        steep: [C] how much the field changes in a world unit.
        side: [3] of the cells, world units.
    """
    heights = np.abs(np.where(np.isfinite(values), values, 0)) / np.maximum(STEEPER * steep, 1e-30)[:, None]
    heights = np.ascontiguousarray(heights.T)
    may = np.ones((len(HALVES), len(values)), dtype=bool)
    for number, point in enumerate(HALVES):
        far = np.linalg.norm((point / 2 - CORNERS) * side, axis=1)
        for corner in range(len(CORNERS)):
            may[number] &= heights[corner] <= far[corner]
    return np.ascontiguousarray(may.T)
