"""What the mesh dialog asks for, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from app.gui.export_order import recalled
from app.mesh.axes import AXES
from app.mesh.meshing import RESOLUTION, VIEWS, MeshExport
from engines.core.camera import Array


@dataclass(frozen=True)
class MeshOrder:
    """The dialog's values; all plain, so that they can be remembered.

    Attributes:
        out: .ply, .obj or .glb.
        resolution, views, faces, closed, keep_background, axes: as in `MeshExport`.
    """

    out: str = ""
    resolution: int = RESOLUTION
    views: int = VIEWS
    faces: int = 0
    closed: bool = False
    keep_background: bool = False
    axes: str = "auto"

    def remembered(self) -> dict[str, Any]:
        """For the settings."""
        return asdict(self)

    @staticmethod
    def recall(values: Any) -> MeshOrder:
        """What was remembered; defaults where that is unusable."""
        return recalled(MeshOrder(), dict(values))


def make_mesh(order: MeshOrder, controls: Mapping[str, float], up: Array | None = None) -> MeshExport:
    """The order as it is carried out, with the controls and the up axis that were set when it was given."""
    return MeshExport(
        Path(order.out).expanduser(),
        order.resolution,
        order.views,
        order.faces,
        dict(controls),
        closed=order.closed,
        keep_background=order.keep_background,
        axes=order.axes if order.axes in AXES else "auto",
        up=up,
    )
