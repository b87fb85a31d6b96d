"""Exports one after the other: one is under way, others wait for its end."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from app.export.progress import Progress
from app.gui.export.export_bar import ExportBar
from app.gui.export.export_job import Exported, ExportJob, Work
from app.gui.host import Host
from app.mesh.mesh_reading import is_mesh_file
from app.viewing.opening import SceneSource
from engines.core.errors import Cancelled, UserError


@dataclass(frozen=True, eq=False)
class ExportOrder:
    """An export as it was ordered, whatever is open by the time that it begins.

    Attributes:
        source: the scene.
        out: what is written.
        work: writes it.
        total: its frames or views.
    """

    source: SceneSource
    out: Path
    work: Work
    total: int


class ExportQueue:
    """The export under way, shown in the bar, and those that wait.

    Attributes:
        job: the one under way.
    """

    def __init__(self, window: Host, bar: ExportBar) -> None:
        self._window, self._bar = window, bar
        self.job: ExportJob | None = None
        self._waiting: list[ExportOrder] = []
        bar.cancelled.connect(self.cancel)
        bar.paused.connect(self.pause)

    def add(self, order: ExportOrder) -> None:
        """Begins an export, or has it wait for those that were ordered before.

        Raises:
            UserError: another one writes to the same place.
        """
        places = [each.out for each in self._waiting] + ([self.job.out] if self.job is not None else [])
        if order.out in places:
            raise UserError(f"{order.out.name}: is being exported already; name another place")
        if self.job is None:
            self._begin(order)
            return
        self._waiting.append(order)
        self._bar.show_waiting(len(self._waiting))

    def _begin(self, order: ExportOrder) -> None:
        bar, post = self._bar, self._window.session.post
        bar.begin(order.out, order.total)
        bar.show_waiting(len(self._waiting))

        def on_progress(progress: Progress) -> None:
            # Made smaller here: the window's thread has other things to do.
            small = replace(progress, picture=progress.thumbnail)
            post(lambda: bar.show_progress(small))
            if progress.warning:
                post(lambda: self._window.notifications.tell("warning", small.warning))

        self.job = ExportJob(
            order.source,
            order.out,
            order.work,
            on_progress,
            lambda exported: post(lambda: self._done(exported)),
            lambda error: post(lambda: self._failed(error)),
        )
        self._window.commands.refresh()

    def cancel(self) -> None:
        """Asks the export under way to stop; those that wait go on."""
        if self.job is not None:
            self._bar.stopping()
            self.job.cancel()

    def pause(self, paused: bool) -> None:
        """Has the export wait, or go on, at its next frame."""
        if self.job is not None:
            self.job.pause(paused)

    def lost_by_quitting(self) -> str:
        """What quitting does to what is under way; "" where nothing is."""
        if self.job is None:
            return ""
        if is_mesh_file(self.job.out):
            lost = "An export is under way; quitting stops it, and nothing of it is kept."
        else:
            lost = "An export is under way; quitting stops it. Frames that are finished are kept: "
            lost += "File > Export video goes on with them."
        return f"{lost} What waits for it ({len(self._waiting)}) is not begun." if self._waiting else lost

    def shut_down(self) -> None:
        """Breaks off and waits, so that nothing is left when the program ends but the finished frames of a video."""
        self._waiting.clear()
        if self.job is not None:
            self.job.leave()
            self.job.join()

    def _done(self, exported: Exported) -> None:
        self._bar.done(exported)
        # The bar shows the next, if one waits.
        told = [f"Exported {exported.path.name}."] if self._waiting else []
        if told or exported.notes:
            self._window.notifications.tell("info", "\n".join([*told, *exported.notes]))
        self._next()

    def _failed(self, error: BaseException) -> None:
        self._bar.hide()
        if isinstance(error, Cancelled):
            self._window.notifications.tell("info", "The export was cancelled; nothing was written.")
        else:
            self._window.notifications.error(error)
        self._next()

    def _next(self) -> None:
        self.job = None
        if self._waiting:
            self._begin(self._waiting.pop(0))
        self._window.commands.refresh()
