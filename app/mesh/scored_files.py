"""Which meshes are scored against which references: a file against a file, or a folder against a folder by names."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from app.mesh.mesh_reading import READ_SUFFIXES, is_mesh_file
from app.mesh.references import CLOUD_NAME, OCCUPANCY_NAME
from engines.core.errors import UserError
from engines.core.reading import naming


@dataclass(frozen=True)
class MeshPair:
    """A mesh's file, and its reference's file or folder.

    Attributes:
        name: of the mesh below its folder, without suffix, such as `car/1234`.
    """

    name: str
    mesh: Path
    reference: Path


def holds_meshes(folder: Path) -> bool:
    """Whether a folder has mesh files in it, or in folders in it."""
    return folder.is_dir() and any(is_mesh_file(path) for path in folder.rglob("*"))


def pairs_of(meshes: Path, references: Path) -> tuple[list[MeshPair], tuple[str, ...]]:
    """Each mesh with its reference of the same name, in order; and in plain words which have none.

    The reference of `car/1234.ply` is a file `car/1234` of a suffix that is read, or a folder of that name that holds
    `pointcloud.npz` or `points.npz`.

    Raises:
        UserError: none has one, or two meshes have the same name.
    """
    if not references.is_dir():
        raise UserError(f"--mesh {references}: {meshes} is a folder of meshes, and their references must be one, too")
    found: dict[str, Path] = {}
    for path in sorted(path for path in meshes.rglob("*") if is_mesh_file(path) and path.is_file()):
        name = path.relative_to(meshes).with_suffix("").as_posix()
        if name in found:
            raise UserError(f"{path}: {found[name].name} beside it has the same name; which of them is meant?")
        found[name] = path
    pairs = [MeshPair(name, path, there) for name, path in found.items() if (there := _reference(references, name))]
    lacking = [name for name in found if name not in {pair.name for pair in pairs}]
    if not pairs:
        raise UserError(
            f"--mesh {references}: holds no reference of any mesh in {meshes}; that of {lacking[0]} would be a file "
            f"{lacking[0]}.ply (or another that is read), or a folder {lacking[0]} with {CLOUD_NAME}"
        )
    notes = (f"{len(lacking)} meshes without a reference are left out: {naming(lacking)}",) if lacking else ()
    return pairs, notes


def _reference(references: Path, name: str) -> Path | None:
    files = (references / f"{name}{suffix}" for suffix in (*READ_SUFFIXES, ".npz"))
    file = next((path for path in files if path.is_file()), None)
    folder = references / name
    if file is None and any((folder / each).is_file() for each in (CLOUD_NAME, OCCUPANCY_NAME)):
        return folder
    return file
