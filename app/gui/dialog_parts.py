"""What the export dialogs have in common: rows, a note, and the buttons under them."""

from __future__ import annotations

from PyQt5.QtGui import QIcon
from PyQt5.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.gui.panel_parts import label


def finish(dialog: QDialog, rows: QFormLayout, accept: str) -> tuple[QLabel, QPushButton]:
    """Lays out `rows`, below them a note and the buttons; the note, and the button that accepts."""
    note = label("", "warning", wrap=True)
    note.setMinimumHeight(2 * note.fontMetrics().lineSpacing())
    buttons = QDialogButtonBox(QDialogButtonBox.Cancel)
    buttons.button(QDialogButtonBox.Cancel).setIcon(QIcon())
    start = buttons.addButton(accept, QDialogButtonBox.AcceptRole)
    start.setProperty("primary", True)
    start.setDefault(True)
    buttons.accepted.connect(dialog.accept)
    buttons.rejected.connect(dialog.reject)
    layout = QVBoxLayout(dialog)
    layout.setContentsMargins(18, 16, 18, 14)
    layout.setSpacing(14)
    layout.addLayout(rows)
    layout.addWidget(note)
    layout.addWidget(buttons)
    return note, start


def row(widget: QWidget | None = None) -> QHBoxLayout:
    """Parts of one field, side by side."""
    made = QHBoxLayout(widget) if widget is not None else QHBoxLayout()
    made.setContentsMargins(0, 0, 0, 0)
    made.setSpacing(8)
    return made
