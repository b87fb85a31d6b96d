"""PLY, OBJ and GLB files of a coloured surface, in the world's coordinates and units."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from trimesh import Trimesh

from app.mesh.surface import Surface
from engines.core.camera import Array
from engines.core.errors import UserError

MESH_SUFFIXES = (".ply", ".obj", ".glb")


def check_suffix(path: Path) -> None:
    """Refuses a name that says no kind of mesh.

    Raises:
        UserError: so.
    """
    if path.suffix.lower() not in MESH_SUFFIXES:
        raise UserError(f"{path}: name a mesh file ({', '.join(MESH_SUFFIXES)})")


def write_mesh(path: Path, surface: Surface, colours: Array) -> None:
    """Writes the file.

    Args:
        path: of a suffix that `check_suffix` lets pass.
        colours: [N, 3] uint8, sRGB.
    """
    kind = path.suffix.lower()[1:]
    if kind == "glb":
        # glTF's vertex colours are linear; other files' are taken as they would be shown.
        colours = linear(colours)
    mesh = Trimesh(surface.vertices, surface.faces, vertex_colors=colours, process=False)
    with path.open("wb") as file:
        mesh.export(file_obj=file, file_type=kind)


def linear(colours: Array) -> Array:
    """uint8 sRGB values as uint8 values proportional to light (IEC 61966-2-1)."""
    values = colours / 255.0
    light = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    return np.asarray((light * 255).round().astype(np.uint8))
