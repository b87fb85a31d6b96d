"""Training > Train: what is learnt from, by which method, how thoroughly, and how long that takes here."""

from __future__ import annotations

from PyQt5.QtCore import Qt, QTimer, pyqtSignal
from PyQt5.QtGui import QIcon, QKeyEvent
from PyQt5.QtWidgets import (
    QApplication,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from app.gui.dialog_parts import fit_to_screen, make_default, scrolling
from app.gui.host import Host
from app.gui.panel.panel_parts import label
from app.gui.training.background import BackgroundWork
from app.gui.training.data_part import DataPart
from app.gui.training.method_part import MethodPart
from app.gui.words import in_window
from app.human_readable import as_sentence, human_bytes, human_step, human_time
from app.settings import runs_home
from app.training.runs.choosing import TrainingChoices
from app.training.runs.measure import Estimate
from app.training.runs.measuring import measure_order
from app.training.runs.order import TrainingRequest
from engines.core.data.dataset import Dataset
from engines.core.errors import UserError

SETTLE_MS = 900
"""After the last change, before a few steps are measured."""


class TrainDialog(QDialog):
    """At the left the data, at the right how it is learnt from; below what that takes."""

    left = pyqtSignal()
    """It was closed, and goes on with estimating camera poses."""

    def __init__(self, window: Host, busy: bool) -> None:
        super().__init__(window.widget)
        self.setWindowTitle("Train a scene")
        self._busy = busy
        self.choices = TrainingChoices(runs_home(window.settings))
        self._measuring = BackgroundWork(window.bridge.post, "measure")
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(SETTLE_MS)
        self._settle.timeout.connect(self._measure)
        self.data, self.how = DataPart(window), MethodPart(window, self.choices)
        split = QSplitter(Qt.Horizontal)
        split.setChildrenCollapsible(False)
        split.addWidget(self.data)
        split.addWidget(scrolling(self.how))
        split.setStretchFactor(0, 1)
        split.setSizes([470, 500])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 14, 16, 12)
        layout.setSpacing(12)
        layout.addWidget(split, 1)
        layout.addLayout(self._make_end())
        make_default(self, self.start)
        fit_to_screen(self, 1000, 690)
        self.data.dataset_changed.connect(self._take_dataset)
        self.data.wanting_changed.connect(self._change)
        self.how.changed.connect(self._change)
        self._change()

    def _make_end(self) -> QVBoxLayout:
        self.time = label("", wrap=True)
        self.wrong, self.notes = label("", "warning", wrap=True), label("", "muted", wrap=True)
        # So that nothing moves when the estimate comes.
        self.time.setMinimumHeight(2 * self.time.fontMetrics().lineSpacing())
        self.command = QLineEdit()
        self.command.setReadOnly(True)
        self.command.setToolTip("The command that does the same without a window")
        copy = QPushButton("Copy")
        copy.setToolTip("Copy the command line")
        copy.clicked.connect(lambda: QApplication.clipboard().setText(self.command.text()))
        self._line = QWidget()
        line = QHBoxLayout(self._line)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(6)
        line.addWidget(label("Command line", "muted"))
        line.addWidget(self.command, 1)
        line.addWidget(copy)
        # Its place stays, so that nothing moves.
        policy = self._line.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self._line.setSizePolicy(policy)
        buttons = QDialogButtonBox(QDialogButtonBox.Cancel)
        buttons.button(QDialogButtonBox.Cancel).setIcon(QIcon())
        self.start = buttons.addButton("Train", QDialogButtonBox.AcceptRole)
        self.start.setProperty("primary", True)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout()
        column.setSpacing(8)
        for widget in (self.time, self.wrong, self.notes, self._line, buttons):
            column.addWidget(widget)
        return column

    def order(self) -> TrainingRequest:
        """The training as the dialog orders it now.

        Raises:
            UserError: something is missing, or an option is refused.
        """
        if self.choices.dataset is None:
            raise UserError(self.data.wanting)
        return self.choices.order()

    def _take_dataset(self, dataset: Dataset | None) -> None:
        self.how.take(dataset, self.data.reasons)

    def _change(self) -> None:
        """Says what is wrong, or measures how long it takes."""
        self._measuring.stop()
        try:
            order, config = self.order(), self.choices.config()
        except UserError as error:
            # What is still to be done is not wrong.
            self._tell(**{"wrong" if self.choices.dataset is not None else "notes": str(error)})
            self._set_command("")
            self.start.setEnabled(False)
            self._settle.stop()
            return
        if self.choices.dataset is not None:
            self.data.show_box(self.choices.dataset, order.engine, config)
        self._set_command(order.command_line())
        self.start.setEnabled(True)
        self._tell("Measuring how long this takes here …")
        self._settle.start()

    def _tell(self, time: str = "", wrong: str = "", notes: str = "") -> None:
        """How long it takes; what is wrong with it, or not certain; what is good to know."""
        self.time.setText(time)
        for part, text in ((self.wrong, wrong), (self.notes, notes)):
            part.setText(in_window(text))
            part.setVisible(bool(text))

    def _set_command(self, line: str) -> None:
        self.command.setText(line)
        self.command.setCursorPosition(0)
        self._line.setVisible(bool(line))

    def _measure(self) -> None:
        try:
            order = self.order()
        except UserError:
            return
        self._measuring.begin(lambda tell, stop: measure_order(order, stop), self._show_estimate, self._cant)

    def _show_estimate(self, found: Estimate) -> None:
        steps = ", later ".join(human_step(seconds) for seconds in found.step_seconds)
        there = f" of {human_bytes(found.memory_there_bytes)}" if found.memory_there_bytes is not None else ""
        meanwhile = " Another training slows it down now." if self._busy else ""
        self._tell(
            f"About {human_time(found.seconds)} ({steps} a step), {human_bytes(found.memory_bytes)}{there} memory, "
            f"{human_bytes(found.disk_bytes)} on the disk.{meanwhile}",
            "\n".join(f"It won't fit: {text}." for text in found.obstacles()),
            "\n".join(as_sentence(note) for note in found.notes),
        )

    def _cant(self, error: BaseException) -> None:
        self._tell(wrong=str(error))
        # What can't do a few steps can't do many.
        self.start.setEnabled(not isinstance(error, UserError))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        # In a field it ends the editing, and is not meant for the button.
        if event.key() in (Qt.Key_Return, Qt.Key_Enter) and not isinstance(self.focusWidget(), QPushButton):
            event.accept()
            return
        super().keyPressEvent(event)

    def done(self, result: int) -> None:
        self._settle.stop()
        self._measuring.stop()
        self.data.stop()
        super().done(result)

    def reject(self) -> None:
        """Closes it; what is being estimated goes on where that is wanted, and is to be seen when it is shown again."""
        what = self.data.poses.ask_at_closing(self) if self.data.poses.busy else "stop"
        if what == "continue" and self.data.poses.busy:
            self.hide()
            self.left.emit()
        elif what == "stop":
            super().reject()
