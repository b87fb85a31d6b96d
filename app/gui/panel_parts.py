"""Small pieces that the side panel is built of."""

from __future__ import annotations

from PyQt5.QtCore import QEvent, QObject, Qt
from PyQt5.QtWidgets import QFormLayout, QFrame, QLabel, QSizePolicy, QVBoxLayout, QWidget


class Card(QFrame):
    """A titled box; what belongs in it goes into `body`."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self.setProperty("role", "card")
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(12, 9, 12, 11)
        self.body.setSpacing(7)
        heading = QLabel(title)
        heading.setProperty("role", "heading")
        self.body.addWidget(heading)


def label(text: str = "", role: str = "", wrap: bool = False) -> QLabel:
    """A text in one of the stylesheet's roles; selectable, as values are for copying."""
    made = QLabel(text)
    if role:
        made.setProperty("role", role)
    made.setWordWrap(wrap)
    if wrap:
        # A wrapped label must not ask for the width of its whole line.
        made.setSizePolicy(QSizePolicy.Ignored, QSizePolicy.Minimum)
    made.setTextInteractionFlags(Qt.TextSelectableByMouse)
    return made


class _WheelGuard(QObject):
    """Lets the wheel scroll the panel, not change what happens to be under the pointer."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Wheel and isinstance(watched, QWidget) and not watched.hasFocus():
            event.ignore()
            return True
        return False


def guard_wheel(widget: QWidget) -> None:
    """The wheel changes `widget` only while it has the focus."""
    widget.setFocusPolicy(Qt.StrongFocus)
    widget.installEventFilter(_WheelGuard(widget))


def form() -> QFormLayout:
    """Rows of a muted name and a value."""
    layout = QFormLayout()
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setHorizontalSpacing(12)
    layout.setVerticalSpacing(5)
    layout.setLabelAlignment(Qt.AlignLeft | Qt.AlignTop)
    layout.setFieldGrowthPolicy(QFormLayout.AllNonFixedFieldsGrow)
    return layout


def clear(layout: QVBoxLayout | QFormLayout) -> None:
    """Removes what a layout holds."""
    items = []
    while isinstance(layout, QFormLayout) and layout.rowCount():
        # Without this the rows stay, empty.
        row = layout.takeRow(0)
        items += [row.labelItem, row.fieldItem]
    while layout.count():
        items.append(layout.takeAt(0))
    for item in items:
        widget: QWidget | None = item.widget() if item is not None else None
        if widget is not None:
            widget.setParent(None)
            widget.deleteLater()
