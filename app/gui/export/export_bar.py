"""The export under way: thumbnail, progress, time left, cancel; then the result."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from app.export.progress import Progress
from app.gui.export.export_job import Exported
from app.gui.panel.panel_parts import Elided, label
from app.gui.qt import (
    QDesktopServices,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPixmap,
    QProgressBar,
    QPushButton,
    Qt,
    QToolButton,
    QUrl,
    QVBoxLayout,
    Signal,
    combined,
    image_sharing,
)
from app.human_readable import human_time
from app.mesh.mesh_reading import is_mesh_file

THUMBNAIL = (86, 54)


class ExportBar(QFrame):
    """Hidden until an export begins."""

    cancelled = Signal()
    paused = Signal(bool)
    """True: the export is to wait; False: to go on."""
    mesh_wanted = Signal(object)
    """The path of the mesh that was exported, to be shown with the scene."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "card")
        self.thumbnail = QLabel()
        self.thumbnail.setFixedSize(*THUMBNAIL)
        self.thumbnail.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.title, self.left = Elided(), Elided("", "muted")
        self.waiting = label("", "muted")
        self.waiting.setToolTip("Exports that begin when this one is done")
        self.waiting.hide()
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.cancel = QPushButton("Cancel")
        self.cancel.clicked.connect(self.cancelled)
        self.pause = QPushButton("Pause")
        self.pause.setCheckable(True)
        self.pause.setToolTip("Waits after the frame that is being drawn, and goes on when it is pressed again")
        self.pause.toggled.connect(self._pause)
        self.show_file, self.close_button = QPushButton("Show in folder"), QToolButton()
        self.show_file.clicked.connect(self._show_file)
        self.show_mesh = QPushButton("Show mesh")
        self.show_mesh.setToolTip("Show it over the picture, under the same camera")
        self.show_mesh.clicked.connect(self._want_mesh)
        self.close_button.setText("✕")
        self.close_button.clicked.connect(self.hide)
        column = QVBoxLayout()
        column.setSpacing(4)
        top = QHBoxLayout()
        # A name is shorter than counts and a folder.
        top.addWidget(self.title, 1)
        top.addWidget(self.left, 2)
        self.left.setAlignment(combined(Qt.AlignmentFlag.AlignRight, Qt.AlignmentFlag.AlignVCenter))
        column.addLayout(top)
        column.addWidget(self.progress)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(10, 7, 10, 7)
        layout.setSpacing(12)
        layout.addWidget(self.thumbnail)
        layout.addLayout(column, 1)
        layout.addWidget(self.waiting)
        for button in (self.pause, self.cancel, self.show_mesh, self.show_file, self.close_button):
            layout.addWidget(button)
        self._path = Path()
        self.hide()

    def begin(self, out: Path, total: int) -> None:
        """An export began."""
        self.title.setText(f"Exporting {out.name}")
        self.left.setText("preparing …")
        self.progress.setRange(0, total)
        self.progress.setValue(0)
        self.thumbnail.clear()
        # A mesh has none, and its texts can use the room.
        self.thumbnail.setVisible(not is_mesh_file(out))
        self.cancel.setEnabled(True)
        self.pause.setChecked(False)
        self.pause.setEnabled(True)
        self._ended(False)
        self.show()

    def show_progress(self, progress: Progress) -> None:
        """A frame is done."""
        self.progress.setMaximum(progress.total)
        self.progress.setValue(progress.done)
        left = "" if progress.seconds_left is None else f"  ·  {human_time(progress.seconds_left)} left"
        self.left.setText(f"{progress.told or f'{progress.done} of {progress.total}'}{left}")
        if progress.thumbnail is not None:
            self._show_thumbnail(progress.thumbnail)

    def show_waiting(self, count: int) -> None:
        """How many exports wait for this one's end."""
        self.waiting.setText(f"{count} more" if count else "")
        self.waiting.setVisible(count > 0)

    def stopping(self) -> None:
        """The user cancelled; it takes a time step."""
        self.cancel.setEnabled(False)
        self.pause.setEnabled(False)
        self.left.setText("stopping …")

    def done(self, exported: Exported) -> None:
        """The result is there."""
        self._path = path = exported.path
        self.title.setText(f"Exported {path.name}")
        self.left.setText("  ·  ".join(text for text in (exported.remark, str(path.absolute().parent)) if text))
        self._ended(True)

    def _ended(self, ended: bool) -> None:
        self.cancel.setVisible(not ended)
        self.pause.setVisible(not ended)
        self.progress.setVisible(not ended)
        self.show_file.setVisible(ended)
        self.show_mesh.setVisible(ended and is_mesh_file(self._path))
        self.close_button.setVisible(ended)

    def _show_thumbnail(self, pixels: np.ndarray) -> None:
        pixels = np.ascontiguousarray(pixels)
        ratio = self.devicePixelRatioF()
        pixmap = QPixmap.fromImage(image_sharing(pixels)).scaled(
            round(THUMBNAIL[0] * ratio),
            round(THUMBNAIL[1] * ratio),
            Qt.AspectRatioMode.KeepAspectRatio,
            Qt.TransformationMode.SmoothTransformation,
        )
        pixmap.setDevicePixelRatio(ratio)
        self.thumbnail.setPixmap(pixmap)

    def _pause(self, paused: bool) -> None:
        if paused:
            self.left.setText("paused")
        self.paused.emit(paused)

    def _want_mesh(self) -> None:
        self.mesh_wanted.emit(self._path)

    def _show_file(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._path.parent)))
