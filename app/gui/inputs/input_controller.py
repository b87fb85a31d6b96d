"""Input photographs, of scenes that are made of one: asked for, changed, dropped, remembered."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from app.gui.feedback.status import Status
from app.gui.files import FileMenu
from app.gui.host import Host
from app.gui.inputs.input_dialog import InputDialog
from app.gui.inputs.input_pictures import InputPictures
from app.gui.main_window.dropping import holds_data
from app.gui.panel.input_card import InputCard
from app.gui.panel.source_photographs import SourcePhotographs
from app.viewing.inputs import advice_on_input, holds_pictures, input_of, takes_input
from app.viewing.load_requests import OpenFailure
from app.viewing.opening import title_of
from engines.core.camera import Array
from engines.core.errors import LacksInput

FOLDERS = "Of a folder of photographs each makes an object, to choose from."
DATA_FOLDERS = f"{FOLDERS[:-1]}; so do those of the data folder of a class."


class InputController:
    """The open scene's photograph, or that of one which can't be opened without."""

    def __init__(self, window: Host, files: FileMenu, status: Status) -> None:
        self._window, self._session, self._files, self._status = window, window.session, files, status
        files.asked.connect(self._forget)
        files.lacks_input.connect(self.want)
        files.input_asked.connect(self.ask)
        self.card = InputCard()
        self.card.strip.chosen.connect(self.take)
        self.card.own_wanted.connect(lambda: self._change(None))
        self.dialog: InputDialog | None = None
        self._wanting: OpenFailure | None = None
        """A scene that can't be opened without."""
        self._own: Path | None = None
        """The scene that was open without."""
        self.sources = SourcePhotographs(window)
        self.cards = (self.card, self.sources.card)
        self._pictures = InputPictures(window, self._show_pictures)

    def handlers(self) -> dict[str, Callable[..., None]]:
        """What the commands do."""
        return {"input": self.ask}

    @property
    def wanted(self) -> bool:
        """Whether a photograph can be given now."""
        return self._wanting is not None or takes_input(self._session.opened)

    def scene_changed(self) -> None:
        """A scene was adopted or closed."""
        opened = self._session.opened
        self.sources.show()
        shown = input_of(opened) if opened is not None else None
        if opened is not None and shown is None:
            self._own = opened.path
        has_own = opened is not None and (opened.dataset is not None or opened.path == self._own)
        self.card.show_scene(opened, has_own)
        if takes_input(opened):
            self._pictures.look(shown)

    def ask(self) -> None:
        """Asks for the photograph of the scene that wants one, or of the open one."""
        opened = self._session.opened
        if self._wanting is not None:
            self._ask_for(self._wanting)
        elif opened is not None and takes_input(opened):
            self._show_dialog("Make the scene of a photograph.", advice_on_input(opened), FOLDERS)

    def want(self, failure: OpenFailure, gone: Path | None = None) -> None:
        """A scene can't be opened without a photograph: asks for one.

        Args:
            gone: the photograph that it was made of before, which isn't there any more.
        """
        self._wanting = failure
        self._window.commands.refresh()
        self._ask_for(failure, gone)

    def _forget(self) -> None:
        """Something else is being opened."""
        if self._wanting is not None:
            self._wanting = None
            self._window.commands.refresh()

    def take(self, path: Path, others: int = 0) -> None:
        """Makes the scene of a photograph, or of a folder of such.

        Args:
            others: photographs that came with it, and are left.

        Raises:
            UserError: another scene is on its way.
        """
        failure = self._wanting
        if failure is None:
            self._change(path)
        elif path.is_dir() and not holds_pictures(path) and holds_data(path):
            # Its objects have photographs of their own.
            self._files.open(failure.request.path, path, failure.request.beside)
        else:
            self._files.open(
                failure.request.path, failure.request.data, replace(failure.request.beside, photograph=path)
            )
        if others:
            text = f"One photograph makes the scene: {path.name} is taken. Drop their folder to choose among all."
            self._window.notifications.tell("info", text)

    def shut_down(self) -> None:
        """Ends what is under way."""
        self._take_dialog_away()
        self.sources.shut_down()
        self._pictures.close()

    def _change(self, path: Path | None) -> None:
        self._session.loader.choose_input(path)
        self._window.notifications.hide()
        opened = self._session.opened
        name = path.name if path is not None else title_of(opened.path) if opened is not None else ""
        self._status.show_loading(name)

    def _ask_for(self, failure: OpenFailure, gone: Path | None = None) -> None:
        advice = failure.error.advice if isinstance(failure.error, LacksInput) else ""
        self._show_dialog(reason_to_ask(failure.request.path, gone), advice, DATA_FOLDERS)

    def _show_dialog(self, reason: str, advice: str, folders: str) -> None:
        self._take_dialog_away()
        folder = self._window.settings.current.folders.get("input", "")
        texts = (reason, f"Best is {advice}.", folders) if advice else (reason, folders)
        dialog = self.dialog = InputDialog(self._window.widget, texts, folder)
        dialog.chosen.connect(self._chosen)
        dialog.rejected.connect(self._left)
        dialog.finished.connect(self._dialog_closed)
        self._pictures.look(self._shown())
        dialog.open()

    def _chosen(self, path: Path) -> None:
        self._window.settings.remember_folder("input", path.parent)
        self._window.notifications.guarded(lambda: self.take(path))()

    def _left(self) -> None:
        failure = self._wanting
        if failure is None:
            return
        # One that is open takes what is dropped from now on.
        if takes_input(self._session.opened):
            self._forget()
        text = f"“{title_of(failure.request.path)}” is not open: it makes its scenes of photographs."
        self._window.notifications.tell("warning", text, "Choose photograph…", lambda: self.want(failure))

    def _dialog_closed(self) -> None:
        self.dialog = None

    def _take_dialog_away(self) -> None:
        dialog, self.dialog = self.dialog, None
        if dialog is not None:
            # Nobody left it.
            dialog.blockSignals(True)
            dialog.close()

    def _show_pictures(self, paths: Sequence[Path], pictures: Mapping[Path, Array | None]) -> None:
        shown = self._shown()
        self.card.show_pictures(paths, pictures, shown)
        if self.dialog is not None:
            self.dialog.show_inputs(paths, pictures, shown if self._wanting is None else None)

    def _shown(self) -> Path | None:
        opened = self._session.opened
        return input_of(opened) if opened is not None else None


def reason_to_ask(scene: Path, gone: Path | None) -> str:
    """Why a scene's photograph is asked for; `gone`: that it was made of before, which isn't there any more."""
    reason = f"“{title_of(scene)}” makes its scenes of photographs. Choose one to open it."
    return reason if gone is None else f"{reason[:-1]}: {gone}, of which it was made before, isn't there any more."
