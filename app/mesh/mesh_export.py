"""What a mesh is to be made of, how, and where to; and what is refused before anything is done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from app.mesh.axes import check_axes
from app.mesh.mesh_file import check_suffix
from app.mesh.surface import Surface
from engines.core.camera import Array
from engines.core.engine import HasSurface, Scene
from engines.core.errors import UserError

AUTO, DEPTH, SURFACE = "auto", "depth", "surface"
SOURCES = (AUTO, DEPTH, SURFACE)
"""The scene's own surface where it is one, else its depths; its depths, fused; its own surface."""
RESOLUTION = {DEPTH: 160, SURFACE: 256}
"""Along the box's longest side where nobody says: voxels, or cells."""
RESOLUTIONS = {DEPTH: (16, 768), SURFACE: (16, 1024)}
"""Beyond, memory is more than most machines have: of depths 4 bytes a voxel and what marching cubes takes; of a surface
what its triangles take, ten million and more."""
VIEWS, MOST_VIEWS = 60, 300
"""Pictures and depths of all views are kept, some 10 MB each of the largest."""
FEWEST_FACES = 4
"""Of a closed mesh: a tetrahedron."""


@dataclass(frozen=True, eq=False)
class MeshExport:
    """What to make a mesh of, and where to.

    Attributes:
        out: .ply, .obj or .glb.
        resolution: voxels or cells along the box's longest side; None: as usual, `RESOLUTION`.
        views: cameras at most, of a mesh made of depths.
        faces: triangles at most; 0: as they come.
        controls: which object, which time step; what is not named is at its default.
        box: [2, 3] world; None: the scene's own, or all that a capture that faces one way sees.
        closed: of depths, what no view sees counts as inside, which makes a closed body; else it is open there.
        keep_background: of depths, whether a plain background is part of the scene.
        axes: of the file, one of `app.mesh.axes.AXES`.
        origin: [3] where the scene's coordinates begin in the world; `box` and the file are in the world's.
        up: [3] world, what is turned upright; None: the scene's own.
        source: one of `SOURCES`.
        refine: of a surface, whether its triangles are brought nearer to it.
        all_pieces: whether small pieces are kept.
    """

    out: Path
    resolution: int | None = None
    views: int = VIEWS
    faces: int = 0
    controls: Mapping[str, float] = field(default_factory=dict)
    box: Array | None = None
    closed: bool = False
    keep_background: bool = False
    axes: str = "auto"
    up: Array | None = None
    origin: Array = field(default_factory=lambda: np.zeros(3))
    source: str = AUTO
    refine: bool = False
    all_pieces: bool = False


@dataclass(frozen=True, eq=False)
class MadeMesh:
    """A mesh, in the scene's coordinates.

    Attributes:
        colours: [N, 3] uint8, sRGB, of the vertices.
        normals: [N, 3] of the vertices, outwards; None: those of their triangles.
        notes: in plain words, what was decided on the way.
    """

    surface: Surface
    colours: Array
    normals: Array | None = None
    notes: tuple[str, ...] = ()


def mesh_source(scene: Scene, wanted: str = AUTO) -> str:
    """`DEPTH` or `SURFACE`: what a scene's mesh is made of.

    Args:
        wanted: one of `SOURCES`.

    Raises:
        UserError: it can't be made of that.
    """
    if wanted not in SOURCES:
        raise UserError(f"a mesh from {wanted!r}: must be one of {', '.join(SOURCES)}")
    # mypy takes a Scene for no HasSurface once it was asked.
    has_surface = isinstance(scene, HasSurface)
    if has_surface and wanted != DEPTH:
        return SURFACE
    if wanted == SURFACE:
        raise UserError("this scene has no surface of its own; its mesh can be made of its depths (--from depth)")
    if DEPTH in scene.channels:
        return DEPTH
    if has_surface:
        raise UserError("this scene gives no depth; its mesh is that of its own surface (--from surface)")
    raise UserError(
        f"this scene gives {', '.join(scene.channels)} and no depth, which a mesh is made of; render its views "
        "(render --path train) and give them to a photogrammetry program instead"
    )


def check_export(export: MeshExport, source: str) -> None:
    """Refuses what can't be done.

    Args:
        source: of `mesh_source`.

    Raises:
        UserError: names it, and what can.
    """
    check_suffix(export.out)
    check_axes(export.axes)
    low, high = RESOLUTIONS[source]
    if export.resolution is not None and not low <= export.resolution <= high:
        raise UserError(f"resolution {export.resolution}: must be {low} to {high}")
    if not 1 <= export.views <= MOST_VIEWS:
        raise UserError(f"{export.views} views: must be 1 to {MOST_VIEWS}")
    if export.faces != 0 and export.faces < FEWEST_FACES:
        raise UserError(f"{export.faces} faces: must be {FEWEST_FACES} or more, or 0 (as they come)")
    if export.box is not None and not np.isfinite(export.box).all():
        raise UserError("the box's corners must be finite numbers")
    if export.box is not None and not (export.box[0] < export.box[1]).all():
        raise UserError("the box's first corner must lie below its second, in x, y and z")


def pieces_note(left_out: int) -> tuple[str, ...]:
    """What is said of small pieces that are left out."""
    if left_out == 0:
        return ()
    pieces = "1 small piece is" if left_out == 1 else f"{left_out} small pieces are"
    return (f"{pieces} left out, each of less than 2 % of the largest one's area; all pieces are kept on request",)
