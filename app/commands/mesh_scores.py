"""`main.py evaluate --mesh`: a mesh, a scene's mesh, or a folder of meshes compared with what is known to be true."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from app.commands.console import ProgressBar, notes, open_from, write_table
from app.export.named_controls import ControlChoices, still_controls
from app.mesh.alignment import alignment
from app.mesh.mesh_export import DEPTH, RESOLUTION, SURFACE, MeshExport, check_export, mesh_source
from app.mesh.mesh_reading import MeshFile, is_mesh_file, read_mesh
from app.mesh.meshing import run_mesh
from app.mesh.references import Reference, read_reference
from app.mesh.score_table import Scored, many_rows, single_rows, to_csv, to_json
from app.mesh.scored_files import MeshPair, holds_meshes, pairs_of
from app.mesh.scoring import MOST_DRAWN, POINTS, THRESHOLDS, Protocol, Threshold, empty_score, score_mesh
from app.mesh.surface import Surface
from engines.core import distributed
from engines.core.camera import Array
from engines.core.engine import never_stop
from engines.core.errors import UserError
from engines.core.files import replacing
from engines.core.formats import open_dataset
from engines.core.reading import concerning
from engines.core.storage.run_folder import SCENE_NAME, TRAINING_NAME

OF_PHOTOGRAPHS = ("split", "crop", "size")
"""Options that say how pictures are compared."""


def add_mesh_arguments(parser: argparse.ArgumentParser) -> None:
    """--mesh, and what belongs to it."""
    group = parser.add_argument_group("scores of a mesh")
    group.add_argument("--mesh", type=Path, metavar="REFERENCE", help=(
        "score a mesh against this mesh, cloud of points (.ply, pointcloud.npz) or points.npz, or a folder of the last "
        "two; CHECKPOINT is then a mesh file, a scene (whose mesh is made first), or a folder of meshes, whose "
        "references lie in the folder REFERENCE under the same names"
    ))  # fmt: skip
    group.add_argument("--points", type=int, metavar="N", help=f"points drawn on each mesh (default: {POINTS})")
    usual = ",".join(each.name for each in THRESHOLDS).replace("%", "%%")
    group.add_argument("--thresholds", type=_thresholds, metavar="D,...", help=(
        f"of the F-score, in the reference's units, or in %% of its longest side (default: {usual})"
    ))  # fmt: skip
    group.add_argument("--align", metavar="scale_mat|FILE", help=(
        "bring the mesh into the reference's world: by the data folder's scale_mat (DTU's references are in mm), or by "
        "the 4x4 matrix in a text file"
    ))  # fmt: skip
    group.add_argument(
        "--seed", type=int, metavar="N", help="of the points, or photographs, that are drawn (default: 0)"
    )
    group.add_argument("--resolution", type=int, metavar="N", help=(
        f"voxels along the longest side of a scene's mesh (default: {RESOLUTION[DEPTH]}, of a surface "
        f"{RESOLUTION[SURFACE]}); for its other options make the mesh with main.py mesh"
    ))  # fmt: skip
    group.add_argument("--instance", metavar="I", help="which object's mesh, of a scene with several")
    group.add_argument("--time", type=float, metavar="N", help="a time step of a recording (default: the first)")


OF_MESHES = ("points", "thresholds", "align", "seed", "resolution", "instance", "time")


def _thresholds(text: str) -> tuple[Threshold, ...]:
    found = []
    for word in text.split(","):
        relative = word.endswith("%")
        try:
            value = float(word.removesuffix("%")) / (100 if relative else 1)
        except ValueError:
            value = float("nan")
        if not 0 < value < float("inf"):
            raise argparse.ArgumentTypeError(f"{word!r} is no distance; write such as 0.01 or 1%")
        found.append(Threshold(value, relative))
    return tuple(found)


def check_options(arguments: argparse.Namespace) -> None:
    """Refuses options that have nothing to do with what is scored.

    Raises:
        UserError: so.
    """
    wrong = OF_PHOTOGRAPHS if arguments.mesh is not None else OF_MESHES
    for name in wrong:
        if getattr(arguments, name) is not None:
            why = "compares photographs; leave it out with --mesh" if arguments.mesh is not None else "needs --mesh"
            raise UserError(f"--{name} {why}")
    if arguments.mesh is not None and distributed.launched() > 1:
        raise UserError("evaluate --mesh works in one process: leave torchrun out")


def score(arguments: argparse.Namespace) -> None:
    """Scores what the arguments name, prints it, and writes `--out`.

    Raises:
        UserError: something can't be read, or has nothing to score.
    """
    path: Path = arguments.checkpoint
    protocol = _protocol(arguments)
    several = _is_folder_of_meshes(path)
    if several:
        if arguments.align == "scale_mat":
            raise UserError("--align scale_mat: each object of a folder has its own; score them one by one")
        scored = _score_folder(path, arguments, protocol)
    else:
        mesh, matrix = _mesh_of(path, arguments)
        reference = read_reference(arguments.mesh)
        notes((*mesh.notes, *reference.notes))
        scored = [_score_one(path.name, mesh, matrix, reference, protocol)]
        notes(scored[0].score.notes)
    measured = {"points": protocol.points, "seed": protocol.seed, "align": arguments.align}
    result = {"checkpoint": str(path), "reference": str(arguments.mesh), **measured, **to_json(scored, several)}
    _print(scored, several, result if arguments.json else None)
    out: Path | None = arguments.out
    if out is not None:
        text = to_csv(scored) if out.suffix == ".csv" else json.dumps(result, indent=2) + "\n"
        with replacing(out) as temporary:
            temporary.write_text(text, encoding="utf-8", errors="backslashreplace")


def _print(scored: list[Scored], several: bool, result: dict[str, Any] | None) -> None:
    if result is not None:
        sys.stdout.write(json.dumps(result, indent=2) + "\n")
    elif several:
        sys.stdout.write(many_rows(scored))
    else:
        write_table(single_rows(scored[0]))


def _protocol(arguments: argparse.Namespace) -> Protocol:
    points = POINTS if arguments.points is None else arguments.points
    if not 1 <= points <= MOST_DRAWN:
        raise UserError(f"--points {points}: must be 1 to {MOST_DRAWN}")
    seed = arguments.seed or 0
    if seed < 0:
        raise UserError(f"--seed {seed}: must be >= 0")
    return Protocol(points, arguments.thresholds or THRESHOLDS, seed)


def _is_folder_of_meshes(path: Path) -> bool:
    is_run = any((path / name).exists() for name in (SCENE_NAME, TRAINING_NAME))
    return not is_run and holds_meshes(path)


def _mesh_of(path: Path, arguments: argparse.Namespace) -> tuple[MeshFile, Array]:
    """A file's mesh, or a scene's; and the matrix [4, 4] that brings it into the reference's world."""
    if not is_mesh_file(path):
        return _scene_mesh(arguments)
    for name in ("resolution", "instance", "time"):
        if getattr(arguments, name) is not None:
            raise UserError(f"--{name} is for a scene's mesh; {path} is one already")
    dataset = open_dataset(arguments.data) if arguments.data is not None else None
    return read_mesh(path), alignment(arguments.align, dataset, None)


