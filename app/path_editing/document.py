"""The document of a camera path: what is edited, what can be undone and redone, and whether it is saved."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

from app.path_editing.edits import Edit
from app.viewing.undo_stack import UndoStack
from engines.core.errors import UserError
from engines.core.paths.keyed_json import keyed_text, read_keyed, write_keyed
from engines.core.paths.keyed_motion import PathMotion, with_dolly_zoom
from engines.core.paths.keyframes import KeyedPath


@dataclass(frozen=True, eq=False)
class _State:
    """What an edit led to: `name` of the edit, and `drag`, of which many are one."""

    name: str
    path: KeyedPath
    selected: tuple[int, ...] = ()
    drag: str = ""


class PathDocument(UndoStack[_State]):
    """A keyed path in the world's coordinates, with all that it was before.

    Attributes:
        changed: the path is another, or other keys are selected, or it was saved.
        file: where it was saved or read last; None: nowhere.
    """

    def __init__(self) -> None:
        super().__init__(_State("", KeyedPath()))
        self.file: Path | None = None
        self._saved = self._kept = self.path
        self._motion: PathMotion | None = None

    @property
    def path(self) -> KeyedPath:
        """The path as it is now."""
        return self._now.path

    @property
    def motion(self) -> PathMotion | None:
        """The motion through its keys; None where there are none."""
        if not self.path.keys:
            return None
        if self._motion is None or self._motion.path is not self.path:
            self._motion = PathMotion(self.path)
        return self._motion

    @property
    def selected(self) -> tuple[int, ...]:
        """Numbers of the keys that are selected, rising."""
        return self._now.selected

    def select(self, numbers: Collection[int]) -> None:
        """Selects keys, and no others; it is no edit, but comes back with one that is undone."""
        chosen = tuple(sorted(number for number in set(numbers) if 0 <= number < len(self.path.keys)))
        if chosen != self.selected:
            self._states[self._at] = replace(self._now, selected=chosen)
            self.changed.emit()

    # Edits

    def edit(self, name: str, edit: Edit, drag: str = "") -> None:
        """Takes an edit over, under its name in the menu.

        Args:
            drag: edits of one name and drag, one after the other until `end_drag`, are undone at once.

        Raises:
            UserError: the subject of a dolly zoom would no longer be in front of each key.
        """
        path = edit.path if edit.path.subject is None else with_dolly_zoom(edit.path, edit.path.subject)
        if keyed_text(path) == keyed_text(self.path):
            self.select(edit.selected)
            return
        state, before = _State(name, path, edit.selected, drag), self._now
        self._push(state, in_place=bool(drag) and (before.name, before.drag) == (name, drag))
        self.changed.emit()

    def set_whole(self, name: str, path: KeyedPath) -> None:
        """Takes another path of the same keys' number over, of which the selection stays; or all of another one."""
        kept = self.selected if len(path.keys) == len(self.path.keys) else ()
        self.edit(name, Edit(path, kept))

    def end_drag(self) -> None:
        """The hand rests: what comes next is undone by itself."""
        self._states[self._at] = replace(self._now, drag="")

    def _moving(self) -> None:
        self.end_drag()

    # Files

    @property
    def unsaved(self) -> bool:
        """Whether there is something that no file has, nor a project."""
        return self.path is not self._saved and self.path is not self._kept

    def keep(self) -> None:
        """A project has the path as it is now; a file of its own stays as it is."""
        self._kept = self.path
        self.changed.emit()

    def begin(self, path: KeyedPath, file: Path | None = None) -> None:
        """Another document: nothing of it can be undone; saved where it is from a file."""
        self._begin([_State("", path)])
        self.file = file
        self._saved = path
        self.changed.emit()

    def open(self, file: Path) -> None:
        """Reads a file of keys.

        Raises:
            UserError: it is none.
        """
        path = read_keyed(file)
        if path is None:
            raise UserError(f"{file}: holds no keys of a camera path")
        self.begin(path, file)

    def save(self, file: Path) -> None:
        """Writes the path, whole or not at all.

        Raises:
            UserError: the place can't be written.
        """
        write_keyed(file, self.path)
        self.file, self._saved = file, self.path
        self.changed.emit()
