"""Files that are replaced whole or not at all."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
from collections.abc import Iterator
from pathlib import Path

from engines.core.errors import UserError


def _check_place(path: Path) -> None:
    if path.is_dir():
        raise UserError(f"{path}: is a folder; name a file")
    # /dev/null, a pipe: taking such a thing's place would destroy it.
    if path.exists() and not path.is_file():
        raise UserError(f"{path}: is not a plain file; name another place")
    for folder in path.parents:
        if folder.exists():
            if not folder.is_dir():
                raise UserError(f"{path}: can't be written, since {folder} is a file and not a folder")
            return


def remove_leftovers(folder: Path) -> None:
    """Removes what a process that was killed while it wrote left in `folder`."""
    for path in folder.glob(".*.part*"):
        if re.fullmatch(r"\..+\.[0-9a-f]{8}\.part(\..+)?", path.name):
            with contextlib.suppress(OSError):
                path.unlink()


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Gives a temporary path beside `path` to write to; on success it takes `path`'s place, else it is removed.

    Raises:
        UserError: the folder or disk can't take it (the old file is untouched).
    """
    path = Path(path)
    temporary: Path | None = None
    try:
        _check_place(path)
        # What a link leads to is replaced, not the link.
        path = path.resolve() if path.is_symlink() else path
        path.parent.mkdir(parents=True, exist_ok=True)
        # The suffix is kept: encoders choose the container by it.
        temporary = path.parent / f".{path.stem}.{secrets.token_hex(4)}.part{path.suffix}"
        temporary.touch(exist_ok=False)
        mode = (path if path.exists() else temporary).stat().st_mode
        yield temporary
        # Some writers (safetensors) put a private file in its place; what a user saves follows the umask.
        temporary.chmod(mode)
        with temporary.open("rb") as written:
            os.fsync(written.fileno())
        temporary.replace(path)
    except OSError as error:
        raise UserError(f"{path}: can't be written ({error.strerror or error})") from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
