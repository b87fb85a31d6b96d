"""Training > Train: what is trained on, by which method, how thoroughly, and how long that takes here."""

from __future__ import annotations

from app.gui.dialog_parts import fit_to_screen, make_default, scrolling
from app.gui.host import Host
from app.gui.panel.panel_parts import label
from app.gui.qt import (
    QApplication,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QIcon,
    QKeyEvent,
    QLineEdit,
    QPushButton,
    QSplitter,
    Qt,
    QTimer,
    QVBoxLayout,
    QWidget,
    Signal,
    present,
)
from app.gui.training.data_part import DataPart
from app.gui.training.method_part import MethodPart
from app.gui.words import in_window
from app.settings import runs_home
from app.training.runs.measuring import measure_request
from app.training.runs.train_form import TrainForm
from app.viewing.background_work import BackgroundWork
from engines.core.errors import UserError

SETTLE_MS = 900
"""After the last change, before a few steps are measured."""


class TrainDialog(QDialog):
    """At the left the data, at the right how it is trained on; below what that takes."""

    left = Signal()
    """It was closed, and goes on with estimating camera poses."""

    def __init__(self, window: Host, busy: bool) -> None:
        super().__init__(window.widget)
        self.setWindowTitle("Train a scene")
        self.form = TrainForm(runs_home(window.settings.current), busy)
        self._measuring = BackgroundWork(window.session.post, "measure")
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(SETTLE_MS)
        self._settle.timeout.connect(self._measure)
        self.data, self.how = DataPart(window, self.form), MethodPart(window, self.form)
        split = QSplitter(Qt.Orientation.Horizontal)
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
        self.form.changed.connect(self._show)
        self._show()

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
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        buttons.button(QDialogButtonBox.StandardButton.Cancel).setIcon(QIcon())
        self.start = present(buttons.addButton("Train", QDialogButtonBox.ButtonRole.AcceptRole))
        self.start.setProperty("primary", True)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout()
        column.setSpacing(8)
        for widget in (self.time, self.wrong, self.notes, self._line, buttons):
            column.addWidget(widget)
        return column

    def _show(self) -> None:
        """Tells what the form tells; where it is complete, and nothing is known of it yet, that is measured soon."""
        status = self.form.status
        self.time.setText(status.time)
        for part, text in ((self.wrong, status.wrong), (self.notes, status.notes)):
            part.setText(in_window(text))
            part.setVisible(bool(text))
        self.command.setText(status.command_line)
        self.command.setCursorPosition(0)
        self._line.setVisible(bool(status.command_line))
        self.start.setEnabled(status.can_start)
        if self.form.measured is not None:
            return
        self._measuring.stop()
        if status.can_start:
            self._settle.start()
        else:
            self._settle.stop()

    def _measure(self) -> None:
        try:
            request = self.form.request()
        except UserError:
            return
        take = self.form.take_measured
        self._measuring.begin(lambda tell, stop: measure_request(request, stop), take, take)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        # In a field it ends the editing, and is not meant for the button.
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not isinstance(self.focusWidget(), QPushButton):
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
