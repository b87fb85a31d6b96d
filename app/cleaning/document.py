"""The document of a cleaning: its edits, what can be undone and redone, and whether it is saved.

Nothing of the scene is changed by it. What is left out after each edit is kept beside it, a bit for each primitive, so
that undoing is exact and takes no time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.cleaning.edits import CleaningEdit
from app.viewing.undo_stack import UndoStack
from engines.core.camera import Array


@dataclass(frozen=True, eq=False)
class _Step:
    """What an edit led to: `name` of the edit, all edits since the whole scene, and [N] bits, packed."""

    name: str
    edits: tuple[CleaningEdit, ...]
    packed: Array


class CleaningDocument(UndoStack[_Step]):
    """What is left out of a scene of `count` primitives, with all that it was before.

    Attributes:
        changed: something else is left out, or it was saved.
        count: of the scene's primitives; 0 where none is cleaned.
    """

    def __init__(self) -> None:
        super().__init__(_Step("", (), np.zeros(0, np.uint8)))
        self.count = 0
        self._saved: object = self._now
        self._kept: object = self._now

    @property
    def edits(self) -> tuple[CleaningEdit, ...]:
        """All that were made of the whole scene, in their order."""
        return self._now.edits

    @property
    def removed(self) -> Array:
        """[count] bool, what is left out."""
        return np.unpackbits(self._now.packed, count=self.count).astype(bool)

    @property
    def removed_count(self) -> int:
        """How many are left out."""
        return int(np.count_nonzero(self.removed))

    # Edits

    def begin(self, count: int, steps: Sequence[tuple[CleaningEdit, Array]] = (), unsaved: bool = False) -> None:
        """Another scene, with edits made before, each with what is left out after it [count]; `unsaved`: by nothing."""
        self.count = count
        made = [_Step("", (), np.packbits(np.zeros(count, bool)))]
        for edit, removed in steps:
            made.append(_Step(edit.name, (*made[-1].edits, edit), np.packbits(removed)))
        self._begin(made)
        self._saved = self._kept = made[0] if unsaved else self._now
        self.changed.emit()

    def apply(self, edit: CleaningEdit, removed: Array) -> bool:
        """Takes an edit over, after which [count] `removed` is left out; whether that is another part than before."""
        if np.array_equal(removed, self.removed):
            return False
        self._add(_Step(edit.name, (*self.edits, edit), np.packbits(removed)))
        return True

    def restore_all(self) -> None:
        """Nothing is left out any more."""
        if self.edits:
            self._add(_Step("Restore all", (), np.packbits(np.zeros(self.count, bool))))

    def _add(self, step: _Step) -> None:
        self._push(step)
        self.changed.emit()

    # Saving

    @property
    def unsaved(self) -> bool:
        """Whether something is left out that no file has been written without, nor a project keeps."""
        return bool(self.edits) and self._now is not self._saved and self._now is not self._kept

    def keep(self) -> None:
        """A project has the edits as they are now; no scene was written."""
        self._kept = self._now
        self.changed.emit()

    @property
    def mark(self) -> object:
        """Something that stands for what is left out now."""
        return self._now

    def saved(self, mark: object) -> None:
        """A scene was written of what was kept when that was the `mark`."""
        self._saved = mark
        self.changed.emit()
