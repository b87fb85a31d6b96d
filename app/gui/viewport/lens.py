"""The card of the magnifier: an enlarged square of each picture, and below it what its middle pixel says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.gui.panel.panel_parts import Elided, clear, label
from app.gui.qt import (
    QColor,
    QFrame,
    QGridLayout,
    QPainter,
    QPaintEvent,
    QPen,
    QPoint,
    QRect,
    QRectF,
    QSize,
    QSizePolicy,
    Qt,
    QVBoxLayout,
    QWidget,
    image_sharing,
)
from engines.core.camera import Array

SIDE_PX = 196
"""Of a square, logical pixels."""
GRID_FROM = 6
"""Lines between smaller pixels would be all that is seen."""
GRID, DARK, LIGHT = QColor(128, 128, 128, 90), QColor(0, 0, 0), QColor(255, 255, 255)
MARGIN = 12
AWAY_PX = 28
"""So near to the mouse the card gets out of its way."""


@dataclass(frozen=True, eq=False)
class Patch:
    """The part of a picture that a square shows.

    Attributes:
        pixels: [H, W, 3] uint8, the whole picture.
        column, row: of the pixel in the middle.
        scale: logical pixels for one of the picture.
    """

    pixels: Array
    column: int
    row: int
    scale: int


class Square(QWidget):
    """Enlarged pixels as squares, with the one in the middle framed."""

    def __init__(self) -> None:
        super().__init__()
        self._patch: Patch | None = None
        self.setFixedSize(SIDE_PX, SIDE_PX)

    def show_patch(self, patch: Patch | None) -> None:
        """Shows another place, or none."""
        self._patch = patch
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, patch = QPainter(self), self._patch
        painter.fillRect(self.rect(), self.palette().base())
        painter.fillRect(self.rect(), Qt.BrushStyle.BDiagPattern)
        if patch is None:
            return
        scale, corner = patch.scale, (SIDE_PX - patch.scale) // 2
        reach = corner // scale + 1
        top, left = max(patch.row - reach, 0), max(patch.column - reach, 0)
        part = np.ascontiguousarray(
            patch.pixels[top : patch.row + reach + 1, left : patch.column + reach + 1], dtype=np.uint8
        )
        if not part.size:
            return
        begin = QPoint(corner + scale * (left - patch.column), corner + scale * (top - patch.row))
        covered = QRect(begin, QSize(part.shape[1] * scale, part.shape[0] * scale))
        painter.drawImage(QRectF(covered), image_sharing(part))
        if scale >= GRID_FROM:
            self._paint_grid(painter, covered, scale)
        middle = QRect(corner, corner, scale, scale)
        # Black and white: one of them is seen on any colour.
        painter.setPen(QPen(LIGHT, 1))
        painter.drawRect(middle.adjusted(-1, -1, 0, 0))
        painter.setPen(QPen(DARK, 1))
        painter.drawRect(middle.adjusted(-2, -2, 1, 1))

    def _paint_grid(self, painter: QPainter, covered: QRect, scale: int) -> None:
        painter.setPen(QPen(GRID, 1))
        for x in range(covered.left(), covered.right() + 2, scale):
            painter.drawLine(x, covered.top(), x, covered.bottom())
        for y in range(covered.top(), covered.bottom() + 2, scale):
            painter.drawLine(covered.left(), y, covered.right(), y)


class Lens(QFrame):
    """Lies over the picture and takes no events; at the right, or at the left where the mouse needs the room."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setProperty("role", "card")
        self.heading = Elided("", "heading")
        self.squares: list[Square] = []
        self.rows: list[tuple[str, list[str]]] = []
        self._shape: tuple[object, ...] = ()
        self._titles: list[Elided] = []
        self._values: list[list[Elided]] = []
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 8, 10, 10)
        column.setSpacing(6)
        column.addWidget(self.heading)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(10)
        self._grid.setVerticalSpacing(2)
        column.addLayout(self._grid)
        self._at_left = False
        self.hide()

    def show_pixel(
        self, heading: str, titles: Sequence[str], patches: Sequence[Patch | None], rows: list[tuple[str, list[str]]]
    ) -> None:
        """Shows a pixel of one or more pictures: a title, a square and a column of values for each."""
        self.rows = rows
        shape = (len(titles), *(name for name, _ in rows))
        if shape != self._shape:
            self._shape = shape
            self._make(len(titles), [name for name, _ in rows])
        self.heading.setText(heading)
        for told, title, square, patch in zip(self._titles, titles, self.squares, patches, strict=True):
            told.setText(title)
            square.show_patch(patch)
        for labels, (_, values) in zip(self._values, rows, strict=True):
            for told, value in zip(labels, values, strict=True):
                told.setText(value)

    def _make(self, count: int, names: Sequence[str]) -> None:
        clear(self._grid)
        self._titles = [Elided("", "muted") for _ in range(count)]
        self.squares = [Square() for _ in range(count)]
        self._values = [[Elided() for _ in range(count)] for _ in names]
        for column, (title, square) in enumerate(zip(self._titles, self.squares, strict=True), 1):
            self._grid.addWidget(title, 0, column)
            self._grid.addWidget(square, 1, column)
        for row, (name, labels) in enumerate(zip(names, self._values, strict=True), 2):
            self._grid.addWidget(label(name, "muted"), row, 0)
            for column, told in enumerate(labels, 1):
                # As wide as the square, whatever it says: else the card would jump from pixel to pixel.
                told.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
                self._grid.addWidget(told, row, column)

    @property
    def titles(self) -> list[str]:
        """The titles of the pictures that are shown."""
        return [title.text() for title in self._titles]

    def place(self, mouse: QPoint) -> None:
        """Goes to the lower corner of its parent that the mouse is not in, and shows itself."""
        self.resize(self.sizeHint())
        room = self.parentWidget().size() - self.size()
        top = max(room.height() - MARGIN, 0)
        places = [QRect(QPoint(max(left, 0), top), self.size()) for left in (room.width() - MARGIN, MARGIN)]
        near = [place.adjusted(-AWAY_PX, -AWAY_PX, AWAY_PX, AWAY_PX).contains(mouse) for place in places]
        if near[self._at_left] and not near[not self._at_left]:
            self._at_left = not self._at_left
        self.move(places[self._at_left].topLeft())
        self.show()
        self.raise_()
