"""PLY, OBJ and GLB files of a coloured surface with its normals, in the scene's units."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from app.mesh.axes import UPS, USUAL, FileAxes, file_axes
from app.mesh.glb_file import write_glb
from app.mesh.surface import Surface, vertex_normals
from engines.core.camera import Array
from engines.core.errors import UserError

MESH_SUFFIXES = tuple(USUAL)
FINEST = 1e-5
"""Of a mesh's size: a hundredth of a voxel. Single precision that is coarser than this shows as steps."""
PLACE, NORMAL, COLOUR = ("x", "y", "z"), ("nx", "ny", "nz"), ("red", "green", "blue")
"""A vertex's numbers in a PLY, as all programs call them."""
Z_UP = np.array([0.0, 0.0, 1.0])
UPRIGHT = 0.98
"""Cosine of the angle to an axis, 11 degrees: what leans no more stands upright there."""


def check_suffix(path: Path) -> None:
    """Refuses a name that says no kind of mesh.

    Raises:
        UserError: so.
    """
    if path.suffix.lower() not in MESH_SUFFIXES:
        raise UserError(f"{path}: name a mesh file ({', '.join(MESH_SUFFIXES)})")


def write_mesh(
    path: Path, surface: Surface, colours: Array, up: Array = Z_UP, axes: str = "auto", normals: Array | None = None
) -> tuple[str, ...]:
    """Writes the file; what one has to know about its numbers, in plain words.

    Args:
        path: of a suffix that `check_suffix` lets pass.
        surface: in the world.
        colours: [N, 3] uint8, sRGB.
        up: [3] the scene's own up, world.
        axes: one of `app.mesh.axes.AXES`.
        normals: [N, 3] of length 1, outwards, world; None: of the triangles around each vertex.
    """
    suffix = path.suffix.lower()
    lie = file_axes(axes, suffix, up)
    normals = vertex_normals(surface) if normals is None else normals
    turned = surface
    if lie.turned:
        turned, normals = Surface(surface.vertices @ lie.rotation.T, surface.faces), normals @ lie.rotation.T
    far = far_from_origin(turned.vertices)
    if suffix == ".glb":
        write_glb(path, turned, normals, colours, lie, turned.vertices.mean(axis=0) if far else np.zeros(3))
    elif suffix == ".ply":
        _write_ply(path, turned, normals, colours, lie, "<f8" if far else "<f4")
    else:
        _write_obj(path, turned, normals, colours, lie)
    notes = _notes(lie, suffix, far)
    return (*_lying(lie), *notes) if axes == "auto" else notes


def far_from_origin(vertices: Array) -> bool:
    """Whether single precision is too coarse for these places [N, 3], as in a map's coordinates."""
    size = float(np.ptp(vertices, axis=0).max())
    return bool(np.spacing(np.float32(np.abs(vertices).max())) > FINEST * size)


def _lying(axes: FileAxes) -> tuple[str, ...]:
    """What is said of a file that no program shows upright, and nobody asked for so."""
    if axes.name != "world" or max(float(axes.up @ np.array(up)) for up in UPS.values()) > UPRIGHT:
        return ()
    up = ", ".join(f"{value:.3g}" for value in axes.up)
    return (
        f"in the file up is ({up}), as in the scene's world: it lies askew in other programs; axes z-up (for Blender) "
        "or y-up turn it upright",
    )


def _notes(axes: FileAxes, suffix: str, far: bool) -> tuple[str, ...]:
    notes = [f"in the file {axes.sentence()}"] if axes.turned else []
    if far and suffix == ".glb":
        notes.append(
            "the coordinates are large: vertices are written about their middle, and the node says where it is"
        )
    elif far:
        notes.append(
            "the coordinates are large: the file has them in double precision, and programs that read it in single "
            "precision lose detail; a .glb keeps it"
        )
    return tuple(notes)


def _write_ply(path: Path, surface: Surface, normals: Array, colours: Array, axes: FileAxes, number: str) -> None:
    columns = ((PLACE, number, surface.vertices), (NORMAL, "<f4", normals), (COLOUR, "u1", colours))
    vertices = np.empty(len(surface.vertices), dtype=[(name, kind) for names, kind, _ in columns for name in names])
    for names, _, values in columns:
        for at, name in enumerate(names):
            vertices[name] = values[:, at]
    faces = np.empty(len(surface.faces), dtype=[("count", "u1"), ("vertices", "<i4", 3)])
    faces["count"], faces["vertices"] = 3, surface.faces
    kind = "double" if number == "<f8" else "float"
    header = [
        "ply",
        "format binary_little_endian 1.0",
        "comment made by Vantage",
        f"comment {axes.sentence()}",
        f"element vertex {len(vertices)}",
        *(f"property {kind} {name}" for name in PLACE),
        *(f"property float {name}" for name in NORMAL),
        *(f"property uchar {name}" for name in COLOUR),
        f"element face {len(faces)}",
        "property list uchar int vertex_indices",
        "end_header",
    ]
    with path.open("wb") as file:
        file.write("".join(line + "\n" for line in header).encode("ascii"))
        file.write(vertices.tobytes())
        file.write(faces.tobytes())


def _write_obj(path: Path, surface: Surface, normals: Array, colours: Array, axes: FileAxes) -> None:
    """Text, with a colour behind each place, as MeshLab, Blender and others write and read it."""
    size = float(np.ptp(surface.vertices, axis=0).max())
    # As fine as single precision is about the mesh's own size, wherever it lies.
    decimals = max(0, int(np.ceil(7 - np.log10(size)))) if size > 0 else 7
    with path.open("w", encoding="ascii", newline="\n") as file:
        file.write(f"# made by Vantage\n# {axes.sentence()}\n")
        lines = np.hstack([surface.vertices, colours / 255.0])
        np.savetxt(file, lines, fmt="v " + " ".join([f"%.{decimals}f"] * 3 + ["%.6f"] * 3))
        np.savetxt(file, normals, fmt="vn %.5f %.5f %.5f")
        np.savetxt(file, np.repeat(surface.faces + 1, 2, axis=1), fmt="f %d//%d %d//%d %d//%d")
