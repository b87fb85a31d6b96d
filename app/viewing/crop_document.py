"""The document of a crop box: how the view was cropped, and what of that can be undone and redone."""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.rendering.crop_box import CropBox
from app.viewing.undo_stack import UndoStack
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


class CropDocument(UndoStack[_State]):
    """The crop box of a view, with all that it was before; what others set, as a project does, begins anew."""

    def __init__(self, view: ViewState) -> None:
        self._view, self._taking = view, False
        super().__init__(self._current(""))
        for name in ("crop_box", "is_cropped"):
            view.events[name].connect(lambda *_: self.follow())

    def _current(self, name: str) -> _State:
        return _State(name, self._view.crop_box, self._view.is_cropped)

    def begin(self) -> None:
        """Nothing can be undone: of another scene."""
        self._begin([self._current("")])
        self.changed.emit()

    def follow(self) -> None:
        """Begins anew where the view is cropped otherwise than by an edit."""
        if not self._taking and not self._now.shows(self._current("")):
            self.begin()

    def edit(self, name: str, box: CropBox | None, is_cropped: bool, dragged: bool = False) -> None:
        """Crops the view otherwise, under a name in the menu.

        Args:
            box: None: the scene's own bounding box.
            dragged: edits of one name, one after the other until `end_drag`, are undone at once.
        """
        state, before = _State(name, box, is_cropped, dragged), self._now
        if state.shows(before):
            return
        self._push(state, in_place=dragged and before.dragged and before.name == name)
        self._moved()

    def end_drag(self) -> None:
        """The hand rests: what comes next is undone by itself; a drag that came back to where it began is none."""
        state = self._now
        if state.dragged and state.shows(self._states[self._at - 1]):
            del self._states[self._at]
            self._at -= 1
            self.changed.emit()
        elif state.dragged:
            self._states[self._at] = replace(state, dragged=False)

    def _moving(self) -> None:
        self.end_drag()

    def _moved(self) -> None:
        """Has the view cropped as the current state says."""
        state, self._taking = self._now, True
        try:
            self._view.crop_box, self._view.is_cropped = state.box, state.is_cropped
        finally:
            self._taking = False
        self.changed.emit()
