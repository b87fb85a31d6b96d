"""Bookmarks: views that have a name, to go back to; kept beside each other for each scene in one file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psygnal import Signal

from engines.core.camera import Camera
from engines.core.errors import UserError
from engines.core.files import replacing
from engines.core.reading import quoted, read_json, shortened

FORMAT, VERSION = "vantage bookmarks", 1


@dataclass(frozen=True, eq=False)
class Bookmark:
    """A view with a name; the camera stands in the world."""

    name: str
    camera: Camera
    controls: Mapping[str, float]


class Bookmarks:
    """Named views, in the order in which they were added; no name stands twice."""

    changed = Signal()
    """There are others, or one is called otherwise."""

    def __init__(self) -> None:
        self.all: tuple[Bookmark, ...] = ()

    def add(self, camera: Camera, controls: Mapping[str, float], name: str = "") -> Bookmark:
        """Adds a view, under the next free name where none is said.

        Raises:
            UserError: another one is called so.
        """
        mark = Bookmark(name or self.free_name(), camera, dict(controls))
        self._require_free(mark.name)
        self._set((*self.all, mark))
        return mark

    def free_name(self) -> str:
        """The next name of the kind "View 3" that none has."""
        taken = {mark.name for mark in self.all}
        return next(name for number in range(1, len(taken) + 2) if (name := f"View {number}") not in taken)

    def clear(self) -> None:
        """Forgets all."""
        self._set(())

    def rename(self, name: str, to: str) -> None:
        """Calls a view otherwise.

        Raises:
            UserError: another one is called so.
        """
        if name != to:
            self._require_free(to)
            self._set(
                tuple(Bookmark(to, mark.camera, mark.controls) if mark.name == name else mark for mark in self.all)
            )

    def delete(self, name: str) -> None:
        """Takes a view out."""
        self._set(tuple(mark for mark in self.all if mark.name != name))

    def _require_free(self, name: str) -> None:
        if not name.strip():
            raise UserError("a bookmark needs a name")
        if any(mark.name == name for mark in self.all):
            raise UserError(f"there is a bookmark {shortened(name)} already; choose another name")

    def _set(self, marks: tuple[Bookmark, ...]) -> None:
        if marks != self.all:
            self.all = marks
            self.changed.emit()

    def to_json(self) -> dict[str, Any]:
        """Plain data that `take` reads back without loss."""
        marks = [
            {"name": mark.name, "camera": mark.camera.to_json(), "controls": dict(mark.controls)} for mark in self.all
        ]
        return {"format": FORMAT, "version": VERSION, "bookmarks": marks}

    def take(self, where: str, data: Any) -> None:
        """Becomes what `to_json` gave.

        Raises:
            UserError: begins with `where`: it is nothing of that kind.
        """
        if not isinstance(data, Mapping) or data.get("format") != FORMAT or data.get("version") != VERSION:
            raise UserError(f"{where}: holds no bookmarks of version {VERSION}, but {quoted(data)}")
        try:
            marks = tuple(
                Bookmark(
                    str(item["name"]),
                    Camera.from_json(item["camera"]),
                    {str(name): float(value) for name, value in item["controls"].items()},
                )
                for item in data["bookmarks"]
            )
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            raise UserError(f"{where}: {shortened(error)}") from error
        self._set(marks)

    def save(self, file: Path) -> None:
        """Writes them, whole or not at all.

        Raises:
            UserError: the place can't be written.
        """
        with replacing(file) as temporary:
            temporary.write_text(json.dumps(self.to_json(), allow_nan=False), encoding="utf-8")

    def open(self, file: Path) -> None:
        """Becomes what a file holds.

        Raises:
            UserError: it holds no bookmarks.
        """
        self.take(str(file), read_json(file))
