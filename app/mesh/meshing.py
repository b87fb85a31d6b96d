"""A scene into a mesh file: of its own surface where it is one, else of its depths."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from pathlib import Path

from app.export.progress import OnProgress
from app.mesh.depth_meshing import mesh_from_depth
from app.mesh.mesh_export import SURFACE, MadeMesh, MeshExport, check_export, mesh_source
from app.mesh.mesh_file import write_mesh
from app.mesh.surface_meshing import mesh_from_surface
from engines.core.data.dataset import Dataset
from engines.core.engine import HasSurface, Scene, Stop, whole_controls
from engines.core.errors import Cancelled
from engines.core.files import replacing

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class MeshResult:
    """What was written."""

    path: Path
    vertices: int
    faces: int
    notes: tuple[str, ...]
    """In plain words, what was decided on the way."""


def run_mesh(
    scene: Scene, dataset: Dataset | None, export: MeshExport, on_progress: OnProgress, stop: Stop
) -> MeshResult:
    """Makes the mesh and writes it.

    The file appears when it is complete. After an error or a stop there is nothing of it.

    Args:
        on_progress: called now and then, on this thread.

    Raises:
        UserError: a scene of which no mesh can be made, nothing that could be seen, or a place that can't be written.
        Cancelled: `stop` said so.
    """
    source = mesh_source(scene, export.source)
    check_export(export, source)
    if export.box is not None:
        export = replace(export, box=export.box - export.origin)
    # Begun first: a place that can't be written is found out before minutes of drawing.
    with replacing(export.out) as temporary:
        made = _made(scene, dataset, replace(export, source=source), on_progress, stop)
        if stop():
            raise Cancelled
        up = scene.up if export.up is None else export.up
        surface = made.surface
        if export.origin.any():
            surface = replace(surface, vertices=surface.vertices + export.origin)
        notes = (*made.notes, *write_mesh(temporary, surface, made.colours, up, export.axes, made.normals))
    logger.info("made the mesh %s of its %s: %d faces", export.out, source, len(surface.faces))
    return MeshResult(export.out, len(surface.vertices), len(surface.faces), notes)


def _made(scene: Scene, dataset: Dataset | None, export: MeshExport, on_progress: OnProgress, stop: Stop) -> MadeMesh:
    asked: object = scene
    if export.source == SURFACE and isinstance(asked, HasSurface):
        export = replace(export, controls=whole_controls(scene, export.controls))
        return mesh_from_surface(asked, scene.engine, export, on_progress, stop)
    return mesh_from_depth(scene, dataset, export, on_progress, stop)
