"""The strip of views: a row of thumbnails under the picture, of which only those that are seen are read."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

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
    QShowEvent,
    QSize,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    Qt,
    QWheelEvent,
    Signal,
    image_of,
)
from engines.core.camera import Array
from engines.core.data.views import Split

CELL_PX, PICTURE_PX, MARGIN_PX = (98, 88), (90, 66), 4
"""Width and height, in logical pixels, of a cell and of the picture in it."""
SIDE_PX = 2 * max(PICTURE_PX)
"""Of thumbnails: sharp at twice the scale, too."""
KEPT = 400
"""Thumbnails, 100 KB each at most: others are read again when they come into view."""
TAGS: dict[Split, str] = {"train": "", "validation": "val", "test": "test"}
HELD_OUT: dict[Split, str] = {"train": "", "validation": "held out for validation", "test": "held out for tests"}
VEIL = QColor(0, 0, 0, 170)
ENTRY, FAILED = Qt.ItemDataRole.UserRole, Qt.ItemDataRole.UserRole + 1


@dataclass(frozen=True)
class StripEntry:
    """A view in words: its name, and what it is there for."""

    name: str
    split: Split


class _Entries(QAbstractListModel):
    """The views, and the thumbnails that are there."""

    def __init__(self) -> None:
        super().__init__()
        self.entries: Sequence[StripEntry] = ()
        self.pictures = OrderedDict[int, QPixmap | None]()
        """None of one that can't be read."""

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.entries)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = index.row()
        if role == Qt.ItemDataRole.DisplayRole:
            return self.entries[row].name
        if role == Qt.ItemDataRole.DecorationRole:
            return self.pictures.get(row)
        if role == ENTRY:
            return self.entries[row]
        if role == FAILED:
            return row in self.pictures and self.pictures[row] is None
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return tip(self.described(row))
        return None

    def described(self, row: int) -> str:
        entry = self.entries[row]
        failed = "no image that can be read" if row in self.pictures and self.pictures[row] is None else ""
        number = f"{row + 1} of {len(self.entries)}"
        return "  ·  ".join(part for part in (number, entry.name, HELD_OUT[entry.split], failed) if part)


class _Cell(QStyledItemDelegate):
    """A thumbnail over its name; a tag says of what is held out."""

    def __init__(self, strip: ViewStrip) -> None:
        super().__init__(strip)
        self._strip = strip

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        return QSize(*CELL_PX)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        painter.save()
        palette, entry = option.palette, index.data(ENTRY)
        box = QRect(option.rect.left() + MARGIN_PX, option.rect.top() + MARGIN_PX, *PICTURE_PX)
        painter.fillRect(box, palette.color(QPalette.ColorRole.Base))
        self._paint_picture(painter, box, index, palette)
        if tag := TAGS[entry.split]:
            _paint_tag(painter, box, tag)
        is_current, is_focused = index.row() == self._strip.current, self._is_focused(index)
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        role = (
            QPalette.ColorRole.Highlight
            if is_current
            else QPalette.ColorRole.Text
            if is_focused
            else QPalette.ColorRole.PlaceholderText
            if hovered
            else QPalette.ColorRole.Mid
        )
        painter.setBrush(Qt.BrushStyle.NoBrush)
        pen = QPen(palette.color(role), 3 if is_current else 2 if is_focused else 1)
        pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
        painter.setPen(pen)
        painter.drawRect(box)
        if is_current and is_focused:
            painter.setPen(QPen(palette.color(QPalette.ColorRole.Text), 1))
            painter.drawRect(box.adjusted(-3, -3, 3, 3))
        below = QRect(box.left(), box.bottom() + 2, box.width(), option.rect.bottom() - box.bottom() - 2)
        painter.setPen(palette.color(QPalette.ColorRole.Text if is_current else QPalette.ColorRole.PlaceholderText))
        name = painter.fontMetrics().elidedText(entry.name, Qt.TextElideMode.ElideMiddle, below.width())
        painter.drawText(below, Qt.AlignmentFlag.AlignCenter, name)
        painter.restore()

    def _is_focused(self, index: QModelIndex) -> bool:
        return self._strip.hasFocus() and self._strip.currentIndex() == index

    def _paint_picture(self, painter: QPainter, box: QRect, index: QModelIndex, palette: QPalette) -> None:
        picture = index.data(Qt.ItemDataRole.DecorationRole)
        if picture is not None:
            share = min(box.width() / picture.width(), box.height() / picture.height())
            shown = QRect(0, 0, max(round(picture.width() * share), 1), max(round(picture.height() * share), 1))
            shown.moveCenter(box.center())
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawPixmap(shown, picture)
        elif index.data(FAILED):
            painter.setPen(palette.color(QPalette.ColorRole.PlaceholderText))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, "no image")


