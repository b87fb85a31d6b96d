"""Marching cubes (Lewiner et al. 2003) of cells here and there in a lattice: slab by slab, sewn where slabs meet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from app.mesh.cell_tables import CORNERS
from app.mesh.lattice import Lattice
from app.mesh.surface import Surface
from engines.core.camera import Array

SLAB = 2**23
"""Points of a slab at most: some 100 MB with what is made of them."""
NEAREST = 2**-12
"""A vertex comes no nearer to a point of the lattice, in cells: those around it stay apart in single precision, and on
the edges that they are of."""
BEYOND = 1024.0
"""How much farther from 0 points beyond the box are taken to be than those on it: so near to it is its lid."""


@dataclass(frozen=True, eq=False)
class CrossedCells:
    """Cells that the surface crosses.

    Attributes:
        cells: [C] keys of their first points, sorted.
        keys: [P] of points, sorted; all corners are among them.
        values: [P] float32; -inf beyond the box.
    """

    cells: Array
    keys: Array
    values: Array


def marched(lattice: Lattice, crossing: CrossedCells, check_stop: Callable[[], None]) -> Surface:
    """The surface in some cells, in the world.

    Args:
        check_stop: called between slabs; may raise.
    """
    if len(crossing.cells) == 0:
        return Surface.nothing()
    points, values = _away_from_zero(lattice, crossing)
    cells = lattice.points(crossing.cells)
    low, high = points.min(axis=0), points.max(axis=0)
    layers = max(int(SLAB // np.prod(high[1:] - low[1:] + 1)), 1)
    vertices, faces, count = [], [], 0
    for first in range(int(low[0]), int(high[0]), layers):
        check_stop()
        last = min(first + layers, int(high[0]))
        # Both are sorted by x.
        here = slice(*np.searchsorted(cells[:, 0], [first, last]))
        if here.start == here.stop:
            continue
        known = slice(*np.searchsorted(points[:, 0], [first, last + 1]))
        start = np.array([first, low[1], low[2]])
        shape = (last - first + 1, high[1] - low[1] + 1, high[2] - low[2] + 1)
        found, triangles = _slab(shape, cells[here] - start, points[known] - start, values[known])
        vertices.append(found.astype(np.float64) + start)
        faces.append(triangles.astype(np.int64) + count)
        count += len(found)
    planes = range(int(low[0]) + layers, int(high[0]), layers)
    sewn = _sewn(np.concatenate(vertices), np.concatenate(faces), np.array(planes))
    whole = _with_lids(sewn, lattice)
    return Surface(lattice.world(whole.vertices), whole.faces)


def _away_from_zero(lattice: Lattice, crossing: CrossedCells) -> tuple[Array, Array]:
    """[Q, 3] the corners of the cells and [Q] their values, none of which is so small that vertices would coincide."""
    corners = lattice.keys(lattice.points(crossing.cells)[:, None] + CORNERS)
    keys, place = np.unique(corners, return_inverse=True)
    place = place.reshape(corners.shape)
    values = crossing.values[np.searchsorted(crossing.keys, keys)].astype(np.float64)
    outside = np.isneginf(values)
    sizes = np.where(outside, 0, np.abs(values))
    largest = np.zeros(len(keys))
    near = np.maximum.reduce(sizes[place.T], axis=0)
    for corner in place.T:
        np.maximum.at(largest, corner, near)
    sizes = np.maximum(sizes, NEAREST * largest)
    points = lattice.points(keys)
    inner = np.clip(points[outside], 1, np.array(lattice.cells) + 1)
    sizes[outside] = BEYOND * sizes[np.searchsorted(keys, lattice.keys(inner))]
    # 0 is outside, as is what lies beyond the box.
    return points, np.where(values > 0, sizes, -sizes) / np.median(largest)


def _slab(shape: tuple[int, ...], cells: Array, points: Array, values: Array) -> tuple[Array, Array]:
    """Vertices [N, 3] in lattice steps from the slab's first point, and faces [M, 3]."""
    # Here, not above: it takes a while to import, which each start would wait.
    from skimage.measure import marching_cubes

    volume = np.full(shape, -1, dtype=np.float32)
    volume[tuple(points.T)] = values
    wanted = np.zeros(shape, dtype=bool)
    # Its mask stands at the cell's last point.
    wanted[tuple(cells.T + 1)] = True
    vertices, faces, _, _ = marching_cubes(volume, 0.0, mask=wanted, gradient_direction="ascent")
    return vertices, faces


def _sewn(vertices: Array, faces: Array, planes: Array) -> Surface:
    """Takes the vertices of two slabs on the planes between them for the same where they lie on the same edge."""
    at = np.flatnonzero(np.isin(vertices[:, 0], planes))
    edge = np.floor(vertices[at]).astype(np.int64)
    along = (vertices[at, 2] != edge[:, 2]).astype(np.int64)
    return _joined(Surface(vertices, faces), at, np.column_stack([edge, along]))


def _with_lids(surface: Surface, lattice: Lattice) -> Surface:
    """Brings the vertices beyond the box onto it; along its edges and at its corners several become one."""
    onto = np.clip(surface.vertices, 1, np.array(lattice.cells) + 1)
    at = np.flatnonzero((onto != surface.vertices).any(axis=1))
    joined = _joined(Surface(onto, surface.faces), at, onto[at])
    a, b, c = joined.faces.T
    return Surface(joined.vertices, joined.faces[(a != b) & (b != c) & (c != a)])


def _joined(surface: Surface, at: Array, names: Array) -> Surface:
    """Takes those of the vertices `at` for the same that have the same names [N, ...]."""
    if len(at) == 0:
        return surface
    _, first, same = np.unique(names, axis=0, return_index=True, return_inverse=True)
    becomes = np.arange(len(surface.vertices))
    becomes[at] = at[first][same.ravel()]
    kept = np.unique(becomes)
    return Surface(surface.vertices[kept], np.searchsorted(kept, becomes[surface.faces]))
