"""`main.py evaluate`: a scene compared with photographs, PSNR and SSIM per view and mean.

With `--mesh` a mesh is compared with another, with `--shapes` what is made of photographs with voxels or depths:
`mesh_scores.py` and `shape_scores.py` have that.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from app.commands.console import (
    ProgressBar,
    add_scene_arguments,
    note_astray,
    note_since,
    notes,
    open_from,
    writing,
)
from app.commands.mesh_scores import add_mesh_arguments, check_options, score
from app.commands.render import parse_size
from app.commands.shape_scores import add_shape_arguments, check_shape_options, score_photographed_shapes
from app.training.evaluated_views import SPLIT_ORDER, evaluate_views, evaluated_size, evaluated_views
from app.training.evaluation import Evaluation, Score, view_controls
from engines.core import distributed
from engines.core.camera import Camera
from engines.core.engine import Scene
from engines.core.errors import UserError
from engines.core.files import check_place, replacing


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    add_scene_arguments(parser)
    parser.add_argument(
        "--split",
        choices=SPLIT_ORDER,
        help=(
            "which views (default: the folder's test views, else its validation views or those that the run held out "
            "of its training views, else train)"
        ),
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the scores: .json or .csv")
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
    out: Path | None = arguments.out
    if out is not None and out.suffix not in (".json", ".csv"):
        raise UserError(f"--out {out}: name a .json or .csv file")
    if arguments.crop is not None and arguments.crop < 0:
        raise UserError(f"--crop {arguments.crop}: must be >= 0")
    check_shape_options(arguments)
    if not arguments.shapes:
        check_options(arguments)
    if out is None:
        return _score(arguments)
    check_place(out)
    with writing(out):
        return _score(arguments)


def _score(arguments: argparse.Namespace) -> int:
    if arguments.mesh is not None:
        score(arguments)
        return 0
    if arguments.shapes:
        score_photographed_shapes(arguments)
        return 0
    return _score_pictures(arguments)


def _score_pictures(arguments: argparse.Namespace) -> int:
    out: Path | None = arguments.out
    opened = open_from(arguments, photographs=True)
    chosen = evaluated_views(opened, arguments.split)
    dataset, views = chosen.dataset, chosen.views
    scores: list[Score] = []
    known = opened.all_notes
    with ProgressBar("evaluate", "view") as bar:

        def on_view(score: Score) -> None:
            scores.append(score)
            bar.move_to(len(scores), -(-len(views) // distributed.here().count))

        evaluation = evaluate_views(opened.scene, chosen, arguments.size, arguments.crop, on_view)
    note_since(opened, known)
    cameras = [view.camera for view in views]
    notes(_size_note(opened.scene, cameras, arguments.size))
    note_astray(opened.scene, cameras, view_controls(opened.scene, views, dataset))
    of = {"data": str(dataset.source), "split": chosen.split, "views_are": evaluation.told}
    result = {"checkpoint": str(arguments.checkpoint), **of, **evaluation.to_json()}
    # First, so that a disk that is full by now doesn't take what was found.
    sys.stdout.write(json.dumps(result, indent=2) + "\n" if arguments.json else _table(evaluation))
    if out is not None and distributed.here().is_first:
        _write(out, evaluation, result)
    return 0


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
