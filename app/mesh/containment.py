"""Which points lie inside a watertight, closed surface: a line upwards from one crosses it oddly often.

The lines are sorted into squares seen from above, and triangles are taken a part at a time, so that the memory needed
does not grow with the surface.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from app.mesh.surface import Surface
from engines.core.camera import Array

MOST_PAIRS = 1_000_000
"""Of a triangle and a point that are tried at once: some 100 MB."""
MOST_SQUARES = 1024
"""Along a side."""


def merged(surface: Surface) -> Surface:
    """The surface with one vertex where several are in the same place, without triangles that are none then.

    Files part vertices for their texture, or have three for each triangle.
    """
    vertices = surface.vertices
    order = np.lexsort(vertices.T)
    new = np.ones(len(order), dtype=bool)
    new[1:] = (vertices[order[1:]] != vertices[order[:-1]]).any(axis=1)
    index = np.empty(len(order), dtype=np.int64)
    index[order] = np.cumsum(new) - 1
    faces = index[surface.faces]
    a, b, c = faces.T
    return Surface(vertices[order[new]], faces[(a != b) & (b != c) & (c != a)])


def without_doubles(surface: Surface) -> Surface:
    """The surface with one triangle where several have the same corners, as the two sides of a sheet."""
    corners = np.sort(surface.faces, axis=1)
    order = np.lexsort(corners.T)
    new = np.ones(len(order), dtype=bool)
    new[1:] = (corners[order[1:]] != corners[order[:-1]]).any(axis=1)
    return Surface(surface.vertices, surface.faces[order[new]])


def open_edges(surface: Surface) -> tuple[int, int]:
    """How many edges have an odd number of triangles (none of a closed surface), and the most that an edge has."""
    if len(surface.faces) == 0:
        return 0, 0
    starts, ends = surface.faces, surface.faces[:, [1, 2, 0]]
    keys = np.minimum(starts, ends).astype(np.int64) * len(surface.vertices) + np.maximum(starts, ends)
    keys = np.sort(keys.reshape(-1))
    firsts = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
    counts = np.diff(np.append(firsts, len(keys)))
    return int((counts % 2).sum()), int(counts.max())


def closed_surface(surface: Surface) -> tuple[Surface, int]:
    """What `inside` can be asked of, and how many edges it is open at; 0: it is closed."""
    surface = merged(surface)
    still_open, most = open_edges(surface)
    if most > 2:
        surface = without_doubles(surface)
        still_open, _ = open_edges(surface)
    return surface, still_open


def inside(surface: Surface, points: Array) -> Array:
    """[N] bool of points [N, 3], of a closed surface whose triangles share their vertices."""
    if not len(points) or not len(surface.faces):
        return np.zeros(len(points), dtype=bool)
    squares = _Squares(points)
    crossings = np.zeros(len(points), dtype=np.int64)
    for triangles in _parts(surface):
        for which, found in squares.pairs(triangles):
            crossed = _is_above(triangles[which], points[found])
            crossings += np.bincount(found[crossed], minlength=len(points))
    return np.asarray(crossings % 2 == 1)


def _parts(surface: Surface) -> Iterator[Array]:
    """[M, 3, 3] corners of some triangles after others."""
    size = MOST_PAIRS // 8
    for start in range(0, len(surface.faces), size):
        yield surface.vertices[surface.faces[start : start + size]]


class _Squares:
    """Points sorted by the square of a grid, seen from above, that they lie in; row by row."""

    def __init__(self, points: Array) -> None:
        self._count = int(np.clip(np.sqrt(len(points)), 1, MOST_SQUARES))
        self._low = points[:, :2].min(axis=0)
        extent = points[:, :2].max(axis=0) - self._low
        self._per_unit = self._count / np.where(extent > 0, extent, 1.0)
        columns, rows = self._squares(points[:, :2]).T
        squares = rows * self._count + columns
        self._order = np.argsort(squares, kind="stable")
        self._starts = np.searchsorted(squares[self._order], np.arange(self._count**2 + 1))

    def _squares(self, places: Array) -> Array:
        """[..., 2] column and row, the outermost for what lies outside."""
        return np.asarray(np.clip((places - self._low) * self._per_unit, 0, self._count - 1).astype(np.int64))

    def pairs(self, triangles: Array) -> Iterator[tuple[Array, Array]]:
        """Numbers of triangles [K], and of points [K] that might lie below or above them; some after others."""
        flat = triangles[:, :, :2]
        low, high = self._squares(flat.min(axis=1)), self._squares(flat.max(axis=1))
        rows = high[:, 1] - low[:, 1] + 1
        for part in _slices(rows, MOST_PAIRS):
            which = np.repeat(np.arange(part.start, part.stop), rows[part])
            row = low[which, 1] + _counted(rows[part])
            starts = self._starts[row * self._count + low[which, 0]]
            lengths = self._starts[row * self._count + high[which, 0] + 1] - starts
            for some in _slices(lengths, MOST_PAIRS):
                points = np.repeat(starts[some], lengths[some]) + _counted(lengths[some])
                yield np.repeat(which[some], lengths[some]), self._order[points]


def _counted(lengths: Array) -> Array:
    """0, 1, ... for each of some lengths, one behind the other."""
    return np.asarray(np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths))


def _slices(lengths: Array, most: int) -> Iterator[slice]:
    """One behind the other, of each of which the lengths sum up to `most` or little more."""
    ends = np.cumsum(lengths)
    start = 0
    while start < len(lengths):
        before = ends[start - 1] if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, before + most, side="right")))
        yield slice(start, stop)
        start = stop


def _is_above(triangles: Array, points: Array) -> Array:
    """[K] bool: whether the line upwards from a point [K, 3] crosses its triangle [K, 3, 3].

    An edge is crossed in the same place whichever of its two triangles is asked (its lower end is taken first), and a
    line that meets an end counts for the edges above: none slips through between two triangles, nor counts twice.
    """
    x, y = points[:, 0], points[:, 1]
    within = np.zeros(len(points), dtype=bool)
    for start, end in ((0, 1), (1, 2), (2, 0)):
        swap = (triangles[:, start, 1] > triangles[:, end, 1])[:, None]
        low = np.where(swap, triangles[:, end], triangles[:, start])
        high = np.where(swap, triangles[:, start], triangles[:, end])
        beside = (low[:, 1] <= y) & (y < high[:, 1])
        rise = np.where(beside, high[:, 1] - low[:, 1], 1.0)
        within ^= beside & (x < low[:, 0] + (y - low[:, 1]) * (high[:, 0] - low[:, 0]) / rise)
    chosen = np.flatnonzero(within)
    a, b, c = (triangles[chosen, corner] for corner in range(3))
    normals = np.cross(b - a, c - a)
    upright = normals[:, 2] != 0
    ways = points[chosen] - a
    heights = -(normals[:, :2] * ways[:, :2]).sum(axis=1) / np.where(upright, normals[:, 2], 1.0)
    above = np.zeros(len(points), dtype=bool)
    above[chosen] = upright & (ways[:, 2] < heights)
    return above
