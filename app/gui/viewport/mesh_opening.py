"""Mesh files for the open scene: chosen, read behind the window, and handed on where they are still wanted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from app.gui.host import Host
from app.gui.qt import QFileDialog
from app.mesh.drawing import LoadedMesh, load_mesh
from app.mesh.mesh_reading import READ_SUFFIXES, read_mesh
from app.viewing.background_work import BackgroundWork
from engines.core.errors import UserError

FILTER = f"Meshes ({' '.join(f'*{suffix}' for suffix in READ_SUFFIXES)});;All files (*)"


class MeshOpening:
    """One file at a time: the newest is wanted, as long as the scene that it was opened with is open."""

    def __init__(self, window: Host, take: Callable[[LoadedMesh], None]) -> None:
        """`take`: shows a mesh that was read."""
        self._window, self._take = window, take
        self._scene: Path | None = None
        """Of which scene the mesh is, or the one on its way."""
        self._reading = BackgroundWork(window.session.post, "open mesh")

    def open(self, path: Path) -> None:
        """Begins to read a mesh file; says so.

        Raises:
            UserError: no scene is open.
        """
        opened = self._window.session.opened
        if opened is None:
            raise UserError(f"{path.name}: open a scene first; a mesh is shown under its cameras")
        origin, self._scene = opened.origin, opened.path
        self._window.notifications.tell("info", f"Opening {path.name} …")
        self._reading.begin(
            lambda _tell, _stop: load_mesh(read_mesh(path), origin), self._read, self._window.notifications.error
        )

    def ask(self) -> None:
        """Asks for a file."""
        window = self._window
        folder = window.settings.current.folders.get("mesh", window.settings.current.folders.get("open", ""))
        chosen, _ = QFileDialog.getOpenFileName(window.widget, "Open a mesh", folder, FILTER)
        if chosen:
            window.settings.remember_folder("mesh", Path(chosen).parent)
            self.open(Path(chosen))

    def forget(self) -> None:
        """What is on its way is not wanted any more."""
        self._reading.stop()

    def left(self) -> bool:
        """Whether the scene of the mesh is not open any more; told once."""
        opened = self._window.session.opened
        if self._scene is None or (opened is not None and opened.path == self._scene):
            return False
        self._scene = None
        return True

    def _read(self, mesh: LoadedMesh) -> None:
        opened = self._window.session.opened
        if opened is not None and opened.path == self._scene:
            self._window.notifications.hide()
            self._take(mesh)
