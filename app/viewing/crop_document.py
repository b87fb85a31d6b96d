"""The document of a crop box: how the view was cropped, and what of that can be undone and redone."""

from __future__ import annotations

from dataclasses import dataclass, replace

from psygnal import Signal

from app.rendering.crop_box import CropBox
from app.viewing.view_state import ViewState


@dataclass(frozen=True)
class _State:
    """What an edit led to: `name` of the edit, the fields of the view, and whether a drag goes on with it."""

    name: str
    box: CropBox | None
    is_cropped: bool
    dragged: bool = False

    def shows(self, other: _State) -> bool:
        """Whether the other one has the same box, and it is on in both or in none."""
        return (self.box, self.is_cropped) == (other.box, other.is_cropped)


class CropDocument:
    """The crop box of a view, with all that it was before; what others set, as a project does, begins anew."""

    changed = Signal()
    """Another number of edits can be undone or redone."""

    def __init__(self, view: ViewState) -> None:
        self._view, self._taking = view, False
        self._states, self._at = [self._current("")], 0
        for name in ("crop_box", "is_cropped"):
            view.events[name].connect(lambda *_: self.follow())

    def _current(self, name: str) -> _State:
        return _State(name, self._view.crop_box, self._view.is_cropped)

    def begin(self) -> None:
        """Nothing can be undone: of another scene."""
        self._states, self._at = [self._current("")], 0
        self.changed.emit()

    def follow(self) -> None:
        """Begins anew where the view is cropped otherwise than by an edit."""
        if not self._taking and not self._states[self._at].shows(self._current("")):
            self.begin()

    def edit(self, name: str, box: CropBox | None, is_cropped: bool, dragged: bool = False) -> None:
        """Crops the view otherwise, under a name in the menu.

        Args:
            box: None: the scene's own bounding box.
            dragged: edits of one name, one after the other until `end_drag`, are undone at once.
        """
        state, before = _State(name, box, is_cropped, dragged), self._states[self._at]
        if state.shows(before):
            return
        if dragged and before.dragged and before.name == name:
            self._at -= 1
        self._states[self._at + 1 :] = [state]
        self._at += 1
        self._take()

    def end_drag(self) -> None:
        """The hand rests: what comes next is undone by itself; a drag that came back to where it began is none."""
        state = self._states[self._at]
        if state.dragged and state.shows(self._states[self._at - 1]):
            del self._states[self._at]
            self._at -= 1
            self.changed.emit()
        elif state.dragged:
            self._states[self._at] = replace(state, dragged=False)

    @property
    def depth(self) -> int:
        """How many edits can be undone."""
        return self._at

    @property
    def undo_name(self) -> str:
        """What would be undone; empty where there is nothing."""
        return self._states[self._at].name if self._at else ""

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
            self.end_drag()
            self._at = at
            self._take()

    def _take(self) -> None:
        """Has the view cropped as the current state says."""
        state, self._taking = self._states[self._at], True
        try:
            self._view.crop_box, self._view.is_cropped = state.box, state.is_cropped
        finally:
            self._taking = False
        self.changed.emit()
