"""F1: every command with its keys, made from the table of commands."""

from __future__ import annotations

from app.gui.dialog_parts import fit_to_screen
from app.gui.menus.command import Command
from app.gui.menus.command_table import COMMANDS
from app.gui.plain_text import plain_label
from app.gui.qt import (
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QKeySequence,
    QLabel,
    QLineEdit,
    QScrollArea,
    Qt,
    QVBoxLayout,
    QWidget,
    combined,
)
from app.gui.viewport.viewport import GESTURES

Row = tuple[str, str]
COLUMNS = 3


def sheet_sections() -> dict[str, list[Row]]:
    """Rows of (keys, text) by section: the mouse first, then the menus in their order."""
    sections: dict[str, list[Row]] = {"Mouse and held keys": list(GESTURES)}
    for command in COMMANDS:
        section = command.menu.replace("&", "").replace("/", " › ")
        sections.setdefault(section, []).append(_row(command))
    return sections


def _row(command: Command) -> Row:
    keys = "  ".join(QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText) for key in command.keys)
    return keys, command.text.replace("&", "").rstrip("…")


class ShortcutSheet(QDialog):
    """The sheet, with a field that narrows it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Shortcuts")
        fit_to_screen(self, 1040, 680)
        self._find = QLineEdit()
        self._find.setPlaceholderText("Find a command or key")
        self._find.setClearButtonEnabled(True)
        self._find.textChanged.connect(self._narrow)
        self._sections: list[tuple[QLabel, list[tuple[str, tuple[QLabel, QLabel]]]]] = []
        columns = [_column() for _ in range(COLUMNS)]
        heights = [0] * COLUMNS
        for title, rows in sheet_sections().items():
            shortest = heights.index(min(heights))
            self._add_section(columns[shortest], title, rows)
            # Gestures' texts wrap to two lines.
            heights[shortest] += len(rows) * (2 if rows[0] in GESTURES else 1) + 2
        inner = QWidget()
        across = QHBoxLayout(inner)
        across.setSpacing(28)
        for column in columns:
            column.setRowStretch(column.rowCount(), 1)
            across.addLayout(column, 1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setWidget(inner)
        layout = QVBoxLayout(self)
        layout.addWidget(self._find)
        layout.addWidget(scroll, 1)

    def _add_section(self, grid: QGridLayout, title: str, rows: list[Row]) -> None:
        heading = plain_label(title)
        heading.setProperty("role", "heading")
        heading.setContentsMargins(0, 8 if grid.count() else 0, 0, 0)
        grid.addWidget(heading, grid.rowCount(), 0, 1, 2)
        entries = []
        # Two menus may have entries of one name.
        tips = {_row(command): command.tip for command in COMMANDS}
        for keys, text in rows:
            key, label = plain_label(keys), plain_label(text)
            key.setProperty("role", "key")
            key.setWordWrap(len(keys) > 16)
            label.setWordWrap(True)
            line = grid.rowCount()
            grid.addWidget(key, line, 0, combined(Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignTop))
            grid.addWidget(label, line, 1)
            entries.append((f"{keys} {text} {tips.get((keys, text), '')}".lower(), (key, label)))
        self._sections.append((heading, entries))

    def _narrow(self, text: str) -> None:
        for heading, entries in self._sections:
            found = 0
            for searched, labels in entries:
                fits = text.lower() in searched
                found += fits
                for label in labels:
                    label.setVisible(fits)
            heading.setVisible(found > 0)


def _column() -> QGridLayout:
    grid = QGridLayout()
    grid.setVerticalSpacing(5)
    grid.setHorizontalSpacing(10)
    grid.setColumnStretch(1, 1)
    return grid
