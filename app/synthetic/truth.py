"""The true surface of a synthetic scene, to score meshes against: points on it, and which places are within.

Lines of all directions and places meet any surface as often as it is large (Crofton), so that where they enter a solid
is spread evenly over it; what lies within another solid is no surface of the whole.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from app.synthetic.scene import Solid, SyntheticScene
from app.synthetic.shapes import unit
from engines.core.camera import Array
from engines.core.files import replacing

POINTS = 30_000
"""Of each kind in a file: 1 MB of both."""
BEYOND = 1e-6
"""World units past a crossing from which the next one is looked for; solids are not as thin."""
CROSSINGS = 16
"""Of a line with a solid, at most."""


def surface_points(scene: SyntheticScene, count: int, random: np.random.Generator) -> tuple[Array, Array]:
    """Points [N, 3] spread evenly over the outer surface by chance, and their outward normals [N, 3]."""
    radii = np.array([solid.shape.radius for solid in scene.solids])
    found: list[tuple[Array, Array]] = []
    # As many lines for a unit of each disc's area: so each solid has its share.
    lines, so_far = 4 * count / (radii**2).sum(), 0
    while so_far < count:
        for solid, radius in zip(scene.solids, radii, strict=True):
            points, normals = _entered(solid, round(lines * radius**2) + 1, random)
            outside = ~inside([other for other in scene.solids if other is not solid], points)
            found.append((points[outside], normals[outside]))
        so_far = sum(len(points) for points, _ in found)
    points, normals = (np.concatenate(parts) for parts in zip(*found, strict=True))
    chosen = random.permutation(len(points))[:count]
    return points[chosen], normals[chosen]


def _entered(solid: Solid, count: int, random: np.random.Generator) -> tuple[Array, Array]:
    """Where lines [N] by chance through a solid's ball enter it, and the normals there; in the world."""
    directions = unit(random.standard_normal((count, 3)))
    across = unit(np.cross(directions, random.standard_normal((count, 3))))
    radius = solid.shape.radius
    starts = across * (radius * np.sqrt(random.random((count, 1)))) - 2 * radius * directions
    points: list[Array] = []
    for number in range(CROSSINGS):
        distance = solid.shape.hit(starts, directions)
        met = np.isfinite(distance)
        starts, directions = starts[met] + distance[met, None] * directions[met], directions[met]
        if number % 2 == 0:
            # As often as they leave it, which a rounded box says less exactly.
            points.append(starts)
        starts = starts + BEYOND * directions
    within = np.concatenate(points)
    return within @ solid.rotation.T + solid.centre, solid.shape.normals(within) @ solid.rotation.T


def inside(solids: Sequence[Solid], points: Array) -> Array:
    """[N] bool, which places [N, 3] lie within a solid."""
    within = np.zeros(len(points), dtype=bool)
    for solid in solids:
        within |= solid.shape.distance(solid.to_object(points)) < 0
    return within


def write_truth(folder: Path, scene: SyntheticScene) -> None:
    """`pointcloud.npz` and `points.npz`, as occupancy networks keep them beside photographs, of the unit cube.

    Raises:
        UserError: the place can't be written.
    """
    random = np.random.default_rng(0)
    points, normals = surface_points(scene, POINTS, random)
    places = random.random((POINTS, 3)) - 0.5
    known = np.packbits(inside(scene.solids, places))
    _write(folder / "pointcloud.npz", points=points.astype(np.float32), normals=normals.astype(np.float32))
    _write(folder / "points.npz", points=places.astype(np.float32), occupancies=known)


def _write(path: Path, **arrays: Array) -> None:
    archive = io.BytesIO()
    # mypy can't tell names of arrays from the options of savez.
    np.savez(archive, **arrays)  # type: ignore[arg-type]
    with replacing(path) as temporary:
        temporary.write_bytes(archive.getvalue())
