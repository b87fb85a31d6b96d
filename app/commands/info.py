"""`main.py info`: what a checkpoint is, what it needs and what is assumed; or what a data folder is and lacks."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app.capture.inspection.inspecting import DATA_SUFFIXES, inspect_data
from app.capture.inspection.report import DataReport, facts, to_json
from app.commands.console import ProgressBar, add_beside, add_up, beside_of, write_json, write_table
from app.viewing.opening import ALONE, CompanionPaths, open_scene, with_up
from app.viewing.scene_facts import checkpoint_rows, describe_scene, scene_rows
from app.viewing.validation_split import remembered
from engines.core.abilities import TakesInput
from engines.core.camera import Array
from engines.core.data.picture_files import VIDEO_SUFFIXES
from engines.core.engine import never_stop
from engines.core.errors import Lacking, UserError
from engines.core.formats import find_format
from engines.core.reading import concerning, naming
from engines.core.storage.checkpoint import Checkpoint
from engines.core.storage.published_name import named_hash
from engines.core.storage.run_folder import TRAINING_NAME, has_saved_nothing, is_run_folder
from engines.core.storage.tensor_bundle import holds_bundle
from engines.registry import find_engine, opens_others, read_checkpoint

TAKES_INPUT = "a photograph that the scene is made of, or a folder of such (--input FILE)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument(
        "path",
        type=Path,
        metavar="CHECKPOINT|FOLDER",
        help="a scene file, a run folder, or a file of the authors' code; or a data folder, photographs, or a video",
    )
    parser.add_argument("--data", type=Path, metavar="FOLDER", help=(
        "a checkpoint's data folder: cameras, intrinsics, photographs"
    ))  # fmt: skip
    add_beside(parser)
    add_up(parser)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")


def run(arguments: argparse.Namespace) -> int:
    """Prints it.

    Raises:
        UserError: neither a checkpoint nor data, or damaged.
    """
    path: Path = arguments.path
    if is_data(path):
        return _run_data(path, arguments)
    beside = beside_of(arguments)
    checkpoint = read_checkpoint(path, beside.config)
    with concerning(path):
        find_engine(checkpoint.engine)
    data = describe(checkpoint, path, arguments.data, arguments.up, beside)
    if arguments.json:
        write_json(data)
    else:
        write_table(_rows(data))
    return 0


def is_data(path: Path) -> bool:
    """Whether it is something to train on, not something learnt."""
    is_run = is_run_folder(path) or has_saved_nothing(path)
    if path.is_dir():
        learnt = is_run or holds_bundle(path)
        # Another program's scene may lie among the photographs that it was made of.
        return not learnt and (find_format(path) is not None or not opens_others(path))
    return path.suffix.lower() in (
        *VIDEO_SUFFIXES,
        *DATA_SUFFIXES,
    )


def _run_data(path: Path, arguments: argparse.Namespace) -> int:
    for name in ("data", "input", "config"):
        if getattr(arguments, name) is not None:
            raise UserError(f"{path}: is a data folder itself; --{name} goes with a checkpoint")
    with ProgressBar("photographs", "photograph") as bar:

        def show(so_far: DataReport, thumbnails: object) -> None:
            if so_far.looked_at:
                bar.move_to(so_far.looked_at, so_far.to_look_at)

        report = inspect_data(path, show, never_stop, arguments.up)
    if report.kind == "unknown":
        # A file in it that is named says more than the folder before it.
        with concerning(path):
            raise UserError(report.reason)
    if arguments.json:
        write_json(to_json(report))
    else:
        write_table([*facts(report), *_verdicts(report)])
    return 0


def _verdicts(report: DataReport) -> list[tuple[str, str]]:
    if report.kind != "data":
        rows = [("needs", f"its cameras; main.py poses {report.source} finds them")]
    else:
        rows = [("learnt by", ", ".join(fit.engine for fit in report.engines if not fit.reason) or "no method here")]
    rows += [(f"not {fit.engine}", fit.reason) for fit in report.engines if fit.reason]
    rows += [("note", text) for text in report.notes]
    return rows + [(finding.severity, finding.text) for finding in report.findings]


def describe(
    checkpoint: Checkpoint, path: Path, data: Path | None, up: Array | None = None, beside: CompanionPaths = ALONE
) -> dict[str, Any]:
    """Everything as plain data; `needs` says what opening it still lacks, `assumed` what it took for granted.

    `notes` is what is to be known of file and data; `intact` whether a file that is named by its SHA-256 is the one;
    `input` what a photograph should show that its scenes are made of, where they are. `up` [3] is the unit vector that
    is upwards in the world; None: the scene's own.
    """
    named = named_hash(path)
    found: dict[str, Any] = {
        "path": str(path),
        "engine": checkpoint.engine,
        "title": find_engine(checkpoint.engine).title,
        "step": checkpoint.step,
        "config": dict(checkpoint.config),
        "file_bytes": _size(path),
        "parameters": sum(tensor.numel() for tensor in checkpoint.weights.values()),
        "stored_as": sorted({str(tensor.dtype).removeprefix("torch.") for tensor in checkpoint.weights.values()}),
        "self_contained": checkpoint.scene is not None,
        "held_out": remembered(checkpoint),
        "hash": named.text if named else None,
        "sha256": named.sha256 if named else None,
        "intact": named.intact if named else None,
        "input": _input(checkpoint),
        "data": None,
        "resumable": (path / TRAINING_NAME).is_file(),
        "needs": None,
        "assumed": [],
        "notes": [text for text in checkpoint.notes if named is None or text != named.text],
    }
    try:
        opened = with_up(open_scene(path, data, "cpu", beside=beside), up)
    except UserError as error:
        # What the file is can be said all the same; a wrong --data or --input is the user's own and must be heard.
        # A file without cameras may be sound; one that has them and can't be opened isn't.
        is_named = data is not None or beside.photograph is not None
        if is_named or (checkpoint.scene is not None and not isinstance(error, Lacking)):
            raise
        return {**found, "needs": str(error)}
    found["data"] = str(opened.dataset.source) if opened.dataset is not None else None
    found["assumed"] = list(dict.fromkeys(opened.scene.assumptions))
    found["notes"] = [text for text in opened.notes if text != found["hash"]]
    return {**found, **describe_scene(opened.scene)}


def _input(checkpoint: Checkpoint) -> str | None:
    engine = find_engine(checkpoint.engine)
    return engine.input_advice if isinstance(engine, TakesInput) and engine.takes_input(checkpoint) else None


def _size(path: Path) -> int:
    files = path.iterdir() if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())


def _rows(data: Mapping[str, Any]) -> list[tuple[str, str]]:
    rows = checkpoint_rows(data["title"], data["engine"], data["step"], data["config"])
    rows += [
        ("file", f"{data['file_bytes'] / 1e6:.1f} MB, {data['parameters'] / 1e6:.1f} million numbers"),
        ("hash", data["hash"] or ""),
        ("data folder", _data_folder(data)),
        ("input", f"{TAKES_INPUT}; best is {data['input']}" if data["input"] else ""),
        ("needs", data["needs"] or ""),
        ("held out", f"{len(data['held_out'])} views: {naming(data['held_out'])}" if data["held_out"] else ""),
    ]
    if data["needs"] is None:
        rows += scene_rows(data)
    return rows + [("assumed", text) for text in data["assumed"]] + [("note", text) for text in data["notes"]]


def _data_folder(data: Mapping[str, Any]) -> str:
    if data["data"] is not None:
        return str(data["data"])
    if data["needs"] is not None:
        return "needed"
    return "not needed: the file carries its cameras" if data["self_contained"] else "not in the file"
