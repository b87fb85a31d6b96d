"""Scenes that another program writes into a folder while it trains: the newest that is whole."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path

from engines.core.errors import UserError
from engines.core.formats.ply_header import ASCII, LONGEST_HEADER, PlyHeader, read_header

NUMBER = re.compile(r"(\d+)\.ply$")
Mark = tuple[Path, int, int]
"""A file with its size and when it was changed last, ns."""


class GrowingExports:
    """Asked again and again, tells of each scene once: when its file is as long as it says, and stands still."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen: Mark | None = None
        self._told: Mark | None = None

    def newest(self) -> Path | None:
        """A scene that was not told of before; None: there is none that is new, or it is still being written."""
        before, self._seen = self._seen, self._look()
        if self._seen is None or self._seen == self._told or self._seen != before or not _is_whole(self._seen):
            return None
        self._told = self._seen
        return self._seen[0]

    @property
    def unsettled(self) -> bool:
        """Whether what was seen last is not told of yet."""
        return self._seen != self._told

    def _look(self) -> Mark | None:
        with contextlib.suppress(OSError):
            numbered = [
                (int(found[1]), path)
                for path in self._folder.iterdir()
                if (found := NUMBER.search(path.name)) and path.is_file()
            ]
            if numbered:
                path = max(numbered)[1]
                stat = path.stat()
                return (path, stat.st_size, stat.st_mtime_ns) if stat.st_size else None
        return None


def _is_whole(seen: Mark) -> bool:
    """Whether a PLY file has all of the numbers that its header tells of."""
    path, size, _ = seen
    try:
        with path.open("rb") as file:
            header = read_header(path, file.read(LONGEST_HEADER))
    except (OSError, UserError, ValueError):
        return False
    return _counted_bytes(header) <= size


def _counted_bytes(header: PlyHeader) -> int:
    """How long a file is at least."""
    if header.form == ASCII:
        return header.length
    tables = [element for element in header.elements if not element.has_lists]
    return header.length + sum(element.count * header.row(element).itemsize for element in tables)
