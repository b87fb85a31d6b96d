"""File > Train: what is learnt from, by which method, how thoroughly, and how long that takes here."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PyQt5.QtCore import Qt, QTimer
from PyQt5.QtGui import QCloseEvent, QIcon, QKeyEvent
from PyQt5.QtWidgets import (
    QApplication,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QSplitter,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.gui.dialog_parts import fit_to_screen, make_default, scrolling
from app.gui.host import Host
from app.gui.options_form import OptionsForm
from app.gui.panel_parts import Choice, form, label
from app.gui.training.background import Background
from app.gui.training.choices import above, devices, of_preset
from app.gui.training.data_part import DataPart
from app.gui.training.places import ask_folder, check_new, typed_path
from app.gui.words import in_window
from app.presets import Preset, presets_of
from app.runs.library import free_name
from app.runs.measure import Estimate
from app.runs.measuring import measure_order
from app.runs.order import Order
from app.settings import runs_home
from app.spoken import spoken_bytes, spoken_step, spoken_time
from engines import registry
from engines.core.abilities import suggested_options
from engines.core.config import make_options
from engines.core.dataset import Dataset
from engines.core.errors import UserError

SETTLE_MS = 900
"""After the last change, before a few steps are measured."""
MOST_STEPS = 100_000_000
DEFAULTS = "Defaults of the method"


class TrainDialog(QDialog):
    """At the left the data, at the right how it is learnt from."""

    def __init__(self, window: Host, folder: Path | None, busy: bool) -> None:
        super().__init__(window.widget)
        self.setWindowTitle("Train a scene")
        self._window, self._busy = window, busy
        self._home = runs_home(window.settings)
        self._dataset: Dataset | None = None
        self._estimate: Estimate | None = None
        self._changed_options: dict[str, Any] = {}
        self._measuring = Background(window.bridge.post, "measure")
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(SETTLE_MS)
        self._settle.timeout.connect(self._measure)
        self.data = DataPart(window)
        self.data.dataset_changed.connect(self._take_dataset)
        self.data.wanting_changed.connect(self._change)
        split = QSplitter(Qt.Horizontal)
        split.setChildrenCollapsible(False)
        split.addWidget(self.data)
        split.addWidget(self._make_right())
        split.setStretchFactor(0, 1)
        split.setSizes([470, 500])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 14, 16, 12)
        layout.setSpacing(12)
        layout.addWidget(split, 1)
        layout.addLayout(self._make_end())
        make_default(self, self.start)
        fit_to_screen(self, 1000, 690)
        self._take_dataset(None)
        if folder is not None:
            self.data.choose(folder)

    # Parts

    def _make_right(self) -> QWidget:
        self.method, self.preset, self.device = Choice(), Choice(), Choice()
        self.method.currentIndexChanged.connect(self._method_chosen)
        self.preset.currentIndexChanged.connect(self._preset_chosen)
        for name, text in devices():
            self.device.addItem(text, name)
        self.device.currentIndexChanged.connect(self._change)
        self.why, self.about = label("", "muted", wrap=True), label("", "muted", wrap=True)
        self.steps = QSpinBox()
        self.steps.setRange(1, MOST_STEPS)
        self.steps.setGroupSeparatorShown(True)
        self.steps.valueChanged.connect(self._steps_changed)
        self.out = QLineEdit()
        self.out.textChanged.connect(self._change)
        browse = QPushButton("Browse…")
        browse.clicked.connect(self._browse_out)
        place = QHBoxLayout()
        place.setSpacing(6)
        place.addWidget(self.out, 1)
        place.addWidget(browse)
        rows = form()
        rows.setVerticalSpacing(9)
        rows.addRow("Method", above(self.method, self.why))
        rows.addRow("Preset", above(self.preset, self.about))
        rows.addRow("Steps", self.steps)
        rows.addRow("Device", self.device)
        rows.addRow("Run folder", place)
        self.more = QToolButton()
        self.more.setText("All options")
        self.more.setCheckable(True)
        self.more.setToolButtonStyle(Qt.ToolButtonTextBesideIcon)
        self.more.setArrowType(Qt.RightArrow)
        self.more.toggled.connect(self._show_options)
        self.options = OptionsForm()
        self.options.changed.connect(self._options_changed)
        self.options.hide()
        self.find = QLineEdit()
        self.find.setPlaceholderText("Search options")
        self.find.setClearButtonEnabled(True)
        self.find.textChanged.connect(self.options.narrow)
        self.find.hide()
        more = QHBoxLayout()
        more.addWidget(self.more, 0, Qt.AlignLeft)
        more.addWidget(self.find, 1)
        part = QWidget()
        column = QVBoxLayout(part)
        column.setContentsMargins(10, 0, 6, 0)
        column.setSpacing(9)
        column.addLayout(rows)
        column.addLayout(more)
        column.addWidget(self.options)
        column.addStretch(1)
        return scrolling(part)

    def _make_end(self) -> QVBoxLayout:
        self.time = label("", wrap=True)
        self.note = label("", "warning", wrap=True)
        # So that nothing moves when the estimate comes.
        self.time.setMinimumHeight(2 * self.time.fontMetrics().lineSpacing())
        self.command = QLineEdit()
        self.command.setReadOnly(True)
        self.command.setToolTip("The command that does the same without a window")
        copy = QPushButton("Copy")
        copy.setToolTip("Copy the command line")
        copy.clicked.connect(self._copy)
        self._line = QWidget()
        line = QHBoxLayout(self._line)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(6)
        line.addWidget(label("Command line", "muted"))
        line.addWidget(self.command, 1)
        line.addWidget(copy)
        buttons = QDialogButtonBox(QDialogButtonBox.Cancel)
        buttons.button(QDialogButtonBox.Cancel).setIcon(QIcon())
        self.start = buttons.addButton("Train", QDialogButtonBox.AcceptRole)
        self.start.setProperty("primary", True)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout()
        column.setSpacing(8)
        for widget in (self.time, self.note):
            column.addWidget(widget)
        column.addWidget(self._line)
        column.addWidget(buttons)
        return column

    # What is chosen

    def order(self) -> Order:
        """As it stands.

        Raises:
            UserError: something is missing, or an option is refused.
        """
        if self._dataset is None:
            raise UserError(self.data.wanting)
        if self.method.currentData() is None or self.reason(self.method.currentData()):
            raise UserError("No method can learn from this data.")
        if not self.out.text().strip():
            raise UserError("Name the run folder.")
        out = typed_path(self.out.text())
        if not out.is_absolute():
            out = self._home / out
        check_new(out)
        engine = registry.find_engine(self.method.currentData())
        chosen = self._preset_settings()
        config = make_options(engine.Config, {**chosen, **self._changed_options}, "option")
        settings = {
            name: getattr(config, name)
            for name in (*suggested_options(engine, self._dataset), *self._changed_options)
            if getattr(config, name) != of_preset(engine.Config, self._preset()).get(name)
        }
        preset = self._preset()
        return Order(
            engine.name,
            self._dataset.source,
            out,
            preset.name if preset is not None else "",
            dict(settings),
            self.device.currentData(),
        )

    def reason(self, name: str) -> str:
        """Why a method can't learn from the data; "" where it can."""
        if name in registry.failed_engines():
            return f"can't be used here: {registry.failed_engines()[name]}"
        # Asked while the data was looked at: of a large one the answer takes seconds.
        return self.data.reasons.get(name, "") if self._dataset is not None else ""

    def _preset(self) -> Preset | None:
        found = self.preset.currentData()
        return found if isinstance(found, Preset) else None

    def _preset_settings(self) -> dict[str, Any]:
        """The preset's, and over them what the data asks for."""
        preset = self._preset()
        engine = registry.find_engine(self.method.currentData())
        suggested = suggested_options(engine, self._dataset) if self._dataset is not None else {}
        return {**(preset.settings if preset is not None else {}), **suggested}

    # What happens

    def _take_dataset(self, dataset: Dataset | None) -> None:
        """Other data: which methods can learn from it."""
        self._dataset = dataset
        before = self.method.currentData()
        self.method.blockSignals(True)
        self.method.clear()
        names = (*registry.all_engines(), *registry.failed_engines())
        for name in names:
            reason = self.reason(name)
            title = registry.find_engine(name).title if name in registry.all_engines() else name
            self.method.addItem(title, name)
            index = self.method.count() - 1
            self.method.setItemData(index, reason or title, Qt.ToolTipRole)
            self.method.model().item(index).setEnabled(not reason)
        possible = [name for name in names if not self.reason(name)]
        chosen = before if before in possible else possible[0] if possible else None
        self.method.setCurrentIndex(self.method.findData(chosen) if chosen is not None else -1)
        self.method.setEnabled(dataset is not None)
        self.method.blockSignals(False)
        not_these = [
            f"{self.method.itemText(at)}: {reason}" for at, n in enumerate(names) if (reason := self.reason(n))
        ]
        self.why.setText(in_window("\n".join(not_these)))
        self.why.setVisible(bool(not_these))
        self._method_chosen()

    def _method_chosen(self, *_: object) -> None:
        name = self.method.currentData()
        self.preset.blockSignals(True)
        self.preset.clear()
        # An empty list beside an empty list says nothing.
        for part in (self.preset, self.method):
            part.setPlaceholderText("Choose the data first" if self._dataset is None else "")
        if name is not None:
            for preset in presets_of(name):
                self.preset.addItem(preset.title, preset)
            self.preset.addItem(DEFAULTS, None)
        self.preset.blockSignals(False)
        for part in (self.preset, self.steps, self.more):
            part.setEnabled(name is not None)
        if self._dataset is not None and name is not None:
            self.out.setText(str(free_name(self._home, f"{self._dataset.source.resolve().name}-{name}")))
        self._preset_chosen()

    def _preset_chosen(self, *_: object) -> None:
        preset, name = self._preset(), self.method.currentData()
        self._changed_options = {}
        self.about.setText(in_window(preset.about) if preset is not None else "")
        self.about.setVisible(preset is not None)
        if name is not None:
            engine = registry.find_engine(name)
            try:
                config = make_options(engine.Config, self._preset_settings(), "preset")
            except UserError as error:
                # A preset that needs a file to be named first.
                self.note.setText(in_window(str(error)))
                config = engine.Config()
            self.options.set_options(config)
            self.options.narrow(self.find.text())
            self.steps.blockSignals(True)
            self.steps.setValue(config.max_steps)
            self.steps.blockSignals(False)
        self._change()

    def _steps_changed(self, steps: int) -> None:
        self._changed_options["max_steps"] = steps
        self.options.set_value("max_steps", steps)
        self._change()

    def _options_changed(self, values: Mapping[str, Any]) -> None:
        self._changed_options |= {name: values[name] for name in self.options.touched}
        if "max_steps" in self.options.touched and isinstance(values["max_steps"], int):
            self.steps.blockSignals(True)
            self.steps.setValue(values["max_steps"])
            self.steps.blockSignals(False)
        self._change()

    def _change(self, *_: object) -> None:
        """Says what is wrong, or measures how long it takes."""
        self._measuring.stop()
        self._estimate = None
        try:
            order = self.order()
        except UserError as error:
            self.note.setText(in_window(str(error)))
            self.time.setText("")
            self._set_command("")
            self.start.setEnabled(False)
            return
        self.note.setText("")
        if self._dataset is not None:
            chosen = {**self._preset_settings(), **self._changed_options}
            config = make_options(registry.find_engine(order.engine).Config, chosen)
            self.data.show_box(self._dataset, order.engine, config)
        self._set_command(order.command_line())
        self.start.setEnabled(True)
        self.time.setText("Measuring how long this takes here …")
        self._settle.start()

    def _set_command(self, line: str) -> None:
        self.command.setText(line)
        self.command.setCursorPosition(0)
        # Its place stays, so that nothing moves.
        policy = self._line.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self._line.setSizePolicy(policy)
        self._line.setVisible(bool(line))

    def _measure(self) -> None:
        try:
            order = self.order()
        except UserError:
            return
        self._measuring.begin(lambda tell, stop: measure_order(order, stop), self._show_estimate, self._cant)

    def _show_estimate(self, found: Estimate) -> None:
        self._estimate = found
        steps = ", later ".join(spoken_step(seconds) for seconds in found.step_seconds)
        there = f" of {spoken_bytes(found.memory_there_bytes)}" if found.memory_there_bytes is not None else ""
        meanwhile = " Another training slows it down now." if self._busy else ""
        self.time.setText(
            f"About {spoken_time(found.seconds)} ({steps} a step), {spoken_bytes(found.memory_bytes)}{there} memory, "
            f"{spoken_bytes(found.disk_bytes)} on the disk.{meanwhile}"
        )
        notes = (f"{note[:1].upper()}{note[1:]}." for note in found.notes)
        self.note.setText(in_window("\n".join((*(f"It won't fit: {text}." for text in found.obstacles()), *notes))))

    def _cant(self, error: BaseException) -> None:
        self.time.setText("")
        self.note.setText(in_window(str(error)))
        # What can't do a few steps can't do many.
        self.start.setEnabled(not isinstance(error, UserError))

    def _show_options(self, shown: bool) -> None:
        self.more.setArrowType(Qt.DownArrow if shown else Qt.RightArrow)
        for part in (self.options, self.find):
            part.setVisible(shown)

    def _browse_out(self) -> None:
        if folder := ask_folder(self._window, "runs", "Where new runs go", str(self._home)):
            self._home = folder
            self.out.setText(str(free_name(folder, Path(self.out.text()).name or "run")))

    def _copy(self) -> None:
        QApplication.clipboard().setText(self.command.text())

    @property
    def home(self) -> Path:
        """Where new runs go from now on."""
        return self._home

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

    def closeEvent(self, event: QCloseEvent) -> None:
        self.reject()
        super().closeEvent(event)
