"""The training dialog beside the window: shown, left while it estimates camera poses, and answered."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from app.gui.host import Host
from app.gui.qt import QDialog
from app.gui.training.notify import notify
from app.gui.words import in_window
from app.training.runs.training_request import TrainingRequest

if TYPE_CHECKING:
    from app.gui.training.dialog import TrainDialog


class Asking:
    """One dialog at a time. One goes on looking beside it: estimating camera poses takes its time."""

    def __init__(self, window: Host, busy: Callable[[], bool], begin: Callable[[TrainingRequest], None]) -> None:
        """`busy` says whether something is being trained; `begin` gets what is requested."""
        self._window, self._busy, self._begin = window, busy, begin
        self.dialog: TrainDialog | None = None
        """The one that is open, or goes on in the background."""

    def ask(self, folder: Path | None) -> None:
        """Shows it, on a data folder, images or a video."""
        # Here, not above: it needs a second to import what the first look at the window does not.
        from app.gui.training.dialog import TrainDialog

        if self.dialog is None:
            self.dialog = TrainDialog(self._window, self._busy())
            self.dialog.finished.connect(self._answered)
            self.dialog.left.connect(self._left)
            self.dialog.data.poses.ended.connect(self._poses_ended)
        self.dialog.show()
        self.dialog.raise_()
        self.dialog.activateWindow()
        if folder is not None:
            self.dialog.data.choose(folder)

    def may_quit(self) -> bool:
        """Whether the program may end: asks where poses are being estimated."""
        return self.dialog is None or self.dialog.data.poses.may_stop(self._window.widget, "Quit")

    def shut_down(self) -> None:
        """Closes it without asking."""
        if self.dialog is not None:
            self.dialog.done(QDialog.DialogCode.Rejected)

    def _answered(self, result: int) -> None:
        asked, self.dialog = self.dialog, None
        if asked is None:
            return
        asked.deleteLater()
        if result == QDialog.DialogCode.Accepted:
            self._window.notifications.guarded(lambda: self._begin(asked.form.request()))()

    def _left(self) -> None:
        text = "Camera poses are estimated in the background; Training > Train… shows how far that is."
        self._window.notifications.tell("info", text, "Show", lambda: self.ask(None))

    def _poses_ended(self, text: str, found: bool) -> None:
        """Told where the dialog does not show it."""
        if self.dialog is None or self.dialog.isVisible():
            return
        window = self._window
        window.notifications.tell(
            "info" if found else "error", text, "Train…" if found else "Show", lambda: self.ask(None)
        )
        notify(window.widget, "Camera poses", in_window(text))
