"""Files of the camera path: new, open, save, and the question before one is lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from app.gui.host import Host
from app.gui.plain_text import ask_to_save
from app.gui.qt import QFileDialog
from app.path_editing.document import PathDocument
from app.path_editing.edits import Edit
from app.path_editing.foreign import read_foreign, write_foreign
from app.viewing.inputs import stem_with_input
from engines.core.data.origin import in_world
from engines.core.paths.exchange.formats import PATH_FORMATS
from engines.core.paths.keyframes import KeyedPath
from engines.core.reading import counted

FILTER = "Camera paths (*.json)"
SUFFIX, OWN = ".json", "vantage"
ALL = "Cameras (*.json *.txt *.npy *.npz *.chan *.glb *.gltf *.tum *.log *.bin);;All files (*)"


class PathFiles:
    """The commands of files."""

    def __init__(self, window: Host, document: PathDocument) -> None:
        self._window, self._document = window, document

    def handlers(self) -> dict[str, Callable[..., None]]:
        """What the commands do."""
        return {
            "path_new": self._new,
            "path_open": self._ask,
            "path_import": self._import,
            "path_save": self._save,
            "path_save_as": self._save_as,
            "path_write": self._write,
        }

    def _new(self) -> None:
        if self.may_leave():
            self._document.begin(KeyedPath(fps=self._document.path.fps))

    def _ask(self) -> None:
        if not self.may_leave():
            return
        chosen = self._chosen_file("Open a camera path", FILTER)
        if chosen is not None:
            self._document.open(chosen)
            self._remember(chosen)

    def _import(self) -> None:
        """Takes another program's path in the place of this one, which Undo brings back."""
        opened = self._window.session.opened
        chosen = self._chosen_file("Import a camera path", ALL)
        if chosen is not None and opened is not None:
            path = read_foreign(chosen, in_world([opened.scene.start], opened.origin)[0])
            self._document.edit("Import path", Edit(path))
            self._remember(chosen)
            keys = counted(len(path.keys), "key")
            self._window.notifications.tell("info", f"{chosen.name}: {keys} of it; Undo brings the path before back.")

    def _write(self) -> None:
        """Writes the path as another program reads it."""
        opened = self._window.session.opened
        forms = {f"{form.title} (*{form.suffixes[0]})": form for form in PATH_FORMATS.values() if form.name != OWN}
        folder = self._window.settings.current.folders.get("paths", str(Path.home()))
        chosen, title = QFileDialog.getSaveFileName(
            self._window.widget, "Write the camera path for another program", folder, ";;".join(forms)
        )
        if not chosen or opened is None or title not in forms:
            return
        form = forms[title]
        out = Path(chosen) if Path(chosen).suffix.lower() in form.suffixes else Path(chosen + form.suffixes[0])
        lost = write_foreign(out, self._document.path, opened.scene.up, form.name)
        self._remember(out)
        self._window.notifications.tell("warning" if lost else "info", " ".join(lost) or f"Wrote {out.name}.")

    def _chosen_file(self, title: str, shown: str) -> Path | None:
        folder = self._window.settings.current.folders.get("paths", "")
        chosen, _ = QFileDialog.getOpenFileName(self._window.widget, title, folder, shown)
        return Path(chosen) if chosen else None

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
        self._window.settings.remember_folder("paths", file.parent)

    def may_leave(self) -> bool:
        """Whether the path may go: asks where it is not saved."""
        if not self._document.unsaved or not self._document.path.keys:
            return True
        text = "The camera path has changes that are in no file."
        answer = ask_to_save(self._window.widget, "Camera path not saved", text)
        if answer == "save":
            self._save()
            return not self._document.unsaved
        return answer == "discard"
