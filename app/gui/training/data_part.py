"""The dialog's left side: the data folder, what it is, and cameras for photographs that have none."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from PyQt5.QtCore import pyqtSignal
from PyQt5.QtWidgets import QHBoxLayout, QLineEdit, QMessageBox, QProgressBar, QPushButton, QVBoxLayout, QWidget

from app.film_frames import FRAMES, write_sharpest
from app.gui.data_view import DataView
from app.gui.host import Host
from app.gui.panel_parts import label
from app.gui.training.background import Background
from app.gui.training.places import ask_film, ask_folder
from app.gui.words import in_window
from app.inspection.boxes import box_of
from app.inspection.inspecting import inspect_data
from app.inspection.report import DataReport, Thumbnail
from app.runs.choosing import typed_path
from app.spoken import as_sentence
from app.structure import Structure, StructureProgress, find_poses
from app.structure_photographs import work_folder
from app.structure_places import REPLACED, not_ours
from engines.core.abilities import FilledBox
from engines.core.camera import Array
from engines.core.config import TrainingConfig
from engines.core.dataset import Dataset
from engines.core.engine import Stop
from engines.core.errors import Cancelled, UserError
from engines.core.formats import open_dataset
from engines.core.formats.colmap import find_model
from engines.core.formats.colmap_files import read_model
from engines.registry import find_engine

Tell = Callable[[Callable[[], None]], None]

STAGES = {
    "frames": "Selecting the video's sharpest frames",
    "features": "Extracting features",
    "matches": "Matching images",
    "cameras": "Estimating camera poses",
}
FIND = "Estimate camera poses (COLMAP)"
MOST_POINTS = 4000
"""Of a sparse model, that are drawn."""


class DataPart(QWidget):
    """What is learnt from."""

    dataset_changed = pyqtSignal(object)
    """A `Dataset`, or None while there is none."""

    wanting_changed = pyqtSignal()

    def __init__(self, window: Host) -> None:
        super().__init__()
        self._window = window
        self._source: Path | None = None
        self.reasons: Mapping[str, str] = {}
        """Why a method can't learn from the data, by its name; "" where it can."""
        self._inspecting = Background(window.bridge.post, "inspect")
        self._posing = Background(window.bridge.post, "poses")
        self._boxing = Background(window.bridge.post, "box")
        self.path = QLineEdit()
        self.path.setPlaceholderText("A folder of images, with or without camera poses, or a video")
        self.path.returnPressed.connect(self._typed)
        folder, film = QPushButton("Folder…"), QPushButton("Video…")
        folder.clicked.connect(self._ask_folder)
        film.clicked.connect(self._ask_film)
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(self.path, 1)
        for button in (folder, film):
            button.setAutoDefault(False)
            row.addWidget(button)
        self.view = DataView(with_reasons=False)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 6, 0)
        column.setSpacing(9)
        column.addLayout(row)
        column.addWidget(self.view, 1)
        column.addLayout(self._make_poses())

    def _make_poses(self) -> QVBoxLayout:
        self.find = QPushButton(FIND)
        self.find.setProperty("primary", True)
        self.find.setAutoDefault(False)
        self.find.setToolTip("Estimates from the images alone where each was taken from")
        self.find.clicked.connect(self._find_or_stop)
        self.bar, self.stage = QProgressBar(), label("", "muted", wrap=True)
        self.bar.setTextVisible(False)
        row = QHBoxLayout()
        row.setSpacing(10)
        row.addWidget(self.find)
        row.addWidget(self.bar, 1)
        column = QVBoxLayout()
        column.setSpacing(4)
        column.addLayout(row)
        column.addWidget(self.stage)
        for part in (self.find, self.bar, self.stage):
            part.hide()
        return column

    # Choosing

    @property
    def wanting(self) -> str:
        """What has to be done before there is data to learn from."""
        if self._source is None:
            return "Choose the folder to learn from."
        return "Estimate the camera poses first." if self.find.isVisible() else "Choose a folder to learn from."

    def choose(self, source: Path) -> None:
        """Looks at a folder or film; says what it is at once, and more as it looks."""
        self._posing.stop()
        self._source = source
        self.path.setText(str(source))
        for part in (self.find, self.bar, self.stage):
            part.hide()
        self.dataset_changed.emit(None)
        self._inspect(source)

    def stop(self) -> None:
        """Nothing that is under way matters any more."""
        self._inspecting.stop()
        self._posing.stop()
        self._boxing.stop()

    def _typed(self) -> None:
        if self.path.text().strip():
            try:
                source = typed_path(self.path.text())
            except UserError as error:
                self._not_read(error)
            else:
                self.choose(source)

    def _ask_folder(self) -> None:
        if folder := ask_folder(self._window, "data", "Folder to learn from"):
            self.choose(folder)

    def _ask_film(self) -> None:
        if film := ask_film(self._window):
            self.choose(film)

    # Looking

    def _inspect(self, source: Path) -> None:
        def work(tell: Tell, stop: Stop) -> DataReport:
            opened = False

            def progress(report: DataReport, thumbnails: Sequence[Thumbnail]) -> None:
                nonlocal opened
                tell(lambda: self._show(report, thumbnails))
                if report.kind == "data" and not opened:
                    opened = True
                    dataset, points = open_dataset(source), _sparse_points(source)
                    reasons = {fit.engine: fit.reason for fit in report.engines}
                    tell(lambda: self._take(dataset, points, reasons))

            return inspect_data(source, progress, stop)

        self._inspecting.begin(work, lambda report: None, self._not_read)

    def _show(self, report: DataReport, thumbnails: Sequence[Thumbnail]) -> None:
        self.view.set_report(report)
        self.view.add_thumbnails(thumbnails)
        poseless = report.kind in ("photographs", "film")
        if self.find.isVisible() != poseless:
            self.find.setVisible(poseless)
            if poseless:
                # Once: what a search said, or that it was stopped, is not to be wiped by a later look at the folder.
                self.find.setText(FIND)
                self.stage.setText("COLMAP can estimate the camera poses, while you go on looking.")
                self.stage.show()
            self.wanting_changed.emit()

    def _take(self, dataset: Dataset, points: tuple[Array, Array] | None, reasons: Mapping[str, str]) -> None:
        self.reasons = reasons
        if points is not None:
            self.view.set_points(*points)
        self.dataset_changed.emit(dataset)

    def _not_read(self, error: BaseException) -> None:
        self.stage.setText(in_window(str(error)))
        self.stage.show()

    def show_box(self, dataset: Dataset, engine: str, config: TrainingConfig) -> None:
        """Draws the box that a method would fill with these options, if it is bound to one."""

        def work(tell: Tell, stop: Stop) -> FilledBox | None:
            return box_of(find_engine(engine), dataset, config)

        def show(box: FilledBox | None) -> None:
            self.view.map.set_box(box.bounds if box is not None else None)

        # What is wrong with it is said where the training is measured.
        self._boxing.begin(work, show, lambda error: self.view.map.set_box(None))

    # Cameras

    def _find_or_stop(self) -> None:
        if self._posing.busy:
            self._posing.stop()
            self.bar.hide()
            self.find.setText(FIND)
            self.stage.setText("Stopped; it goes on from there when started again.")
        elif self._source is not None and (overwrite := self._may_write(self._source)) is not None:
            self.bar.setRange(0, 0)
            self.bar.show()
            self.stage.show()
            self.stage.setText("Beginning …")
            self.find.setText("Stop")
            self._posing.begin(partial(self._poses, self._source, overwrite), self._found, self._not_found)

    def _may_write(self, source: Path) -> bool | None:
        """Whether cameras of somebody else's are to be replaced, which is asked; None where they are not."""
        folder = _folder_of(source)
        theirs = not_ours(folder, work_folder(folder))
        if not theirs:
            return False
        names = ", ".join(path.relative_to(folder).as_posix() for path in theirs)
        answer = QMessageBox.question(
            self, "Replace cameras", f"{folder.name} has {names} already. Replace what is there?\n\n"
            f"The old files are kept, in {work_folder(folder).name}/{REPLACED}.",
            QMessageBox.Yes | QMessageBox.No, QMessageBox.No,
        )  # fmt: skip
        return True if answer == QMessageBox.Yes else None

    def _poses(self, source: Path, overwrite: bool, tell: Tell, stop: Stop) -> Structure:
        film, folder = source.is_file(), _folder_of(source)

        def on_frame(done: int) -> None:
            if stop():
                # Else it would go on beside the next attempt, and take away the folder that one works in.
                raise Cancelled
            tell(lambda: self._show_stage("frames", done, FRAMES, "frames"))

        def on_progress(progress: StructureProgress) -> None:
            what = "pairs" if progress.stage == "matches" else "photographs"
            tell(lambda: self._show_stage(progress.stage, progress.done, progress.total, what, progress.attempt))

        if film:
            write_sharpest(source, folder / "images", FRAMES, on_frame)
        return find_poses(folder, on_progress, stop, True if film else None, overwrite)

    def _show_stage(self, stage: str, done: int, total: int, what: str, attempt: str = "") -> None:
        self.bar.setRange(0, total)
        self.bar.setValue(done)
        further = f" ({attempt})" if attempt else ""
        self.stage.setText(f"{STAGES[stage]}{further}: {done} of {total} {what}")

    def _found(self, found: Structure) -> None:
        folder = found.written[0].parents[1]
        self.choose(folder)
        count = found.photographs - len(found.without)
        lines = [f"Cameras were found for {count} of {found.photographs} photographs."]
        lines += [as_sentence(note) for note in found.notes]
        lines += [f"Doubtful: {doubt}." for doubt in found.doubts]
        self.stage.setText("\n".join(lines))
        self.stage.show()

    def _not_found(self, error: BaseException) -> None:
        self.bar.hide()
        self.find.setText(FIND)
        self.stage.setText(in_window(str(error)))


def _folder_of(source: Path) -> Path:
    """Where the cameras of a folder or a film go."""
    return source.with_suffix("") if source.is_file() else source


def _sparse_points(source: Path) -> tuple[Array, Array] | None:
    """Places [N, 3] and colours [N, 3] of COLMAP's model in the folder, if there is one."""
    if (model := find_model(source)) is None:
        return None
    try:
        read = read_model(model)
    except UserError:
        return None
    chosen = np.arange(0, len(read.points), max(1, len(read.points) // MOST_POINTS))
    return read.points[chosen], read.colours[chosen]
