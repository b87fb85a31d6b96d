"""Folders and films that the training asks for, remembered from one time to the next."""

from __future__ import annotations

from pathlib import Path

from PyQt5.QtWidgets import QFileDialog

from app.gui.host import Host
from engines.core.errors import UserError
from engines.core.picture_files import VIDEO_SUFFIXES

FILM_FILTER = "Videos ({});;All files (*)".format(" ".join("*" + suffix for suffix in sorted(VIDEO_SUFFIXES)))


def typed_path(text: str) -> Path:
    """What somebody wrote into a field.

    Raises:
        UserError: it begins with a ~ of nobody.
    """
    try:
        return Path(text.strip()).expanduser()
    except RuntimeError as error:
        raise UserError(f"{text.strip()}: nobody of that name has a home folder here.") from error


def check_new(folder: Path) -> None:
    """Whether something new can go there.

    Raises:
        UserError: it is there and not empty, or can't be looked at.
    """
    try:
        taken = folder.exists() and (not folder.is_dir() or any(folder.iterdir()))
    except OSError as error:
        raise UserError(f"{folder}: can't be written ({error.strerror or error})") from error
    if taken:
        raise UserError(f"{folder} is there already; name a new folder.")


def ask_folder(window: Host, dialog: str, title: str, begin: str = "") -> Path | None:
    """A folder; None where nothing was chosen."""
    there = window.settings.folders.get(dialog, begin)
    chosen = QFileDialog.getExistingDirectory(window.widget, title, there)
    if not chosen:
        return None
    window.change_settings(window.settings.with_folder(dialog, Path(chosen)))
    return Path(chosen)


def ask_film(window: Host) -> Path | None:
    """A film; None where nothing was chosen."""
    there = window.settings.folders.get("film", "")
    chosen, _ = QFileDialog.getOpenFileName(window.widget, "Video to train from", there, FILM_FILTER)
    if not chosen:
        return None
    window.change_settings(window.settings.with_folder("film", Path(chosen).parent))
    return Path(chosen)
