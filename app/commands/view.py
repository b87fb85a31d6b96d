"""`main.py view`: the window; where there is no display, a video and a contact sheet instead."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from app.commands.console import ProgressBar, add_opening_options, beside_of, open_from, writing
from app.demos import demo_scenes
from app.diagnostics.display import has_display
from app.export.contact_sheet import write_contact_sheet, write_preview_video
from app.viewing.opening import ALONE
from engines.core.errors import UserError

PREVIEW_FOLDER = Path("vantage-preview")
SAFELY = {"VANTAGE_PLUG_INS": "none", "VANTAGE_CANVAS": "painter", "QT_XCB_GL_INTEGRATION": "none"}
"""The last keeps Qt itself from loading the driver of OpenGL, where windows come from X."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument(
        "checkpoint", type=Path, nargs="?", metavar="CHECKPOINT", help="what to open (default: a demo scene)"
    )
    add_opening_options(parser)
    parser.add_argument("--safe-mode", action="store_true", help=(
        "leave out plug-ins, take the settings of a first start without keeping any, and draw the window by QPainter: "
        "where it does not start, or crashes"
    ))  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    """Opens the window, and returns when it is closed.

    Raises:
        UserError: no display, and the scene can't be opened either.
    """
    if arguments.safe_mode:
        # By the environment, so that trainings that the window begins are safe, too.
        os.environ.update(SAFELY)
    if arguments.checkpoint is None:
        arguments.checkpoint = next(iter(demo_scenes()), None)
    if has_display(os.environ, sys.platform):
        # Here, because the other commands work where there is no Qt.
        try:
            from app.gui.main import run_window
        except ModuleNotFoundError:
            raise
        except ImportError as error:
            raise UserError(
                f"the window can't start ({error}); ./vantage setup says which system libraries are missing"
            ) from error
        chosen: dict[str, Any] = {} if arguments.up is None else {"up": arguments.up}
        if (beside := beside_of(arguments)) != ALONE:
            chosen["beside"] = beside
        if arguments.safe_mode:
            chosen["safe"] = True
        return run_window(arguments.checkpoint, arguments.data, arguments.device, arguments.settings, **chosen)
    if arguments.checkpoint is None:
        raise UserError("no display for the window, and no checkpoint to write a preview of; name one")
    sys.stderr.write(f"no display: writing a video and a contact sheet into {PREVIEW_FOLDER}{os.sep} instead\n")
    with writing(PREVIEW_FOLDER):
        opened = open_from(arguments)
        with ProgressBar("contact sheet") as bar:
            sheet = write_contact_sheet(opened.scene, PREVIEW_FOLDER / "contact-sheet.png", bar)
        with ProgressBar("video") as bar:
            video = write_preview_video(opened.scene, PREVIEW_FOLDER / "preview.mp4", bar)
    sys.stdout.write(f"{sheet}\n{video}\n")
    return 0
