"""The surface in a volume of signed distances, as triangles that face outwards."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.mesh.fusion import HIDDEN, Grid
from engines.core.camera import Array

SMALLEST_PIECE = 0.02
"""Area of the smallest piece that is kept, of the largest's."""


@dataclass(frozen=True, eq=False)
class Surface:
    """Triangles.

    Attributes:
        vertices: [N, 3] float64, world.
        faces: [M, 3] int, counter-clockwise seen from outside.
    """

    vertices: Array
    faces: Array

    @staticmethod
    def nothing() -> Surface:
        """No triangles."""
        return Surface(np.empty((0, 3)), np.empty((0, 3), dtype=np.int64))


def extract_surface(values: Array, grid: Grid, closed: bool) -> Surface:
    """The zero level (marching cubes, Lewiner et al. 2003).

    Args:
        values: [X, Y, Z], of `fuse`.
        closed: what is hidden in all views counts as inside, and the surface is closed at the box; else the surface
            ends where nothing was seen.
    """
    # Here and below, not above: they take a second to import, which each start would wait.
    from skimage.measure import marching_cubes

    offset = 0.0
    if closed:
        values = np.where(values == HIDDEN, -1.0, np.nan_to_num(values, nan=1.0))
        values = np.pad(values, 1, constant_values=1.0).astype(np.float32)
        known, offset = np.ones(values.shape, dtype=bool), 1.0
    else:
        known = _known_cells(values)
        values = np.where(values == HIDDEN, np.float32(-1), np.nan_to_num(values, nan=1.0))
    if not ((values < 0).any() and (values > 0).any() and known.any()):
        return Surface.nothing()
    try:
        vertices, faces, _, _ = marching_cubes(values, 0.0, mask=known, gradient_direction="descent")
    except RuntimeError:  # no cell that is known has a surface in it
        return Surface.nothing()
    return Surface(grid.world(vertices.astype(np.float64) - offset), faces.astype(np.int64))


def _known_cells(values: Array) -> Array:
    """[X, Y, Z] bool: the cell that ends at a voxel has a seen voxel at each corner."""
    seen = np.isfinite(values) & (values != HIDDEN)
    known = np.zeros(values.shape, dtype=bool)
    cells = seen[1:, 1:, 1:] & seen[:-1, 1:, 1:] & seen[1:, :-1, 1:] & seen[1:, 1:, :-1]
    known[1:, 1:, 1:] = cells & seen[:-1, :-1, 1:] & seen[:-1, 1:, :-1] & seen[1:, :-1, :-1] & seen[:-1, :-1, :-1]
    return known


def without_small_pieces(surface: Surface, smallest: float = SMALLEST_PIECE) -> tuple[Surface, int]:
    """What hangs together and has at least `smallest` times the area of the largest piece; and how many have not."""
    if len(surface.faces) == 0:
        return surface, 0
    from trimesh import Trimesh
    from trimesh.graph import connected_component_labels

    mesh = Trimesh(surface.vertices, surface.faces, process=False)
    pieces = connected_component_labels(mesh.edges, len(surface.vertices))
    piece = pieces[surface.faces[:, 0]]
    area = np.bincount(piece, weights=mesh.area_faces)
    kept = area >= smallest * area.max()
    # Numbers that no triangle has belong to vertices that none uses.
    return _compact(surface.vertices, surface.faces[kept[piece]]), int(((area > 0) & ~kept).sum())


def simplified(surface: Surface, faces: int) -> Surface:
    """At most about `faces` triangles (quadric error metrics, Garland and Heckbert 1997)."""
    if faces <= 0 or faces >= len(surface.faces):
        return surface
    import fast_simplification

    # Its thresholds are lengths: in metres, millimetres or a map's coordinates it would stop elsewhere.
    low, high = surface.vertices.min(axis=0), surface.vertices.max(axis=0)
    middle, size = (low + high) / 2, float((high - low).max()) or 1.0
    vertices, triangles = fast_simplification.simplify(
        (surface.vertices - middle) / size, surface.faces.astype(np.int32), target_count=faces
    )
    return _compact(vertices.astype(np.float64) * size + middle, triangles.astype(np.int64))


def _compact(vertices: Array, faces: Array) -> Surface:
    """Only the vertices that are used."""
    used, index = np.unique(faces, return_inverse=True)
    return Surface(vertices[used], index.reshape(-1, 3))


def face_normals(surface: Surface) -> tuple[Array, Array]:
    """[M, 3] unit normals outwards of the triangles, 0 where one has no area; and [M] their areas."""
    a, b, c = (surface.vertices[surface.faces[:, corner]] for corner in range(3))
    normals = np.cross(b - a, c - a)
    lengths = np.linalg.norm(normals, axis=1)
    return np.asarray(normals / np.where(lengths > 0, lengths, 1.0)[:, None]), np.asarray(lengths / 2)


def vertex_normals(surface: Surface) -> Array:
    """[N, 3] unit normals outwards, of the triangles around each vertex by their area."""
    of_faces, areas = face_normals(surface)
    normals = np.zeros_like(surface.vertices)
    for corner in range(3):
        np.add.at(normals, surface.faces[:, corner], of_faces * areas[:, None])
    lengths = np.linalg.norm(normals, axis=1, keepdims=True)
    # A vertex between triangles that fold onto each other has none; any direction is as good there.
    return np.asarray(np.where(lengths > 0, normals, (0.0, 0.0, 1.0)) / np.where(lengths > 0, lengths, 1.0))