def _paint_tag(painter: QPainter, box: QRect, text: str) -> None:
    font = painter.font()
    small = painter.font()
    small.setPixelSize(11)
    painter.setFont(small)
    tag = QRect(box.left(), box.top(), painter.fontMetrics().horizontalAdvance(text) + 8, 16)
    painter.fillRect(tag, VEIL)
    painter.setPen(QColor("white"))
    painter.drawText(tag, Qt.AlignmentFlag.AlignCenter, text)
    painter.setFont(font)


class ViewStrip(QListView):
    """A row that scrolls; a click, Enter or the space bar chooses a view."""

    wanted = Signal(int)
    """Which was chosen."""
    looked_at = Signal()
    """Others are to be seen than before."""

    def __init__(self) -> None:
        super().__init__()
        self.current: int | None = None
        """Where the camera is."""
        self._entries = _Entries()
        self.setModel(self._entries)
        self.setItemDelegate(_Cell(self))
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(False)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        # A bar that came and went would move the picture.
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setFrameShape(QListView.Shape.NoFrame)
        # A click leaves the keys to the picture: what follows is a comparison there.
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName("Views")
        bar = self.horizontalScrollBar()
        bar.setSingleStep(CELL_PX[0] // 2)
        bar.valueChanged.connect(lambda _: self.looked_at.emit())
        self.setFixedHeight(CELL_PX[1] + bar.sizeHint().height() + 2)
        self.clicked.connect(lambda index: self.wanted.emit(index.row()))
        self.hide()

    @property
    def count(self) -> int:
        """How many views there are."""
        return len(self._entries.entries)

    def show_entries(self, entries: Sequence[StripEntry]) -> None:
        """There are others."""
        self._entries.beginResetModel()
        self._entries.entries, self.current = entries, None
        self._entries.pictures.clear()
        self._entries.endResetModel()
        self.looked_at.emit()

    def show_current(self, row: int | None) -> None:
        """Marks the view that the camera is at, and brings it into sight; None: it is at none."""
        before, self.current = self.current, row
        if row == before:
            return
        for changed in (before, row):
            if changed is not None:
                index = self._entries.index(changed)
                self._entries.dataChanged.emit(index, index)
        if row is not None:
            self.setCurrentIndex(self._entries.index(row))

    def show_picture(self, row: int, pixels: Array | None) -> None:
        """A thumbnail, [H, W, 3] uint8; None where there is none that can be read."""
        pictures = self._entries.pictures
        pictures[row] = None if pixels is None else QPixmap.fromImage(image_of(pixels))
        pictures.move_to_end(row)
        while len(pictures) > KEPT:
            pictures.popitem(last=False)
        index = self._entries.index(row)
        self._entries.dataChanged.emit(index, index)

    def has_picture(self, row: int) -> bool:
        """Whether its thumbnail is there, or known to be none."""
        return row in self._entries.pictures

    def seen(self) -> range:
        """Those that are to be seen, as far as the row is shown."""
        if not self.isVisible():
            return range(0)
        left = self.horizontalScrollBar().value()
        last = (left + self.viewport().width()) // CELL_PX[0] + 1
        return range(left // CELL_PX[0], min(last, self.count))

    def described(self, row: int) -> str:
        """A view in words."""
        return self._entries.described(row)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self.wanted.emit(self.currentIndex().row())
            event.accept()
            return
        super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        turned = event.angleDelta()
        bar = self.horizontalScrollBar()
        bar.setValue(bar.value() - (turned.y() or turned.x()) * CELL_PX[0] // 120)
        event.accept()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.looked_at.emit()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self.current is not None:
            self.scrollTo(self._entries.index(self.current))
        self.looked_at.emit()
