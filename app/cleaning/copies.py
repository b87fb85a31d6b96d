"""Copies of the open scene without what is left out, written on a thread beside the session's."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from psygnal import Signal

from app.cleaning.document import CleaningDocument
from app.cleaning.saving import write_cleaned
from app.viewing.background_work import BackgroundWork
from app.viewing.session import Session
from engines.core.abilities import ChoosesPrimitives
from engines.core.errors import UserError
from engines.registry import find_engine


@dataclass(frozen=True)
class SavedCopy:
    """A file of what is kept; `notes`: what its form can't keep."""

    path: Path
    kept: int
    count: int
    notes: tuple[str, ...]


class CleanedCopies:
    """Writes one at a time."""

    saved = Signal(SavedCopy)
    failed = Signal(object)
    """An exception: a file could not be written."""

    def __init__(self, session: Session, document: CleaningDocument) -> None:
        self._session, self._document = session, document
        self._work = BackgroundWork(session.post, "save cleaned")

    @property
    def can_save(self) -> bool:
        """Whether the open scene's method writes scenes without some of their primitives."""
        opened = self._session.opened
        return opened is not None and isinstance(find_engine(opened.checkpoint.engine), ChoosesPrimitives)

    def save(self, path: Path) -> None:
        """Begins to write what is kept to a file, in the form that its name asks for.

        Raises:
            UserError: another copy is being written.
        """
        opened, removed, mark = self._session.opened, self._document.removed, self._document.mark
        if opened is None:
            return
        if self._work.busy:
            raise UserError(f"{path.name}: another copy is still being written; save it when that is done.")
        checkpoint, up = opened.checkpoint, self._session.loader.ups.of(opened.path)
        if up is not None and checkpoint.scene is not None:
            checkpoint = replace(checkpoint, scene=checkpoint.scene.with_up(up))

        def work() -> SavedCopy:
            notes = write_cleaned(checkpoint, ~removed, path)
            return SavedCopy(path, int(np.count_nonzero(~removed)), len(removed), notes)

        def done(copy: SavedCopy) -> None:
            self._document.saved(mark)
            self.saved.emit(copy)

        self._work.begin(lambda _tell, _stop: work(), done, self.failed.emit)
