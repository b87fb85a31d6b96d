"""Autosaves: what is not saved yet, kept beside the settings, so that a program that is killed loses nothing.

Each running program has a file of its own there, under a lock that the system gives back when the program ends,
however it ends. A file that nobody holds is what a killed one left.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from filelock import Timeout

from app.project.project_file import SUFFIX, Project, project_text, read_project
from engines.core.errors import UserError
from engines.core.files import locked, replacing

MOST_KEPT = 20
"""Of programs that were killed; older ones go."""


class Autosave:
    """The file of one running program; it is there only while something is not saved."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._held = folder, contextlib.ExitStack()
        self.file = folder / f"{os.getpid()}-{secrets.token_hex(4)}{SUFFIX}"
        self._text = ""

    def write(self, project: Project) -> bool:
        """Keeps it; whether there was something new to write.

        Raises:
            UserError: the place can't be written.
        """
        text = project_text(project)
        if text == self._text:
            return False
        if not self._text:
            self._hold()
        with replacing(self.file) as temporary:
            temporary.write_text(text, encoding="utf-8")
        self._text = text
        return True

    def _hold(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._held.enter_context(locked(_lock_of(self.file)))

    def leave(self) -> None:
        """The program ends and what is not saved stays, for the next one to recover."""
        self._held.close()

    def discard(self) -> None:
        """All is saved, or given up."""
        if self._text:
            self.file.unlink(missing_ok=True)
            self._held.close()
            _lock_of(self.file).unlink(missing_ok=True)
            self._text = ""


@dataclass(frozen=True)
class Recoverable:
    """What a program that was killed had not saved.

    Attributes:
        file: the autosave.
        saved_as: the project's own file; None: it was saved nowhere.
        changed_at: seconds since 1970.
    """

    file: Path
    saved_as: Path | None
    changed_at: float

    @property
    def name(self) -> str:
        """What a person calls the project."""
        return self.saved_as.name if self.saved_as is not None else "an unsaved project"


def recoverable(folder: Path) -> list[Recoverable]:
    """What killed programs left, newest first; what can't be read is passed over, too many are removed."""
    found = []
    for file in sorted(folder.glob(f"*{SUFFIX}")) if folder.is_dir() else []:
        if not _is_held(file):
            with contextlib.suppress(UserError, OSError):
                found.append(Recoverable(file, read_project(file).saved_as, file.stat().st_mtime))
    found.sort(key=lambda each: each.changed_at, reverse=True)
    for old in found[MOST_KEPT:]:
        forget(old)
    return found[:MOST_KEPT]


def forget(left: Recoverable) -> None:
    """Removes an autosave."""
    for file in (left.file, _lock_of(left.file)):
        with contextlib.suppress(OSError):
            file.unlink(missing_ok=True)


def _lock_of(file: Path) -> Path:
    return file.with_name(f".{file.name}.lock")


def _is_held(file: Path) -> bool:
    try:
        with locked(_lock_of(file), patience_s=0):
            return False
    except Timeout:
        return True
    except OSError:
        return False
