"""Where wide panels are in the window: below the viewport."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, runtime_checkable

from app.gui.qt import QDockWidget, QMainWindow, Qt, QWidget
from app.gui.theme import Colours

HEIGHT, SHARE = 270, 0.36
"""Pixels and share of the window's height, that it has at first: the larger."""


@runtime_checkable
class Painted(Protocol):
    """A panel that has colours of its own, besides those of the stylesheet."""

    def paint(self, colours: Colours) -> None:
        """Takes a theme's colours."""


class BottomDock(QDockWidget):
    """Has the panel made when it is shown first."""

    def __init__(self, window: QMainWindow, title: str, make_panel: Callable[[], QWidget]) -> None:
        super().__init__(title, window)
        self.setObjectName(f"{title.lower()}_dock")
        self.setFeatures(QDockWidget.DockWidgetFeature.NoDockWidgetFeatures)
        self.setTitleBarWidget(QWidget())
        self._main, self._make_panel = window, make_panel
        self._panel: QWidget | None = None
        # Qt complains of the size of a dock without anything.
        self._empty: QWidget | None = QWidget()
        self._empty.setMinimumSize(1, 1)
        self.setWidget(self._empty)
        window.setCorner(Qt.Corner.BottomRightCorner, Qt.DockWidgetArea.RightDockWidgetArea)
        window.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, self)
        self.hide()

    def set_shown(self, shown: bool) -> None:
        """Shows or hides it."""
        if shown and self._empty is not None:
            self._panel = self._make_panel()
            self.setWidget(self._panel)
            self._empty.deleteLater()
            self._empty = None
        first = shown and self.isHidden()
        self.setVisible(shown)
        if first:
            self.set_height(max(HEIGHT, round(SHARE * self._main.height())))

    def paint(self, colours: Colours) -> None:
        """Paints the panel in another theme's colours, where it was made."""
        if isinstance(self._panel, Painted):
            self._panel.paint(colours)

    def set_height(self, height: int = HEIGHT) -> None:
        """Makes it so many pixels high, where the window has the room."""
        self._main.resizeDocks([self], [height], Qt.Orientation.Vertical)
