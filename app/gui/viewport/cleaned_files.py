"""Files of cleaned scenes: where a copy is to be, and the question before what was removed is forgotten."""

from __future__ import annotations

from pathlib import Path

from app.cleaning.cleaning import SceneCleaning
from app.cleaning.copies import CleanedCopies, SavedCopy
from app.cleaning.saving import forms_of
from app.gui.host import Host
from app.gui.plain_text import ask_to_save, is_sure
from app.gui.qt import QFileDialog
from app.viewing.inputs import stem_with_input
from engines.core.files import free_name
from engines.registry import find_engine


class CleanedFiles:
    """The command of saving a copy."""

    def __init__(self, window: Host, cleaning: SceneCleaning) -> None:
        self._window, self._session, self._cleaning = window, window.session, cleaning
        self._copies = CleanedCopies(window.session, cleaning.document)
        self._copies.saved.connect(self._tell_saved)
        self._copies.failed.connect(window.notifications.error)

    @property
    def can_save(self) -> bool:
        """Whether the open scene can be written without some of its primitives."""
        return self._copies.can_save

    def save(self) -> None:
        """Asks where a copy of what is kept is to be, and begins to write it."""
        opened = self._session.opened
        if opened is None:
            return
        engine = find_engine(opened.checkpoint.engine)
        forms, own = forms_of(engine), opened.path.suffix.lower()
        suffixes = list(dict.fromkeys(forms.values()))
        suffix = own if own in suffixes else suffixes[0]
        suffixes.sort(key=lambda each: each != suffix)
        folder = Path(self._window.settings.current.folders.get("cleaned", str(opened.path.parent)))
        name = free_name(folder, f"{stem_with_input(opened)}-cleaned", suffix=suffix)
        offered = ";;".join(f"{engine.title} (*{each})" for each in suffixes)
        chosen, of_kind = QFileDialog.getSaveFileName(
            self._window.widget, "Save a copy of what is kept", str(name), offered
        )
        if not chosen:
            return
        path = Path(chosen)
        if path.suffix.lower() not in suffixes:
            kind = next((each for each in suffixes if of_kind.endswith(f"(*{each})")), suffix)
            path = Path(f"{path}{kind}")
        same = path.exists() and opened.path.exists() and path.samefile(opened.path)
        text = f"{path.name} is the scene itself: what was removed would be lost for good.\n\nReplace it?"
        if same and not is_sure(self._window.widget, "Replace the original", text):
            return
        self._window.settings.remember_folder("cleaned", path.parent)
        self._copies.save(path)

    def _tell_saved(self, copy: SavedCopy) -> None:
        text = f"Saved {copy.path.name}: {copy.kept:,} of {copy.count:,}."
        self._window.notifications.tell(
            "warning" if copy.notes else "info",
            " ".join((text, *copy.notes)),
            "Open it",
            lambda: self._session.loader.open(copy.path),
        )

    def may_leave(self) -> bool:
        """Whether the program may end: asks where something was removed and saved nowhere."""
        if not self._cleaning.unsaved:
            return True
        text = "What was removed by cleaning is in no file and no project."
        answer = ask_to_save(self._window.widget, "Cleaned scene not saved", text)
        if answer == "save":
            # It is written beside the window, which stays until that is done.
            self.save()
        return answer == "discard"
