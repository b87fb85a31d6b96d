"""A form made from an `Options` class: a row per field, its sentence as the tooltip."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, get_args, get_origin

import yaml
from pydantic.fields import FieldInfo
from PyQt5.QtCore import pyqtSignal
from PyQt5.QtWidgets import QCheckBox, QComboBox, QFormLayout, QLineEdit, QWidget

from app.gui.panel_parts import clear, form, guard_wheel, label
from engines.core.config import Options


class OptionsForm(QWidget):
    """Fields as check boxes, lists and text; nothing is checked here beyond what the widgets can't get wrong."""

    changed = pyqtSignal(dict)
    """All values by field name, after each change by hand."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: QFormLayout = form()
        self.setLayout(self._rows)
        self._read: dict[str, Callable[[], Any]] = {}

    def set_options(self, options: Options) -> None:
        """Makes the widgets anew, at these values."""
        clear(self._rows)
        self._read = {}
        for name, field in type(options).model_fields.items():
            widget = self._widget(name, field, getattr(options, name))
            title = label(name.replace("_", " ").capitalize(), "muted")
            for part in (title, widget):
                part.setToolTip(field.description or "")
            self._rows.addRow(title, widget)

    def values(self) -> Mapping[str, Any]:
        """What is set, by field name; empty text is None."""
        return {name: read() for name, read in self._read.items()}

    def _widget(self, name: str, field: FieldInfo, value: Any) -> QWidget:
        if field.annotation is bool:
            return self._check_box(name, value)
        if get_origin(field.annotation) is Literal:
            return self._list(name, [str(choice) for choice in get_args(field.annotation)], str(value))
        return self._text(name, value)

    def _check_box(self, name: str, value: bool) -> QWidget:
        box = QCheckBox()
        box.setChecked(value)
        self._read[name] = box.isChecked
        box.toggled.connect(self._tell)
        return box

    def _list(self, name: str, choices: list[str], value: str) -> QWidget:
        box = QComboBox()
        guard_wheel(box)
        box.addItems(choices)
        box.setCurrentIndex(choices.index(value))
        self._read[name] = lambda: yaml.safe_load(box.currentText())
        box.currentIndexChanged.connect(self._tell)
        return box

    def _text(self, name: str, value: Any) -> QWidget:
        edit = QLineEdit("" if value is None else repr(value) if isinstance(value, float) else str(value))
        edit.setPlaceholderText("automatic")
        self._read[name] = lambda: _parsed(edit.text())
        before = [edit.text()]

        def finished() -> None:
            # Also emitted where the focus only passes by.
            if edit.text() != before[0]:
                before[0] = edit.text()
                self._tell()

        edit.editingFinished.connect(finished)
        return edit

    def _tell(self) -> None:
        self.changed.emit(dict(self.values()))


def _parsed(text: str) -> Any:
    """A number where it reads as one, None where it is empty; else the text, for the options' own check to refuse."""
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError:
        return text
    return value if value is None or isinstance(value, int | float) else text
