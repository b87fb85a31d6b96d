"""Trainings and the window: begins them, and tells how they are learning in panel, commands and banner."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from psygnal import Signal

from app.gui.host import Host, Opener
from app.gui.plain_text import plain_box
from app.gui.qt import QMessageBox
from app.gui.theme import Colours
from app.gui.training.asking import Asking
from app.gui.training.handing_over import HandingOver
from app.gui.training.notify import notify
from app.gui.training.run_menu import RunMenu
from app.gui.training.run_reading import RunReading
from app.gui.training.watching import RunWatching
from app.gui.viewport.viewport import Viewport
from app.gui.words import in_window
from app.training.runs.known_runs import KnownRuns
from app.training.runs.library import Curves, Run
from app.training.runs.messages import Message
from app.training.runs.queue import QueuedRun, RunQueue
from app.training.runs.rows import RunRow
from app.training.runs.run_notices import end_notice, quit_question
from app.training.runs.run_process import RunProcess
from app.training.runs.training_request import TrainingRequest

if TYPE_CHECKING:
    from app.gui.training.panel import TrainingPanel


class Trainings:
    """All trainings of this window."""

    panel_wanted = Signal(bool)
    """The panel is to be shown, or hidden."""

    def __init__(self, window: Host, files: Opener, viewport: Viewport) -> None:
        self._window, self._files = window, files
        self.queue = RunQueue(self._start, self._changed)
        self.known = KnownRuns(self.queue)
        self.watching = RunWatching(window, self.queue, files, viewport)
        self.asking = Asking(window, lambda: self.queue.active is not None, self.begin)
        self.handing_over = HandingOver(window, files)
        self.panel: TrainingPanel | None = None
        self.menu = RunMenu(self, window, files)
        self._reading = RunReading(window, self._looked_at, self._take)

    def handlers(self) -> dict[str, Callable[..., None]]:
        """What the commands do."""
        return {
            "train": lambda: self.ask(None),
            "training": self.show_panel,
            "pause_training": self._pause,
            "stop_training": self.queue.stop,
            "continue_training": self._go_on,
            "watch_training": self.watching.watch_active,
            **self.handing_over.handlers(),
        }

    def make_panel(self, colours: Colours) -> TrainingPanel:
        """The panel in a theme's colours, with what there is to show already."""
        # Here, because what draws curves takes a tenth of the window's start.
        from app.gui.training.panel import TrainingPanel

        ids = ("train", "continue_training", "pause_training", "stop_training", "watch_training")
        self.panel = TrainingPanel([self._window.commands[id] for id in ids])
        self.panel.selection_changed.connect(self.look)
        self.panel.selection_changed.connect(self._window.commands.refresh)
        self.panel.runs.opened.connect(self.menu.open)
        self.panel.runs.menu_wanted.connect(self.menu.pop_up)
        self.panel.paint(colours)
        self._refresh()
        self.panel.show_job(self.queue.active, len(self.queue.waiting))
        return self.panel

    # Requests

    def ask(self, folder: Path | None) -> None:
        """The dialog, on a data folder, images or a video; what is asked for there begins."""
        self.asking.ask(folder)

    def begin(self, request: TrainingRequest) -> None:
        """Trains it, now or when its turn comes, and shows it.

        Raises:
            UserError: another request goes on with that run.
        """
        request = self.known.with_own_folder(request)
        self.known.begin(request)
        self._window.settings.change(self._window.settings.current.with_run(request.out))
        job = self.queue.add(request)
        self._window.commands["training"].setChecked(True)
        self.show_panel(True)
        if self.queue.active is not None and self.queue.active.request is request:
            self.watching.watch(request.out)
        elif job in self.queue.waiting:
            self._window.notifications.tell("info", f"{request.out.name} begins when the runs before it are done.")
        self._refresh(request.out.resolve())

    def _start(self, request: TrainingRequest, hear: Callable[[Message], None]) -> RunProcess:
        post = self._window.session.post
        return RunProcess(request, lambda message: post(partial(hear, message)))

    def _pause(self) -> None:
        active = self.queue.active
        if active is not None:
            self.queue.go_on() if active.status == "paused" else self.queue.pause()

    @property
    def chosen(self) -> RunRow | None:
        """The run that is chosen in the list, where it can go on."""
        rows = self.panel.runs.rows if self.panel is not None else []
        return rows[0] if len(rows) == 1 and self.menu.can_go_on(rows[0]) else None

    def _go_on(self) -> None:
        if self.chosen is not None:
            self.menu.go_on(self.chosen)

    # What happens

    def _changed(self, job: QueuedRun) -> None:
        if job.status in ("finished", "stopped", "failed"):
            self.watching.ended(job)
            if self.known.end(job):
                self._tell_end(job)
            self.look()
        self.watching.changed(job)
        for note in self.known.new_notes(job):
            self._window.notifications.tell("warning", note)
        active = self.queue.active
        if self.panel is not None:
            self.panel.show_job(active, len(self.queue.waiting))
        paused = active is not None and active.status == "paused"
        self._window.commands["pause_training"].setText("&Resume training" if paused else "&Pause training")
        self._refresh()
        self._window.commands.refresh()

    def _tell_end(self, job: QueuedRun) -> None:
        notice, window = end_notice(job), self._window
        if notice.can_open:
            open_it = partial(self._files.open_with, job.request.out, job.request.data)
            window.notifications.tell(notice.kind, notice.text, "Open it", open_it)
        else:
            window.notifications.tell(notice.kind, notice.text)
        if notice.title:
            notify(window.widget, notice.title, in_window(notice.body))

    # The panel

    def show_panel(self, shown: bool) -> None:
        """Shows or hides it."""
        self.panel_wanted.emit(shown)
        self._reading.go_on(shown)

    @property
    def rows(self) -> list[RunRow]:
        """The rows of the list."""
        return self.known.rows

    def forget(self, folder: Path) -> None:
        """The run is not there any more, or not under this name."""
        self.known.forget(folder)
        self._refresh()
        self.look()

    def look(self) -> None:
        """Reads anew, on a thread of its own, what runs have written."""
        self._reading.look()

    def _looked_at(self) -> list[Path] | None:
        """The folders of the chosen runs; None where nobody looks."""
        if self.panel is None or not self.panel.isVisible():
            return None
        return [row.folder for row in self.panel.runs.rows]

    def _take(self, runs: Sequence[Run], curves: Mapping[str, Curves]) -> None:
        self.known.find(runs)
        self._refresh()
        if self.panel is not None:
            self.panel.show_curves(curves)
            self.panel.show_held_out(self.panel.runs.rows)
        self._window.commands.refresh()

    def _refresh(self, choose: Path | None = None) -> None:
        if self.panel is not None:
            rows = self.rows
            self.panel.runs.show_rows(rows)
            if choose is not None or (rows and not self.panel.runs.rows):
                self.panel.runs.choose(choose or rows[0].folder)

    # The end

    def may_quit(self) -> bool:
        """Whether the program may end: asks where a run is under way."""
        if not self.asking.may_quit():
            return False
        text = quit_question(self.queue.active, self.queue.waiting)
        if not text:
            return True
        box = QMessageBox(QMessageBox.Icon.Question, "Training under way", text, parent=self._window.widget)
        plain_box(box)
        save = box.addButton("Save and quit", QMessageBox.ButtonRole.AcceptRole)
        box.addButton("Keep training", QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(save)
        box.exec()
        return bool(box.clickedButton() is save)

    def shut_down(self) -> None:
        """The run saves and ends by itself; the window need not wait for it."""
        self.asking.shut_down()
        self.handing_over.shut_down()
        self.watching.close()
        self.queue.close()
        self._reading.close()
