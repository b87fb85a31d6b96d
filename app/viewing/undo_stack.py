"""The states that edits led to, of any document: which of them is there now, and those to go back and on to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, Protocol, TypeVar

from psygnal import Signal


class Named(Protocol):
    """A state of a document; `name`: in the menu, of the edit that led to it."""

    @property
    def name(self) -> str: ...


State = TypeVar("State", bound=Named)


class UndoStack(Generic[State]):
    """Whoever keeps a document derives from this, and gives the states."""

    changed = Signal()
    """Another state is there, or the document tells of something else."""

    def __init__(self, first: State) -> None:
        self._states, self._at = [first], 0

    @property
    def _now(self) -> State:
        return self._states[self._at]

    def _begin(self, states: Sequence[State]) -> None:
        """Takes another document's states, of which the last is there."""
        self._states, self._at = list(states), len(states) - 1

    def _push(self, state: State, in_place: bool = False) -> None:
        """Goes on to a state; what was undone is gone. `in_place`: the last edit is part of this one."""
        self._at -= in_place
        self._states[self._at + 1 :] = [state]
        self._at += 1

    def _moving(self) -> None:
        """Comes before another state of the stack is gone to."""

    def _moved(self) -> None:
        """Comes when it is there."""
        self.changed.emit()

    @property
    def depth(self) -> int:
        """How many edits can be undone."""
        return self._at

    @property
    def undo_name(self) -> str:
        """What would be undone; empty where there is nothing."""
        return self._now.name if self._at else ""

    @property
    def redo_name(self) -> str:
        """What would be done again; empty where there is nothing."""
        return self._states[self._at + 1].name if self._at + 1 < len(self._states) else ""

    def undo(self) -> None:
        """Back to what was before the last edit."""
        self._go(self._at - 1)

    def redo(self) -> None:
        """On to what the next edit made, if it was undone."""
        self._go(self._at + 1)

    def _go(self, at: int) -> None:
        if 0 <= at < len(self._states):
            self._moving()
            self._at = at
            self._moved()
