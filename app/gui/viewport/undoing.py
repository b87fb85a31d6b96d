"""Edit > Undo and Redo, of all that can be undone: what was done last goes first, whichever document it was done in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from psygnal import SignalInstance

from app.gui.host import Host


class UndoableDocument(Protocol):
    """What keeps its edits by itself."""

    @property
    def changed(self) -> SignalInstance: ...
    @property
    def depth(self) -> int: ...
    @property
    def undo_name(self) -> str: ...
    @property
    def redo_name(self) -> str: ...
    def undo(self) -> None: ...
    def redo(self) -> None: ...


class Undoing:
    """Knows in which order edits of several documents were made."""

    def __init__(self, window: Host) -> None:
        self._window = window
        self._documents: list[UndoableDocument] = []
        self._done: list[UndoableDocument] = []
        """The document of each edit that can be undone, the newest last."""
        self._undone: list[UndoableDocument] = []
        """That of each that was undone, the one that is done again first last."""

    def add(self, document: UndoableDocument) -> None:
        """Follows a document, too."""
        self._documents.append(document)
        document.changed.connect(lambda: self._follow(document))

    def handlers(self) -> dict[str, Callable[..., None]]:
        """What the commands do."""
        return {"undo": self._undo, "redo": self._redo}

    @property
    def available(self) -> Mapping[str, bool]:
        """Whether there is something to undo, and to do again."""
        return {"undo": bool(self._done), "redo": bool(self._undone)}

    def _follow(self, document: UndoableDocument) -> None:
        """Brings the order up to date with how many edits the document has."""
        known = sum(each is document for each in self._done)
        self._done.extend([document] * (document.depth - known))
        for _ in range(known - document.depth):
            # Another document was begun, of which nothing is left.
            at = next(at for at, each in reversed(list(enumerate(self._done))) if each is document)
            del self._done[at]
        if not document.redo_name:
            self._undone = [each for each in self._undone if each is not document]
        self.show()

    def _undo(self) -> None:
        if self._done:
            document = self._done[-1]
            document.undo()
            self._undone.append(document)
            self.show()

    def _redo(self) -> None:
        if self._undone:
            document = self._undone.pop()
            document.redo()
            self.show()

    def show(self) -> None:
        """Has the menu say what would be undone and done again."""
        undo = self._done[-1].undo_name if self._done else ""
        redo = self._undone[-1].redo_name if self._undone else ""
        for id, verb, name in (("undo", "&Undo", undo), ("redo", "&Redo", redo)):
            self._window.commands[id].setText(f"{verb} {name[:1].lower()}{name[1:]}" if name else verb)
        self._window.commands.refresh()
