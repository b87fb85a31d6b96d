"""The panel at the side: its cards in their order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from app.gui.qt import QDockWidget, QLayout, QMainWindow, QScrollArea, Qt, QVBoxLayout, QWidget, present

PANEL_WIDTH = 320


class SidePanel(QDockWidget):
    """A column of cards that scrolls."""

    def __init__(self, window: QMainWindow, cards: Sequence[QWidget]) -> None:
        super().__init__("Panel", window)
        inner = QWidget()
        column = self._column = QVBoxLayout(inner)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(8)
        for card in cards:
            column.addWidget(card)
        column.addStretch(1)
        self.scroll_area = QScrollArea()
        self.scroll_area.setWidgetResizable(True)
        self.scroll_area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.scroll_area.setWidget(inner)
        self.scroll_area.setMinimumWidth(PANEL_WIDTH)
        self.setObjectName("panel")
        self.setFeatures(QDockWidget.DockWidgetFeature.NoDockWidgetFeatures)
        self.setTitleBarWidget(QWidget())
        self.setWidget(self.scroll_area)
        self._shown: Path | None = None
        window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, self)

    def show_scene(self, path: Path | None) -> None:
        """The cards show a scene, or None: another one begins at the first card."""
        if path is None or path != self._shown:
            self.scroll_area.verticalScrollBar().setValue(0)
        self._shown = path
        self._order_focus()

    def _order_focus(self) -> None:
        """Tab goes through the cards from the top: what was made for this scene came last to Qt."""
        for before, after in pairwise(_focusable(present(self.scroll_area.widget().layout()))):
            QWidget.setTabOrder(before, after)


def _focusable(layout: QLayout) -> Iterator[QWidget]:
    """What takes the focus, in the order of the layout, also where it is hidden now."""
    for index in range(layout.count()):
        item = layout.itemAt(index)
        widget, inner = item.widget(), item.layout()
        if widget is not None and widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
            yield widget
        if widget is not None:
            inner = widget.layout()
        if inner is not None:
            yield from _focusable(inner)
