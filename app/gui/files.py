"""What comes in: scenes and their data, chosen, remembered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from psygnal import Signal

from app.demos import DEMO_FOLDER, demo_scenes
from app.gui.feedback.status import Status
from app.gui.host import Host
from app.gui.qt import QFileDialog
from app.project.project_file import SUFFIX as PROJECT_SUFFIX
from app.settings import Recent
from app.viewing.inputs import input_of, takes_input
from app.viewing.load_requests import OpenFailure
from app.viewing.opening import ALONE, CompanionPaths, title_of
from engines.core.errors import LacksInput, UserError
from engines.core.storage.run_folder import LIVE_NAME, is_run_folder
from engines.registry import file_suffixes

SUFFIXES = "*.safetensors *.pth *.pt *.ckpt *.tar *.index"


def scene_filter(what: str = "Scenes and checkpoints", more: str = "") -> str:
    """What a dialog offers that asks for a scene: also files of other programs that methods open.

    Args:
        what: it asks for.
        more: suffixes that it offers besides, each with a space before.
    """
    others = "".join(f" *{suffix}" for suffix in file_suffixes())
    return f"{what} ({SUFFIXES}{others}{more});;All files (*)"


class FileMenu:
    """The File menu, but for the export."""

    asked = Signal()
    """Another scene is being opened."""
    lacks_input = Signal(OpenFailure, object)
    """One can't be opened without a photograph; which it was made of before, and isn't there any more, or None."""
    input_asked = Signal()
    """Another photograph is to be asked for, for the open scene."""
    project_wanted = Signal(Path)
    """What is opened is a project."""

    def __init__(self, window: Host, status: Status) -> None:
        self._window, self._session, self._status = window, window.session, status
        self._gone: tuple[Path, Path] | None = None
        """The scene on its way, and its data folder that is not there."""
        self._gone_photograph: Path | None = None
        """Its photograph that is not there."""
        self._session.scene_changed.connect(self._scene_changed)
        self._session.loader.failed.connect(self._tell_failure)

    def handlers(self) -> dict[str, Callable[..., None]]:
        """What the commands do."""
        return {
            "open": self._ask_file,
            "open_run": self._ask_run,
            "data": self.ask_data,
            "reopen": self._reopen,
            "demo": self._open_demo,
            "clear_recent": self._clear_recent,
            "close": self._close,
        }

    def open(self, path: Path, data: Path | None = None, beside: CompanionPaths = ALONE) -> None:
        """Begins to open; says so."""
        if path.suffix.lower() == PROJECT_SUFFIX:
            self.project_wanted.emit(path)
            return
        self._session.loader.open(path, data, beside)
        self._gone = self._gone_photograph = None
        self._window.notifications.hide()
        self.asked.emit()
        self._status.show_loading(title_of(path))

    def open_recent(self, recent: Recent) -> None:
        """One of the recent scenes, with its data folder and its photograph."""
        photograph = Path(recent.photograph) if recent.photograph else None
        there = photograph is not None and photograph.exists()
        beside = CompanionPaths(photograph=photograph) if there else ALONE
        self.open_with(Path(recent.path), Path(recent.data) if recent.data else None, beside)
        self._gone_photograph = None if there else photograph

    def open_with(self, path: Path, data: Path | None, beside: CompanionPaths = ALONE) -> None:
        """A scene and the data folder that is known of it; where that is gone, without, and says so."""
        there = data is not None and data.is_dir()
        self.open(path, data if there else None, beside)
        self._gone = None if there or data is None else (path, data)

    def attach(self, folder: Path) -> None:
        """Gives the open scene its data folder."""
        self._session.loader.attach(folder)
        self._status.show_loading(folder.name)

    def ask_data(self) -> None:
        """Asks for the data folder of the open scene."""
        if folder := self._ask_folder("data", "Data folder of the scene"):
            self.attach(folder)

    def choose_options(self, values: Mapping[str, Any], refused: Callable[[], object]) -> None:
        """Opens the scene again with other options of its engine; `refused` is called where they can't be."""
        opened = self._session.opened
        if opened is None:
            return
        try:
            self._session.loader.choose_options(values)
        except UserError:
            refused()
            raise
        self._window.notifications.hide()
        self._status.show_loading(opened.path.name)

    # The scene

    def _scene_changed(self) -> None:
        opened = self._session.opened
        if opened is None:
            return
        # What is only trained further comes unasked, and must not take away what is being told.
        if not self._session.loader.stayed:
            self._window.notifications.hide()
        # What a run shows while it learns is gone when it ends; the run stays.
        path = opened.path.parent if opened.path.name == LIVE_NAME else opened.path
        photograph = input_of(opened)
        settings = self._window.settings.current.with_recent(path, self._session.loader.data, photograph)
        if photograph is not None and takes_input(opened):
            settings = settings.with_input(photograph)
        # A run of the command line's is listed, and can be continued, from now on.
        self._window.settings.change(settings.with_run(path) if is_run_folder(path) else settings)
        if self._gone is not None and self._gone[0] == opened.path and self._session.loader.data is None:
            text = f"The data folder {self._gone[1]} isn't there; the scene is open without it."
            self._window.notifications.tell("warning", text, "Choose…", self.ask_data)
        if self._gone_photograph is not None:
            text = f"The photograph {self._gone_photograph} isn't there; the scene is open without it."
            self._window.notifications.tell("warning", text, "Choose…", self.input_asked.emit)
        self._gone = self._gone_photograph = None

    def _tell_failure(self, failure: OpenFailure) -> None:
        text, gone, self._gone = str(failure.error), self._gone, None
        missing, self._gone_photograph = self._gone_photograph, None
        if isinstance(failure.error, LacksInput):
            self.lacks_input.emit(failure, missing)
            return
        photograph = failure.request.beside.photograph
        if photograph is not None and text.startswith(str(photograph.expanduser())):
            self._window.notifications.error(
                failure.error, "Choose photograph…", partial(self._retry_with_input, failure)
            )
            return
        # Also where the one that was chosen is not what it takes.
        wants_data = (
            "data folder" in text if failure.request.data is None else text.startswith(str(failure.request.data))
        )
        retry = partial(self._retry_with_data, failure) if wants_data else None
        error = failure.error
        if gone is not None and gone[0] == failure.request.path and wants_data:
            error = UserError(f"{gone[1]}: the data folder isn't there; {text}")
        self._window.notifications.error(error, "Choose data folder…", retry)

    def _retry_with_input(self, failure: OpenFailure) -> None:
        opened = self._session.opened
        if opened is not None and opened.path == failure.request.path:
            self.input_asked.emit()
        else:
            self.lacks_input.emit(failure, None)

    def _retry_with_data(self, failure: OpenFailure) -> None:
        if folder := self._ask_folder("data", f"Data folder of {failure.request.path.name}"):
            self.open(failure.request.path, folder, failure.request.beside)

    def _close(self) -> None:
        self._session.close()

    # Choosing

    def _ask_file(self) -> None:
        folder = self._window.settings.current.folders.get("open", "")
        offered = scene_filter("Scenes, checkpoints and projects", f" *{PROJECT_SUFFIX}")
        chosen, _ = QFileDialog.getOpenFileName(self._window.widget, "Open a scene", folder, offered)
        if chosen:
            self._window.settings.remember_folder("open", Path(chosen).parent)
            self.open(Path(chosen))

    def _ask_run(self) -> None:
        if folder := self._ask_folder("open", "Open a run folder"):
            self.open(folder)

    def _ask_folder(self, dialog: str, title: str) -> Path | None:
        chosen = QFileDialog.getExistingDirectory(
            self._window.widget, title, self._window.settings.current.folders.get(dialog, "")
        )
        if not chosen:
            return None
        self._window.settings.remember_folder(dialog, Path(chosen))
        return Path(chosen)

    def _reopen(self) -> None:
        if not self._window.settings.current.recent:
            raise UserError("No scene was open before; use File > Open.")
        self.open_recent(self._window.settings.current.recent[0])

    def _open_demo(self) -> None:
        demos = demo_scenes()
        if not demos:
            raise UserError(f"{DEMO_FOLDER}: holds no demo scene of a method that is installed; use File > Open.")
        self.open(demos[0])

    def _clear_recent(self) -> None:
        self._window.settings.update(recent=(), inputs=())
