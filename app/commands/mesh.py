"""`main.py mesh`: a scene as a coloured mesh."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from app.commands.console import ProgressBar, add_scene_arguments, note_since, notes, open_from, writing
from app.commands.render import add_control
from app.export.named_controls import ControlChoices, still_controls
from app.mesh.axes import AXES
from app.mesh.mesh_export import (
    AUTO,
    DEPTH,
    MOST_VIEWS,
    RESOLUTION,
    RESOLUTIONS,
    SOURCES,
    SURFACE,
    VIEWS,
    MeshExport,
    mesh_source,
)
from app.mesh.meshing import run_mesh
from app.viewing.opening import Opened
from engines.core.camera import Array
from engines.core.engine import never_stop


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    add_scene_arguments(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help=".ply, .obj or .glb")
    parser.add_argument("--from", choices=SOURCES, default=AUTO, dest="source", help=(
        "what of the scene: the surface that it is (surface), or its depths, fused (depth); default: its surface where "
        "it is one"
    ))  # fmt: skip
    parser.add_argument("--resolution", type=int, metavar="N", help=(
        f"voxels along the longest side, {_range(DEPTH)} (default: {RESOLUTION[DEPTH]}); of a surface cells, "
        f"{_range(SURFACE)} (default: {RESOLUTION[SURFACE]})"
    ))  # fmt: skip
    parser.add_argument("--faces", type=int, default=0, metavar="N", help="simplify to N triangles (default: don't)")
    parser.add_argument("--refine", action="store_true", help=(
        "of a surface: bring triangles nearer to it, edges too, by its gradient (takes as long again)"
    ))  # fmt: skip
    parser.add_argument("--all-pieces", action="store_true", help=(
        "keep small connected components (default: those of less than 2 %% of the largest one's area are left out)"
    ))  # fmt: skip
    parser.add_argument("--views", type=int, metavar="N", help=(
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
    parser.add_argument("--time", type=float, metavar="N", help="a time step of a recording (default: the first)")
    add_control(parser)


def _range(source: str) -> str:
    low, high = RESOLUTIONS[source]
    return f"{low} to {high}"


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
        UserError: the scene gives no depth and is no surface, there is nothing, or the place can't be written.
    """
    with writing(arguments.out):
        opened = open_from(arguments)
        source = mesh_source(opened.scene, arguments.source)
        return _make(opened, source, arguments)


def _make(opened: Opened, source: str, arguments: argparse.Namespace) -> int:
    chosen = ControlChoices(arguments.instance, arguments.time, others=tuple(arguments.control))
    export = MeshExport(
        out=arguments.out,
        resolution=arguments.resolution,
        views=VIEWS if arguments.views is None else arguments.views,
        faces=arguments.faces,
        controls=still_controls(opened.scene, chosen),
        box=arguments.box,
        closed=arguments.closed,
        keep_background=arguments.keep_background,
        axes=arguments.axes,
        origin=opened.origin,
        source=source,
        refine=arguments.refine,
        all_pieces=arguments.all_pieces,
    )
    notes(_without_effect(source, arguments))
    known = opened.all_notes
    with ProgressBar(arguments.out.name, "step") as bar:
        made = run_mesh(opened.scene, opened.dataset, export, bar, never_stop)
    note_since(opened, known)
    notes(made.notes)
    sys.stdout.write(f"{made.path}: {made.vertices} vertices, {made.faces} faces\n")
    return 0


def _without_effect(source: str, arguments: argparse.Namespace) -> list[str]:
    """What was asked for and means nothing for a mesh of this kind."""
    given = {"--views": arguments.views is not None, "--closed": arguments.closed,
             "--keep-background": arguments.keep_background}  # fmt: skip
    reason = "the mesh is that of the scene's own surface, which no view is drawn for (--from depth takes its depths)"
    if source == DEPTH:
        given, reason = {"--refine": arguments.refine}, "the mesh is made of depths; only a surface's can be refined"
    return [f"{option} has no effect: {reason}" for option, is_given in given.items() if is_given]
