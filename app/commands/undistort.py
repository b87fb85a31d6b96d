"""`main.py undistort`: makes photographs of pinholes out of those of fisheyes, where COLMAP knows their lenses."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from app.capture.undistortion import undistort
from app.commands.console import notes
from engines.core.engine import never_stop
from engines.core.reading import naming


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="photographs beside a model of COLMAP (sparse/0/)")
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help=(
        "a new folder, for images/ and sparse/ of pinholes"
    ))  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    """Makes them; the folder is the line on stdout.

    Raises:
        UserError: no model of COLMAP, or it can't be done.
    """
    made = undistort(arguments.folder, arguments.out, never_stop)
    if made.missing:
        notes([f"{len(made.missing)} photographs are not there and are left out ({naming(made.missing)})"])
    sys.stderr.write(f"{made.photographs} photographs of pinholes\n")
    sys.stdout.write(f"{arguments.out}\n")
    return 0
