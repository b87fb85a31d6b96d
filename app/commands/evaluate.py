"""`main.py evaluate`: scenes compared with photographs, PSNR and SSIM per view and mean; `--report` writes a page.

With `--mesh` a mesh is compared with another, with `--shapes` what is made of photographs with voxels or depths:
`mesh_scores.py` and `shape_scores.py` have that.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from app.commands.console import (
    SCENE_HELP,
    ProgressBar,
    add_opening_options,
    note_astray,
    note_since,
    notes,
    open_from,
    writing,
)
from app.commands.mesh_scores import add_mesh_arguments, check_options, score
from app.commands.render import parse_size
from app.commands.shape_scores import add_shape_arguments, check_shape_options, score_photographed_shapes
from app.report.beside import ScenesBeside
from app.report.judging import JudgedScene, JudgedView, Judging, judge
from app.report.page import write_page
from app.training.evaluated_views import SPLIT_ORDER, evaluated_size, evaluated_views
from app.training.evaluation import Evaluation, view_controls
from app.viewing.memory import give_back
from engines.core import distributed
from engines.core.camera import Camera
from engines.core.engine import Scene
from engines.core.errors import UserError
from engines.core.files import check_place, replacing


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument(
        "checkpoints", type=Path, nargs="+", metavar="CHECKPOINT", help=f"{SCENE_HELP}; several are compared"
    )
    add_opening_options(parser)
    parser.add_argument(
        "--split",
        choices=SPLIT_ORDER,
        help=(
            "which views (default: the folder's test views, else its validation views or those that the run held out "
            "of its training views, else train)"
        ),
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the scores: .json or .csv")
    parser.add_argument("--report", type=Path, metavar="FILE", help=(
        "write a page of scores, plots and pictures that is read without a network: .html"
    ))  # fmt: skip
    parser.add_argument(
        "--crop",
        type=int,
        metavar="PX",
        help="leave out so many pixels on each side (default: what the method doesn't learn)",
    )
    parser.add_argument("--size", type=parse_size, metavar="WxH", help=(
        "compare at this size (default: what the run learnt at last, where it brought photographs to another size than "
        "their own)"
    ))  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    add_mesh_arguments(parser)
    add_shape_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Draws every view of the split and prints its scores; or scores a mesh, or what is made of photographs.

    Raises:
        UserError: no data folder, no photographs in the split, or `--out` can't be written; or there is no such mesh.
    """
    _check(arguments)
    check_shape_options(arguments)
    if not arguments.shapes:
        check_options(arguments)
    with contextlib.ExitStack() as held:
        for place in (arguments.out, arguments.report):
            if place is not None:
                check_place(place)
                held.enter_context(writing(place))
        return _score(arguments)


def _check(arguments: argparse.Namespace) -> None:
    out, report, several = arguments.out, arguments.report, len(arguments.checkpoints) > 1
    if out is not None and out.suffix not in (".json", ".csv"):
        raise UserError(f"--out {out}: name a .json or .csv file")
    if report is not None and report.suffix not in (".html", ".htm"):
        raise UserError(f"--report {report}: name a .html file")
    if arguments.crop is not None and arguments.crop < 0:
        raise UserError(f"--crop {arguments.crop}: must be >= 0")
    for option, given in (("--mesh", arguments.mesh is not None), ("--shapes", arguments.shapes)):
        if given and report is not None:
            raise UserError(f"--report tells of pictures; leave it out with {option}")
        if given and several:
            raise UserError(f"{option} scores one at a time; name one CHECKPOINT")
    if several and out is not None and out.suffix == ".csv":
        raise UserError(f"--out {out}: holds the scores of one scene; name a .json file, or a page with --report")


def _score(arguments: argparse.Namespace) -> int:
    arguments.checkpoint = arguments.checkpoints[0]
    if arguments.mesh is not None:
        score(arguments)
    elif arguments.shapes:
        score_photographed_shapes(arguments)
    else:
        _score_scenes(arguments)
    return 0