def _scene_mesh(arguments: argparse.Namespace) -> tuple[MeshFile, Array]:
    opened = open_from(arguments)
    check_export(MeshExport(Path("mesh.ply"), arguments.resolution), mesh_source(opened.scene))
    matrix = alignment(arguments.align, opened.dataset, opened.checkpoint)
    with tempfile.TemporaryDirectory() as folder, ProgressBar("mesh", "step") as bar:
        file = Path(folder) / "mesh.ply"
        controls = still_controls(opened.scene, ControlChoices(arguments.instance, arguments.time))
        export = MeshExport(file, arguments.resolution, controls=controls, axes="world", origin=opened.origin)
        made = run_mesh(opened.scene, opened.dataset, export, bar, never_stop)
        read = read_mesh(file)
    return replace(read, notes=made.notes), matrix


def _score_folder(path: Path, arguments: argparse.Namespace, protocol: Protocol) -> list[Scored]:
    matrix = alignment(arguments.align, None, None)
    pairs, lacking = pairs_of(path, arguments.mesh)
    notes(lacking)
    scored = []
    with ProgressBar("evaluate", "mesh") as bar:
        for number, pair in enumerate(pairs, 1):
            scored.append(_score_pair(pair, matrix, protocol))
            bar.move_to(number, len(pairs))
    notes(dict.fromkeys(_notes_of(scored)))
    return scored


def _notes_of(scored: list[Scored]) -> Iterator[str]:
    for each in scored:
        yield from (f"{each.name}: {note}" for note in each.score.notes)
    known = sum(each.score.iou is not None for each in scored)
    if 0 < known < len(scored):
        yield f"the mean volumetric IoU is that of {known} of {len(scored)} meshes"


def _score_pair(pair: MeshPair, matrix: Array, protocol: Protocol) -> Scored:
    mesh, reference = read_mesh(pair.mesh), read_reference(pair.reference)
    found = _score_one(pair.name, mesh, matrix, reference, protocol, may_be_empty=True)
    return replace(found, score=replace(found.score, notes=(*mesh.notes, *reference.notes, *found.score.notes)))


def _score_one(
    name: str, mesh: MeshFile, matrix: Array, reference: Reference, protocol: Protocol, may_be_empty: bool = False
) -> Scored:
    surface = mesh.surface
    what = f"{mesh.path.name}: {len(surface.vertices)} vertices, {len(surface.faces)} faces"
    if may_be_empty and not len(surface.faces):
        return Scored(name, empty_score(reference, protocol), what, f"{reference.name}: {reference.described()}")
    moved = Surface(surface.vertices @ matrix[:3, :3].T + matrix[:3, 3], surface.faces)
    with concerning(mesh.path):
        found = score_mesh(moved, reference, protocol)
    return Scored(name, found, what, f"{reference.name}: {reference.described()}")
