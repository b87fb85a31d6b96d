"""A scene that is a surface into a mesh: its field's level, coloured by the field, with the field's normals."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from app.export.progress import OnProgress, Progress
from app.mesh.field import SurfaceField
from app.mesh.iso_surface import extract_iso_surface
from app.mesh.mesh_export import RESOLUTION, SURFACE, MadeMesh, MeshExport, pieces_note
from app.mesh.refining import deviation, field_normals, lids_of, refined
from app.mesh.surface import Surface, simplified, without_small_pieces
from engines.core.camera import Array
from engines.core.engine import HasSurface, Stop
from engines.core.errors import UserError
from engines.core.surfaces import surface_of

STEP_SHARE = 1 / 8
"""Of a cell: the step of the differences that gradients are made of."""
SHARES = {False: (0.6, 0.0), True: (0.2, 0.6)}
"""Of the work: finding the surface, and refining it, where that is not, or is, asked for. Normals are the rest."""
STEPS = 100
"""Of the progress."""


def mesh_from_surface(
    scene: HasSurface, engine: str, export: MeshExport, on_progress: OnProgress, stop: Stop
) -> MadeMesh:
    """The mesh of a scene's own surface.

    Args:
        engine: the name of the scene's method.
        export: its box is in the scene's coordinates.

    Raises:
        UserError: there is no surface, or the field gives what is no number.
        Cancelled: `stop` said so.
    """
    asked = surface_of(scene, engine, export.controls)
    resolution = RESOLUTION[SURFACE] if export.resolution is None else export.resolution
    field = SurfaceField(asked, engine, stop, _box(np.asarray(asked.bounds, dtype=np.float64), export.box))
    step = STEP_SHARE * float((field.box[1] - field.box[0]).max()) / resolution
    clock = _Clock(on_progress)
    looking, refining = SHARES[export.refine]
    found = extract_iso_surface(field, resolution, clock.part(0, looking, "looking for the surface"))
    _require_something(found, field.box)
    surface, left_out = (found, 0) if export.all_pieces else without_small_pieces(found)
    notes = pieces_note(left_out)
    field.check_stop()
    whole = surface
    surface = simplified(surface, export.faces)
    surface = Surface(field.within(surface.vertices), surface.faces)
    field.check_stop()
    if export.refine:
        before = deviation(surface, field, step)
        rest = clock.part(looking, refining, "refining")
        surface = refined(surface, field, step, surface.faces.shape == whole.faces.shape, rest)
        after = deviation(surface, field, step)
        notes += (
            f"refined: triangles are {after.distance:.2g} from the surface, before {before.distance:.2g} (root mean "
            f"square, units of the scene), and off its normals by {after.degrees:.1f} degrees, before "
            f"{before.degrees:.1f}",
        )
    if lids_of(surface, field, step).any():
        notes += ("the box cuts the surface off, and closes it there",)
    normals = field_normals(surface, field, step, clock.part(looking + refining, 1 - looking - refining, "normals"))
    colours = (field.colours(surface.vertices) * 255).round().astype(np.uint8)
    return MadeMesh(surface, colours, normals, notes)


def _box(own: Array, wanted: Array | None) -> Array:
    """What is taken of the field, which nobody knows beyond its own box."""
    if wanted is None:
        return own
    both = np.stack([np.maximum(own[0], wanted[0]), np.minimum(own[1], wanted[1])])
    if not (both[0] < both[1]).all():
        raise UserError(f"no surface: the box lies beyond that of the scene's field, {_spoken(own)}")
    return both


def _require_something(surface: Surface, box: Array) -> None:
    if len(surface.faces) == 0:
        raise UserError(f"no surface: the scene's field is empty all over {_spoken(box)}")


def _spoken(box: Array) -> str:
    low, high = ("({})".format(", ".join(f"{value:.4g}" for value in corner)) for corner in box)
    return f"{low} to {high}"


class _Clock:
    """Tells how far it is, and how long it will take."""

    def __init__(self, on_progress: OnProgress) -> None:
        self._on_progress, self._began, self._done = on_progress, time.monotonic(), 0.0
        self._now: Callable[[], float] = time.monotonic

    def part(self, begins: float, lasts: float, does: str) -> Callable[[float], None]:
        """Tells of a part of the work; the shares of the whole at which it begins, and that it lasts."""

        def tell(share: float) -> None:
            # A level of the search asks the field several times, each from its beginning.
            self._done = done = max(self._done, begins + share * lasts)
            left = (self._now() - self._began) * (1 / done - 1) if done > 0 else None
            self._on_progress(Progress(round(done * STEPS), STEPS, left, None, f"{does}, {done:.0%}"))

        return tell
