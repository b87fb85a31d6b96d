"""All views of a split, judged behind the window: a row as each comes; a click goes there, and a report is saved."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np

from app.camera.fitting import same_pose
from app.gui.evaluation.panel import EvaluationPanel
from app.gui.evaluation.view_table import THUMBNAIL_PX
from app.gui.host import Host
from app.gui.panel.bottom_dock import BottomDock
from app.gui.qt import QFileDialog
from app.report.beside import ScenesBeside
from app.report.judging import JudgedView, Judging, ViewKey, key_of
from app.report.judging_many import judge_many
from app.report.page import write_page
from app.report.places import ViewPlace, place_of
from app.report.tiles import ViewTiles
from app.thread_priority import step_back
from app.training.evaluation import Score
from app.viewing.background_work import BackgroundWork, Tell
from app.viewing.opening import SceneSource, stem_of, title_of
from engines.core.camera import Array, Camera
from engines.core.data.images import shrunk
from engines.core.data.views import Split
from engines.core.engine import Stop
from engines.core.errors import UserError
from engines.core.files import holding
from engines.core.reading import counted

NICE = 10
"""Behind the window and its rendering, where the system can say so for a thread."""


class SecondSources(Protocol):
    """What is compared with the open scene."""

    @property
    def sources(self) -> Sequence[SceneSource]: ...


class ViewGoer(Protocol):
    """What goes from view to view."""

    def go_to_view(self, index: int) -> None: ...


class Looked(Protocol):
    """The middle of the window, as far as an evaluation needs it."""

    @property
    def second(self) -> SecondSources: ...
    @property
    def navigation(self) -> ViewGoer: ...
    def choose_split(self, split: Split) -> None: ...


class Evaluating:
    """One evaluation at a time, of what is open; its panel is made when it is shown first."""

    def __init__(self, window: Host, looking: Looked) -> None:
        self._window, self._looking = window, looking
        self.dock = BottomDock(window.widget, "Evaluation", self._make_panel)
        self._work = BackgroundWork(window.session.post, "evaluate")
        self._writing = BackgroundWork(window.session.post, "report")
        self.panel: EvaluationPanel | None = None
        self.found: ScenesBeside | None = None
        self._of: tuple[Path, ...] = ()
        self._split: Split | None = None
        self._wanted: tuple[Split, Camera] | None = None
        window.session.scene_changed.connect(self._scene_changed)
        window.session.viewpoints_changed.connect(self._go_on)

    def handlers(self) -> dict[str, Callable[..., None]]:
        """What the commands do."""
        shown = {"evaluation": self.dock.set_shown}
        return {"evaluate": self.begin, "cancel_evaluation": self.cancel, "save_report": self._ask_report} | shown

    def _make_panel(self) -> EvaluationPanel:
        actions = [self._window.commands[id] for id in ("evaluate", "cancel_evaluation", "save_report")]
        self.panel = EvaluationPanel(actions)
        self.panel.table.wanted.connect(self._window.notifications.guarded(self._go_to_view))
        self._tell("Evaluate scores each view; the pictures are drawn while you go on looking")
        return self.panel

    @property
    def there(self) -> dict[str, bool]:
        """What there is, as commands need it: one under way, and what a report can be made of."""
        return {"evaluation": self._work.busy, "report": self.found is not None}

    # An evaluation

    def _sources(self) -> list[SceneSource]:
        source = self._window.session.loader.source
        return [] if source is None else [source, *self._looking.second.sources]

    def begin(self) -> None:
        """Judges all views of the chosen split, one after the other; what was under way is given up.

        Raises:
            UserError: no scene is open.
        """
        sources = self._sources()
        if not sources:
            raise UserError("Open a scene first; it is judged by the photographs of its data folder.")
        panel, split = self._shown_panel(), self._shown_panel().split.currentData()
        self.found, self._of, self._split = None, tuple(source.path for source in sources), split
        panel.table.begin([title_of(source.path) for source in sources])
        panel.show_progress((0, 0))
        self._tell("Opening …")

        def work(tell: Tell, stop: Stop) -> ScenesBeside:
            step_back(NICE)

            def on_judged(scene: int, view: JudgedView, count: int) -> None:
                small = None if view.tiles is None else thumbnail(view.tiles)
                tell(lambda: self._show(scene, view.score, small, count))

            return judge_many(sources, Judging(split, pictured=True), on_judged, stop)

        self._work.begin(work, self._done, self._failed)
        self._window.commands.refresh()

    def cancel(self) -> None:
        """Gives up what is under way; rows that are there stay."""
        if self._work.busy:
            self._work.stop()
            self._ended("Cancelled")

    def shut_down(self) -> None:
        """Ends what is under way."""
        self._work.stop()
        self._writing.stop()

    def _shown_panel(self) -> EvaluationPanel:
        if not self._window.commands["evaluation"].isChecked():
            self._window.commands["evaluation"].trigger()
        if self.panel is None:
            raise ValueError("the panel is not made")
        return self.panel

    def _show(self, scene: int, score: Score, small: Array | None, count: int) -> None:
        panel = self.panel
        if panel is None:
            return
        panel.table.add(key_of(score), scene, score, small)
        done = sum(scene in scores for _, scores in panel.table.shown)
        scenes = len(self._of)
        panel.show_progress((done + scene * count, scenes * count))
        which = f" of {title_of(self._of[scene])}" if scenes > 1 else ""
        self._tell(f"{done} of {counted(count, 'view')}{which}")

    def _done(self, found: ScenesBeside) -> None:
        self.found = found
        told = []
        for label, scene in zip(found.labels, found.scenes, strict=True):
            means, count = scene.evaluation.means, len(scene.evaluation.scores)
            scores = f"PSNR {means['psnr']:.2f} dB, SSIM {means['ssim']:.4f}"
            told.append(f"{label}: {scores}" if len(found.scenes) > 1 else f"{count} {scene.evaluation.told}: {scores}")
        self._ended("  ·  ".join(told))
        if self.panel is not None:
            self.panel.state.setToolTip("\n".join(found.remarks))

    def _failed(self, error: BaseException) -> None:
        self._ended("")
        self._window.notifications.error(error)

    def _ended(self, text: str) -> None:
        if self.panel is not None:
            self.panel.show_progress(None)
        self._tell(text)
        self._window.commands.refresh()

    def _tell(self, text: str) -> None:
        if self.panel is not None:
            self.panel.state.setToolTip("")
            self.panel.state.setText(text)

    def _scene_changed(self) -> None:
        """Rows are of what is open."""
        opened = self._window.session.opened
        if self._of and (opened is None or opened.path != self._of[0]):
            self._work.stop()
            self.found, self._of, self._wanted = None, (), None
            if self.panel is not None:
                self.panel.table.begin(("",))
            self._ended("")

    # A view

    def _go_to_view(self, key: ViewKey) -> None:
        opened = self._window.session.opened
        if opened is None:
            return
        split = self.found.scenes[0].split if self.found is not None else self._split
        splits: Sequence[Split] = (split,) if split is not None else ("test", "validation", "train")
        places = [(each, place) for each in splits if (place := place_of(opened, each, key)) is not None]
        if not places:
            raise UserError(f"{key[1]}: is no view of the scene that is open, with the data folder that it has now.")
        self._look_at(*places[0])

    def _look_at(self, split: Split, place: ViewPlace) -> None:
        session = self._window.session
        self._wanted = split, place.camera
        for name, value in place.controls.items():
            session.set_control(name, value, stays=True)
        self._go_on()

    def _go_on(self) -> None:
        """Goes to the view that is wanted, as soon as it is among those that can be gone to."""
        if self._wanted is None:
            return
        split, camera = self._wanted
        points = [point for point in self._window.session.visited.all if point.split == split]
        for number, point in enumerate(points):
            if same_pose(point.camera, camera):
                self._wanted = None
                self._looking.choose_split(split)
                self._looking.navigation.go_to_view(number)
                return

    # A report

    def _ask_report(self) -> None:
        opened = self._window.session.opened
        if self.found is None or opened is None:
            raise UserError("Evaluate the views first; the report is made of what comes of it.")
        settings = self._window.settings
        folder = Path(settings.current.folders.get("report", str(Path.home())))
        name = str(folder / f"{stem_of(opened.path)}.html")
        chosen, _ = QFileDialog.getSaveFileName(self._window.widget, "Save report", name, "Web page (*.html)")
        if chosen:
            out = Path(chosen) if chosen.lower().endswith((".html", ".htm")) else Path(chosen + ".html")
            settings.remember_folder("report", out.parent)
            self.save_report(out)

    def save_report(self, out: Path) -> None:
        """Writes the page of what was found, behind the window; tells when it is there."""
        found, when = self.found, datetime.now()
        if found is None:
            return

        def work(_tell: Tell, _stop: Stop) -> None:
            with holding(out):
                write_page(out, found, when)

        notifications = self._window.notifications
        self._writing.begin(work, lambda _: notifications.tell("info", f"Saved {out}"), notifications.error)


def thumbnail(tiles: ViewTiles) -> Array:
    """[H, W, 3] uint8 of what was drawn, as small as a row of a table has room for."""
    decoded = cv2.imdecode(np.frombuffer(tiles.image, dtype=np.uint8), cv2.IMREAD_COLOR)
    return np.ascontiguousarray(shrunk(np.asarray(decoded), THUMBNAIL_PX)[..., ::-1])
