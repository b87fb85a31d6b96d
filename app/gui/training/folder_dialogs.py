"""Folders and videos that the training asks for, remembered from one time to the next."""

from __future__ import annotations

from pathlib import Path

from app.gui.host import Host
from app.gui.qt import QFileDialog
from engines.core.data.picture_files import VIDEO_SUFFIXES

VIDEO_FILTER = "Videos ({});;All files (*)".format(" ".join("*" + suffix for suffix in sorted(VIDEO_SUFFIXES)))


def ask_folder(window: Host, dialog: str, title: str, begin: str = "") -> Path | None:
    """A folder; None where nothing was chosen."""
    there = window.settings.current.folders.get(dialog, begin)
    chosen = QFileDialog.getExistingDirectory(window.widget, title, there)
    if not chosen:
        return None
    window.settings.remember_folder(dialog, Path(chosen))
    return Path(chosen)


def ask_video(window: Host) -> Path | None:
    """A video; None where nothing was chosen."""
    there = window.settings.current.folders.get("film", "")
    chosen, _ = QFileDialog.getOpenFileName(window.widget, "Video to train from", there, VIDEO_FILTER)
    if not chosen:
        return None
    window.settings.remember_folder("film", Path(chosen).parent)
    return Path(chosen)
