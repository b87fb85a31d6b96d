"""`main.py convert`: a checkpoint as a scene file, or as the authors' code writes it; a camera path in another form."""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from app.commands.console import add_beside, add_device_and_set, add_up, beside_of, notes, open_from, writing
from app.commands.convert_path import write_converted
from app.export.render_settings import crop_asked
from app.mesh.point_cloud import POINTS_SUFFIX, run_points
from app.method_faults import or_method
from app.rendering.crop_box import cropped_depths
from app.viewing.opening import CompanionPaths, Opened, scene_options, where_learnt
from engines.core.abilities import (
    HasConfigurationFile,
    HasViewingWeights,
    NamesUpstream,
    TakesInput,
    WritesFiles,
    WritesUpstream,
)
from engines.core.contract import with_derived
from engines.core.data.dataset import Dataset
from engines.core.engine import never_stop, whole_controls
from engines.core.errors import UserError
from engines.core.files import replacing
from engines.core.formats import open_dataset
from engines.core.paths.exchange.formats import PATH_FORMATS
from engines.core.reading import concerning, reading, shortened
from engines.core.scene_abilities import HasDepthMaps, HasVolume
from engines.core.storage.checkpoint import DATA_BESIDE, Checkpoint, SceneInfo
from engines.core.storage.scene_file import as_halved, write_scene_file
from engines.core.storage.tensor_bundle import INDEX, write_bundle
from engines.core.storage.torch_file import write_torch_file
from engines.registry import find_engine, read_checkpoint, written_forms

POINTS, DEPTH, COLMAP = "points", "depth", "colmap"
ARRAYS = ("volume", DEPTH)
"""What of a scene is written as arrays."""


