"""Opening a project: its camera path at once, its view and its mesh when its scene is there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from app.gui.host import Host, MeshOpener
from app.path_editing.bookmarks import Bookmarks
from app.path_editing.document import PathDocument
from app.project.project_file import Project, ProjectScene
from app.project.session_state import look_as, missing, open_scene_of
from app.viewing.load_requests import OpenFailure
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


@dataclass(frozen=True, eq=False)
class ProjectParts:
    """What a project keeps besides scenes and how one looks at them."""

    document: PathDocument
    bookmarks: Bookmarks
    mesh: ShownMesh
    second: ShownSecond


class ProjectOpening:
    """One project on its way.

    Attributes:
        missed: scenes of the project that could not be opened; it keeps them until another scene is open.
    """

    def __init__(
        self,
        window: Host,
        parts: ProjectParts,
        opened: Callable[[Project, Path | None, bool], None],
    ) -> None:
        """`opened`: told when all is there that can be: the project, its file, whether it is as that has it."""
        self._window, self._parts, self._opened = window, parts, opened
        self.missed: tuple[ProjectScene, ...] = ()
        self._awaited: tuple[Project, Path | None, bool] | None = None
        self._second: tuple[ProjectScene, ...] = ()
        """The second scene, while it is on its way."""
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

    def begin(self, project: Project, file: Path | None, as_saved: bool = True) -> None:
        """Takes a project over; `as_saved`: it is as its file has it."""
        window = self._window
        self._parts.document.begin(project.camera_path or KeyedPath())
        window.settings.update(export={**window.settings.current.export, **project.export})
        self.missed, self._awaited = (), (project, file, as_saved)
        if not project.scenes:
            window.session.close()
            return
        window.notifications.hide()
        open_scene_of(window.session, project.scenes[0])

    def _scene_changed(self) -> None:
        opened = self._window.session.opened
        if opened is not None:
            self.missed, self._looked, self._second = (), None, ()
        if self._awaited is None:
            return
        project, file, as_saved = self._awaited
        self._awaited = None
        if opened is not None and project.view is not None:
            look_as(self._window.session, project.view)
            self._looked = project
        if opened is not None and project.bookmarks:
            self._window.notifications.guarded(self._parts.bookmarks.take)("the project's bookmarks", project.bookmarks)
        if opened is not None and project.mesh is not None:
            self._parts.mesh.open(project.mesh)
        if opened is not None and len(project.scenes) > 1:
            self._compare(project)
        self._opened(project, file, as_saved)

    def _compare(self, project: Project) -> None:
        """Opens the second scene, beside the first one."""
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
        self._awaited, self.missed = None, project.scenes
        gone = missing(project.scenes[0])
        if gone is not None:
            text = f"{gone}: isn't there, which the project names; open it from where it is now, and save the project"
            self._window.notifications.error(UserError(text))
        self._opened(project, file, as_saved)
