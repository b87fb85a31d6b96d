"""`main.py brush`: a data folder handed over to Brush, which trains Gaussians on graphics cards without CUDA, too."""

from __future__ import annotations

import argparse
import shlex
import subprocess
import sys
from pathlib import Path

from tqdm import tqdm

from app.commands.console import LOG_INTERVAL_S, notes
from app.training.handover.brush import EVERY, EXPORTS, PROGRAMS, RELEASES, brush_words, find_brush
from app.training.handover.colmap_folder import write_colmap_folder
from engines.core.engine import never_stop
from engines.core.errors import UserError
from engines.core.formats import open_dataset


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument("data", type=Path, metavar="FOLDER", help="photographs and their cameras, of any layout")
    parser.add_argument("--out", type=Path, required=True, metavar="NEW", help=(
        f"a new folder, for photographs of pinholes, a model of COLMAP, and {EXPORTS}/, where Brush writes its scenes"
    ))  # fmt: skip
    parser.add_argument("--export-every", type=int, default=EVERY, metavar="N", help=(
        "steps of Brush from one scene to the next (default: %(default)s)"
    ))  # fmt: skip
    parser.add_argument("--write-only", action="store_true", help="write the folder, and say how Brush is started")


def run(arguments: argparse.Namespace) -> int:
    """Writes the folder, and runs Brush on it; the folder, or the words that start Brush, are the line on stdout.

    Raises:
        UserError: the folder can't be handed over, `--out` holds something, or Brush fails.
    """
    if arguments.export_every < 1:
        raise UserError(f"--export-every {arguments.export_every}: must be 1 or more")
    dataset = open_dataset(arguments.data)
    notes(dataset.notes)
    interval_s = 0.1 if sys.stderr.isatty() else LOG_INTERVAL_S
    with tqdm(total=len(dataset.split("train")), unit="view", mininterval=interval_s, desc="photographs") as bar:
        told = write_colmap_folder(dataset, arguments.out, lambda done: bar.update(done - bar.n) and None, never_stop)
    notes(told)
    program = find_brush()
    words = brush_words(str(program or PROGRAMS[0]), arguments.out, arguments.export_every)
    if arguments.write_only or program is None:
        if not arguments.write_only:
            notes([f"Brush is not on PATH; it is at {RELEASES}. This starts it:"])
        sys.stdout.write(f"{shlex.join(words)}\n")
        return 0
    code = subprocess.run(words, check=False).returncode
    if code:
        raise UserError(f"{program}: ended with exit code {code}; what it said is above")
    sys.stdout.write(f"{arguments.out / EXPORTS}\n")
    return 0