OWN_FORMS = ("scene", "upstream", *ARRAYS, POINTS, *PATH_FORMATS)
"""That are written of any method's scenes, as far as it has them, or of camera paths."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument(
        "checkpoint",
        type=Path,
        metavar="CHECKPOINT",
        help="a scene file, a run folder, or a file of the authors' or another program; or a file or folder of cameras",
    )
    parser.add_argument(
        "--to",
        type=_form,
        metavar="FORM",
        required=True,
        help="scene: one .safetensors that needs no data folder; upstream: a file that the authors' code loads; of "
        "methods that have it as .npz for scripts, volume: the occupancy of a grid, depth: depths of the photographs; "
        "points: coloured points as .ply, for other 3D programs; of camera paths, the form of another program: "
        f"{', '.join(PATH_FORMATS)}; of methods whose scenes other programs open, a form of theirs "
        "(an unknown FORM lists all)",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="what to write")
    parser.add_argument(
        "--data",
        type=Path,
        metavar="FOLDER",
        help=(
            "the data folder whose cameras go into the scene file; one that lies beside FILE is opened with it; of "
            "camera paths, whose lens is taken where the path says none"
        ),
    )
    add_beside(parser)
    add_up(parser)
    parser.add_argument("--crop-box", nargs="+", metavar="NUMBER", help=(
        "points, depth: xmin ymin zmin xmax ymax zmax, world units, or scene for the scene's bounding box: points "
        "outside are left out, depths of such are infinite"
    ))  # fmt: skip
    parser.add_argument(
        "--half", action="store_true", help="scene: 16 bits a weight, half the size; the picture may change slightly"
    )
    add_device_and_set(parser, "volume, depth, points: an option of the scene; may be repeated")
    parser.add_argument(
        "--fps", type=float, metavar="N", help="camera paths: frames a second (default: as the path says, else 30)"
    )
    parser.add_argument("--overwrite", action="store_true", help=(
        "camera paths: replace a model of COLMAP that is where --to colmap writes (the old is kept)"
    ))  # fmt: skip
    parser.add_argument("--inference-only", action="store_true", help="scene: leave out what only training needs")


def _form(text: str) -> str:
    """A form that is written; engines are asked only where it is none of the program's own.

    Raises:
        ArgumentTypeError: there is none of that name.
    """
    if text not in OWN_FORMS and text not in (others := written_forms()):
        known = ", ".join((*OWN_FORMS, *others))
        raise argparse.ArgumentTypeError(f"invalid choice: {shortened(text)!r} (choose from {known})")
    return text


def run(arguments: argparse.Namespace) -> int:
    """Writes the file; its name, and that of what its authors' code needs beside it, are the lines on stdout.

    Raises:
        UserError: the checkpoint lacks what is needed, or the place can't be written.
    """
    if arguments.out.resolve() == arguments.checkpoint.resolve():
        what = "path" if arguments.to in PATH_FORMATS else "checkpoint"
        raise UserError(f"{arguments.out}: is the {what} itself; write to another file")
    if arguments.fps is not None and arguments.to not in PATH_FORMATS:
        raise UserError(f"--fps goes with camera paths, not with --to {arguments.to}")
    if arguments.overwrite and arguments.to != COLMAP:
        raise UserError(f"--overwrite goes with --to {COLMAP}; any other file is replaced by what is written")
    if arguments.crop_box is not None and arguments.to not in (POINTS, DEPTH):
        raise UserError(
            f"--crop-box goes with --to {POINTS} and --to {DEPTH}; render and mesh crop what they write, too"
        )
    with writing(arguments.out):
        if arguments.to in PATH_FORMATS:
            notes(write_converted(arguments))
            sys.stdout.write(f"{arguments.out}\n")
            return 0
        beside = beside_of(arguments)
        checkpoint = read_checkpoint(arguments.checkpoint, beside.config)
        with concerning(arguments.checkpoint):
            find_engine(checkpoint.engine)
        of_scene = arguments.to in (*ARRAYS, POINTS)
        if not of_scene and (arguments.settings or arguments.device != "auto"):
            raise UserError("--set and --device go with --to volume, depth or points, for which a scene is made")
        if of_scene:
            _write_of_scene(arguments)
            written = [arguments.out]
        elif arguments.to == "scene":
            _write_scene(checkpoint, arguments, beside)
            written = [arguments.out]
        elif arguments.to == "upstream":
            written = _write_upstream(checkpoint, arguments)
        else:
            _write_other(checkpoint, arguments)
            written = [arguments.out]
    sys.stdout.write("".join(f"{path}\n" for path in written))
    return 0


def _write_of_scene(arguments: argparse.Namespace) -> None:
    for name in ("half", "inference_only"):
        if getattr(arguments, name):
            raise UserError(f"--{name.replace('_', '-')} goes with --to scene")
    wanted = POINTS_SUFFIX if arguments.to == POINTS else ".npz"
    if arguments.out.suffix.lower() != wanted:
        raise UserError(f"{arguments.out}: {'points' if arguments.to == POINTS else 'arrays'} are written as {wanted}")
    opened = open_from(arguments)
    if arguments.to == POINTS:
        with concerning(arguments.checkpoint):
            box = crop_asked(opened, arguments.crop_box)
            run_points(opened.scene, arguments.out, {}, opened.origin, never_stop, box=box)
    else:
        _write_arrays(arguments, opened)


def _write_arrays(arguments: argparse.Namespace, opened: Opened) -> None:
    scene: object = opened.scene
    controls = whole_controls(opened.scene, {})
    with or_method(), concerning(arguments.checkpoint):
        if arguments.to == "volume" and isinstance(scene, HasVolume):
            arrays = scene.volume(controls)
        elif arguments.to == DEPTH and isinstance(scene, HasDepthMaps):
            arrays = cropped_depths(scene.depth_maps(controls), crop_asked(opened, arguments.crop_box))
        else:
            there = "no grid of occupancies" if arguments.to == "volume" else "no depths of its photographs"
            raise UserError(f"this scene of {opened.scene.engine} has {there}; main.py render draws what it has")
    content = io.BytesIO()
    np.savez_compressed(content, **arrays)  # type: ignore[arg-type]
    with replacing(arguments.out) as temporary:
        temporary.write_bytes(content.getvalue())


def _write_scene(checkpoint: Checkpoint, arguments: argparse.Namespace, beside: CompanionPaths) -> None:
    if arguments.out.suffix != ".safetensors":
        raise UserError(f"{arguments.out}: scene files end in .safetensors")
    dataset = None if arguments.data is None else where_learnt(open_dataset(arguments.data), checkpoint)
    checkpoint = _with_cameras(checkpoint, dataset, arguments)
    engine = find_engine(checkpoint.engine)
    options = scene_options(engine, checkpoint, (), beside.photograph)
    if isinstance(engine, TakesInput) and engine.takes_input(checkpoint):
        if dataset is not None or beside.photograph is not None:
            checkpoint = engine.with_input(checkpoint, dataset, options)
        else:
            notes(["the scene file has no photographs to be made of but those it had; --input or --data puts some in"])
    if checkpoint.scene is None:
        notes(["the scene file carries no cameras; give --data FOLDER to put them in"])
    checkpoint = replace(checkpoint, config=_without_places(checkpoint))
    if arguments.inference_only:
        if isinstance(engine, HasViewingWeights):
            checkpoint = engine.viewing_weights(checkpoint)
        else:
            notes([f"{engine.title} has nothing that only training needs; all weights are kept"])
    if arguments.half:
        # What is derived is of the weights that readers find.
        checkpoint = replace(checkpoint, weights=as_halved(checkpoint.weights))
    write_scene_file(arguments.out, with_derived(engine, checkpoint, options), half=arguments.half)


def _with_cameras(checkpoint: Checkpoint, dataset: Dataset | None, arguments: argparse.Namespace) -> Checkpoint:
    """The checkpoint with the cameras of a data folder, where one is named, and with the chosen way up."""
    if dataset is not None:
        info = SceneInfo.of_dataset(dataset)
        if checkpoint.scene is not None:
            # What it was trained with; the folder may hold a default that was replaced.
            info = replace(info, hints=checkpoint.scene.hints)
            if (chosen := checkpoint.scene.chosen_up) is not None:
                info = info.with_up(chosen)
        if arguments.data.resolve().parent == arguments.out.resolve().parent:
            # Both can be moved together, and need not be named apart.
            info = replace(info, hints={**info.hints, DATA_BESIDE: arguments.data.resolve().name})
        checkpoint = replace(checkpoint, scene=info)
    if arguments.up is not None and checkpoint.scene is not None:
        checkpoint = replace(checkpoint, scene=checkpoint.scene.with_up(arguments.up))
    return checkpoint


def _without_places(checkpoint: Checkpoint) -> Mapping[str, Any]:
    """The configuration with the bare names of files: this machine's folders do not concern who gets the scene."""
    files = find_engine(checkpoint.engine).Config.FILES
    return {
        name: Path(value).name if name in files and isinstance(value, str) else value
        for name, value in checkpoint.config.items()
    }


