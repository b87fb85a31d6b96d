"""`main.py evaluate --shapes`: what a scene makes of an object's photographs compared with its voxels, or depths."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from app.commands.console import ProgressBar, note_since, open_from
from app.method_faults import or_method
from app.shapes.score_plot import plot
from app.shapes.score_table import table, to_csv
from app.shapes.scores import THRESHOLDS
from app.shapes.scoring import ScoringRequest, score_shapes
from app.training.evaluated_views import first_split
from app.viewing.validation_split import with_held_out_of
from engines.core import distributed
from engines.core.data.images import write_png
from engines.core.errors import UserError
from engines.core.files import check_place, replacing
from engines.core.scene_abilities import ChoosesSources

OF_SHAPES = ("photographs", "occupancy_thresholds", "plot")
"""Options that go with --shapes only."""


def add_shape_arguments(parser: argparse.ArgumentParser) -> None:
    """--shapes, and what belongs to it."""
    group = parser.add_argument_group("scores of what is made of photographs")
    group.add_argument("--shapes", action="store_true", help=(
        "of a scene that is made of some photographs of an object: its voxels by intersection over union after each of "
        "them, or its depth maps by L1, against those of the data folder, as the method's authors do"
    ))  # fmt: skip
    group.add_argument("--photographs", type=int, metavar="N", help=(
        "of each object, by chance of those in the split (default: as many as the scene takes by itself; --set names "
        "them one by one)"
    ))  # fmt: skip
    usual = ",".join(f"{each:g}" for each in THRESHOLDS)
    group.add_argument("--occupancy-thresholds", type=_occupancies, metavar="P,...", help=(
        f"above which a voxel counts as filled (default: {usual})"
    ))  # fmt: skip
    group.add_argument("--plot", type=Path, metavar="FILE.png", help="draw the scores")


def _occupancies(text: str) -> tuple[float, ...]:
    found = []
    for word in text.split(","):
        try:
            value = float(word)
        except ValueError:
            value = float("nan")
        if not 0 <= value < 1:
            raise argparse.ArgumentTypeError(f"{word!r} is no occupancy; write such as 0.4, or 0.3,0.4,0.5")
        found.append(value)
    return tuple(dict.fromkeys(found))


def check_shape_options(arguments: argparse.Namespace) -> None:
    """Refuses options that have nothing to do with what is scored.

    Raises:
        UserError: so.
    """
    if not arguments.shapes:
        for name in OF_SHAPES:
            if getattr(arguments, name) is not None:
                raise UserError(f"--{name.replace('_', '-')} goes with --shapes")
        return
    for name in ("mesh", "crop", "size", "points", "thresholds", "align", "resolution", "instance", "time"):
        if getattr(arguments, name) is not None:
            raise UserError(f"--{name} does not go with --shapes")
    if arguments.photographs is not None and arguments.photographs < 1:
        raise UserError(f"--photographs {arguments.photographs}: must be 1 or more")
    if arguments.seed is not None and arguments.seed < 0:
        raise UserError(f"--seed {arguments.seed}: must be >= 0")
    if arguments.plot is not None:
        if arguments.plot.suffix != ".png":
            raise UserError(f"--plot {arguments.plot}: name a .png file")
        check_place(arguments.plot)
    if distributed.launched() > 1:
        raise UserError("evaluate --shapes works in one process: leave torchrun out")


def score_photographed_shapes(arguments: argparse.Namespace) -> None:
    """Scores, prints, writes `--out` and `--plot`.

    Raises:
        UserError: as `score_shapes`.
    """
    opened = open_from(arguments, photographs=True)
    if opened.dataset is None:
        raise ValueError("opened without photographs")
    known, dataset = opened.all_notes, with_held_out_of(opened.checkpoint, opened.dataset)
    split = arguments.split or first_split(dataset)
    request = ScoringRequest(
        split,
        arguments.photographs,
        _names_photographs(arguments, opened.scene),
        arguments.occupancy_thresholds or THRESHOLDS,
        arguments.seed or 0,
    )
    with ProgressBar("evaluate", "object") as bar, or_method():
        scores = score_shapes(opened.scene, dataset, request, bar.move_to)
    note_since(opened, known)
    result = {"checkpoint": str(arguments.checkpoint), "data": str(dataset.source), "split": split,
              "photographs": scores.photographs, "seed": request.seed, **scores.to_json()}  # fmt: skip
    # First, so that a disk that is full by now doesn't take what was found.
    sys.stdout.write(json.dumps(result, indent=2) + "\n" if arguments.json else table(scores) + "\n")
    out: Path | None = arguments.out
    if out is not None:
        text = to_csv(scores) if out.suffix == ".csv" else json.dumps(result, indent=2) + "\n"
        with replacing(out) as temporary:
            temporary.write_text(text, encoding="utf-8", errors="backslashreplace")
    if arguments.plot is not None:
        write_png(arguments.plot, plot(scores))


def _names_photographs(arguments: argparse.Namespace, scene: object) -> bool:
    """Whether somebody chose them one by one."""
    if not isinstance(scene, ChoosesSources):
        return False
    named = any(setting.partition("=")[0].strip() == scene.sources_option for setting in arguments.settings)
    if named and arguments.photographs is not None:
        raise UserError(f"--photographs does not go with --set {scene.sources_option}=..., which names them")
    return named
