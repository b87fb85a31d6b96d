"""A second scene, chosen and opened behind the window; of several the newest is wanted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from app.gui.files import scene_filter
from app.gui.host import Host
from app.gui.qt import QFileDialog
from app.viewing.background_work import BackgroundWork
from app.viewing.opening import Opened, SceneSource, open_compared, title_of
from engines.core.errors import UserError

Take = Callable[[Opened, SceneSource], None]
"""Is given a scene, and how it was opened."""


class SecondOpening:
    """Opens beside the scene that is open, as long as that one stays."""

    def __init__(self, window: Host, take: Take) -> None:
        self._window, self._taker = window, take
        self._beside: Path | None = None
        """The scene that the second one is compared with, or the one on its way."""
        self._opening = BackgroundWork(window.session.post, "open second scene")

    def ask(self) -> None:
        """Asks for a file."""
        folder = self._window.settings.current.folders.get("open", "")
        chosen, _ = QFileDialog.getOpenFileName(self._window.widget, "Compare with a scene", folder, scene_filter())
        if chosen:
            self.open(Path(chosen))

    def ask_run(self) -> None:
        """Asks for the folder of a run."""
        folder = self._window.settings.current.folders.get("run", "")
        chosen = QFileDialog.getExistingDirectory(self._window.widget, "Compare with a run", folder)
        if chosen:
            self.open(Path(chosen))

    def open(self, path: Path) -> None:
        """Begins to open a scene, of any method; says so.

        Raises:
            UserError: no scene is open that it could be compared with.
        """
        loader = self._window.session.loader
        first, data = loader.opened, loader.data
        if first is None:
            raise UserError(f"{path.name}: open a scene first; another is compared with it")
        self._beside = first.path
        self._window.notifications.tell("info", f"Opening {title_of(path)} …")
        source = SceneSource(path, None, loader.device)
        self._opening.begin(
            lambda _tell, _stop: open_compared(source, data),
            lambda found: self._take(*found),
            self._window.notifications.error,
        )

    def forget(self) -> None:
        """What is on its way is not wanted any more."""
        self._opening.stop()

    def left(self) -> bool:
        """Whether the scene that it was opened beside is not open any more; told once."""
        opened = self._window.session.opened
        if self._beside is None or (opened is not None and opened.path == self._beside):
            return False
        self._beside = None
        return True

    def _take(self, opened: Opened, source: SceneSource) -> None:
        first = self._window.session.opened
        if first is not None and first.path == self._beside:
            self._window.notifications.hide()
            self._taker(opened, source)
