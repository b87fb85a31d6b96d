"""Photographs in small, to be ticked: which are used, and in which order."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

from app.gui.panel.map_painting import as_image
from app.gui.plain_text import tip
from app.gui.qt import (
    QAbstractItemView,
    QAbstractListModel,
    QColor,
    QKeyEvent,
    QListView,
    QModelIndex,
    QPainter,
    QPalette,
    QPen,
    QPixmap,
    QRect,
    QResizeEvent,
    QSize,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    Qt,
    QWheelEvent,
    Signal,
)
from engines.core.camera import Array

CELL_PX, PICTURE_PX, BADGE_PX = 64, 56, 17
ROWS_SHOWN = 3
KEPT = 512
"""Pictures: others are made again when they come into view."""
NUMBER, FAILED = Qt.ItemDataRole.UserRole, Qt.ItemDataRole.UserRole + 1
"""What a photograph is as which it is looked at, from 1, or 0; whether it can't be read."""


class _Photographs(QAbstractListModel):
    """What is known of each."""

    def __init__(self) -> None:
        super().__init__()
        self.count, self.chosen = 0, tuple[int, ...]()
        self.pictures = OrderedDict[int, QPixmap | None]()
        """None of one that can't be read."""
        self.names: dict[int, str] = {}

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else self.count

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = index.row()
        if role == Qt.ItemDataRole.DecorationRole:
            return self.pictures.get(row)
        if role == NUMBER:
            return self.chosen.index(row) + 1 if row in self.chosen else 0
        if role == FAILED:
            return row in self.pictures and self.pictures[row] is None
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return tip(self.described(row))
        return None

    def described(self, row: int) -> str:
        name = f" ({self.names[row]})" if row in self.names else ""
        used = f"used, number {self.chosen.index(row) + 1} in order" if row in self.chosen else "not used"
        failed = "; can't be read" if row in self.pictures and self.pictures[row] is None else ""
        return f"Photograph {row}{name}: {used}{failed}"

    def changed(self, row: int) -> None:
        self.dataChanged.emit(self.index(row), self.index(row))


class _Cell(QStyledItemDelegate):
    """A picture with its tick box, in which the order stands."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        return QSize(CELL_PX, CELL_PX)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette, number = option.palette, index.data(NUMBER)
        side = QRect(0, 0, PICTURE_PX, PICTURE_PX)
        side.moveCenter(option.rect.center())
        painter.fillRect(side, palette.color(QPalette.ColorRole.Base))
        picture = index.data(Qt.ItemDataRole.DecorationRole)
        if picture is not None:
            shown = QRect(0, 0, *_fitted(picture.width(), picture.height()))
            shown.moveCenter(side.center())
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawPixmap(shown, picture)
        elif index.data(FAILED):
            painter.setPen(QPen(palette.color(QPalette.ColorRole.BrightText), 1.5))
            painter.drawText(side, Qt.AlignmentFlag.AlignCenter, "?")
        view = option.widget
        current = isinstance(view, QListView) and view.hasFocus() and view.currentIndex() == index
        edge = palette.color(
            QPalette.ColorRole.Text if current else QPalette.ColorRole.Highlight if number else QPalette.ColorRole.Mid
        )
        painter.setPen(QPen(edge, 2 if number or current else 1))
        painter.drawRect(side)
        self._paint_box(painter, QRect(side.left() + 3, side.top() + 3, BADGE_PX, BADGE_PX), number, palette)
        painter.restore()

    def _paint_box(self, painter: QPainter, box: QRect, number: int, palette: QPalette) -> None:
        text = str(number)
        if len(text) > 2:
            box.setWidth(painter.fontMetrics().horizontalAdvance(text) + 6)
        base = QColor(palette.color(QPalette.ColorRole.Base))
        painter.setPen(
            QPen(palette.color(QPalette.ColorRole.Highlight if number else QPalette.ColorRole.PlaceholderText), 1)
        )
        painter.setBrush(palette.color(QPalette.ColorRole.Highlight) if number else base)
        painter.drawRoundedRect(box, 3, 3)
        if number:
            font = painter.font()
            font.setPixelSize(11)
            font.setBold(True)
            painter.setFont(font)
            painter.setPen(palette.color(QPalette.ColorRole.HighlightedText))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)


def _fitted(width: int, height: int) -> tuple[int, int]:
    longest = max(width, height, 1)
    return max(width * PICTURE_PX // longest, 1), max(height * PICTURE_PX // longest, 1)


class PhotographList(QListView):
    """Rows of small pictures that scroll; a click, or the space bar, ticks one."""

    ticked = Signal(int)
    """Which was clicked."""
    looked_at = Signal()
    """Others are to be seen than before."""

    def __init__(self) -> None:
        super().__init__()
        self._photographs = _Photographs()
        self.setModel(self._photographs)
        self.setItemDelegate(_Cell(self))
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setMovement(QListView.Movement.Static)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFrameShape(QListView.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Source photographs")
        self.verticalScrollBar().setSingleStep(CELL_PX // 2)
        self.verticalScrollBar().valueChanged.connect(lambda _: self.looked_at.emit())
        self.clicked.connect(lambda index: self.ticked.emit(index.row()))

    def show_photographs(self, count: int) -> None:
        """There are others."""
        photographs = self._photographs
        photographs.beginResetModel()
        photographs.count, photographs.chosen = count, ()
        photographs.pictures.clear()
        photographs.names.clear()
        photographs.endResetModel()
        self._fit()

    def show_chosen(self, chosen: Sequence[int]) -> None:
        """Which are ticked, in their order."""
        before, self._photographs.chosen = self._photographs.chosen, tuple(chosen)
        for row in {*before, *chosen}:
            self._photographs.changed(row)

    def show_picture(self, row: int, name: str, pixels: Array | None) -> None:
        """One in small, [H, W, 3] uint8; None where it can't be read."""
        photographs = self._photographs
        photographs.pictures[row] = None if pixels is None else QPixmap.fromImage(as_image(pixels))
        photographs.pictures.move_to_end(row)
        if name:
            photographs.names[row] = name
        while len(photographs.pictures) > KEPT:
            photographs.pictures.popitem(last=False)
        photographs.changed(row)

    def missing(self) -> list[int]:
        """Those that are to be seen, and have no picture."""
        if not self.isVisible():
            return []
        columns, top = self._columns(), self.verticalScrollBar().value()
        first, last = top // CELL_PX * columns, (top + self.viewport().height()) // CELL_PX * columns + columns
        shown = range(first, min(last, self._photographs.count))
        return [row for row in shown if row not in self._photographs.pictures]

    def described(self, row: int) -> str:
        """A photograph in words."""
        return self._photographs.described(row)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self.ticked.emit(self.currentIndex().row())
            event.accept()
            return
        super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        # Else it would catch the wheel on its way through the panel.
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()
        self.looked_at.emit()

    def _columns(self) -> int:
        return max(self.viewport().width() // CELL_PX, 1)

    def _fit(self) -> None:
        rows = -(-self._photographs.count // self._columns())
        self.setFixedHeight(CELL_PX * max(min(rows, ROWS_SHOWN), 1) + 2)
