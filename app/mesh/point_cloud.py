"""Point clouds: the points that a scene knows, as a PLY file for other 3D programs; of methods that have some."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.mesh.axes import AXES, file_axes
from app.mesh.mesh_file import COLOUR, PLACE, far_from_origin
from app.method_faults import or_method
from app.rendering.crop_box import CropBox
from engines.core.camera import Array
from engines.core.engine import Scene, Stop, whole_controls
from engines.core.errors import Cancelled, UserError
from engines.core.files import replacing
from engines.core.scene_abilities import HasPoints

POINTS_SUFFIX = ".ply"


@dataclass(frozen=True)
class PointsResult:
    """What was written."""

    path: Path
    points: int


def has_points(scene: Scene) -> HasPoints:
    """The scene, if it has points.

    Raises:
        UserError: it has none.
    """
    found: object = scene
    if not isinstance(found, HasPoints):
        raise UserError(f"this scene of {scene.engine} has no points; a mesh can be made of it (main.py mesh)")
    return found


def run_points(
    scene: Scene,
    out: Path,
    controls: Mapping[str, float],
    origin: Array,
    stop: Stop,
    axes: str = "auto",
    box: CropBox | None = None,
) -> PointsResult:
    """Writes the points of what `controls` choose; the file appears when it is complete.

    Args:
        origin: [3] where the scene's coordinates begin in the world.
        axes: of `app.mesh.axes.AXES`.
        box: in the scene's coordinates, points outside of it are left out; None: none are.

    Raises:
        UserError: the scene has none, shows nothing, has none in the box, or the place can't be written.
        Cancelled: `stop` said so.
    """
    known = has_points(scene)
    if out.suffix.lower() != POINTS_SUFFIX:
        raise UserError(f"{out}: points are written as {POINTS_SUFFIX}")
    if axes not in AXES:
        raise ValueError(f"axes {axes!r}")
    with replacing(out) as temporary:
        with or_method():
            found = known.points(whole_controls(scene, controls))
        if stop():
            raise Cancelled
        if not len(found["points"]):
            raise UserError("no photograph shows a point of the object; choose other photographs")
        points, colours = found["points"], found["colours"]
        if box is not None:
            kept = box.holds(points)
            points, colours = points[kept], colours[kept]
            if not len(points):
                raise UserError(f"crop box: none of the scene's {len(kept):,} points lies in it")
        write_points(temporary, points + origin, colours, scene.up, axes)
    return PointsResult(out, len(points))


def write_points(path: Path, points: Array, colours: Array, up: Array, axes: str = "auto") -> None:
    """Points [N, 3], world, and colours [N, 3] in [0, 1], as a PLY; `up` [3] is the scene's own."""
    lie = file_axes(axes, POINTS_SUFFIX, up)
    turned = points @ lie.rotation.T if lie.turned else points
    kind, number = ("double", "<f8") if far_from_origin(turned) else ("float", "<f4")
    rows = np.empty(len(points), dtype=[*((name, number) for name in PLACE), *((name, "u1") for name in COLOUR)])
    shades = np.clip(colours * 255 + 0.5, 0, 255).astype(np.uint8)
    for at in range(3):
        rows[PLACE[at]], rows[COLOUR[at]] = turned[:, at], shades[:, at]
    header = [
        "ply",
        "format binary_little_endian 1.0",
        "comment made by Vantage",
        f"comment {lie.sentence()}",
        f"element vertex {len(rows)}",
        *(f"property {kind} {name}" for name in PLACE),
        *(f"property uchar {name}" for name in COLOUR),
        "end_header",
    ]
    with path.open("wb") as file:
        file.write("".join(line + "\n" for line in header).encode("ascii"))
        file.write(rows.tobytes())
