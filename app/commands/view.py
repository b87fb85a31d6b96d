"""`main.py view`: the window; where there is no display, a video and a contact sheet instead."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from app.commands.console import ProgressBar, add_opening_options, open_from
from app.preview import write_contact_sheet, write_preview_video
from engines.core.errors import UserError

DEMO_FOLDER = Path(__file__).resolve().parent.parent.parent / "checkpoints"
PREVIEW_FOLDER = Path("vantage-preview")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument(
        "checkpoint", type=Path, nargs="?", metavar="CHECKPOINT", help="what to open (default: the demo scene)"
    )
    add_opening_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Opens the window, and returns when it is closed.

    Raises:
        UserError: no display, and the scene can't be opened either.
    """
    if arguments.checkpoint is None:
        arguments.checkpoint = find_demo()
    if has_display(os.environ, sys.platform):
        # Here, because the other commands work where there is no Qt.
        from app.gui.main import run_window

        return run_window(arguments.checkpoint, arguments.data, arguments.device, arguments.settings)
    if arguments.checkpoint is None:
        raise UserError("no display for the window, and no checkpoint to write a preview of; name one")
    sys.stderr.write(f"no display: writing a video and a contact sheet into {PREVIEW_FOLDER}{os.sep} instead\n")
    opened = open_from(arguments)
    with ProgressBar("contact sheet") as bar:
        sheet = write_contact_sheet(opened.scene, PREVIEW_FOLDER / "contact-sheet.png", bar)
    with ProgressBar("video") as bar:
        video = write_preview_video(opened.scene, PREVIEW_FOLDER / "preview.mp4", bar)
    sys.stdout.write(f"{sheet}\n{video}\n")
    return 0


def find_demo() -> Path | None:
    """The first scene file of `checkpoints/`."""
    return min(DEMO_FOLDER.glob("*.safetensors"), default=None)


def has_display(environment: Mapping[str, str], platform: str) -> bool:
    """Whether a window can be shown. A Qt platform that was named is taken at its word."""
    if not platform.startswith("linux"):
        return True
    return any(environment.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))