def _write_other(checkpoint: Checkpoint, arguments: argparse.Namespace) -> None:
    for name in ("half", "inference_only", "data", "up", "input"):
        if getattr(arguments, name) not in (None, False):
            raise UserError(f"--{name.replace('_', '-')} goes with --to scene; --to {arguments.to} has no place for it")
    engine = find_engine(checkpoint.engine)
    if not isinstance(engine, WritesFiles) or arguments.to not in engine.written_forms:
        raise UserError(f"{engine.title} ({engine.name}) is not written as {arguments.to}; use --to scene")
    with or_method(), concerning(arguments.checkpoint):
        notes(engine.write_file(checkpoint, arguments.out, arguments.to))


def _write_upstream(checkpoint: Checkpoint, arguments: argparse.Namespace) -> list[Path]:
    for name in ("half", "inference_only", "data", "up", "input"):
        if getattr(arguments, name) not in (None, False):
            raise UserError(
                f"--{name.replace('_', '-')} goes with --to scene; the authors' files hold all weights and nothing else"
            )
    if checkpoint.scene is not None and checkpoint.scene.origin.any():
        place = ", ".join(f"{value:.10g}" for value in checkpoint.scene.origin)
        notes([f"the networks are of coordinates that begin at ({place}); move cameras there before drawing with them"])
    engine = find_engine(checkpoint.engine)
    if not isinstance(engine, WritesUpstream):
        raise UserError(f"{engine.title} ({engine.name}) has no file format of its authors' own; use --to scene")
    of_tensorflow = isinstance(engine, NamesUpstream) and engine.upstream_suffix == INDEX
    if of_tensorflow and arguments.out.suffix != INDEX:
        raise UserError(f"{arguments.out}: the authors' files are TensorFlow's; name it {INDEX}")
    if not of_tensorflow and arguments.out.suffix in (".safetensors", INDEX):
        raise UserError(f"{arguments.out}: the authors' files are torch files; name it .pth")
    with concerning(arguments.checkpoint), reading(arguments.checkpoint):
        content = engine.write_upstream(checkpoint)
        options = _configuration(checkpoint, arguments.out)
    if of_tensorflow:
        written = write_bundle(arguments.out, content)
    else:
        write_torch_file(arguments.out, content)
        written = [arguments.out]
    if options is None:
        return written
    path, text = options
    if path.exists():
        notes([f"{path} is there already and stays; the authors' code needs these options beside the weights"])
        return written
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
    return [*written, path]


def _configuration(checkpoint: Checkpoint, out: Path) -> tuple[Path, str] | None:
    """The file of options that the authors' code needs beside weights, and its text; None of code that needs none."""
    engine = find_engine(checkpoint.engine)
    if not isinstance(engine, HasConfigurationFile):
        return None
    own = engine.configuration_name if isinstance(engine, NamesUpstream) else ""
    return out.with_name(own) if own else out.with_suffix(".yaml"), engine.configuration_text(checkpoint, out.name)
