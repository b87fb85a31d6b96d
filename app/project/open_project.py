"""The open project: where it is saved, whether it has changed since, and its autosave."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from psygnal import Signal

from app.project.autosave import Autosave
from app.project.project_file import Project, project_text, write_project


class OpenProject:
    """What is worked on, as far as a project keeps it.

    How one looks at a scene is kept, too, but to look around is no change that asks to be saved.

    Attributes:
        file: where it was saved or opened last; None: nowhere yet.
    """

    changed = Signal()
    """It was saved, or another was begun, or it is not as it was saved any more."""
    autosaved = Signal()
    """What is not saved was kept for the case that the program is killed."""

    def __init__(self, capture: Callable[[], Project], folder: Path) -> None:
        """`capture` gives the project as it is now; `folder`: of autosaves."""
        self.file: Path | None = None
        self._on_disk: tuple[int, int] | None = None
        self._capture = capture
        self._autosave = Autosave(folder)
        self._saved = self._worked_on(Project())
        self._was_unsaved = False

    @property
    def unsaved(self) -> bool:
        """Whether there is something to save."""
        return self._worked_on(self._capture()) != self._saved

    def _worked_on(self, project: Project) -> str:
        """What asks to be saved.

        Of what is no project yet, only its camera path and cleaned scenes: whoever opens a scene and closes it is asked
        nothing.
        """
        if self.file is None:
            cleaned = tuple(scene for scene in project.scenes if scene.cleaning)
            return project_text(Project(camera_path=project.camera_path, scenes=cleaned))
        return project_text(project.model_copy(update={"view": None}))

    def begin(self, project: Project, file: Path | None) -> None:
        """Another project is open: as its file has it, or a new one."""
        self.file, self._on_disk = file, _stamp(file)
        self._saved = self._worked_on(project)
        self._all_is_saved()

    def save(self, file: Path) -> None:
        """Writes the project, whole or not at all.

        Raises:
            UserError: the place can't be written.
        """
        project = self._capture()
        write_project(file, project)
        self.begin(project, file)

    def changed_elsewhere(self, file: Path) -> bool:
        """Whether somebody else wrote the open project's own file since it was opened or saved here."""
        there = _stamp(file)
        return file == self.file and there is not None and there != self._on_disk

    def look(self) -> None:
        """Notices changes, and keeps them; to be called every few seconds.

        Raises:
            UserError: they can't be kept.
        """
        project = self._capture()
        if self._worked_on(project) == self._saved:
            if self._was_unsaved:
                self._all_is_saved()
            return
        if not self._was_unsaved:
            self._was_unsaved = True
            self.changed.emit()
        if self._autosave.write(project.model_copy(update={"saved_as": self.file})):
            self.autosaved.emit()

    def leave(self) -> None:
        """The program ends unasked: what is not saved is kept for the next one.

        Raises:
            UserError: it can't be kept.
        """
        self.look()
        self._autosave.leave()

    def give_up(self) -> None:
        """What is not saved is not wanted; the program ends in peace."""
        self._autosave.discard()

    def _all_is_saved(self) -> None:
        self._was_unsaved = False
        self._autosave.discard()
        self.changed.emit()


def _stamp(file: Path | None) -> tuple[int, int] | None:
    """When a file was written, and its size; None where there is none."""
    try:
        found = file.stat() if file is not None else None
    except OSError:
        return None
    return None if found is None else (found.st_mtime_ns, found.st_size)
