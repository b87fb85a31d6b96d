"""Trainings and the window: begins them, shows how they are learning, shares the machine with who looks."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt5.QtCore import QTimer
from PyQt5.QtWidgets import QMessageBox

from app.gui.host import Host
from app.gui.plain_text import plain_box
from app.gui.theme import Colours
from app.gui.training.asking import Asking
from app.gui.training.notify import notify
from app.gui.training.run_menu import RunMenu
from app.gui.training.runs_list import Row, rows_of
from app.gui.words import in_window
from app.settings import runs_home
from app.training.runs.library import Curves, Library, Run, free_name
from app.training.runs.messages import Message
from app.training.runs.order import TrainingRequest
from app.training.runs.queue import QueuedRun, RunQueue
from app.training.runs.run_process import RunProcess
from app.training.runs.sharing import Sharing
from engines.core.errors import UserError
from engines.core.storage.run_folder import LIVE_NAME, is_run_folder

if TYPE_CHECKING:
    from app.gui.training.panel import TrainingPanel

BEAT_MS = 50
LOOK_MS = 1500
"""Between two looks at what runs have written."""


class Trainings:
    """All trainings of this window."""

    def __init__(self, window: Host) -> None:
        self._window, self._session = window, window.session
        self.queue = RunQueue(self._start, self._changed)
        self.sharing = Sharing()
        self.watching: Path | None = None
        """The run that the viewport follows."""
        self._ended: list[QueuedRun] = []
        self._runs: list[Run] = []
        self._library = Library()
        self._aside = ThreadPoolExecutor(1, thread_name_prefix="runs")
        self._looking = False
        self.asking = Asking(window, lambda: self.queue.active is not None, self.begin)
        self._told: dict[Path, int] = {}
        """How many of the run's notes are known."""
        self._shown_step: int | None = None
        self._beat = QTimer(window.widget)
        self._beat.setInterval(BEAT_MS)
        self._beat.timeout.connect(self._share)
        self._look = QTimer(window.widget)
        self._look.setInterval(LOOK_MS)
        self._look.timeout.connect(self.look)
        window.viewport.moved.connect(self._moved)
        self.panel: TrainingPanel | None = None
        self.menu = RunMenu(self, window)

    def handlers(self) -> dict[str, Callable[..., None]]:
        """What the commands do."""
        return {
            "train": lambda: self.ask(None),
            "training": self.show_panel,
            "pause_training": self._pause,
            "stop_training": self.queue.stop,
            "continue_training": self._go_on,
            "watch_training": self._watch_active,
        }

    def make_panel(self, colours: Colours) -> TrainingPanel:
        """The panel in a theme's colours, with what there is to show already."""
        # Here, because what draws curves takes a tenth of the window's start.
        from app.gui.training.panel import TrainingPanel

        ids = ("train", "continue_training", "pause_training", "stop_training", "watch_training")
        self.panel = TrainingPanel([self._window.commands[id] for id in ids])
        self.panel.selection_changed.connect(self.look)
        self.panel.selection_changed.connect(self._window.update_commands)
        self.panel.runs.opened.connect(self.menu.open)
        self.panel.runs.menu_wanted.connect(self.menu.pop_up)
        self.panel.paint(colours)
        self._refresh()
        self.panel.show_job(self.queue.active, len(self.queue.waiting))
        return self.panel

    # Orders

    def ask(self, folder: Path | None) -> None:
        """The dialog, on a data folder, images or a video; what is ordered there begins."""
        self.asking.ask(folder)

    def begin(self, order: TrainingRequest) -> None:
        """Trains it, now or when its turn comes, and shows it.

        Raises:
            UserError: another order goes on with that run.
        """
        order = self._with_own_folder(order)
        self._ended = [job for job in self._ended if job.order.out.resolve() != order.out.resolve()]
        self._window.change_settings(self._window.settings.with_run(order.out))
        job = self.queue.add(order)
        self._window.commands["training"].setChecked(True)
        self.show_panel(True)
        if self.queue.active is not None and self.queue.active.order is order:
            self._watch(order.out)
        elif job in self.queue.waiting:
            self._window.banner.tell("info", f"{order.out.name} begins when the runs before it are done.")
        self._refresh(order.out.resolve())

    def _with_own_folder(self, order: TrainingRequest) -> TrainingRequest:
        """The same; where an order that waits is going to make the folder, with a name that is still free."""
        jobs = [*([self.queue.active] if self.queue.active is not None else []), *self.queue.waiting]
        taken = {job.order.out.resolve() for job in jobs}
        if order.out.resolve() not in taken:
            return order
        if order.resume:
            raise UserError(f"{order.out.name}: is in the queue already")
        return replace(order, out=free_name(order.out.resolve().parent, order.out.name, taken))

    def _watch(self, folder: Path | None) -> None:
        """The viewport follows this run, from its next picture on."""
        self.watching, self._shown_step = folder, None
        self.sharing.forget()

    def _start(self, order: TrainingRequest, hear: Callable[[Message], None]) -> RunProcess:
        post = self._window.bridge.post
        return RunProcess(order, lambda message: post(partial(hear, message)))

    def _pause(self) -> None:
        active = self.queue.active
        if active is not None:
            self.queue.go_on() if active.status == "paused" else self.queue.pause()

    @property
    def chosen(self) -> Row | None:
        """The run that is chosen in the list, where it can go on."""
        rows = self.panel.runs.rows if self.panel is not None else []
        return rows[0] if len(rows) == 1 and self.menu.can_go_on(rows[0]) else None

    def _go_on(self) -> None:
        if self.chosen is not None:
            self.menu.go_on(self.chosen)

    def _watch_active(self) -> None:
        if self.queue.active is not None:
            self._watch(self.queue.active.order.out)

    # What happens

    def _changed(self, job: QueuedRun) -> None:
        if job.status in ("finished", "stopped", "failed"):
            self._end(job)
        active = self.queue.active
        if active is not None and not self._beat.isActive():
            self._beat.start()
        if active is job and job.status == "starting" and self.watching is None and self._session.opened is None:
            self._watch(job.order.out)
        if job.live_step is not None and job.live_step != self._shown_step and job.under_way:
            self._show_live(job)
        if job.last is not None:
            # What was assumed comes with the first report, and is in the panel; what follows happened since.
            known = self._told.get(job.order.out, len(job.notes))
            self._told[job.order.out] = len(job.notes)
            for note in job.notes[known:]:
                self._window.banner.tell("warning", note)
        if self.panel is not None:
            self.panel.show_job(active, len(self.queue.waiting))
        self._name_pause()
        self._refresh()
        self._window.update_commands()

    def _end(self, job: QueuedRun) -> None:
        if self.queue.active is None:
            self._beat.stop()
        self._show_saved(job.order)
        # What was withdrawn before it began leaves nothing to tell.
        if job.last is not None or job.status == "failed":
            self._ended.append(job)
            self._tell_end(job)
        if self.watching == job.order.out:
            self._watch(None)
        self.look()

    def _show_saved(self, order: TrainingRequest) -> None:
        """What was shown while it learnt is gone with its process; its last checkpoint takes the place."""
        live, opened = order.out / LIVE_NAME, self._session.opened
        if not is_run_folder(order.out):
            return
        if opened is not None and opened.path == live:
            self._session.learnt_further(order.out)
        elif self._session.opening == live:
            self._window.files.open(order.out, order.data)

    def _tell_end(self, job: QueuedRun) -> None:
        name, window = job.order.out.name, self._window
        score = f", PSNR {job.psnr:.2f} dB on held-out views" if job.psnr is not None else ""
        if job.status == "failed":
            window.banner.tell("error", job.text)
            notify(window.widget, f"{name}: the training ended", in_window(job.text))
        elif job.status == "finished":
            window.banner.tell(
                "info",
                f"{name} is trained{score}.",
                "Open it",
                lambda: window.files.open_with(job.order.out, job.order.data),
            )
            notify(window.widget, f"{name} is trained", f"{job.last.step if job.last else 0} steps{score}")
        else:
            window.banner.tell("info", f"{name} is saved; it can be resumed at any time.")

    def _name_pause(self) -> None:
        active, action = self.queue.active, self._window.commands["pause_training"]
        action.setText("&Resume training" if active is not None and active.status == "paused" else "&Pause training")

    # Looking while it learns

    def _moved(self) -> None:
        self.sharing.moved(time.monotonic())
        if self.queue.active is not None:
            self.queue.hold()

    def _share(self) -> None:
        """Who looks has the machine; who learns has the rest."""
        now, job, session = time.monotonic(), self.queue.active, self._session
        if job is None:
            return
        if session.eye.animating:
            self.sharing.moved(now)
        self.queue.hold() if self.sharing.holds(now, session.busy) else self.queue.release()
        opened = session.opened
        if session.opening is None and session.last is not None and opened is not None and not session.busy:
            self.sharing.shown(now)
        if self.watching == job.order.out and job.status in ("running", "paused") and session.opening is None:
            # A paused run does not change.
            if job.status == "paused" and self._shown_step is not None:
                return
            if self.sharing.wants_live(now, session.busy and opened is not None):
                self.queue.ask_live()

    def _show_live(self, job: QueuedRun) -> None:
        """What was learnt until now takes the place of what was shown before."""
        if self.watching != job.order.out:
            return
        path, first = job.order.out / LIVE_NAME, self._shown_step is None
        self._shown_step = job.live_step
        self.sharing.came()
        opened = self._session.opened
        if opened is not None and opened.path == path:
            self._session.learnt_further(path)
        elif first:
            self._window.files.open(path, job.order.data)
        else:
            # Somebody opened another scene meanwhile.
            self._watch(None)

    # The panel

    def show_panel(self, shown: bool) -> None:
        """Shows or hides it."""
        self._window.show_training(shown)
        if shown:
            self._look.start()
            self.look()
        else:
            self._look.stop()

    @property
    def rows(self) -> list[Row]:
        """The rows of the list: jobs first, then what lies on the disk."""
        active = [self.queue.active] if self.queue.active is not None else []
        return rows_of([*active, *self.queue.waiting, *reversed(self._ended)], self._runs)

    def forget(self, folder: Path) -> None:
        """The run is not there any more, or not under this name."""
        self._ended = [job for job in self._ended if job.order.out.resolve() != folder]
        self._runs = [run for run in self._runs if run.folder != folder]
        self._refresh()
        self.look()

    def look(self) -> None:
        """Reads anew, on a thread of its own, what runs have written."""
        if self._looking or self.panel is None or not self.panel.isVisible():
            return
        self._looking = True
        settings = self._window.settings
        folders = [row.folder for row in self.panel.runs.rows]
        known = [Path(run) for run in settings.runs]
        self._aside.submit(self._read, runs_home(settings), known, folders)

    def _read(self, home: Path, known: Sequence[Path], folders: Sequence[Path]) -> None:
        runs, curves = list[Run](), dict[str, Curves]()
        try:
            runs = self._library.find(home, known)
            for folder in folders:
                name = folder.name if folder.name not in curves else str(folder)
                curves[name] = self._library.curves(folder)
        except OSError as error:
            failure = error
            self._window.bridge.post(lambda: self._window.tell_error(failure))
        finally:
            self._window.bridge.post(lambda: self._take(runs, curves))

    def _take(self, runs: list[Run], curves: dict[str, Curves]) -> None:
        self._looking, self._runs = False, runs
        # A run that had begun, and whose folder was deleted since, is no run any more.
        self._ended = [job for job in self._ended if job.last is None or job.order.out.exists()]
        self._refresh()
        if self.panel is not None:
            self.panel.show_curves(curves)
            self.panel.show_held_out(self.panel.runs.rows)
        self._window.update_commands()

    def _refresh(self, choose: Path | None = None) -> None:
        if self.panel is not None:
            rows = self.rows
            self.panel.runs.show_rows(rows)
            if choose is not None or (rows and not self.panel.runs.rows):
                self.panel.runs.choose(choose or rows[0].folder)

    # The end

    def may_quit(self) -> bool:
        """Whether the program may end: asks where a run is under way."""
        job = self.queue.active
        if not self.asking.may_quit():
            return False
        if job is None and not self.queue.waiting:
            return True
        waiting = len(self.queue.waiting)
        text = ""
        if job is not None:
            text = f"{job.order.out.name} is being trained. Quitting saves it; it can be resumed exactly where it was."
        if waiting:
            text += (
                f"\n{waiting} more that wait{'s' if waiting == 1 else ''} {'is' if waiting == 1 else 'are'} not begun."
            )
        box = QMessageBox(QMessageBox.Question, "Training under way", text.strip(), parent=self._window.widget)
        plain_box(box)
        save = box.addButton("Save and quit", QMessageBox.AcceptRole)
        box.addButton("Keep training", QMessageBox.RejectRole)
        box.setDefaultButton(save)
        box.exec_()
        return bool(box.clickedButton() is save)

    def shut_down(self) -> None:
        """The run saves and ends by itself; the window need not wait for it."""
        self.asking.shut_down()
        self._beat.stop()
        self._look.stop()
        self.queue.close()
        self._aside.shutdown(wait=True, cancel_futures=True)
