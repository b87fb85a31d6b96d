"""Small pieces that the side panel is built of."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from app.gui.plain_text import plain_label, tip
from app.gui.qt import (
    QComboBox,
    QEvent,
    QFormLayout,
    QFrame,
    QHelpEvent,
    QLabel,
    QLayout,
    QLayoutItem,
    QMouseEvent,
    QObject,
    QPaintEvent,
    QPalette,
    QResizeEvent,
    QSize,
    QSizePolicy,
    QSlider,
    QStyle,
    QStyleOptionComboBox,
    QStyleOptionSlider,
    QStylePainter,
    Qt,
    QToolTip,
    QVBoxLayout,
    QWidget,
    combined,
    present,
    shrink_below_contents,
)

NARROWEST_PX = 24
FIELD_MARGIN_PX = 2
"""At either side of a combo box's text, together; as much is cut off letters' own margins before they are left out."""


class Card(QFrame):
    """A titled box; what belongs in it goes into `body`."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self.setProperty("role", "card")
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(12, 9, 12, 11)
        self.body.setSpacing(7)
        heading = plain_label(title)
        heading.setProperty("role", "heading")
        self.body.addWidget(heading)


def label(text: str = "", role: str = "", wrap: bool = False) -> QLabel:
    """A text in one of the stylesheet's roles; selectable, as values are for copying."""
    made = plain_label(text)
    if role:
        made.setProperty("role", role)
    made.setWordWrap(wrap)
    if wrap:
        # A wrapped label must not ask for the width of its whole line.
        made.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
    made.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return made


class Elided(QLabel):
    """A line that takes the room there is: what does not fit is left out of its middle, and is in the tool tip."""

    def __init__(self, text: str = "", role: str = "") -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        if role:
            self.setProperty("role", role)
        self._whole = self._more = ""
        self.setText(text)

    def text(self) -> str:
        """All of it."""
        return self._whole

    def setText(self, text: str) -> None:
        """Shows another line."""
        self._whole = text.replace("\n", " ")
        self._fit()

    def setToolTip(self, text: str) -> None:
        """What else there is to say, below what had no room."""
        self._more = text
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def sizeHint(self) -> QSize:
        return QSize(self._width_of(self._whole) + self._padding(), super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(NARROWEST_PX, super().minimumSizeHint().height())

    def _width_of(self, text: str) -> int:
        return int(self.fontMetrics().horizontalAdvance(text)) + 2

    def _padding(self) -> int:
        # The stylesheet's as well, which is to be had in no other way.
        return max(int(super().sizeHint().width()) - self._width_of(super().text()), 0)

    def _fit(self) -> None:
        shown = self._shortened(self._whole, max(self.width() - self._padding(), NARROWEST_PX))
        super().setText(shown)
        self.updateGeometry()
        lines = (self._whole if shown != self._whole else "", self._more)
        super().setToolTip(tip("\n".join(line for line in lines if line)))

    def _shortened(self, text: str, room_px: int) -> str:
        """As much of `text` as there is room for."""
        return str(self.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, room_px))


BETWEEN = "  ·  "


class FactsLine(Elided):
    """A line of several facts, what matters most first: the last are left out whole where there is no room."""

    def set_facts(self, facts: Sequence[str]) -> None:
        """Shows others; empty ones are none."""
        self.setText(BETWEEN.join(fact for fact in facts if fact))

    def _shortened(self, text: str, room_px: int) -> str:
        facts = text.split(BETWEEN)
        while len(facts) > 1 and self._width_of(BETWEEN.join(facts)) > room_px:
            facts.pop()
        return str(self.fontMetrics().elidedText(BETWEEN.join(facts), Qt.TextElideMode.ElideRight, room_px))


class Choice(QComboBox):
    """A combo box that shortens a text without room by "…", and has it whole in its tool tip."""

    def set_narrowest(self, text: str) -> None:
        """Is as wide as `text` needs at least, whatever else there is to choose."""
        shrink_below_contents(self)
        metrics = self.fontMetrics()
        letters = metrics.horizontalAdvance(text) / metrics.horizontalAdvance("X")
        self.setMinimumContentsLength(math.ceil(letters))

    def offer(self, titles: Mapping[str, str], chosen: str) -> None:
        """Has these to choose from, by their names, in place of what was there; the first where none is `chosen`."""
        self.clear()
        for name, title in titles.items():
            self.addItem(title, name)
        self.setCurrentIndex(max(self.findData(chosen), 0))

    def shown(self) -> str:
        """The part of the current text that there is room for."""
        return present(self._option().currentText)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, option = QStylePainter(self), self._option()
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip and self.shown() != self.currentText():
            lines = (self.currentText(), self.toolTip())
            QToolTip.showText(event.globalPos(), tip("\n".join(line for line in lines if line)), self)
            return True
        return bool(super().event(event))

    def _option(self) -> QStyleOptionComboBox:
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        if self.currentIndex() < 0:
            option.currentText = self.placeholderText()
            option.palette.setBrush(
                QPalette.ColorRole.ButtonText, option.palette.brush(QPalette.ColorRole.PlaceholderText)
            )
        field = self.style().subControlRect(
            QStyle.ComplexControl.CC_ComboBox, option, QStyle.SubControl.SC_ComboBoxEditField, self
        )
        room = field.width() + FIELD_MARGIN_PX
        option.currentText = self.fontMetrics().elidedText(option.currentText, Qt.TextElideMode.ElideMiddle, room)
        return option


def elided(text: str, most: int = 60) -> str:
    """`text` for a menu or a title, where nothing bounds its width: at most so many letters."""
    text = " ".join(text.split())
    return text if len(text) <= most else f"{text[: most // 2]}…{text[-(most // 2 - 1) :]}"


class Slider(QSlider):
    """A click anywhere on it goes there, and can drag on from there."""

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.orientation() == Qt.Orientation.Horizontal:
            option = QStyleOptionSlider()
            self.initStyleOption(option)
            groove = self.style().subControlRect(
                QStyle.ComplexControl.CC_Slider, option, QStyle.SubControl.SC_SliderGroove, self
            )
            handle = self.style().subControlRect(
                QStyle.ComplexControl.CC_Slider, option, QStyle.SubControl.SC_SliderHandle, self
            )
            if not handle.contains(event.pos()):
                at, span = event.pos().x() - groove.x() - handle.width() // 2, groove.width() - handle.width()
                value = QStyle.sliderValueFromPosition(self.minimum(), self.maximum(), at, span, option.upsideDown)
                self.setSliderPosition(value)
        super().mousePressEvent(event)


class _WheelGuard(QObject):
    """Lets the wheel scroll the panel, not change what happens to be under the pointer."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Wheel and isinstance(watched, QWidget) and not watched.hasFocus():
            event.ignore()
            return True
        return False


def guard_wheel(widget: QWidget) -> None:
    """The wheel changes `widget` only while it has the focus."""
    widget.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    widget.installEventFilter(_WheelGuard(widget))


def form() -> QFormLayout:
    """Rows of a muted name and a value."""
    layout = QFormLayout()
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setHorizontalSpacing(12)
    layout.setVerticalSpacing(5)
    layout.setLabelAlignment(combined(Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignTop))
    layout.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
    return layout


def clear(layout: QLayout) -> None:
    """Removes what a layout holds."""
    items: list[QLayoutItem | None] = []
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
