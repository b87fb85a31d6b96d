"""What the start page is made of: buttons of several lines with a picture, and a grid that takes the room there is."""

from __future__ import annotations

from collections.abc import Sequence

from app.gui.panel.panel_parts import Elided, clear
from app.gui.qt import (
    QGridLayout,
    QHBoxLayout,
    QKeyEvent,
    QLabel,
    QPixmap,
    QPushButton,
    QResizeEvent,
    Qt,
    QVBoxLayout,
    QWidget,
)


class Tile(QPushButton):
    """A button of two lines, the second muted, with a picture beside or above them; Enter presses it, too."""

    def __init__(self, title: str, note: str, accessible: str = "") -> None:
        super().__init__()
        self.setProperty("row", True)
        self.setAccessibleName(accessible or f"{title}: {note}")
        self._picture = QLabel()
        self._picture.setProperty("role", "thumbnail")
        self._picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._picture.hide()
        self._lines = QVBoxLayout()
        self._lines.setSpacing(1)
        for line in (Elided(title), Elided(note, "muted")):
            line.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            self._lines.addWidget(line)
        self._picture.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    def lay_out(self, picture: QPixmap | None, size_px: tuple[int, int] | None, above: bool = False) -> None:
        """Has a picture of a size, or an empty place where there is none; without a size just the lines."""
        box = QVBoxLayout(self) if above else QHBoxLayout(self)
        box.setContentsMargins(8, 7, 8, 7)
        box.setSpacing(6 if above else 10)
        if size_px is not None:
            width, height = size_px
            self._picture.setFixedSize(width, height)
            if picture is not None:
                ratio = self.devicePixelRatioF()
                shown = picture.scaled(
                    round(width * ratio),
                    round(height * ratio),
                    Qt.AspectRatioMode.KeepAspectRatio,
                    Qt.TransformationMode.SmoothTransformation,
                )
                shown.setDevicePixelRatio(ratio)
                self._picture.setPixmap(shown)
            self._picture.show()
            box.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignHCenter if above else Qt.AlignmentFlag.AlignVCenter)
        box.addLayout(self._lines, 1)
        self.setMinimumHeight(box.sizeHint().height())


class TileGrid(QWidget):
    """Tiles in rows, as many in each as have room."""

    def __init__(self, narrowest_px: int, most: int) -> None:
        """`narrowest_px`: a tile's width at least; `most`: in a row."""
        super().__init__()
        self._narrowest_px, self._most, self._columns = narrowest_px, most, 0
        self._tiles: list[QWidget] = []
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(4)

    def show_tiles(self, tiles: Sequence[QWidget]) -> None:
        """Has these in place of those before."""
        clear(self._grid)
        self._tiles = list(tiles)
        self._arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._fitting() != self._columns:
            self._arrange()

    def _fitting(self) -> int:
        return min(max(self.width() // self._narrowest_px, 1), self._most)

    def _arrange(self) -> None:
        for column in range(self._columns):
            self._grid.setColumnStretch(column, 0)
        self._columns = self._fitting()
        for index, tile in enumerate(self._tiles):
            self._grid.addWidget(tile, index // self._columns, index % self._columns)
        for column in range(self._columns):
            self._grid.setColumnStretch(column, 1)
