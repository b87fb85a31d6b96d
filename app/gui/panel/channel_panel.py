"""Which channel is shown, with its colours and their values."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from app.gui.panel.panel_parts import Card, Choice, clear, guard_wheel, label
from app.gui.qt import (
    QButtonGroup,
    QCheckBox,
    QGridLayout,
    QHBoxLayout,
    QImage,
    QLineEdit,
    QPainter,
    QPaintEvent,
    QPushButton,
    QRectF,
    Qt,
    QWidget,
    Signal,
    image_of,
)
from app.rendering import display
from app.rendering.channel_names import channel_name
from app.viewing.view_state import ViewState

UNITS = {"depth": "along the view, world units", "error": "mean absolute difference, of 1"}
DIFFERENCE = "absolute difference of the two scenes; of colours the mean, of 1"
COLUMNS = 3
BAR_PX, FIELD_PX = 14, 74


class ColourBar(QWidget):
    """The colours from low (left) to high (right)."""

    def __init__(self) -> None:
        super().__init__()
        self._image: QImage | None = None
        self._shown = ("", "")
        self.setFixedHeight(BAR_PX)

    def set_bar(self, channel: str, colour_map: str) -> None:
        """Shows the colours of a channel; told with each picture, and mostly of the same."""
        if (channel, colour_map) == self._shown:
            return
        self._shown = channel, colour_map
        # Drawn as a column with the lowest at its foot; laid on its side.
        self._image = image_of(np.rot90(display.colour_bar(256, 1, channel, colour_map), -1))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._image is not None:
            QPainter(self).drawImage(QRectF(self.rect()), self._image)


class RangeRow(QWidget):
    """The values at the two ends of the colours, which can be typed, and the one between."""

    typed = Signal(str, str)

    def __init__(self) -> None:
        super().__init__()
        self.low, self.middle, self.high = QLineEdit(), label(), QLineEdit()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        for field, align, tip in (
            (self.low, Qt.AlignmentFlag.AlignLeft, "first"),
            (self.high, Qt.AlignmentFlag.AlignRight, "last"),
        ):
            field.setFixedWidth(FIELD_PX)
            field.setAlignment(align)
            field.setToolTip(f"The value of the {tip} colour; typing one locks the range")
            field.editingFinished.connect(self._finished)
        self.middle.setAlignment(Qt.AlignmentFlag.AlignCenter)
        row.addWidget(self.low)
        row.addWidget(self.middle, 1)
        row.addWidget(self.high)

    def show_limits(self, limits: tuple[float, float]) -> None:
        """Shows others, unless somebody is typing."""
        low, high = limits
        for field, value in ((self.low, low), (self.high, high)):
            if not (field.isModified() and field.hasFocus()):
                field.setText(f"{value:.4g}")
        self.middle.setText(f"{(low + high) / 2:.3g}")

    def _finished(self) -> None:
        # Also emitted where the focus only passes by.
        if self.low.isModified() or self.high.isModified():
            for field in (self.low, self.high):
                field.setModified(False)
            self.typed.emit(self.low.text(), self.high.text())


class ChannelCard(Card):
    """Buttons for the channels; the colour bar where the channel has one."""

    chosen = Signal(str)
    colours_chosen = Signal(str)
    """A name of `display.COLOUR_MAPS`."""
    range_typed = Signal(str, str)

    def __init__(self, view: ViewState) -> None:
        super().__init__("Channel")
        self._view = view
        self._buttons = QGridLayout()
        self._buttons.setSpacing(5)
        self.body.addLayout(self._buttons)
        self._group = QButtonGroup(self)
        self._by_name: dict[str, QPushButton] = {}
        self.bar, self.range, self.unit = ColourBar(), RangeRow(), label("", "muted", wrap=True)
        self.range.typed.connect(self.range_typed)
        self.colours = Choice()
        self.colours.setToolTip("The colours that values are shown in, here and in videos")
        for name in display.COLOUR_MAPS:
            self.colours.addItem(name.capitalize(), name)
        guard_wheel(self.colours)
        self.colours.activated.connect(lambda index: self.colours_chosen.emit(self.colours.itemData(index)))
        self.invert, self.keep = QCheckBox("Invert"), QCheckBox("Lock range")
        self._ways = QWidget()
        ways = QHBoxLayout(self._ways)
        ways.setContentsMargins(0, 0, 0, 0)
        ways.addWidget(self.colours, 1)
        ways.addWidget(self.invert)
        ways.addWidget(self.keep)
        self.hint = label("", "warning", wrap=True)
        self.value = label("At the cursor: –")
        for widget in (self.bar, self.range, self.unit, self._ways, self.value, self.hint):
            self.body.addWidget(widget)

    def set_channels(self, channels: Sequence[str]) -> None:
        """Makes a button for each."""
        clear(self._buttons)
        self._by_name = {}
        for column in range(COLUMNS):
            # All as wide as each other.
            self._buttons.setColumnStretch(column, int(column < len(channels)))
        for index, channel in enumerate(channels):
            button = QPushButton(channel_name(channel))
            button.setCheckable(True)
            button.setProperty("segment", True)
            button.setToolTip(f"Show the channel  ({index + 1})")
            button.clicked.connect(lambda _, channel=channel: self.chosen.emit(channel))
            self._group.addButton(button)
            self._buttons.addWidget(button, index // COLUMNS, index % COLUMNS)
            self._by_name[channel] = button

    def show_channel(self, channel: str, limits: tuple[float, float] | None, hint: str = "") -> None:
        """Marks the channel shown; `limits` are of what is on the screen."""
        self._mark(channel)
        self._show_scale(channel, limits, UNITS.get(channel, ""))
        self.hint.setText(hint)
        self.hint.setVisible(bool(hint))

    def show_difference(self, channel: str, limits: tuple[float, float]) -> None:
        """Marks the channel in which two scenes are compared; `limits` are of where they differ."""
        self._mark(channel)
        self._show_scale("error", limits, DIFFERENCE)
        self.hint.hide()

    def _mark(self, channel: str) -> None:
        if channel in self._by_name:
            self._by_name[channel].setChecked(True)

    def _show_scale(self, channel: str, limits: tuple[float, float] | None, unit: str) -> None:
        own = limits is not None and channel != "error"
        for widget in (self.bar, self.range):
            widget.setVisible(limits is not None)
        self.unit.setVisible(limits is not None and bool(unit))
        for widget in (self._ways, self.value):
            widget.setVisible(own)
        for field in (self.range.low, self.range.high):
            field.setEnabled(own)
        if limits is not None:
            colour_map = self._view.colour_maps.get(channel) or display.usual_map(channel)
            self.bar.set_bar(channel, colour_map)
            self.colours.setCurrentIndex(self.colours.findData(colour_map.removesuffix(display.REVERSED)))
            self.range.show_limits(limits)
            self.unit.setText(unit)

    def show_limits(self, limits: tuple[float, float] | None) -> None:
        """The values at the ends of the colours, whatever was typed."""
        if limits is not None:
            self.range.show_limits(limits)

    def show_value(self, value: str | None) -> None:
        """The value under the mouse; None where there is none, as in a background."""
        self.value.setText(f"At the cursor: {value or '–'}")
