"""What a mesh is scored against: a mesh, a cloud of points, or points of which is known whether they lie inside.

The last two as occupancy networks and what came after them keep them beside their photographs: `pointcloud.npz`
(`points`, `normals`) and `points.npz` (`points`, `occupancies`, mostly eight to a byte).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from app.mesh.mesh_reading import READ_SUFFIXES, is_mesh_file, read_mesh
from app.mesh.surface import Surface, face_normals
from engines.core.camera import LARGEST, Array
from engines.core.errors import UserError
from engines.core.reading import read_npz, reading

CLOUD_NAME, OCCUPANCY_NAME = "pointcloud.npz", "points.npz"
MOST_POINTS = 5_000_000
"""Of a cloud: a search through them takes seconds and half a gigabyte."""
INSIDE_FROM = 0.5
"""Occupancies that are probabilities."""


@dataclass(frozen=True, eq=False)
class Reference:
    """What is known of the true surface.

    Attributes:
        name: for people.
        surface: its triangles; None: not known.
        points: [N, 3] on it, float64; None: not known but from `surface`.
        normals: [N, 3] there, of any length; None: not known.
        occupancy_points: [K, 3], of which `occupied` [K] bool says whether they lie inside; None: not known.
        notes: in plain words.
    """

    name: str
    surface: Surface | None = None
    points: Array | None = None
    normals: Array | None = None
    occupancy_points: Array | None = None
    occupied: Array | None = None
    notes: tuple[str, ...] = ()

    @property
    def box(self) -> Array:
        """[2, 3] lowest and highest corner; of points of which some lie inside, around these."""
        if self.surface is not None:
            used = np.zeros(len(self.surface.vertices), dtype=bool)
            used[self.surface.faces] = True
            places = self.surface.vertices[used]
        elif self.points is not None:
            places = self.points
        elif self.occupancy_points is not None:
            places = self.occupancy_points[self.occupied] if np.any(self.occupied) else self.occupancy_points
        else:
            raise ValueError("a reference of nothing")
        return np.stack([places.min(axis=0), places.max(axis=0)])

    def described(self) -> str:
        """What it is, in a few words."""
        parts = []
        if self.surface is not None:
            parts.append(f"{len(self.surface.vertices)} vertices, {len(self.surface.faces)} faces")
        if self.points is not None:
            parts.append(f"{len(self.points)} points {'without' if self.normals is None else 'with'} normals")
        if self.occupancy_points is not None:
            parts.append(f"{len(self.occupancy_points)} points known to be inside or outside")
        return "; ".join(parts)


def read_reference(path: Path) -> Reference:
    """A mesh file, a cloud, `pointcloud.npz`, `points.npz`, or a folder with one or both of the last two.

    Raises:
        UserError: none of these, damaged, or empty.
    """
    if path.is_dir():
        found = [path / name for name in (CLOUD_NAME, OCCUPANCY_NAME) if (path / name).is_file()]
        if not found:
            raise UserError(f"{path}: holds neither {CLOUD_NAME} nor {OCCUPANCY_NAME}; name a file, or such a folder")
        parts = [_of_archive(each) for each in found]
        whole = (
            parts[0]
            if len(parts) == 1
            else replace(parts[0], occupancy_points=parts[1].occupancy_points, occupied=parts[1].occupied)
        )
        return replace(whole, name=str(path))
    if path.suffix.lower() == ".npz":
        return _of_archive(path)
    if not is_mesh_file(path):
        raise UserError(f"{path}: is no reference for a mesh; name a file ({', '.join(READ_SUFFIXES)}, .npz)")
    read = read_mesh(path)
    if len(read.surface.faces):
        _, areas = face_normals(read.surface)
        if not areas.any():
            raise UserError(f"{path}: its triangles have no area; there is no surface to compare with")
        return Reference(str(path), surface=read.surface, notes=read.notes)
    if not len(read.surface.vertices):
        raise UserError(f"{path}: holds neither triangles nor points")
    note = f"{path.name}: has no triangles; its {len(read.surface.vertices)} vertices are taken as points of a surface"
    notes = read.notes if path.suffix.lower() == ".ply" else (*read.notes, note)
    return _cloud(Reference(str(path), points=read.surface.vertices, normals=read.normals, notes=notes))


def _of_archive(path: Path) -> Reference:
    arrays = read_npz(path)
    if "points" not in arrays:
        raise UserError(f"{path}: holds no array points; a reference has points and normals, or points and occupancies")
    with reading(path):
        points = _triples(path, "points", arrays)
        if "occupancies" in arrays:
            occupied = _bits(path, arrays["occupancies"], len(points))
            return Reference(str(path), occupancy_points=points, occupied=occupied)
        normals = _triples(path, "normals", arrays) if "normals" in arrays else None
        if normals is not None and len(normals) != len(points):
            raise UserError(f"{path}: has {len(points)} points but {len(normals)} normals")
        return _cloud(Reference(str(path), points=points, normals=normals))


def _triples(path: Path, name: str, arrays: Mapping[str, Array]) -> Array:
    values = arrays[name]
    if values.ndim != 2 or values.shape[1] != 3 or not len(values) or values.dtype.kind not in "fiu":
        raise UserError(f"{path}: {name} must be numbers [N, 3], but are {values.dtype} {values.shape}")
    values = values.astype(np.float64)
    if not (np.abs(values) < LARGEST).all():
        raise UserError(f"{path}: {name} have values that are no numbers, or beyond {LARGEST:g}")
    return values


def _bits(path: Path, values: Array, count: int) -> Array:
    """[N] bool: eight to a byte, the first in the highest bit; or one to a number."""
    if values.dtype == np.uint8 and values.ndim == 1 and len(values) == -(-count // 8) and count > 1:
        return np.unpackbits(values)[:count].astype(bool)
    if values.shape in ((count,), (count, 1)) and values.dtype.kind in "bfiu":
        return np.asarray(values.reshape(-1) >= INSIDE_FROM)
    raise UserError(f"{path}: occupancies are {values.dtype} {values.shape}, which fits {count} points neither as bits "
                    "nor as numbers")  # fmt: skip


def _cloud(reference: Reference) -> Reference:
    """A cloud of points; of very many some of all of it.

    Raises:
        UserError: they are in one place.
    """
    points, normals = reference.points, reference.normals
    if points is None or len(points) == 0:
        raise ValueError("a cloud without points")
    if not np.ptp(points, axis=0).any():
        raise UserError(f"{reference.name}: its points lie in one place; there is no surface to compare with")
    if len(points) <= MOST_POINTS:
        return reference
    chosen = np.random.default_rng(0).choice(len(points), MOST_POINTS, replace=False, shuffle=False)
    note = f"{reference.name}: {MOST_POINTS} of its {len(points)} points are taken, by chance"
    some = None if normals is None else normals[chosen]
    return replace(reference, points=points[chosen], normals=some, notes=(*reference.notes, note))
