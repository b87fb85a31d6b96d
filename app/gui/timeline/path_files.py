"""Files of the camera path: new, open, save, and the question before one is lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from app.gui.host import Host
from app.gui.qt import QFileDialog, QMessageBox, combined
from app.path_editing.document import PathDocument
from app.viewing.inputs import stem_with_input
from engines.core.paths.keyframes import KeyedPath

FILTER = "Camera paths (*.json)"
SUFFIX = ".json"


class PathFiles:
    """The commands of files."""

    def __init__(self, window: Host, document: PathDocument) -> None:
        self._window, self._document = window, document

    def handlers(self) -> dict[str, Callable[..., None]]:
        """What the commands do."""
        return {"path_new": self._new, "path_open": self._ask, "path_save": self._save, "path_save_as": self._save_as}

    def _new(self) -> None:
        if self.may_leave():
            self._document.begin(KeyedPath(fps=self._document.path.fps))

    def _ask(self) -> None:
        if not self.may_leave():
            return
        folder = self._window.settings.current.folders.get("paths", "")
        chosen, _ = QFileDialog.getOpenFileName(self._window.widget, "Open a camera path", folder, FILTER)
        if chosen:
            self._document.open(Path(chosen))
            self._remember(Path(chosen))

    def _save(self) -> None:
        if self._document.file is None:
            self._save_as()
        else:
            self._document.save(self._document.file)

    def _save_as(self) -> None:
        opened = self._window.session.opened
        folder = Path(self._window.settings.current.folders.get("paths", str(Path.home())))
        name = self._document.file or folder / f"{stem_with_input(opened) if opened else 'camera'}-path{SUFFIX}"
        chosen, _ = QFileDialog.getSaveFileName(self._window.widget, "Save the camera path", str(name), FILTER)
        if chosen:
            out = Path(chosen) if chosen.lower().endswith(SUFFIX) else Path(chosen + SUFFIX)
            self._document.save(out)
            self._remember(out)

    def _remember(self, file: Path) -> None:
        self._window.settings.change(self._window.settings.current.with_folder("paths", file.parent))

    def may_leave(self) -> bool:
        """Whether the path may go: asks where it is not saved."""
        if not self._document.unsaved or not self._document.path.keys:
            return True
        buttons = QMessageBox.StandardButton
        answer = QMessageBox.question(
            self._window.widget,
            "Camera path not saved",
            "The camera path has changes that are in no file.\n\nSave it first?",
            combined(buttons.Save, buttons.Discard, buttons.Cancel),
            buttons.Save,
        )
        if answer == buttons.Save:
            self._save()
            return not self._document.unsaved
        return bool(answer == buttons.Discard)
