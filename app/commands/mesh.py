"""`main.py mesh`: a scene as a coloured mesh."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from app.commands.console import ProgressBar, add_scene_arguments, assumptions_of, note_since, notes, open_from, writing
from app.commands.render import Choices, choose_controls
from app.mesh.axes import AXES
from app.mesh.meshing import MOST_VIEWS, RESOLUTION, RESOLUTIONS, VIEWS, MeshExport, check_depth, run_mesh
from app.opening import Opened
from engines.core.camera import Array
from engines.core.engine import TIME, Control, Scene, never_stop, time_control


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    add_scene_arguments(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help=".ply, .obj or .glb")
    parser.add_argument("--resolution", type=int, default=RESOLUTION, metavar="N", help=(
        f"voxels along the longest side, {RESOLUTIONS[0]} to {RESOLUTIONS[1]} (default: {RESOLUTION})"
    ))  # fmt: skip
    parser.add_argument("--faces", type=int, default=0, metavar="N", help="simplify to N triangles (default: don't)")
    parser.add_argument("--views", type=int, default=VIEWS, metavar="N", help=(
        f"cameras to look from, at most {MOST_VIEWS}: the training cameras, evenly thinned (default: {VIEWS})"
    ))  # fmt: skip
    parser.add_argument("--box", type=_box, metavar="X,Y,Z,X,Y,Z", help=(
        "lowest and highest corner of what is taken, in world units (default: the scene's box; of a capture that faces "
        "one way, all that is seen)"
    ))  # fmt: skip
    parser.add_argument("--axes", choices=AXES, default="auto", help=(
        "up in the file: the scene's own axes (world), +y or +z (default: +y for .glb and .obj, which their readers "
        "expect; world for .ply)"
    ))  # fmt: skip
    parser.add_argument("--closed", action="store_true", help="close it where no camera saw anything (for printing)")
    parser.add_argument(
        "--keep-background", action="store_true", help="keep a plain background (default: it is left out)"
    )
    parser.add_argument("--instance", metavar="I", help="which one, of a scene with several: a number, or its name")
    parser.add_argument("--time", type=float, metavar="N", help="a moment of a recording (default: the first)")


def _box(text: str) -> Array:
    try:
        numbers = np.array([float(word) for word in text.split(",")])
    except ValueError:
        numbers = np.empty(0)
    if numbers.shape != (6,):
        raise argparse.ArgumentTypeError(f"{text!r} is no box; write six numbers: x,y,z of both corners")
    return numbers.reshape(2, 3)


def run(arguments: argparse.Namespace) -> int:
    """Makes the mesh; one line on stdout says where it is and how large.

    Raises:
        UserError: the scene gives no depth or nothing to see, or the place can't be written.
    """
    with writing(arguments.out):
        opened = open_from(arguments)
        check_depth(opened.scene)
        return _make(opened, arguments)


def _make(opened: Opened, arguments: argparse.Namespace) -> int:
    export = MeshExport(
        out=arguments.out,
        resolution=arguments.resolution,
        views=arguments.views,
        faces=arguments.faces,
        controls=mesh_controls(opened.scene, arguments.instance, arguments.time),
        box=arguments.box,
        closed=arguments.closed,
        keep_background=arguments.keep_background,
        axes=arguments.axes,
        origin=opened.origin,
    )
    known = assumptions_of(opened)
    with ProgressBar(arguments.out.name, "step") as bar:
        made = run_mesh(opened.scene, opened.dataset, export, bar, never_stop)
    note_since(opened, known)
    notes(made.notes)
    sys.stdout.write(f"{made.path}: {made.vertices} vertices, {made.faces} faces\n")
    return 0


def mesh_controls(scene: Scene, instance: str | None, time: float | None) -> dict[str, float]:
    """Which object, and which moment: the first where none is named."""
    chosen = choose_controls(scene.controls, Choices(instance=instance), 1)[0]
    moments = time_control(scene, chosen)
    controls: list[Control] = [
        moments if moments is not None and control.name == TIME else control for control in scene.controls
    ]
    return choose_controls(controls, Choices(instance, time), 1)[0]
