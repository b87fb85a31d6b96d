"""What dialogs have in common: rows, a note, the buttons under them, and that they fit the screen."""

from __future__ import annotations

from pathlib import Path

from app.gui.panel.panel_parts import label
from app.gui.qt import (
    QApplication,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QIcon,
    QLabel,
    QLineEdit,
    QPushButton,
    QRect,
    QScrollArea,
    QSize,
    Qt,
    QVBoxLayout,
    QWidget,
    present,
)

FRAME_PX, TITLE_PX = 4, 32
"""What a window manager draws around a window, about."""
GAP_PX = 6
"""Between a field and what belongs to it, below."""
LOWEST_PX = 80
"""Of a part that scrolls."""


def finish(dialog: QDialog, rows: QFormLayout, accept: str) -> tuple[QLabel, QPushButton]:
    """Lays out `rows`, below them a note and the buttons; the note, and the button that accepts."""
    note = label("", "warning", wrap=True)
    note.setMinimumHeight(2 * note.fontMetrics().lineSpacing())
    parts = QWidget()
    parts.setLayout(rows)
    buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
    buttons.button(QDialogButtonBox.StandardButton.Cancel).setIcon(QIcon())
    start = present(buttons.addButton(accept, QDialogButtonBox.ButtonRole.AcceptRole))
    start.setProperty("primary", True)
    buttons.accepted.connect(dialog.accept)
    buttons.rejected.connect(dialog.reject)
    layout = QVBoxLayout(dialog)
    layout.setContentsMargins(18, 16, 18, 14)
    layout.setSpacing(14)
    layout.addWidget(scrolling(parts), 1)
    layout.addWidget(note)
    layout.addWidget(buttons)
    make_default(dialog, start)
    return note, start


def make_default(dialog: QDialog, start: QPushButton) -> None:
    """Enter means this button and no other, wherever the focus is; to be called when all others are in their place."""
    for button in dialog.findChildren(QPushButton):
        button.setAutoDefault(button is start)
    # Not sooner: before it is in a dialog Qt forgets it, and takes the first button there is.
    start.setDefault(True)


def scrolling(part: QWidget) -> QScrollArea:
    """`part` as high as it likes, in as much room as there is."""
    area = FittingArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(part)
    return area


class FittingArea(QScrollArea):
    """Asks for the room that all of its content needs, and does with less."""

    def sizeHint(self) -> QSize:
        return self.widget().sizeHint() if self.widget() is not None else super().sizeHint()

    def minimumSizeHint(self) -> QSize:
        width = self.widget().minimumSizeHint().width() if self.widget() is not None else 0
        return QSize(width, LOWEST_PX)


def fit_to_screen(window: QWidget, width: int = 0, height: int = 0) -> None:
    """At this size, or its own, but no larger than the screen leaves room for, and wholly on it."""
    room = room_for(window)
    wanted = window.sizeHint().expandedTo(QSize(width, height)) if not (width and height) else QSize(width, height)
    window.resize(wanted.boundedTo(room.size()))


def keep_on_screen(window: QWidget) -> None:
    """No larger than its screen leaves room for, and wholly on it."""
    room = room_for(window)
    window.resize(window.size().boundedTo(room.size()))
    # A window is placed by its frame.
    left, top = room.left() - FRAME_PX, room.top() - TITLE_PX
    right, bottom = room.right() - window.width() - FRAME_PX, room.bottom() - window.height() - TITLE_PX
    window.move(min(max(window.x(), left), max(right, left)), min(max(window.y(), top), max(bottom, top)))


def room_for(window: QWidget) -> QRect:
    """The part of its screen that a window can cover, frame and title left out."""
    parent = window.parentWidget()
    handle = (parent.window() if parent is not None else window).windowHandle()
    screen = handle.screen() if handle is not None else QApplication.primaryScreen()
    return screen.availableGeometry().adjusted(FRAME_PX, TITLE_PX, -FRAME_PX, -FRAME_PX)


def row(widget: QWidget | None = None) -> QHBoxLayout:
    """Parts of one field, side by side."""
    made = QHBoxLayout(widget) if widget is not None else QHBoxLayout()
    made.setContentsMargins(0, 0, 0, 0)
    made.setSpacing(8)
    return made


def below(field: QWidget, more: QWidget) -> QVBoxLayout:
    """A field, and what belongs to it below: one row of a form, as a hidden one of its own would leave a gap."""
    column = QVBoxLayout()
    column.setSpacing(GAP_PX)
    column.addWidget(field)
    column.addWidget(more)
    return column


def show_growing(dialog: QDialog, part: QWidget, shown: bool) -> None:
    """Shows or hides a part; the dialog grows by it, so that nothing is pushed out of sight."""
    if shown == part.isHidden():
        part.setVisible(shown)
        if shown and dialog.isVisible():
            dialog.resize(dialog.width(), dialog.height() + part.sizeHint().height() + GAP_PX)


def add_place(rows: QFormLayout, out: str, kinds: str) -> QLineEdit:
    """A row for what is to be written, typed or looked for; `kinds`: of files, as Qt's file dialog has them."""
    field, browse = QLineEdit(out), QPushButton("Browse…")

    def look() -> None:
        chosen, _ = QFileDialog.getSaveFileName(field.window(), "Write to", field.text(), kinds)
        if chosen:
            field.setText(chosen)

    browse.clicked.connect(look)
    line = row()
    line.addWidget(field, 1)
    line.addWidget(browse)
    rows.addRow("Write to", line)
    return field


def what_is_replaced(out: str) -> str:
    """A note where there is a file already; "" where there is none."""
    return "This file is there already and will be replaced." if out and Path(out).expanduser().is_file() else ""