def _score_scenes(arguments: argparse.Namespace) -> None:
    judged, results = list[JudgedScene](), list[dict[str, Any]]()
    several = len(arguments.checkpoints) > 1
    for path in arguments.checkpoints:
        arguments.checkpoint = path
        found = _judged(arguments)
        if several:
            # Else the next one's memory is counted with what is left of this one.
            give_back()
        of = {"data": found.data, "split": found.split, "views_are": found.evaluation.told}
        results.append({"checkpoint": str(path), **of, **found.evaluation.to_json()})
        judged.append(found)
        if not arguments.json:
            sys.stdout.write((f"{path}\n" if several else "") + _table(found.evaluation))
            # First, so that a disk that is full by now doesn't take what was found.
            sys.stdout.flush()
    result: dict[str, Any] = {"scenes": results} if several else results[0]
    if arguments.json:
        sys.stdout.write(json.dumps(result, indent=2) + "\n")
    if not distributed.here().is_first:
        return
    if arguments.out is not None:
        _write(arguments.out, judged[0].evaluation, result)
    if arguments.report is not None:
        write_page(arguments.report, ScenesBeside(tuple(judged)), datetime.now())


def _judged(arguments: argparse.Namespace) -> JudgedScene:
    """The scene that the arguments name; it is forgotten before the next one is opened."""
    opened = open_from(arguments, photographs=True)
    chosen = evaluated_views(opened, arguments.split)
    known, count = opened.all_notes, -(-len(chosen.views) // distributed.here().count)
    done = itertools.count(1)
    with ProgressBar("evaluate", "view") as bar:

        def on_view(view: JudgedView) -> None:
            bar.move_to(next(done), count)

        judging = Judging(arguments.split, arguments.crop, arguments.size, arguments.report is not None)
        found = judge(opened, judging, on_view)
    note_since(opened, known)
    cameras = [view.camera for view in chosen.views]
    notes(_size_note(opened.scene, cameras, arguments.size))
    note_astray(opened.scene, cameras, view_controls(opened.scene, chosen.views, chosen.dataset))
    return found


def _size_note(scene: Scene, cameras: Sequence[Camera], wanted: tuple[int, int] | None) -> Iterator[str]:
    """What is compared, where it is not what was photographed."""
    if wanted is not None or scene.native_px is not None:
        return
    size = evaluated_size(scene, None)
    sizes = {size(camera.size_px) for camera in cameras if size(camera.size_px) != camera.size_px}
    for width, height in sorted(sizes):
        yield f"compared at {width}x{height}, the size that was learnt at; --size names another"


def _write(out: Path, evaluation: Evaluation, result: dict[str, object]) -> None:
    text = evaluation.to_csv() if out.suffix == ".csv" else json.dumps(result, indent=2) + "\n"
    with replacing(out) as temporary:
        # A folder's name may hold bytes that are no text.
        temporary.write_text(text, encoding="utf-8", errors="backslashreplace")


def _table(evaluation: Evaluation) -> str:
    parts = evaluation.parts()
    width = max(len("mean"), *(len(name) for name in (*parts, *(score.view for score in evaluation.scores))))
    lines = [f"{'view':<{width}}  PSNR dB    SSIM  7x7 SSIM"]
    lines += [_row(score.view, width, score.to_json()) for score in evaluation.scores]
    lines += [_row(name, width, part.means) for name, part in parts.items()]
    border = f", without {evaluation.crop_px} px on each side" if evaluation.crop_px else ""
    masked = f", {1 - evaluation.valid:.1%} of the pixels masked out" if evaluation.valid < 1 else ""
    views = f"({len(evaluation.scores)} {evaluation.told}{border}{masked})"
    lines.append(f"{_row('mean', width, evaluation.means)}   {views}")
    return "\n".join(lines) + "\n"


def _row(name: str, width: int, values: Mapping[str, Any]) -> str:
    return f"{name:<{width}}  {values['psnr']:7.2f}  {values['ssim']:.4f}    {values['ssim_uniform']:.4f}"
