"""Brings a mesh of a field nearer to it: triangles to lie as the level does, vertices onto it.

Each vertex goes to where the planes of the level at the middles of its triangles meet best (Ohtake and Belyaev 2002,
"Dual/Primal Mesh Optimization for Polygonized Implicit Surfaces"): edges come back that marching cubes had cut off.
Then vertices are led along the gradient to where the field is 0 (Newton's step, then secants). Where the box closes the
mesh its sides are planes like others.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from app.mesh.field import SurfaceField
from app.mesh.surface import Surface, face_normals, vertex_normals
from engines.core.camera import Array

STEPS = 6
"""Of the secant method at most."""
THERE = 1e-3
"""Of how far a point may be led: nearer to the level it is there."""
FLAT = 0.05
"""Of the strongest of a vertex's planes' directions: along weaker ones nothing tells where it should be."""
PLANES = 0.6
"""Share of the work that the triangles' planes are."""
LEAST_COSINE = 0.3
"""Between a triangle's normals before and after; vertices that would turn one further stay."""
UNTURNINGS = 10
"""Rounds of finding such; at last all that is left stays."""
ON_BOX = 1e-3
"""Of the step of differences: nearer to a side of the box a vertex lies on it."""
LOOKED_AT = 5000
"""Triangles by which a deviation is estimated."""


@dataclass(frozen=True)
class Deviation:
    """How far a mesh is from its field.

    Attributes:
        distance: root mean square of places on the triangles from the level, world units.
        degrees: root mean square angle between triangles' normals and the field's.
    """

    distance: float
    degrees: float


def refined(
    surface: Surface,
    field: SurfaceField,
    step: float,
    onto_level: bool = True,
    on_share: Callable[[float], None] = lambda share: None,
) -> Surface:
    """A surface with its vertices moved nearer to the level; no triangle is added or left out.

    Args:
        step: of the differences that gradients are made of, world units; less than the triangles' size.
        onto_level: whether vertices end on the level. Of long triangles, which were made fewer, the middles are then
            farther from it than they need be.
        on_share: told the share that is done.

    Raises:
        Cancelled: the field's `stop` said so.
        UserError: the field gives what is no number.
    """
    reach = _mean_edge(surface)
    on_box = _on_box(surface.vertices, field, step)
    moved = _to_planes(surface, field, step, reach, on_box, lambda share: on_share(share * PLANES))
    surface = _without_turning(surface, moved)
    if not onto_level:
        return surface
    of_lids = _lids(surface.faces, on_box)
    free = np.ones(len(surface.vertices), dtype=bool)
    free[surface.faces[of_lids]] = False
    # The rim belongs to both.
    free[surface.faces[~of_lids]] = True
    moved = surface.vertices.copy()
    moved[free] = _led(field, moved[free], step, reach, on_box[free])
    return _without_turning(surface, moved)


def field_normals(
    surface: Surface, field: SurfaceField, step: float, on_share: Callable[[float], None] = lambda share: None
) -> Array:
    """[N, 3] unit normals outwards at the vertices, of the field's gradient; on the box's lids, those of the lids.

    Args:
        step: as of `refined`.
        on_share: told the share that is done.

    Raises:
        Cancelled: the field's `stop` said so.
        UserError: the field gives what is no number.
    """
    of_triangles = vertex_normals(surface)
    _, gradients = field.linear(surface.vertices, step, on_share)
    lengths = np.linalg.norm(gradients, axis=1, keepdims=True)
    normals = -gradients / np.where(lengths > 0, lengths, 1)
    of_lids = np.ones(len(normals), dtype=bool)
    of_lids[surface.faces[~lids_of(surface, field, step)]] = False
    # In a sheet thinner than the step the differences see its other side.
    unknown = of_lids | ((normals * of_triangles).sum(axis=1) <= 0)
    return np.asarray(np.where(unknown[:, None], of_triangles, normals))


def deviation(surface: Surface, field: SurfaceField, step: float) -> Deviation:
    """How far a mesh is from its field, by some of its triangles; those of the box's lids are left out.

    Args:
        step: as of `refined`.

    Raises:
        Cancelled: the field's `stop` said so.
        UserError: the field gives what is no number.
    """
    random = np.random.default_rng(0)
    faces = surface.faces[~lids_of(surface, field, step)]
    if len(faces) == 0:
        return Deviation(0.0, 0.0)
    normals, areas = face_normals(replace(surface, faces=faces))
    chosen = random.choice(len(faces), LOOKED_AT, p=areas / areas.sum()) if areas.any() else np.arange(len(faces))
    shares = random.dirichlet((1, 1, 1), len(chosen))
    places = (surface.vertices[faces[chosen]] * shares[:, :, None]).sum(axis=1)
    _, gradients = field.linear(places, step)
    lengths = np.linalg.norm(gradients, axis=1)
    steep = lengths > 0
    if not steep.any():
        return Deviation(0.0, 0.0)
    distances = np.abs(field.values(places))[steep] / lengths[steep]
    cosines = -(gradients * normals[chosen]).sum(axis=1)[steep] / lengths[steep]
    angles = np.degrees(np.arccos(np.clip(cosines, -1, 1)))
    return Deviation(float(np.sqrt((distances**2).mean())), float(np.sqrt((angles**2).mean())))


