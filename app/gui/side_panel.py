"""The panel at the side: its cards in their order."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QDockWidget, QMainWindow, QScrollArea, QVBoxLayout, QWidget

PANEL_WIDTH = 320


class SidePanel(QDockWidget):
    """A column of cards that scrolls."""

    def __init__(self, window: QMainWindow, cards: Sequence[QWidget]) -> None:
        super().__init__("Panel", window)
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(8)
        for card in cards:
            column.addWidget(card)
        column.addStretch(1)
        self.scroll = QScrollArea()
        self.scroll.setWidgetResizable(True)
        self.scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarAlwaysOff)
        self.scroll.setWidget(inner)
        self.scroll.setMinimumWidth(PANEL_WIDTH)
        self.setObjectName("panel")
        self.setFeatures(QDockWidget.NoDockWidgetFeatures)
        self.setTitleBarWidget(QWidget())
        self.setWidget(self.scroll)
        window.addDockWidget(Qt.RightDockWidgetArea, self)

    def show_top(self) -> None:
        """Another scene begins at the first card."""
        self.scroll.verticalScrollBar().setValue(0)
