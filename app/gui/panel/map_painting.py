"""How a capture is painted: sparse points, boxes, up, cameras with their photographs, and the one pointed at.

Painted by the CPU: there is no picture behind it, and it must open where no OpenGL does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

import numpy as np

from app.capture.inspection.drawing import Capture, Flat
from app.gui.qt import (
    QColor,
    QImage,
    QLineF,
    QPainter,
    QPalette,
    QPen,
    QPointF,
    QPolygonF,
    QRectF,
    Qt,
    QTransform,
    draw_lines,
    image_sharing,
)
from app.gui.theme import DARK, LIGHT, Colours
from app.rendering import overlays
from engines.core.camera import Array, Camera, project

PREVIEW_PX = 128
"""Longest side of the photograph under the pointer."""
MIRRORED_OPACITY = 0.35
"""Of a photograph that is seen from the front of its camera, through the glass."""
UP_SHARE = 0.18
"""Length of the arrow, of the capture's extent."""
ROOM_PX = 6.0
"""Around what is told of the camera under the pointer."""


def paint_points(painter: QPainter, eye: Camera, points: Array, colours: Array) -> None:
    """Points [N, 3] (world) in colours [N, 3] uint8, two pixels a side: one is hardly seen."""
    if not len(points):
        return
    width, height = eye.size_px
    pixels, depth = project(eye, points)
    inside = (depth > 0) & (pixels >= 0).all(axis=1) & (pixels < (width - 1, height - 1)).all(axis=1)
    column, row = pixels[inside].astype(np.int64).T
    raster = np.zeros((height, width, 4), dtype=np.uint8)
    # In memory blue comes first.
    for down, right in ((0, 0), (0, 1), (1, 0), (1, 1)):
        raster[row + down, column + right, :3] = colours[inside, ::-1]
        raster[row + down, column + right, 3] = 255
    painter.drawImage(0, 0, image_sharing(raster, QImage.Format.Format_ARGB32_Premultiplied))


def paint_box(painter: QPainter, eye: Camera, bounds: Array, pen: QPen) -> None:
    """The edges of a box [2, 3], world."""
    edges, _ = overlays.visible_segments(eye, overlays.box_segments(bounds), eye.size_px)
    painter.setPen(pen)
    draw_lines(painter, [QLineF(*ends) for ends in edges.reshape(-1, 4).tolist()])


def paint_up(painter: QPainter, eye: Camera, capture: Capture, pen: QPen) -> None:
    """An arrow upwards, from the middle of the box's floor."""
    half = (capture.bounds[1] - capture.bounds[0]) / 2
    foot = capture.bounds.mean(axis=0) - capture.up * float(np.abs(capture.up) @ half)
    ends, depth = project(eye, np.stack([foot, foot + UP_SHARE * capture.size * capture.up]))
    if (depth <= 0).any():
        return
    tail, tip = (QPointF(*end) for end in ends.tolist())
    painter.setPen(pen)
    painter.drawLine(tail, tip)
    along = QLineF(tip, tail)
    if along.length() > 1:
        along.setLength(8)
        for angle in (25, -25):
            side = QLineF(along)
            side.setAngle(along.angle() + angle)
            painter.drawLine(side)
    painter.drawText(tip + QPointF(6, 4), "up")


def paint_cameras(
    painter: QPainter, seen: Flat, photographs: Mapping[int, QImage], doubted: AbstractSet[int], colours: Colours
) -> None:
    """The cameras, the farthest first.

    Args:
        photographs: by the number of their camera in `seen`.
        doubted: numbers of those that stand out.
    """
    usual, standing_out = QPen(QColor(colours.muted), 1.0), QPen(QColor(colours.warning), 1.8)
    for index in seen.order.tolist():
        corners = [QPointF(u, v) for u, v in seen.pixels[index].tolist()]
        if (photograph := photographs.get(index)) is not None:
            _paint_picture(painter, photograph, corners[1:], 1.0 if seen.from_behind[index] else MIRRORED_OPACITY)
        painter.setPen(standing_out if index in doubted else usual)
        draw_lines(painter, _edges(corners))


def paint_pointed(
    painter: QPainter, corners: Array, name: str, photograph: QImage | None, size_px: tuple[int, int], colours: Colours
) -> None:
    """The camera under the pointer, [5, 2] as `Flat.pixels`, and a card with its name in the corner away from it."""
    painter.setPen(QPen(QColor(colours.accent), 2.0))
    draw_lines(painter, _edges([QPointF(u, v) for u, v in corners.tolist()]))
    metrics, (whole_width, whole_height) = painter.fontMetrics(), size_px
    text = metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, int(whole_width - 4 * ROOM_PX))
    width, height = float(metrics.horizontalAdvance(text)), float(metrics.height())
    if photograph is not None:
        shown = photograph.size().scaled(
            min(PREVIEW_PX, whole_width // 3), whole_height // 3, Qt.AspectRatioMode.KeepAspectRatio
        )
        width, height = max(width, shown.width()), height + shown.height() + ROOM_PX / 2
    left = whole_width - width - 3 * ROOM_PX if corners[0, 0] < whole_width / 2 else ROOM_PX
    card = QRectF(left, whole_height - height - 3 * ROOM_PX, width + 2 * ROOM_PX, height + 2 * ROOM_PX)
    painter.setPen(QPen(QColor(colours.border), 1))
    painter.setBrush(QColor(colours.panel))
    painter.drawRoundedRect(card, 5, 5)
    if photograph is not None:
        painter.drawImage(QRectF(card.x() + ROOM_PX, card.y() + ROOM_PX, shown.width(), shown.height()), photograph)
    painter.setPen(QColor(colours.text))
    inside = card.adjusted(ROOM_PX, ROOM_PX, -ROOM_PX, -ROOM_PX)
    painter.drawText(inside, Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignLeft, text)


def colours_of_palette(palette: QPalette) -> Colours:
    """The theme that a widget is painted in."""
    return DARK if palette.color(QPalette.ColorRole.Window).lightness() < 128 else LIGHT


def as_image(pixels: Array) -> QImage:
    """An image of its own of [H, W, 3] uint8."""
    pixels = np.ascontiguousarray(pixels)
    # Drawn fastest in this format.
    return image_sharing(pixels).convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)


def _edges(corners: Sequence[QPointF]) -> list[QLineF]:
    """From the camera's place to its picture, and around it; a roof on the upper side."""
    place, *picture = corners
    around = [QLineF(a, b) for a, b in zip(picture, [*picture[1:], picture[0]], strict=True)]
    return [*(QLineF(place, corner) for corner in picture), *around]


def _paint_picture(painter: QPainter, image: QImage, corners: Sequence[QPointF], opacity: float) -> None:
    """The image on a quadrilateral: top left, top right, bottom right, bottom left."""
    width, height = float(image.width()), float(image.height())
    own = QPolygonF([QPointF(0, 0), QPointF(width, 0), QPointF(width, height), QPointF(0, height)])
    transform = QTransform()
    # An edge-on picture is a line: there is no way onto it.
    if not QTransform.quadToQuad(own, QPolygonF(corners), transform):
        return
    painter.setTransform(transform)
    painter.setOpacity(opacity)
    painter.drawImage(0, 0, image)
    painter.setOpacity(1.0)
    painter.resetTransform()