def lids_of(surface: Surface, field: SurfaceField, step: float) -> Array:
    """[M] bool, which triangles lie in a side of the box, where it closes the mesh; `step` as of `refined`."""
    return _lids(surface.faces, _on_box(surface.vertices, field, step))


def _mean_edge(surface: Surface) -> float:
    corners = surface.vertices[surface.faces]
    return float(np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2).mean())


def _on_box(places: Array, field: SurfaceField, step: float) -> Array:
    """[N, 3] -1 or 1 where a place lies on the box's low or high side across an axis, else 0."""
    low, high = field.box
    near = ON_BOX * step
    return np.asarray((places > high - near).astype(int) - (places < low + near))


def _lids(faces: Array, on_box: Array) -> Array:
    """[M] bool, which triangles lie in a side of the box."""
    sides = on_box[faces]
    return np.asarray(((sides[:, 0] != 0) & (sides == sides[:, :1]).all(axis=1)).any(axis=1))


def _led(field: SurfaceField, places: Array, step: float, reach: float, fixed: Array) -> Array:
    """[N, 3] places led to the level along the gradient, as far as `reach`; where that is not nearer, as they were.

    Args:
        fixed: [N, 3], not 0 for axes along which a place may not move.
    """
    last_value, gradients = field.linear(places, step)
    gradients = np.where(fixed != 0, 0, gradients)
    steep = np.linalg.norm(gradients, axis=1)
    ways = gradients / np.where(steep > 0, steep, 1)[:, None]
    last, best, smallest = np.zeros(len(places)), np.zeros(len(places)), np.abs(last_value)
    newton = -last_value / np.where(steep > 0, steep, 1)
    now = np.clip(np.where(steep > 0, newton, 0), -reach, reach)
    left = np.flatnonzero(np.abs(now) > THERE * reach)
    for _ in range(STEPS):
        if len(left) == 0:
            break
        value = field.values(field.within(places[left] + now[left, None] * ways[left])).astype(np.float64)
        nearer = left[np.abs(value) < smallest[left]]
        best[nearer], smallest[nearer] = now[nearer], np.abs(value)[np.abs(value) < smallest[left]]
        change = value - last_value[left]
        ahead = now[left] - value * (now[left] - last[left]) / np.where(change != 0, change, np.inf)
        last[left], last_value[left] = now[left], value
        now[left] = np.clip(ahead, -reach, reach)
        left = left[np.abs(now[left] - last[left]) > THERE * reach]
    return field.within(places + best[:, None] * ways)


def _to_planes(
    surface: Surface, field: SurfaceField, step: float, reach: float, on_box: Array, on_share: Callable[[float], None]
) -> Array:
    """[N, 3] each vertex where the level's planes at the middles of its triangles meet best (least squares)."""
    faces, vertices = surface.faces, surface.vertices
    of_triangles, areas = face_normals(surface)
    lids = _lids(faces, on_box)
    middles, normals = vertices[faces].mean(axis=1), of_triangles.copy()
    free = np.flatnonzero(~lids)
    values, gradients = field.linear(middles[free], step, on_share)
    steep = np.linalg.norm(gradients, axis=1, keepdims=True)
    normals[free] = np.where(steep > 0, -gradients / np.where(steep > 0, steep, 1), of_triangles[free])
    heights = np.clip(values / np.where(steep > 0, steep, np.inf)[:, 0], -reach, reach)
    middles[free] += heights[:, None] * normals[free]
    squares = areas[:, None, None] * normals[:, :, None] * normals[:, None, :]
    normal_matrix, right = np.zeros((len(vertices), 3, 3)), np.zeros((len(vertices), 3))
    for corner in faces.T:
        heights = ((middles - vertices[corner]) * normals).sum(axis=1)
        np.add.at(normal_matrix, corner, squares)
        np.add.at(right, corner, (areas * heights)[:, None] * normals)
    strengths, axes = np.linalg.eigh(normal_matrix)
    known = strengths > FLAT * strengths[:, -1:]
    inverse = np.where(known, 1 / np.where(known, strengths, 1), 0)
    moves = np.einsum("nij,nj,nkj,nk->ni", axes, inverse, axes, right)
    moves = np.where(on_box != 0, 0, moves)
    lengths = np.linalg.norm(moves, axis=1, keepdims=True)
    return field.within(vertices + moves * np.minimum(1, reach / np.where(lengths > 0, lengths, 1)))


def _without_turning(surface: Surface, moved: Array) -> Surface:
    """The surface with its vertices moved, but for those of triangles that would turn over."""
    before, _ = face_normals(surface)
    for _ in range(UNTURNINGS):
        after, _ = face_normals(replace(surface, vertices=moved))
        turned = before.any(axis=1) & ((before * after).sum(axis=1) < LEAST_COSINE)
        if not turned.any():
            return replace(surface, vertices=moved)
        stay = surface.faces[turned].ravel()
        moved[stay] = surface.vertices[stay]
    return surface
