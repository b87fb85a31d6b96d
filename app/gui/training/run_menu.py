"""What can be done with the chosen runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from app.gui.host import Host, Opener
from app.gui.plain_text import is_sure
from app.gui.qt import (
    QApplication,
    QDesktopServices,
    QFile,
    QFileDialog,
    QInputDialog,
    QMenu,
    QPoint,
    QUrl,
)
from app.training.runs.library import Run, rename_run
from app.training.runs.queue import RunQueue
from app.training.runs.resuming import is_free, resumable
from app.training.runs.rows import RunRow
from app.training.runs.training_request import TrainingRequest
from engines.core.errors import UserError
from engines.core.storage.run_folder import is_claimed

if TYPE_CHECKING:
    from app.gui.training.panel import TrainingPanel

MOST_STEPS = 100_000_000


class Trains(Protocol):
    """What begins and forgets trainings: `trainings.Trainings`, as far as the menu needs it."""

    queue: RunQueue
    panel: TrainingPanel | None

    def begin(self, request: TrainingRequest) -> None:
        """Trains it, now or when its turn comes."""

    def forget(self, folder: Path) -> None:
        """The run is not there any more, or not under this name."""


class RunMenu:
    """The context menu of the list of runs."""

    def __init__(self, trainings: Trains, window: Host, files: Opener) -> None:
        self._trainings, self._window, self._files = trainings, window, files

    def pop_up(self, at: QPoint) -> None:
        """Shows it under the mouse."""
        panel = self._trainings.panel
        if panel is not None and panel.runs.rows:
            self.make(panel.runs.rows).exec(panel.runs.viewport().mapToGlobal(at))

    def make(self, rows: list[RunRow]) -> QMenu:
        """The menu for these runs."""
        menu, row, one = QMenu(self._window.widget), rows[0], len(rows) == 1
        run = row.run
        waiting = row.job is not None and row.job.status == "waiting"
        free = run is not None and is_free(row)
        entries = (
            ("&Open", one and run is not None and run.has_scene, lambda: self.open(row)),
            ("Re&sume…", one and self.can_go_on(row), lambda: self.go_on(row)),
            ("&Take from the queue", one and waiting, lambda: self._withdraw(row)),
            ("Copy command &line", one and row.job is not None, lambda: self._copy(row)),
            ("Show &folder", one, lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(row.folder)))),
            ("&Rename…", one and free, lambda: self.rename(row)),
            ("Move to &trash…", all(each.run is not None and is_free(each) for each in rows),
             lambda: self.delete(rows)),
        )  # fmt: skip
        for text, possible, work in entries:
            action = menu.addAction(text)
            action.setEnabled(bool(possible))
            action.triggered.connect(self._window.notifications.guarded(lambda *_, work=work: work()))
        return menu

    def open(self, row: RunRow) -> None:
        """Shows its scene; that of a run under way as it learns."""
        if row.under_way:
            self._window.commands["watch_training"].trigger()
        elif row.run is not None and row.run.has_scene:
            self._files.open_with(row.folder, row.run.data)
        else:
            self._window.notifications.tell("info", f"{row.folder.name} has saved nothing yet.")

    def can_go_on(self, row: RunRow) -> bool:
        """Whether it can be trained further now."""
        return resumable(row) is not None

    def go_on(self, row: RunRow) -> None:
        """Trains it further, from its last checkpoint; asks for what is to be said."""
        if (form := resumable(row)) is None:
            return
        data, steps = form.data or self._ask_data(form.run), None
        if form.least_steps is not None:
            steps, sure = QInputDialog.getInt(
                self._window.widget,
                f"Resume {form.run.name}",
                f"It has done all its {form.run.step} steps. Train until step:",
                form.usual_steps,
                form.least_steps,
                MOST_STEPS,
            )
            if not sure:
                return
        if data is not None:
            self._trainings.begin(form.request(data, steps))

    def rename(self, row: RunRow) -> None:
        """Asks for another name."""
        if row.run is None:
            return
        name, sure = QInputDialog.getText(self._window.widget, "Rename", "Name of the run:", text=row.run.name)
        if sure and name != row.run.name:
            new = rename_run(row.run, name)
            self._window.settings.change(self._window.settings.current.with_run(new))
            self._trainings.forget(row.folder)

    def delete(self, rows: list[RunRow]) -> None:
        """Moves them to the trash, after a question."""
        names = ", ".join(row.folder.name for row in rows[:5]) + (", …" if len(rows) > 5 else "")
        if not is_sure(self._window.widget, "Move to trash", f"Move {names} to the trash?"):
            return
        for row in rows:
            # It may have begun while the question stood there.
            if is_claimed(row.folder):
                raise UserError(f"{row.folder.name}: is being trained; stop it first")
            if not _to_trash(row.folder):
                raise UserError(f"{row.folder}: there is no trash for it here; delete the folder by hand")
            self._trainings.forget(row.folder)

    def _withdraw(self, row: RunRow) -> None:
        if row.job is not None:
            self._trainings.queue.withdraw(row.job.request)

    def _copy(self, row: RunRow) -> None:
        if row.job is not None:
            QApplication.clipboard().setText(row.job.request.command_line())
            self._window.notifications.tell("info", "The command line is on the clipboard.")

    def _ask_data(self, run: Run) -> Path | None:
        chosen = QFileDialog.getExistingDirectory(
            self._window.widget,
            f"{run.data} is gone: where are the photographs of {run.name} now?",
            str(run.data.parent),
        )
        return Path(chosen) if chosen else None


def _to_trash(folder: Path) -> bool:
    moved = QFile.moveToTrash(str(folder))
    # PyQt gives (ok, place) or ok, by version.
    return bool(moved[0] if isinstance(moved, tuple) else moved)
