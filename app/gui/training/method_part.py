"""The dialog's right side: by which method, how thoroughly, on which device, and where to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from app.gui.host import Host
from app.gui.panel.options_form import OptionsForm
from app.gui.panel.panel_parts import Choice, form, label
from app.gui.qt import QHBoxLayout, QLineEdit, QPushButton, QSpinBox, Qt, QToolButton, QVBoxLayout, QWidget
from app.gui.training.folder_dialogs import ask_folder
from app.gui.words import in_window
from app.training.presets import about
from app.training.runs.train_form import TrainForm, devices

MOST_STEPS = 100_000_000
DEFAULTS = "Defaults of the method"
FIRST = "Choose the data first"


class MethodPart(QWidget):
    """Shows the form, and hands it what is chosen."""

    def __init__(self, window: Host, train_form: TrainForm) -> None:
        super().__init__()
        self._window, self._form = window, train_form
        train_form.data_changed.connect(self._show_methods)
        train_form.method_changed.connect(self._show_method)
        train_form.preset_changed.connect(self._show_preset)
        self.method, self.preset, self.device = Choice(), Choice(), Choice()
        self.method.currentIndexChanged.connect(self._method_chosen)
        self.preset.currentIndexChanged.connect(self._preset_chosen)
        for name, text in devices():
            self.device.addItem(text, name)
        self.device.currentIndexChanged.connect(lambda: train_form.choose_device(self.device.currentData()))
        self.why, self.about = label("", "muted", wrap=True), label("", "muted", wrap=True)
        self.steps = QSpinBox()
        self.steps.setRange(1, MOST_STEPS)
        self.steps.setGroupSeparatorShown(True)
        self.steps.valueChanged.connect(self._steps_changed)
        self.out = QLineEdit()
        self.out.textChanged.connect(train_form.name_out)
        self.browse = QPushButton("Browse…")
        self.browse.clicked.connect(self._browse)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 0, 6, 0)
        column.setSpacing(9)
        self._add_rows(column)
        self._add_options(column)
        column.addStretch(1)
        self._show_methods()

    def _add_rows(self, column: QVBoxLayout) -> None:
        place = QHBoxLayout()
        place.setSpacing(6)
        place.addWidget(self.out, 1)
        place.addWidget(self.browse)
        rows = form()
        rows.setVerticalSpacing(9)
        rows.addRow("Method", _above(self.method, self.why))
        rows.addRow("Preset", _above(self.preset, self.about))
        rows.addRow("Steps", self.steps)
        rows.addRow("Device", self.device)
        rows.addRow("Run folder", place)
        column.addLayout(rows)

    def _add_options(self, column: QVBoxLayout) -> None:
        self.more = QToolButton()
        self.more.setText("All options")
        self.more.setCheckable(True)
        self.more.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.more.setArrowType(Qt.ArrowType.RightArrow)
        self.more.toggled.connect(self._show_options)
        self.options = OptionsForm()
        self.options.changed.connect(self._options_changed)
        self.options.hide()
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search options")
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self.options.narrow)
        self.search.hide()
        row = QHBoxLayout()
        row.addWidget(self.more, 0, Qt.AlignmentFlag.AlignLeft)
        row.addWidget(self.search, 1)
        column.addLayout(row)
        column.addWidget(self.options)

    def _show_methods(self) -> None:
        """Which methods there are, the chosen one and what follows from it."""
        choices = self._form
        self.method.blockSignals(True)
        self.method.clear()
        for index, method in enumerate(choices.methods):
            self.method.addItem(method.title, method.name)
            self.method.setItemData(index, method.unsupported or method.title, Qt.ItemDataRole.ToolTipRole)
            self.method.model().item(index).setEnabled(not method.unsupported)
        there = choices.dataset is not None and choices.method is not None
        self.method.setCurrentIndex(self.method.findData(choices.method) if there else -1)
        self.method.setEnabled(choices.dataset is not None)
        self.method.blockSignals(False)
        self.why.setText(in_window(choices.unsupported))
        self.why.setVisible(bool(choices.unsupported))
        self._show_method()

    def _show_method(self) -> None:
        choices = self._form
        there = choices.dataset is not None and choices.method is not None
        self.preset.blockSignals(True)
        self.preset.clear()
        # An empty list beside an empty list says nothing.
        for part in (self.preset, self.method):
            part.setPlaceholderText(FIRST if choices.dataset is None else "")
        if there:
            for preset in choices.presets:
                self.preset.addItem(preset.title, preset)
            self.preset.addItem(DEFAULTS, None)
            self.preset.setCurrentIndex(0)
            _quietly(self.out, lambda: self.out.setText(choices.out))
        self.preset.blockSignals(False)
        for part in (self.preset, self.steps, self.out, self.browse, self.more):
            part.setEnabled(there)
        self._show_preset()

    def _show_preset(self) -> None:
        choices = self._form
        there = choices.dataset is not None and choices.method is not None
        self.about.setText(in_window(about(choices.preset)) if there else "")
        self.about.setVisible(bool(self.about.text()))
        if there:
            config = choices.preset_config()
            self.options.set_options(config)
            self.options.narrow(self.search.text())
            _quietly(self.steps, lambda: self.steps.setValue(config.max_steps))
        else:
            self.steps.clear()

    def _method_chosen(self, index: int) -> None:
        self._form.choose_method(self.method.itemData(index))

    def _preset_chosen(self, index: int) -> None:
        self._form.choose_preset(self.preset.itemData(index))

    def _steps_changed(self, steps: int) -> None:
        self.options.set_value("max_steps", steps)
        self._form.set_options({"max_steps": steps})

    def _options_changed(self, values: Mapping[str, Any]) -> None:
        steps = values.get("max_steps")
        if "max_steps" in self.options.touched and isinstance(steps, int):
            _quietly(self.steps, lambda: self.steps.setValue(steps))
        self._form.set_options({name: values[name] for name in self.options.touched})

    def _show_options(self, shown: bool) -> None:
        self.more.setArrowType(Qt.ArrowType.DownArrow if shown else Qt.ArrowType.RightArrow)
        for part in (self.options, self.search):
            part.setVisible(shown)

    def _browse(self) -> None:
        if folder := ask_folder(self._window, "runs", "Where new runs go", str(self._form.home)):
            self._form.choose_home(Path(folder))
            _quietly(self.out, lambda: self.out.setText(self._form.out))


def _above(choice: QWidget, explained: QWidget) -> QVBoxLayout:
    """A field with what is to be said of it below."""
    column = QVBoxLayout()
    column.setSpacing(3)
    column.addWidget(choice)
    column.addWidget(explained)
    return column


def _quietly(widget: QWidget, change: Callable[[], object]) -> None:
    """Changes what a widget shows, which nobody chose."""
    widget.blockSignals(True)
    change()
    widget.blockSignals(False)
