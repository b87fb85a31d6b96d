"""The dialog's left side: the data folder, what it is, and cameras for photographs that have none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from app.capture.inspection.boxes import box_of
from app.capture.inspection.inspecting import inspect_data
from app.capture.inspection.report import DataReport, Thumbnail
from app.gui.host import Host
from app.gui.panel.data_view import DataView
from app.gui.qt import QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget
from app.gui.training.folder_dialogs import ask_folder, ask_video
from app.gui.training.poses_part import PosesPart
from app.training.runs.train_form import TrainForm, typed_path
from app.viewing.background_work import BackgroundWork, Tell
from engines.core.abilities import FilledBox
from engines.core.camera import Array
from engines.core.config import TrainingConfig
from engines.core.data.dataset import Dataset
from engines.core.engine import Stop
from engines.core.errors import UserError
from engines.core.formats import open_dataset
from engines.core.formats.colmap import find_model
from engines.core.formats.colmap_files import read_model
from engines.registry import find_engine

MOST_POINTS = 4000
"""Of a sparse model, that are drawn."""


class DataPart(QWidget):
    """What is trained on."""

    def __init__(self, window: Host, train_form: TrainForm) -> None:
        super().__init__()
        self._window, self._form = window, train_form
        train_form.changed.connect(self._show_box)
        self._boxed: tuple[Dataset, str, TrainingConfig] | None = None
        """What the drawn box is of."""
        self._inspecting = BackgroundWork(window.session.post, "inspect")
        self._boxing = BackgroundWork(window.session.post, "box")
        self.path = QLineEdit()
        self.path.setPlaceholderText("Folder of images, or a video")
        self.path.returnPressed.connect(self._typed)
        folder, video = QPushButton("Folder…"), QPushButton("Video…")
        folder.clicked.connect(self._ask_folder)
        video.clicked.connect(self._ask_video)
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(self.path, 1)
        for button in (folder, video):
            button.setAutoDefault(False)
            row.addWidget(button)
        self.view, self.poses = DataView(with_reasons=False), PosesPart(window)
        self.poses.found.connect(self.choose)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 6, 0)
        column.setSpacing(9)
        column.addLayout(row)
        column.addWidget(self.view, 1)
        column.addWidget(self.poses)

    # Choosing

    def choose(self, source: Path) -> None:
        """Looks at a folder or video; says what it is at once, and more as it looks.

        Where poses of another are being estimated it is asked first whether that may end.
        """
        if self.poses.busy and (
            source == self._form.source or not self.poses.may_stop(self, "Stop, and open the other")
        ):
            self.path.setText(str(self._form.source))
            return
        self.poses.stop()
        self.path.setText(str(source))
        self.poses.withdraw()
        self._form.choose_source(source)
        self._inspect(source)

    def stop(self) -> None:
        """Nothing that is under way matters any more."""
        self._inspecting.stop()
        self.poses.stop()
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
        if folder := ask_folder(self._window, "data", "Folder to train on"):
            self.choose(folder)

    def _ask_video(self) -> None:
        if video := ask_video(self._window):
            self.choose(video)

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
        self._form.see(report.kind)
        poseless = report.kind in ("photographs", "video")
        if self.poses.offered == poseless:
            # What a search said, or that it was stopped, is not to be wiped by a later look at the folder.
            return
        if poseless:
            self.poses.offer(report.source)
        else:
            self.poses.estimate.hide()

    def _take(self, dataset: Dataset, points: tuple[Array, Array] | None, reasons: Mapping[str, str]) -> None:
        if points is not None:
            self.view.set_points(*points)
        self._form.take(dataset, reasons)

    def _not_read(self, error: BaseException) -> None:
        self.poses.say(str(error), wrong=True)

    def _show_box(self) -> None:
        """Draws the box that the method would fill with its options, if it is bound to one."""
        dataset, method = self._form.dataset, self._form.method
        if dataset is None or method is None:
            return
        try:
            config = self._form.config()
        except UserError:
            return
        # What else was changed plays no part in it.
        if (boxed := (dataset, method, config)) == self._boxed:
            return
        self._boxed = boxed

        def work(tell: Tell, stop: Stop) -> FilledBox | None:
            return box_of(find_engine(method), dataset, config)

        def show(box: FilledBox | None) -> None:
            self.view.map.set_box(box.bounds if box is not None else None)

        # What is wrong with it is said where the training is measured.
        self._boxing.begin(work, show, lambda error: self.view.map.set_box(None))


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
