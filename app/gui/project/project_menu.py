"""File > projects: open, save, save as, recover, and the question before something is lost."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path

from psygnal import SignalInstance

from app.gui.feedback.status import Status
from app.gui.host import Host
from app.gui.panel.panel_parts import elided
from app.gui.plain_text import ask_to_save, is_sure
from app.gui.project.project_opening import ProjectOpening, ProjectParts
from app.gui.project.recovery import Recovery
from app.gui.qt import QFileDialog, QTimer
from app.project.autosave import Recoverable
from app.project.measured import kept_measurements
from app.project.open_project import OpenProject
from app.project.project_file import SUFFIX, Project, read_project
from app.project.session_state import scene_of, view_of
from app.settings import config_folder
from app.viewing.inputs import stem_with_input, title_with_input
from engines.core.errors import UserError

FILTER = f"Vantage projects (*{SUFFIX})"
TITLE, SAFE_TITLE = "Vantage", "Vantage (safe mode)"
LOOK_MS = 10_000
"""Between two looks whether there is something new to keep."""


class ProjectMenu:
    """One project, which is what is open in the window.

    Attributes:
        open_project: where it is saved, and whether it has changed.
        recovery: offers what a killed program left.
    """

    def __init__(
        self,
        window: Host,
        status: Status,
        parts: ProjectParts,
        may_quit_path: Callable[[], bool],
        wanted: SignalInstance,
    ) -> None:
        """Follows what is open in the window.

        Args:
            may_quit_path: asks about a camera path that no file has, and no project keeps.
            wanted: tells of a project that is to be opened.
        """
        self._window, self._status, self._parts = window, status, parts
        self._may_quit_path = may_quit_path
        wanted.connect(self.open)
        self._folder = config_folder() / "autosaves"
        self.open_project = OpenProject(self._capture, self._folder)
        self._opening = ProjectOpening(window, parts, self._opened, self._forget)
        self.recovery = Recovery(window, self._folder, self._recover)
        self.open_project.changed.connect(self.show_title)
        self.open_project.autosaved.connect(self._tell_autosaved)
        window.session.scene_changed.connect(self.show_title)
        self._timer = QTimer(window.widget)
        self._timer.timeout.connect(window.notifications.guarded(self.look))
        self._timer.start(LOOK_MS)
        self.show_title()

    def handlers(self) -> dict[str, Callable[..., None]]:
        """What the commands do."""
        return {
            "project_open": self._ask,
            "project_save": self.save,
            "project_save_as": self._save_as,
            "project_recover": self.recovery.recover,
        }

    @property
    def available(self) -> Mapping[str, bool]:
        """What the commands act on, as far as it is there."""
        return {"left": self.recovery.has_left}

    # What is open

    def _capture(self) -> Project:
        session, settings = self._window.session, self._window.settings.current
        scene, keyed = scene_of(session, self._parts.clean.cleaning.edits), self._parts.document.path
        also = {"camera_path": keyed if keyed.keys else None, "export": dict(settings.export)}
        if scene is None and self._opening.missed is not None:
            # What could not be opened is still the project's, with all that was seen there.
            return self._opening.missed.model_copy(update={**also, "saved_as": None})
        second = self._opening.second if scene is not None else ()
        return Project(
            scenes=() if scene is None else (scene, *second),
            view=view_of(session, settings.overlays),
            comparison=self._parts.second.layout if second else "",
            mesh=self._opening.mesh if scene is not None else None,
            bookmarks=self._parts.bookmarks.to_json() if self._parts.bookmarks.all else None,
            **kept_measurements(self._parts.measurements),
            **also,
        )

    def show_title(self) -> None:
        """Shows what is open, and with a star whether there is something to save."""
        file, opened = self.open_project.file, self._window.session.opened
        names = [f"{file.name}[*]"] if file is not None else []
        if opened is not None:
            names.append(title_with_input(opened))
        title = TITLE if self._window.settings.kept else SAFE_TITLE
        self._window.widget.setWindowTitle(" – ".join([*(elided(name) for name in names), title]))
        unsaved = file is not None and not self._opening.under_way and self.open_project.unsaved
        self._window.widget.setWindowModified(unsaved)

    def look(self) -> None:
        """Keeps what is not saved; called every few seconds.

        Raises:
            UserError: it can't be kept.
        """
        if not self._opening.under_way:
            self.open_project.look()

    def _tell_autosaved(self) -> None:
        self._status.show_saved(f"Autosaved {time.strftime('%H:%M')}")

    # Files

    def open(self, file: Path) -> None:
        """Opens a project, if what is open may go.

        Raises:
            UserError: it is none.
        """
        project = read_project(file)
        if self.may_quit():
            self._opening.begin(project, file)
            self._remember(file)

    def _opened(self, project: Project, file: Path | None, as_saved: bool) -> None:
        """All of it is there, as far as it can be."""
        # What was found beside the scene belongs to it from now on. What was recovered is not as its file has it.
        self.open_project.begin(self._capture() if as_saved else Project(), file)
        try:
            self.look()
        except UserError as error:
            self._window.notifications.error(error)
        else:
            self.recovery.let_go()

    def _forget(self) -> None:
        """Something else was opened before the project's scene was there: what is open is no project."""
        self.open_project.begin(Project(), None)

    def _ask(self) -> None:
        folder = self._window.settings.current.folders.get("projects", "")
        chosen, _ = QFileDialog.getOpenFileName(self._window.widget, "Open a project", folder, FILTER)
        if chosen:
            self.open(Path(chosen))

    def save(self) -> None:
        """Saves the project where it is; asks where that is not known.

        Raises:
            UserError: the place can't be written, or a project is still being opened.
        """
        self._require_all()
        if self.open_project.file is None:
            self._save_as()
        else:
            self._save_to(self.open_project.file)

    def _require_all(self) -> None:
        if self._opening.under_way:
            raise UserError("The project is still being opened; save it when its scene is there.")

    def _save_as(self) -> None:
        self._require_all()
        opened = self._window.session.opened
        folder = Path(self._window.settings.current.folders.get("projects", str(Path.home())))
        name = self.open_project.file or folder / f"{stem_with_input(opened) if opened else 'project'}{SUFFIX}"
        chosen, _ = QFileDialog.getSaveFileName(self._window.widget, "Save the project", str(name), FILTER)
        if chosen:
            self._save_to(Path(chosen) if chosen.endswith(SUFFIX) else Path(chosen + SUFFIX))

    def _save_to(self, file: Path) -> None:
        if self.open_project.changed_elsewhere(file) and not self._may_overwrite(file):
            return
        self.open_project.save(file)
        self._parts.document.keep()
        self._parts.clean.cleaning.keep()
        self._status.show_saved(f"Saved {time.strftime('%H:%M')}")
        self._remember(file)

    def _may_overwrite(self, file: Path) -> bool:
        text = f"{file.name} was changed by another program since it was opened here.\n\nReplace it?"
        return is_sure(self._window.widget, "Project changed elsewhere", text)

    def _remember(self, file: Path) -> None:
        self._window.settings.remember_folder("projects", file.parent)

    def may_quit(self) -> bool:
        """Whether what is open may go: asks where something is not saved."""
        if self._opening.under_way:
            # Nothing of it was changed yet.
            return True
        if self.open_project.file is None:
            return self._parts.clean.may_leave() and self._may_quit_path()
        if not self.open_project.unsaved:
            return True
        text = f"{self.open_project.file.name} has changes that are not saved."
        answer = ask_to_save(self._window.widget, "Project not saved", text)
        if answer == "save":
            self.save()
            return not self.open_project.unsaved
        return answer == "discard"

    def end(self, asked: bool) -> None:
        """The window closes: what is not saved is not wanted, if that was `asked`; else it can be recovered."""
        self._timer.stop()
        if asked:
            self.open_project.give_up()
        else:
            self._window.notifications.guarded(self.open_project.leave)()

    def _recover(self, left: Recoverable) -> bool:
        """Opens what was left, as it was; whether it may."""
        project = read_project(left.file)
        if not self.may_quit():
            return False
        self._opening.begin(project, left.saved_as, as_saved=False)
        return True
