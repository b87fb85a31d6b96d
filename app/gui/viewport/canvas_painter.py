"""A canvas that paints with the CPU: needs no OpenGL, and beats one without a graphics card."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from app.gui.qt import (
    QColor,
    QImage,
    QLineF,
    QPainter,
    QPaintEvent,
    QPen,
    QPointF,
    QRectF,
    Qt,
    QWidget,
    draw_lines,
    image_sharing,
)
from app.gui.viewport.canvas import Label
from app.gui.viewport.letterbox import Placement, place
from engines.core.camera import Array


class PainterCanvas(QWidget):
    """A plain widget; see `canvas.Canvas`."""

    name = "painter"

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.widget = self
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._pixels: Array | None = None
        self._image: QImage | None = None
        self._overlay: tuple[Array, QImage] | None = None
        self._groups: list[tuple[QColor, list[QLineF]]] = []
        self._labels: Sequence[Label] = ()
        self._sharp = False
        self._background = QColor("#000000")

    def set_picture(self, pixels: Array) -> None:
        """Shows a picture [H, W, 3] uint8."""
        # QImage does not copy: the array must live as long as it is shown.
        self._pixels = np.ascontiguousarray(pixels)
        self._image = image_sharing(self._pixels)
        self.update()

    def set_overlay(self, pixels: Array | None) -> None:
        """Lays [H, W, 4] uint8 over the picture; None: nothing."""
        if pixels is None:
            self._overlay = None
        else:
            pixels = np.ascontiguousarray(pixels)
            self._overlay = pixels, image_sharing(pixels)
        self.update()

    def set_segments(self, pixels: Array, colours: Array, labels: Sequence[Label] = ()) -> None:
        """Draws lines of ends [M, 2, 2] (picture pixels) and colours [M, 4] in [0, 1], and labels."""
        self._groups, self._labels = _by_colour(pixels, colours), labels
        self.update()

    def set_sharp(self, sharp: bool) -> None:
        self._sharp = sharp
        self.update()

    def set_background(self, colour: str) -> None:
        self._background = QColor(colour)
        self.update()

    def placement(self) -> Placement:
        size = (self._image.width(), self._image.height()) if self._image else (max(self.width(), 1), self.height())
        return place((size[0], max(size[1], 1)), (self.width(), self.height()))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._background)
        if self._image is None:
            return
        placement = self.placement()
        width, height = self._image.width() * placement.scale, self._image.height() * placement.scale
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not self._sharp)
        painter.drawImage(QRectF(placement.left, placement.top, width, height), self._image)
        if self._overlay is not None:
            painter.drawImage(QRectF(placement.left, placement.top, width, height), self._overlay[1])
        if self._groups or self._labels:
            self._paint_lines(painter, placement)

    def _paint_lines(self, painter: QPainter, placement: Placement) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(placement.left, placement.top)
        painter.scale(placement.scale, placement.scale)
        for colour, lines in self._groups:
            pen = QPen(colour, 1.4)
            pen.setCosmetic(True)
            painter.setPen(pen)
            draw_lines(painter, lines)
        painter.resetTransform()
        for label in self._labels:
            painter.setPen(QColor.fromRgbF(*label.colour))
            painter.drawText(QPointF(*placement.to_viewport(label.u, label.v)) + QPointF(4, -4), label.text)


def _by_colour(pixels: Array, colours: Array) -> list[tuple[QColor, list[QLineF]]]:
    """Segments of one colour together: one pen and one call for each."""
    if len(pixels) == 0:
        return []
    unique, group = np.unique(np.round(np.asarray(colours, dtype=np.float64), 3), axis=0, return_inverse=True)
    ends = np.asarray(pixels, dtype=np.float64).reshape(-1, 4)
    return [
        (QColor.fromRgbF(*colour), [QLineF(*end) for end in ends[group.reshape(-1) == index].tolist()])
        for index, colour in enumerate(unique.clip(0, 1).tolist())
    ]
