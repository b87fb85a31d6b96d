"""A form made from an `Options` class: a row per field with its label and unit, its sentence and name as tool tip."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from app.gui.panel.panel_parts import Choice, clear, form, guard_wheel, label
from app.gui.qt import (
    QCheckBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QSizePolicy,
    QToolButton,
    QWidget,
    Signal,
)
from engines.core.config import Options, TrainingConfig, parse_yaml

WIDEST_LABEL_PX = 124


class OptionsForm(QWidget):
    """Fields as check boxes, lists and text; nothing is checked here beyond what the widgets can't get wrong."""

    changed = Signal(dict)
    """All values by field name, after each change by hand."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: QFormLayout = form()
        self.setLayout(self._rows)
        self._read: dict[str, Callable[[], Any]] = {}
        self._write: dict[str, Callable[[Any], None]] = {}
        self._fields: dict[str, tuple[QLabel, QWidget]] = {}
        self._headings: dict[str, tuple[QWidget, tuple[str, ...]]] = {}
        self.touched: set[str] = set()
        """Fields that were changed by hand."""

    def set_options(self, options: Options, without: Collection[str] = ()) -> None:
        """Makes the widgets anew, at these values, for all fields but some."""
        clear(self._rows)
        self._read, self._write, self._fields, self._headings, self.touched = {}, {}, {}, {}, set()
        files = options.FILES if isinstance(options, TrainingConfig) else ()
        groups, known = options.grouped(), type(options).model_fields
        for heading, names in groups.items():
            if len(groups) > 1:
                title = label(heading, "heading")
                self._headings[heading] = (title, names)
                self._rows.addRow(title)
            for name in (name for name in names if name not in without):
                value = getattr(options, name)
                widget = self._file(name, value) if name in files else self._widget(name, known[name], value)
                title = _title(options.title(name))
                for part in (title, widget):
                    part.setToolTip(_tip(name, known[name]))
                self._fields[name] = (title, widget)
                self._rows.addRow(title, widget)

    def field(self, name: str) -> QWidget:
        """What a field is changed with."""
        return self._fields[name][1]

    def title(self, name: str) -> QLabel:
        """What stands beside it."""
        return self._fields[name][0]

    def narrow(self, text: str) -> None:
        """Leaves those whose label, name or sentence has `text` in it."""
        found = {
            name
            for name, (title, widget) in self._fields.items()
            if text.lower() in f"{title.text()} {widget.toolTip()}".lower()
        }
        for name, parts in self._fields.items():
            for part in parts:
                part.setVisible(name in found)
        for heading, names in self._headings.values():
            heading.setVisible(any(name in found for name in names))

    def values(self) -> Mapping[str, Any]:
        """What is set, by field name; empty text is None."""
        return {name: read() for name, read in self._read.items()}

    def set_value(self, name: str, value: Any) -> None:
        """Shows another value of a field of text."""
        self._write[name](value)

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
        box.toggled.connect(partial(self._tell, name))
        return box

    def _list(self, name: str, choices: list[str], value: str) -> QWidget:
        box = Choice()
        guard_wheel(box)
        box.addItems(choices)
        box.setCurrentIndex(choices.index(value))
        self._read[name] = lambda: parse_yaml(box.currentText())
        box.currentIndexChanged.connect(partial(self._tell, name))
        return box

    def _text(self, name: str, value: Any) -> QLineEdit:
        edit = QLineEdit(_written(value))
        # Long lists are read from their beginning.
        edit.setCursorPosition(0)
        edit.setPlaceholderText("automatic")
        self._read[name] = lambda: _parsed(edit.text())
        before = [edit.text()]

        def write(new: Any) -> None:
            before[0] = _written(new)
            edit.setText(before[0])
            edit.setCursorPosition(0)

        def finished() -> None:
            # Also emitted where the focus only passes by.
            if edit.text() != before[0]:
                before[0] = edit.text()
                self._tell(name)

        self._write[name] = write
        edit.editingFinished.connect(finished)
        return edit

    def _file(self, name: str, value: Any) -> QWidget:
        """A path, which may be of a file or of a run folder."""
        edit, button = self._text(name, value), QToolButton()
        edit.setPlaceholderText("none")
        # Digits may be a file's name.
        self._read[name] = lambda: edit.text().strip() or None
        button.setText("…")
        menu = QMenu(button)
        menu.addAction("File…").triggered.connect(lambda: choose(QFileDialog.getOpenFileName(self, name)[0]))
        menu.addAction("Folder…").triggered.connect(lambda: choose(QFileDialog.getExistingDirectory(self, name)))
        button.setMenu(menu)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)

        def choose(path: str) -> None:
            if path:
                edit.setText(path)
                edit.editingFinished.emit()

        both = QWidget()
        row = QHBoxLayout(both)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(edit, 1)
        row.addWidget(button)
        return both

    def _tell(self, name: str, *_: object) -> None:
        self.touched.add(name)
        self.changed.emit(dict(self.values()))


def _title(text: str) -> QLabel:
    """What a field is called: on one line where it is short, wrapped where it would leave the field no room."""
    title = label(text, "muted", wrap=True)
    # A column of labels that ask for no width is given none.
    title.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
    title.setFixedWidth(min(title.fontMetrics().horizontalAdvance(text) + 2, WIDEST_LABEL_PX))
    return title


def _tip(name: str, field: FieldInfo) -> str:
    """The sentence under the field, its bounds, and the name that the command line knows it by."""
    signs = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than", "multiple_of": "a multiple of"}
    bounds = [
        f"{words} {getattr(entry, sign):,}" for entry in field.metadata for sign, words in signs.items()
        if getattr(entry, sign, None) is not None
    ]  # fmt: skip
    sentence = " ".join((field.description or "").split())
    return f"{sentence}\n{name}: {', '.join(bounds)}" if bounds else f"{sentence}\n{name}"


def _written(value: Any) -> str:
    if value is None:
        return ""
    return json.dumps(value) if isinstance(value, tuple) else repr(value) if isinstance(value, float) else str(value)


def _parsed(text: str) -> Any:
    """A number or list where it reads as one, None where it is empty; else the text, for the options' own check."""
    try:
        value = parse_yaml(text)
    except ValueError:
        return text
    return value if value is None or isinstance(value, int | float | list) else text
