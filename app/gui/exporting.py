"""File > Export video: from the dialog to the file, while one goes on looking."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PyQt5.QtWidgets import QMessageBox

from app.export import Export
from app.gui.export_dialog import ask_export
from app.gui.export_job import ExportJob, Source
from app.gui.export_order import Order, make_export
from app.gui.host import Host
from app.opening import Opened
from engines.core.errors import Cancelled, UserError


class Exporting:
    """One export at a time."""

    def __init__(self, window: Host) -> None:
        self._window, self._session = window, window.session
        self.job: ExportJob | None = None
        window.export_bar.cancelled.connect(self.cancel)

    def handlers(self) -> dict[str, Callable[..., None]]:
        """What the commands do."""
        return {"export": self._ask, "cancel_export": self.cancel}

    def begin(self, order: Order) -> None:
        """Begins to carry out an order on the open scene.

        Raises:
            UserError: another export is under way.
        """
        opened, start = self._session.opened, self._session.eye.shown
        if opened is None or start is None:
            return
        if self.job is not None:
            raise UserError("An export is under way; wait for it, or cancel it first.")
        up, controls = self._session.eye.up.copy(), dict(self._session.controls)

        def make(again: Opened) -> Export:
            return make_export(order, again, start, up, controls)

        window, bar = self._window, self._window.export_bar
        post = window.bridge.post
        source = Source(opened.path, self._session.data, self._session.device, self._session.settings)
        bar.begin(Path(order.out), order.frames)
        self.job = ExportJob(
            source,
            make,
            lambda progress: post(lambda: bar.show_progress(progress)),
            lambda path: post(lambda: self._done(path)),
            lambda error: post(lambda: self._failed(error)),
        )
        window.update_commands()

    def cancel(self) -> None:
        """Asks the export to stop."""
        if self.job is not None:
            self._window.export_bar.stopping()
            self.job.cancel()

    def may_quit(self) -> bool:
        """Whether the program may end: asks where an export would be lost."""
        if self.job is None:
            return True
        answer = QMessageBox.question(
            self._window.widget,
            "Export under way",
            "An export is under way; quitting stops it, and nothing of it is kept.\n\nQuit all the same?",
            QMessageBox.Yes | QMessageBox.No,
            QMessageBox.No,
        )
        return bool(answer == QMessageBox.Yes)

    def shut_down(self) -> None:
        """Cancels and waits, so that nothing half-written is left when the program ends."""
        if self.job is not None:
            self.job.cancel()
            self.job.join()

    def _ask(self) -> None:
        opened, eye = self._session.opened, self._session.eye.shown
        if opened is None or eye is None:
            return
        order = Order.recall(self._window.settings.export)
        # Last time's file is not to be replaced by default: only its folder is remembered.
        folder = Path(order.out).parent if order.out else Path.home()
        order = replace(order, out=str(_free_name(folder / f"{opened.path.stem}.mp4")))
        wanted = ask_export(self._window.widget, opened, order, eye.size_px)
        if wanted is not None:
            self._window.change_settings(replace(self._window.settings, export=wanted.remembered()))
            self.begin(wanted)

    def _done(self, path: Path) -> None:
        self.job = None
        self._window.export_bar.done(path)
        self._window.update_commands()

    def _failed(self, error: BaseException) -> None:
        self.job = None
        self._window.export_bar.hide()
        self._window.update_commands()
        if isinstance(error, Cancelled):
            self._window.banner.tell("info", "The export was cancelled; nothing was written.")
        else:
            self._window.tell_error(error)


def _free_name(path: Path) -> Path:
    """`path`, or the first of `name-2`, `name-3`... that is not there yet."""
    candidates = (path.with_stem(f"{path.stem}-{number}") for number in itertools.count(2))
    return path if not path.exists() else next(candidate for candidate in candidates if not candidate.exists())
