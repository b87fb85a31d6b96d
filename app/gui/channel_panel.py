"""Which channel is shown, with its colours and their values."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PyQt5.QtCore import QRectF, Qt, pyqtSignal
from PyQt5.QtGui import QFontMetrics, QImage, QPainter, QPaintEvent
from PyQt5.QtWidgets import QButtonGroup, QCheckBox, QGridLayout, QPushButton, QWidget

from app import display
from app.gui.panel_parts import Card, clear, label

NAMES = {"rgb": "Image", "depth": "Depth", "normals": "Normals", "error": "Error", "alpha": "Opacity"}
UNITS = {"depth": "along the view, world units", "error": "mean absolute difference, of 1"}
COLUMNS = 3


def channel_name(channel: str) -> str:
    """The name for people."""
    return NAMES.get(channel, channel.replace("_", " ").capitalize())


class ColourBar(QWidget):
    """The colours from low (left) to high (right), with the values at the ends and between."""

    def __init__(self) -> None:
        super().__init__()
        self._image: QImage | None = None
        self._limits = (0.0, 1.0)
        self.setFixedHeight(36)

    def set_bar(self, channel: str, limits: tuple[float, float]) -> None:
        """Shows the colours of a channel between limits."""
        # Drawn as a column with the lowest at its foot; laid on its side.
        bar = np.ascontiguousarray(np.rot90(display.colour_bar(256, 1, channel), -1))
        self._image = QImage(bar.data, 256, 1, 3 * 256, QImage.Format_RGB888).copy()
        self._limits = limits
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._image is None:
            return
        painter = QPainter(self)
        painter.drawImage(QRectF(0, 2, self.width(), 12), self._image)
        low, high = self._limits
        metrics = QFontMetrics(self.font())
        for at, align in ((0.0, Qt.AlignLeft), (0.5, Qt.AlignHCenter), (1.0, Qt.AlignRight)):
            text = f"{low + at * (high - low):.3g}"
            painter.drawText(QRectF(0, 17, self.width(), metrics.height()), align, text)


class ChannelCard(Card):
    """Buttons for the channels; the colour bar where the channel has one."""

    chosen = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__("Channel")
        self._buttons = QGridLayout()
        self._buttons.setSpacing(5)
        self.body.addLayout(self._buttons)
        self._group = QButtonGroup(self)
        self._by_name: dict[str, QPushButton] = {}
        self.bar, self.unit = ColourBar(), label("", "muted", wrap=True)
        self.keep = QCheckBox("Lock range")
        self.hint = label("", "warning", wrap=True)
        self.value = label("At the cursor: –")
        for widget in (self.bar, self.unit, self.value, self.keep, self.hint):
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
        if channel in self._by_name:
            self._by_name[channel].setChecked(True)
        for widget in (self.bar, self.unit):
            widget.setVisible(limits is not None)
        self.keep.setVisible(limits is not None and channel != "error")
        if limits is not None:
            self.bar.set_bar(channel, limits)
            self.unit.setText(UNITS.get(channel, ""))
        self.value.setVisible(limits is not None and channel != "error")
        self.hint.setText(hint)
        self.hint.setVisible(bool(hint))

    def show_value(self, value: float | None) -> None:
        """The value under the mouse; None where there is none, as in a background."""
        self.value.setText("At the cursor: –" if value is None else f"At the cursor: {value:.4g}")
