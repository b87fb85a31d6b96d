"""What is chosen in the mesh dialog, as data."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from app.gui.export.export_settings import recalled
from app.mesh.axes import AXES
from app.mesh.mesh_export import AUTO, DEPTH, RESOLUTION, SURFACE, VIEWS, MeshExport, mesh_source
from engines.core.camera import Array
from engines.core.engine import Scene
from engines.core.errors import UserError


@dataclass(frozen=True)
class MeshSettings:
    """The dialog's values; all plain, so that they can be remembered.

    Attributes:
        out: .ply, .obj or .glb.
        resolution: voxels of a mesh made of depths; `cells` are those of a surface's.
        views, faces, closed, keep_background, axes, source, refine, all_pieces: as in `MeshExport`.
    """

    out: str = ""
    resolution: int = RESOLUTION[DEPTH]
    views: int = VIEWS
    faces: int = 0
    closed: bool = False
    keep_background: bool = False
    axes: str = "auto"
    source: str = AUTO
    cells: int = RESOLUTION[SURFACE]
    refine: bool = False
    all_pieces: bool = False

    def remembered(self) -> dict[str, Any]:
        """Plain data of all values, to be kept in the settings file."""
        return asdict(self)

    @staticmethod
    def recall(values: Any) -> MeshSettings:
        """What was remembered; defaults where that is unusable."""
        return recalled(MeshSettings(), dict(values))


def make_mesh(
    settings: MeshSettings, source: str, controls: Mapping[str, float], up: Array | None = None
) -> MeshExport:
    """The export of a mesh, with the controls and the up axis that were set when it was chosen.

    Args:
        source: what the scene's mesh is made of, of `mesh_source`.
        up: [3] world, what is turned upright; None: the scene's own.
    """
    return MeshExport(
        Path(settings.out).expanduser(),
        settings.cells if source == SURFACE else settings.resolution,
        settings.views,
        settings.faces,
        dict(controls),
        closed=settings.closed,
        keep_background=settings.keep_background,
        axes=settings.axes if settings.axes in AXES else "auto",
        up=up,
        source=source,
        refine=settings.refine,
        all_pieces=settings.all_pieces,
    )


def possible_source(scene: Scene, wanted: str) -> str:
    """What the scene's mesh is made of: as wanted where that can be, else as usual.

    Raises:
        UserError: no mesh can be made of it.
    """
    usual = mesh_source(scene)
    with contextlib.suppress(UserError):
        return mesh_source(scene, wanted)
    return usual
