"""Opening a project: its camera path at once, its view and its mesh when its scene is there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from app.cleaning.cleaning import SceneCleaning
from app.gui.host import Host, MeshOpener
from app.path_editing.bookmarks import Bookmarks
from app.path_editing.document import PathDocument
from app.project.measured import take_measurements
from app.project.project_file import Project, ProjectScene
from app.project.session_state import look_as, missing, open_scene_of
from app.viewing.load_requests import OpenFailure
from app.viewing.measurements import Measurements
from app.viewing.opening import SceneSource
from engines.core.errors import UserError
from engines.core.paths.keyframes import KeyedPath


class ShownMesh(MeshOpener, Protocol):
    """The mesh that is shown with the scene."""

    @property
    def path(self) -> Path | None:
        """Its file; None where none is shown."""


class ShownSecond(Protocol):
    """The scene that the open one is compared with."""

    @property
    def sources(self) -> Sequence[SceneSource]:
        """How it is opened; none where there is none."""

    @property
    def layout(self) -> str:
        """How the two are shown."""

    def open(self, path: Path) -> None:
        """Begins to open one."""

    def choose(self, layout: str) -> None:
        """Shows the two otherwise."""


class CleanedScene(Protocol):
    """What is removed of scenes."""

    cleaning: SceneCleaning

    def may_leave(self) -> bool:
        """Whether the program may end: asks where something is saved nowhere."""


@dataclass(frozen=True, eq=False)
class ProjectParts:
    """What a project keeps besides scenes and how one looks at them."""

    document: PathDocument
    bookmarks: Bookmarks
    mesh: ShownMesh
    second: ShownSecond
    measurements: Measurements
    clean: CleanedScene


class ProjectOpening:
    """One project on its way.

    Attributes:
        missed: a project whose scene could not be opened: all of it is kept until another scene is open.
    """

    def __init__(
        self,
        window: Host,
        parts: ProjectParts,
        opened: Callable[[Project, Path | None, bool], None],
        left: Callable[[], None],
    ) -> None:
        """Begins with none.

        Args:
            opened: told when all is there that can be: the project, its file, whether it is as that has it.
            left: told when something else was opened, or closed, before the project's scene was there.
        """
        self._window, self._parts, self._opened, self._left = window, parts, opened, left
        self.missed: Project | None = None
        self._awaited: tuple[Project, Path | None, bool] | None = None
        self._second: tuple[ProjectScene, ...] = ()
        self._mesh: Path | None = None
        """These two, while they are on their way, or can't be opened."""
        session = window.session
        session.scene_changed.connect(self._scene_changed)
        session.loader.failed.connect(self._failed)
        session.viewpoints_changed.connect(self._views_changed)
        self._looked: Project | None = None

    @property
    def under_way(self) -> bool:
        """Whether a scene of the project is still to come."""
        return self._awaited is not None

    @property
    def second(self) -> tuple[ProjectScene, ...]:
        """The scene that the open one is compared with, also while it is on its way."""
        if self._parts.second.sources:
            self._second = ()
        return self._second or tuple(
            ProjectScene(path=source.path, data=source.data) for source in self._parts.second.sources
        )

    @property
    def mesh(self) -> Path | None:
        """The mesh that is shown with the scene, also while it is on its way."""
        if self._parts.mesh.path is not None:
            self._mesh = None
        return self._mesh or self._parts.mesh.path

    def begin(self, project: Project, file: Path | None, as_saved: bool = True) -> None:
        """Takes a project over; `as_saved`: it is as its file has it."""
        window = self._window
        # What is open is another project's: where the scene of this one isn't there, it must not be taken for it.
        self._awaited = None
        window.session.close()
        self._parts.document.begin(project.camera_path or KeyedPath())
        window.settings.update(export={**window.settings.current.export, **project.export})
        self.missed = None
        if not project.scenes:
            self._opened(project, file, as_saved)
            return
        self._awaited = project, file, as_saved
        window.notifications.hide()
        self._parts.clean.cleaning.expect(project.scenes[0].path, project.scenes[0].cleaning)
        open_scene_of(window.session, project.scenes[0])

    def _scene_changed(self) -> None:
        opened = self._window.session.opened
        missed = self.missed
        if opened is not None:
            self.missed, self._looked, self._second, self._mesh = None, None, (), None
        if self._awaited is None:
            # The scene that was missed, from where it is now.
            if missed is not None and opened is not None and opened.path.name == missed.scenes[0].path.name:
                self._show(missed)
            return
        project, file, as_saved = self._awaited
        self._awaited = None
        if opened is None or opened.path != project.scenes[0].path:
            self._left()
            return
        self._show(project)
        self._opened(project, file, as_saved)

    def _show(self, project: Project) -> None:
        """Shows the open scene as the project says, and its camera path on the timeline."""
        timeline = self._window.commands["timeline"]
        if project.camera_path is not None and not timeline.isChecked():
            timeline.trigger()
        if project.view is not None:
            look_as(self._window.session, project.view)
            self._looked = project
        if project.bookmarks:
            self._window.notifications.guarded(self._parts.bookmarks.take)("the project's bookmarks", project.bookmarks)
        take_measurements(self._parts.measurements, project)
        if project.mesh is not None:
            self._mesh = project.mesh
            self._parts.mesh.open(project.mesh)
        if len(project.scenes) > 1:
            self._second = project.scenes[1:]
            if project.comparison:
                self._parts.second.choose(project.comparison)
            self._parts.second.open(project.scenes[1].path)

    def _views_changed(self) -> None:
        """Another instance's views are there; where its recording was filmed elsewhere, the camera went there."""
        if self._looked is not None and self._looked.view is not None:
            looked, self._looked = self._looked.view, None
            look_as(self._window.session, looked)

    def _failed(self, failure: OpenFailure) -> None:
        if self._awaited is None:
            return
        project, file, as_saved = self._awaited
        self._awaited = None
        if failure.request.path != project.scenes[0].path:
            self._left()
            return
        self.missed = project
        gone = missing(project.scenes[0])
        if gone is not None:
            text = f"{gone}: isn't there, which the project names; open it from where it is now, and save the project"
            self._window.notifications.error(UserError(text))
        self._opened(project, file, as_saved)
