"""`main.py view`: the window; where there is no display, a video and a contact sheet instead."""

from __future__ import annotations

import argparse
import ctypes
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app.commands.console import ProgressBar, add_opening_options, beside_of, open_from, writing
from app.demos import demo_scenes
from app.export.contact_sheet import write_contact_sheet, write_preview_video
from app.viewing.opening import ALONE
from engines.core.errors import UserError

PREVIEW_FOLDER = Path("vantage-preview")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument(
        "checkpoint", type=Path, nargs="?", metavar="CHECKPOINT", help="what to open (default: a demo scene)"
    )
    add_opening_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Opens the window, and returns when it is closed.

    Raises:
        UserError: no display, and the scene can't be opened either.
    """
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


def has_display(environment: Mapping[str, str], platform: str) -> bool:
    """Whether a window can be shown. A Qt platform that was named is taken at its word."""
    if not platform.startswith("linux"):
        return True
    if environment.get("QT_QPA_PLATFORM") or environment.get("WAYLAND_DISPLAY"):
        return True
    return bool(environment.get("DISPLAY")) and x_server_answers(environment["DISPLAY"])


def x_server_answers(display: str) -> bool:
    """Whether there is an X server at `display`; Qt would end the whole program where there is none."""
    try:
        x11 = ctypes.CDLL("libX11.so.6")
    except OSError:
        # Qt brings what it needs of X; let it say what is missing.
        return True
    x11.XOpenDisplay.argtypes, x11.XOpenDisplay.restype = [ctypes.c_char_p], ctypes.c_void_p
    x11.XCloseDisplay.argtypes = [ctypes.c_void_p]
    connection = x11.XOpenDisplay(display.encode())
    if connection:
        x11.XCloseDisplay(connection)
    return bool(connection)
