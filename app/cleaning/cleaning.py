"""The cleaning of the open scene: an edit tried out before it is made, what is drawn meanwhile, and what is kept of it.

No window is needed. What takes time is done on threads beside the session's; the newest that was asked for counts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from psygnal import Signal

from app.cleaning.document import CleaningDocument
from app.cleaning.edits import CleaningEdit, InvertRemoved, removed_after, replayed
from app.cleaning.subject import CleaningSubject
from app.rendering.left_out import OmittedPrimitives
from app.viewing.background_work import BackgroundWork
from app.viewing.opening import Opened
from app.viewing.session import Session
from engines.core.camera import Array
from engines.core.engine import Stop
from engines.core.errors import UserError
from engines.core.scene_abilities import LeavesOut

Edits = tuple[CleaningEdit, ...]
MakeEdit = Callable[[CleaningSubject], CleaningEdit]


@dataclass(frozen=True, eq=False)
class TriedEdit:
    """An edit that is shown, but not made.

    Attributes:
        after: [N] bool, what would be left out.
        found: how many more than now.
    """

    edit: CleaningEdit
    after: Array
    found: int


@dataclass(frozen=True, eq=False)
class _Known:
    edits: Edits
    unsaved: bool


class SceneCleaning:
    """Follows the session: each scene has edits of its own, which are there again when it is opened again.

    Attributes:
        document: of the open scene.
        subject: its primitives; None while there are none, or they are not looked at yet.
        trial: what is tried out; None: nothing.
        shows_removed: what is left out is drawn in another colour.
    """

    changed = Signal()
    """Something else is left out, tried out, or told of."""
    failed = Signal(object)
    """An exception: an edit could not be tried, or one made before is not of this scene."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.document = CleaningDocument()
        self.subject: CleaningSubject | None = None
        self.trial: TriedEdit | None = None
        self.shows_removed = False
        self._opened: Opened | None = None
        self._known: dict[Path, _Known] = {}
        """Of scenes that are not open, by their files."""
        self._coming: _Known | None = None
        """Of the open scene, while its primitives are looked at."""
        self._applied: OmittedPrimitives | None = None
        self._wanted = False
        """What is being tried is to be made as soon as it is there."""
        self._work, self._entering = (BackgroundWork(session.post, name) for name in ("clean", "primitives"))
        self.document.changed.connect(self._document_changed)
        session.scene_changed.connect(self._scene_changed)

    # Scenes

    @property
    def edits(self) -> Edits:
        """The open scene's, also while they are on their way."""
        return self.document.edits if self._coming is None else self._coming.edits

    def expect(self, path: Path, edits: Edits) -> None:
        """The scene of that file has these edits when it is opened next, as a project says."""
        self._known[path] = _Known(edits, unsaved=False)

    @property
    def unsaved(self) -> bool:
        """Whether something is left out of a scene that no file was written without, nor a project keeps."""
        return self.document.unsaved or any(known.unsaved for known in self._known.values())

    def _scene_changed(self) -> None:
        before, opened = self._opened, self._session.opened
        other = before is None or opened is None or before.path != opened.path
        if before is not None and other and self.edits:
            unsaved = self.document.unsaved if self._coming is None else self._coming.unsaved
            self._known[before.path] = _Known(self.edits, unsaved)
        can_be = opened is not None and isinstance(opened.scene, LeavesOut)
        self._opened, self.subject, self.trial = opened if can_be else None, None, None
        self._work.stop()
        self._entering.stop()
        if other:
            self._coming = self._known.pop(opened.path, None) if opened is not None and can_be else None
            self.document.begin(0)
        if self._opened is not None:
            self._look(self._opened, self._coming.edits if self._coming is not None else ())
        self.changed.emit()

    def _look(self, opened: Opened, edits: Edits) -> None:
        """Looks at a scene's primitives, and makes its edits anew."""

        def look(stop: Stop) -> tuple[CleaningSubject, list[tuple[CleaningEdit, Array]], UserError | None]:
            subject = CleaningSubject.of(opened)
            try:
                return subject, replayed(edits, subject, stop), None
            except UserError as error:
                return subject, [], error

        self._entering.begin(lambda _, stop: look(stop), lambda found: self._take(*found), self._fail)

    def _take(self, subject: CleaningSubject, steps: list[tuple[CleaningEdit, Array]], error: UserError | None) -> None:
        coming, self._coming, self.subject = self._coming, None, subject
        count = len(subject.primitives)
        if coming is not None or self.document.count != count:
            # Of the same scene, opened with other options, they stay.
            self.document.begin(count, steps, coming is not None and coming.unsaved)
        self._show()
        self.changed.emit()
        if error is not None:
            self.failed.emit(error)

    # Edits

    def try_out(self, make: MakeEdit) -> None:
        """Shows what an edit would leave out, as soon as that is known; `make` is called on another thread."""
        subject, removed, self._wanted = self.subject, self.document.removed, False
        if subject is None:
            return

        def work(stop: Stop) -> TriedEdit:
            edit = make(subject)
            after = removed_after(edit, subject, removed, stop)
            return TriedEdit(edit, after, int(np.count_nonzero(after & ~removed)))

        self._work.begin(lambda _, stop: work(stop), self._take_trial, self._fail_trial)
        self.changed.emit()

    @property
    def is_trying(self) -> bool:
        """Whether what is tried out is still being found."""
        return self._work.busy

    def _take_trial(self, trial: TriedEdit) -> None:
        self.trial = trial
        if self._wanted:
            self.apply()
        else:
            self._show()
            self.changed.emit()

    def _fail_trial(self, error: BaseException) -> None:
        self.give_up()
        self._fail(error)

    def _fail(self, error: BaseException) -> None:
        self.failed.emit(error)
        self.changed.emit()

    def apply(self) -> None:
        """Makes what is tried out, at once or when it is found."""
        if self._work.busy:
            self._wanted = True
            return
        trial, self.trial, self._wanted = self.trial, None, False
        if trial is not None and not self.document.apply(trial.edit, trial.after):
            self._show()
            self.changed.emit()

    def give_up(self) -> None:
        """Nothing is tried out any more."""
        self._work.stop()
        self.trial, self._wanted = None, False
        self._show()
        self.changed.emit()

    def invert(self) -> None:
        """Keeps what is left out, and the other way round.

        Raises:
            UserError: nothing would be left.
        """
        if self.subject is not None:
            edit = InvertRemoved()
            self.document.apply(edit, removed_after(edit, self.subject, self.document.removed))

    def show_removed(self, shown: bool) -> None:
        """Draws what is left out in another colour, or not at all."""
        self.shows_removed = shown
        self._show()
        self.changed.emit()

    def _document_changed(self) -> None:
        self._work.stop()
        self.trial, removed = None, self.document.removed
        before = self._applied.removed if self._applied is not None else removed & False
        if not np.array_equal(before, removed):
            self._applied = OmittedPrimitives(removed) if removed.any() else None
        self._show()
        self.changed.emit()

    def _show(self) -> None:
        """Has the picture drawn without what is left out, or with it in another colour."""
        if self.subject is None:
            return
        self._session.loader.left_out = shown = self._applied
        removed = self.document.removed
        more = self.trial.after & ~removed if self.trial is not None else removed & False
        if more.any() or (self.shows_removed and shown is not None):
            seen = self.shows_removed
            shown = OmittedPrimitives(removed & (not seen), removed | more if seen else more)
        if shown is not self._session.view.left_out:
            self._session.view.left_out = shown
            # A slider moves it on and on: first coarsely, and exactly as soon as that rests.
            self._session.submit(moving=True)

    def keep(self) -> None:
        """A project has the edits of the open scene."""
        self.document.keep()
