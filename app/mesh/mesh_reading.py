"""Mesh files of any origin: triangles, or points where there are no triangles, in the scene's world.

Only the file itself is read: what it names beside it (materials, pictures, other buffers) is not looked for.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from app.mesh.axes import said_axes
from app.mesh.surface import Surface
from engines.core.camera import LARGEST, Array
from engines.core.data.images import to_srgb, to_uint8
from engines.core.errors import UserError
from engines.core.reading import MOST_ARRAY_BYTES, reading, require_file

READ_SUFFIXES = (".ply", ".obj", ".off", ".stl", ".glb")
MOST_TEXT_BYTES = 2**30
"""Of a mesh in text: ten million triangles. Its numbers take some eight times as much while they are read."""
TEXT_SUFFIXES = (".obj", ".off")
HEAD_BYTES = 65536
"""In which a file says what its axes are."""
UNEVEN = (
    "is damaged, or not what its name says; of a binary PLY all polygons must have as many corners, so save it as "
    "triangles where they have not"
)


@dataclass(frozen=True, eq=False)
class MeshFile:
    """What a file holds.

    Attributes:
        surface: in the world; without triangles where it is a cloud of points.
        normals: [N, 3] float64 of its points, as they stand in the file, turned with them; only of a cloud.
        colours: [N, 3] uint8, sRGB, of its vertices; None: it says none.
        notes: in plain words, what was decided about it.
    """

    path: Path
    surface: Surface
    normals: Array | None = None
    colours: Array | None = None
    notes: tuple[str, ...] = ()


def is_mesh_file(path: Path) -> bool:
    """Whether its name says that it is read here."""
    return path.suffix.lower() in READ_SUFFIXES


def read_mesh(path: Path) -> MeshFile:
    """Reads a file.

    One that this program turned upright for others is turned back, as it says of itself.

    Raises:
        UserError: another kind of file, damaged, far too large, or with places that are no numbers.
    """
    suffix = path.suffix.lower()
    if suffix not in READ_SUFFIXES:
        raise UserError(f"{path}: is no mesh file that is read here ({', '.join(READ_SUFFIXES)})")
    require_file(path, MOST_TEXT_BYTES if suffix in TEXT_SUFFIXES else MOST_ARRAY_BYTES)
    wrong = UNEVEN if suffix == ".ply" else "is damaged, or not what its name says"
    with reading(path, wrong), path.open("rb") as file:
        head = file.read(HEAD_BYTES)
        file.seek(0)
        loaded = _loaded(path, file, suffix)
        vertices, faces, normals, colours = _contents(loaded)
        _check(path, vertices, faces)
        if suffix == ".ply":
            _check_counts(path, head, vertices, faces)
    axes = said_axes(head.decode("latin-1"))
    notes: tuple[str, ...] = ()
    if axes is not None and axes.turned:
        vertices = vertices @ axes.rotation
        normals = None if normals is None else normals @ axes.rotation
        notes = (f"{path.name}: turned back into the scene's world, as it says of itself",)
    if colours is not None and suffix == ".glb":
        colours = srgb(colours)
    return MeshFile(path, Surface(vertices, faces), normals, colours, notes)


def _loaded(path: Path, file: IO[bytes], suffix: str) -> Any:
    # Here, not above: it takes half a second to import, which each start would wait.
    import trimesh

    content: IO[bytes] | IO[str] = file
    if suffix in TEXT_SUFFIXES:
        # Names and comments in it may be in any encoding; the numbers are ASCII in all of them.
        content = io.StringIO(file.read().decode("utf-8", errors="replace"))
    try:
        # Without a name there is no folder to look for other files in.
        return trimesh.load(content, file_type=suffix[1:], process=False, skip_materials=True, maintain_order=True)
    except (ImportError, NameError, AssertionError) as error:
        # Not faults of ours: what the library stumbles over in a file, or lacks for reading it.
        name = f" ({error.name})" if isinstance(error, ImportError) else ""
        raise UserError(f"{path}: is damaged, or packed in a way that is not read here{name}") from error


def srgb(colours: Array) -> Array:
    """[N, 3] uint8 as screens show them, of such that are proportional to light (IEC 61966-2-1)."""
    return to_uint8(to_srgb(colours / 255.0))


_Contents = tuple[Array, Array, "Array | None", "Array | None"]


def _contents(loaded: Any) -> _Contents:
    """Vertices [N, 3], faces [M, 3], and of a cloud its normals; colours where there are some."""
    import trimesh

    if isinstance(loaded, trimesh.Scene):
        if not loaded.geometry:
            return np.empty((0, 3)), np.empty((0, 3), dtype=np.int64), None, None
        parts = [part for part in loaded.dump() if isinstance(part, trimesh.Trimesh)]
        loaded = trimesh.util.concatenate(parts) if parts else next(iter(loaded.dump()))
    vertices = np.asarray(loaded.vertices, dtype=np.float64).reshape(-1, 3)
    if not isinstance(loaded, trimesh.Trimesh):
        return vertices, np.empty((0, 3), dtype=np.int64), _cloud_normals(loaded, len(vertices)), None
    faces = np.asarray(loaded.faces).reshape(-1, 3)
    colours = None
    if isinstance(loaded.visual, trimesh.visual.ColorVisuals) and loaded.visual.kind == "vertex":
        colours = np.asarray(loaded.visual.vertex_colors)[:, :3].astype(np.uint8)
    return vertices, faces, None, colours if colours is not None and len(colours) == len(vertices) else None


def _cloud_normals(cloud: Any, count: int) -> Array | None:
    """[N, 3] of the points of a PLY file; None where it has none."""
    raw = cloud.metadata.get("_ply_raw", {}).get("vertex", {}).get("data")
    names = raw.dtype.names if isinstance(raw, np.ndarray) else raw if isinstance(raw, Mapping) else None
    if raw is None or names is None or not {"nx", "ny", "nz"} <= set(names):
        return None
    normals = np.stack([np.asarray(raw[name], dtype=np.float64).reshape(-1) for name in ("nx", "ny", "nz")], axis=1)
    return normals if len(normals) == count else None


def _check(path: Path, vertices: Array, faces: Array) -> None:
    if not (np.abs(vertices) < LARGEST).all():
        raise UserError(f"{path}: has places that are no numbers, or beyond {LARGEST:g}")
    if len(faces) and not (faces.min() >= 0 and faces.max() < len(vertices)):
        raise UserError(f"{path}: has triangles of vertices that are not there")


def _check_counts(path: Path, head: bytes, vertices: Array, faces: Array) -> None:
    """Of a PLY file in text that is cut short the rest would be taken for the whole."""
    claimed = dict(re.findall(rb"^element (vertex|face) (\d{1,18})\s*$", head.split(b"end_header")[0], re.MULTILINE))
    for name, held in ((b"vertex", len(vertices)), (b"face", len(faces))):
        if held < int(claimed.get(name, 0)):
            lacking = int(claimed[name]) - held
            raise UserError(f"{path}: is cut short: lacks {lacking} of the lines {name.decode()} that it says it has")
