"""Two pictures of one view in one place, with a line between them that the mouse moves."""

from __future__ import annotations

from pathlib import Path

from app.gui.qt import (
    QColor,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QPointF,
    QRectF,
    QSizePolicy,
    Qt,
    QWidget,
    position,
)
from app.gui.theme import Colours

CAPTION_PX = 6


class Wipe(QWidget):
    """Left of the line the one, right of it the other."""

    def __init__(self) -> None:
        super().__init__()
        self.setMinimumSize(140, 110)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setCursor(Qt.CursorShape.SplitHCursor)
        self.setToolTip("Drag the line: the one picture at its left, the other at its right")
        self.share = 0.5
        """Of the width that shows the left picture."""
        self._left, self._right = QPixmap(), QPixmap()
        self._captions = ("", "")
        self._empty = ""
        self._line = QColor(Qt.GlobalColor.white)
        self._muted = QColor(Qt.GlobalColor.gray)

    def paint(self, colours: Colours) -> None:
        """Takes a theme's colours."""
        self._line, self._muted = QColor(colours.accent), QColor(colours.muted)
        self.update()

    def show_pair(self, left: Path | None, right: Path | None, captions: tuple[str, str], empty: str) -> None:
        """Two files of one size; `empty` says why there is nothing."""
        self._left = QPixmap(str(left)) if left is not None else QPixmap()
        self._right = QPixmap(str(right)) if right is not None else QPixmap()
        self._captions, self._empty = captions, empty
        self.update()

    def place(self) -> QRectF:
        """The rectangle of this widget that the picture is drawn in; empty where there is none."""
        if self._right.isNull():
            return QRectF()
        scale = min(self.width() / self._right.width(), self.height() / self._right.height())
        width, height = self._right.width() * scale, self._right.height() * scale
        return QRectF((self.width() - width) / 2, (self.height() - height) / 2, width, height)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        if self._right.isNull():
            painter.setPen(self._muted)
            painter.drawText(self.rect(), int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap), self._empty)
            return
        place = self.place()
        painter.drawPixmap(place, self._right, QRectF(self._right.rect()))
        if not self._left.isNull():
            edge = place.left() + self.share * place.width()
            painter.save()
            painter.setClipRect(QRectF(place.left(), place.top(), edge - place.left(), place.height()))
            painter.drawPixmap(place, self._left, QRectF(self._left.rect()))
            painter.restore()
            painter.setPen(QPen(self._line, 2))
            painter.drawLine(QPointF(edge, place.top()), QPointF(edge, place.bottom()))
        self._draw_captions(painter, place)

    def _draw_captions(self, painter: QPainter, place: QRectF) -> None:
        for text, right in zip(self._captions, (False, True), strict=True):
            if not text:
                continue
            bounds = QRectF(painter.fontMetrics().boundingRect(text)).adjusted(-CAPTION_PX, -2, CAPTION_PX, 2)
            if bounds.width() > place.width() / 2:
                continue
            bounds.moveTop(place.top() + 4)
            if right:
                bounds.moveRight(place.right() - 4)
            else:
                bounds.moveLeft(place.left() + 4)
            painter.fillRect(bounds, QColor(0, 0, 0, 150))
            painter.setPen(Qt.GlobalColor.white)
            painter.drawText(bounds, int(Qt.AlignmentFlag.AlignCenter), text)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._move(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._move(event)

    def _move(self, event: QMouseEvent) -> None:
        place = self.place()
        if place.width() > 0:
            self.share = min(1.0, max(0.0, (position(event).x() - place.left()) / place.width()))
            self.update()
