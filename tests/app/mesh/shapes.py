"""Surfaces of which everything is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import trimesh
from trimesh.visual import ColorVisuals

from app.mesh.surface import Surface
from engines.core.camera import Array


def sphere(radius: float = 1.0, at: tuple[float, float, float] = (0.0, 0.0, 0.0), finer: int = 4) -> Surface:
    """Triangles that face outwards, within a thousandth of the radius of the ball."""
    mesh = trimesh.creation.icosphere(subdivisions=finer, radius=radius)
    return Surface(np.asarray(mesh.vertices, dtype=float) + at, np.asarray(mesh.faces))


def cube(side: float = 1.0, at: tuple[float, float, float] = (0.0, 0.0, 0.0)) -> Surface:
    """About a place; twelve triangles."""
    mesh = trimesh.creation.box((side, side, side))
    return Surface(np.asarray(mesh.vertices, dtype=float) + at, np.asarray(mesh.faces))


def square(height: float = 0.0, side: float = 1.0) -> Surface:
    """Two triangles across z."""
    corners = np.array([[0.0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]]) * side + (0, 0, height)
    return Surface(corners, np.array([[0, 1, 2], [0, 2, 3]]))


def both(one: Surface, other: Surface) -> Surface:
    """Of two surfaces one."""
    vertices = np.concatenate([one.vertices, other.vertices])
    return Surface(vertices, np.concatenate([one.faces, other.faces + len(one.vertices)]))


def flipped(surface: Surface) -> Surface:
    """Facing inwards."""
    return Surface(surface.vertices, surface.faces[:, ::-1])


def write(path: Path, surface: Surface) -> Path:
    """As another program writes it."""
    trimesh.Trimesh(surface.vertices, surface.faces, process=False).export(path)
    return path


def loaded(path: Path) -> trimesh.Trimesh:
    """As another program reads it."""
    found = trimesh.load(path, process=False)
    if isinstance(found, trimesh.Scene):
        (found,) = found.geometry.values()
    assert isinstance(found, trimesh.Trimesh), type(found)
    return found


def vertex_colours(mesh: trimesh.Trimesh) -> Array:
    """[N, 4] bytes."""
    assert isinstance(mesh.visual, ColorVisuals), type(mesh.visual)
    return np.asarray(mesh.visual.vertex_colors)


def write_archive(path: Path, **arrays: Array) -> Path:
    """As data sets have their points."""
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, allow_pickle=False, **arrays)
    return path
