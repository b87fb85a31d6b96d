"""A drawing of a capture that can be turned: its cameras with their photographs, its box, up, and sparse points.

Painted by the CPU: there is no picture behind it, and it must open where no OpenGL does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from PyQt5.QtCore import QEvent, QLineF, QPointF, QRectF, Qt
from PyQt5.QtGui import (
    QColor,
    QImage,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QPolygonF,
    QResizeEvent,
    QTransform,
    QWheelEvent,
)
from PyQt5.QtWidgets import QWidget

from app.camera import navigation
from app.capture.inspection.drawing import Capture, Flat, camera_at, capture_of, eye_lens, flat, overview
from app.capture.inspection.report import InspectedCamera
from app.gui.theme import DARK, LIGHT, Colours
from app.rendering import overlays
from engines.core.camera import Array, Camera, project

MOST_FRUSTUMS, MOST_PICTURES, MOST_POINTS = 250, 60, 20_000
"""That are drawn; evenly spread over more. Beyond these it is a thicket, and slow."""
PLANE_PX, PREVIEW_PX = 96, 128
"""Longest side of a photograph in its camera, and of the one under the pointer."""
SMALLEST = (160, 120)
REACH_PX = 9.0
WHEEL_FACTOR = 0.88
"""How much nearer a wheel notch brings it."""
MIRRORED_OPACITY = 0.35
"""Of a photograph that is seen from the front of its camera, through the glass."""
UP_SHARE = 0.18
"""Length of the arrow, of the capture's extent."""


class CameraMap(QWidget):
    """Drag turns, the wheel comes nearer, the middle button or Shift slides; under the pointer a view says its name."""

    def __init__(self) -> None:
        super().__init__()
        self.setMinimumSize(*SMALLEST)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WA_OpaquePaintEvent)
        self.setAccessibleName("The cameras, seen from outside")
        self._seen: Sequence[InspectedCamera] = ()
        self._capture: Capture | None = None
        self._doubted = frozenset[str]()
        self._eye: Camera | None = None
        self._pivot: Array = np.zeros(3)
        self._touched = False
        self._pictures: dict[int, QImage] = {}
        self._planes: dict[int, QImage] = {}
        self._in_planes = frozenset[int]()
        self._points, self._point_colours = np.zeros((0, 3)), np.zeros((0, 3), dtype=np.uint8)
        self._flat: Flat | None = None
        self._box: Array | None = None
        self._hovered: int | None = None
        self._grabbed: QPointF | None = None

    # What is shown

    def set_capture(
        self, seen: Sequence[InspectedCamera], bounds: Array, up: Array, doubted: Sequence[str] = ()
    ) -> None:
        """Cameras, evenly thinned where they are very many; those named in `doubted` stand out.

        `bounds` [2, 3] is the scene's box, `up` [3] a unit vector, both in the world. Another capture is seen from its
        own best side; the same with other doubts stays as it was turned.
        """
        self._doubted = frozenset(doubted)
        if seen is not self._seen:
            self._seen, self._hovered, self._touched = seen, None, False
            self._pictures, self._planes = {}, {}
            self._drawn = _spread(len(seen), MOST_FRUSTUMS)
            self._in_planes = frozenset(_spread(len(seen), MOST_PICTURES).tolist())
            self._points, self._box = np.zeros((0, 3)), None
            self._capture = capture_of(self._cameras(), bounds, up) if seen else None
            self._look_over()
        self.update()

    def set_pictures(self, pictures: Mapping[int, Array]) -> None:
        """Photographs [H, W, 3] uint8 by the number of their camera; those that were set before stay."""
        for number, pixels in pictures.items():
            self._pictures[number] = image = as_image(pixels)
            if number in self._in_planes:
                self._planes[number] = image.scaled(PLANE_PX, PLANE_PX, Qt.KeepAspectRatio, Qt.SmoothTransformation)
        self.update()

    def set_points(self, points: Array, colours: Array) -> None:
        """Sparse points: [N, 3] world, [N, 3] uint8."""
        chosen = _spread(len(points), MOST_POINTS)
        self._points, self._point_colours = np.asarray(points)[chosen], np.asarray(colours)[chosen]
        self.update()

    def set_box(self, bounds: Array | None) -> None:
        """Another box [2, 3] beside the scene's: what the chosen method can fill; None where it has none."""
        self._box = bounds
        self.update()

    @property
    def eye(self) -> Camera | None:
        """The camera that looks at the map; None where there is nothing to see."""
        return self._eye

    @property
    def hovered(self) -> str:
        """The name of the view under the pointer."""
        return "" if self._hovered is None else self._seen[int(self._drawn[self._hovered])].name

    def _cameras(self) -> list[Camera]:
        return [self._seen[number].camera for number in self._drawn.tolist()]

    def _size(self) -> tuple[int, int]:
        return max(self.width(), 16), max(self.height(), 16)

    def _look_over(self) -> None:
        if self._capture is None:
            self._eye = self._flat = None
            return
        self._pivot = self._capture.extent.mean(axis=0)
        self._set_eye(overview(self._cameras(), self._capture, self._size()))

    def _set_eye(self, eye: Camera) -> None:
        if self._capture is not None:
            self._eye, self._flat = eye, flat(self._capture, eye)
            self.update()

    # By hand

    def resizeEvent(self, event: QResizeEvent) -> None:
        if self._eye is None:
            return
        if self._touched:
            self._set_eye(eye_lens(self._size()).at(self._eye.camera_to_world))
        else:
            self._look_over()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._grabbed = QPointF(event.pos())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._grabbed = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._touched = False
        self._look_over()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = QPointF(event.pos())
        if self._grabbed is None or self._eye is None or self._capture is None:
            self._hover(at)
            return
        by, self._grabbed, self._touched = at - self._grabbed, at, True
        if event.buttons() & Qt.MiddleButton or event.modifiers() & Qt.ShiftModifier:
            panned = navigation.pan(self._eye, self._pivot, by.x(), by.y())
            self._pivot = self._pivot + panned.position - self._eye.position
            self._set_eye(panned)
        else:
            per_px = np.pi / self.height()
            turned = navigation.orbit(self._eye, self._pivot, self._capture.up, by.x() * per_px, by.y() * per_px)
            self._set_eye(turned)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self._eye is not None:
            self._touched = True
            self._set_eye(navigation.dolly(self._eye, self._pivot, WHEEL_FACTOR ** (event.angleDelta().y() / 120)))
        event.accept()

    def leaveEvent(self, event: QEvent) -> None:
        self._hovered = None
        self.update()

    def _hover(self, at: QPointF) -> None:
        found = camera_at(self._flat, at.x(), at.y(), REACH_PX) if self._flat is not None else None
        if found != self._hovered:
            self._hovered = found
            self.update()

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = colours_of_palette(self.palette())
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(colours.viewport))
        if self._capture is not None and self._eye is not None and self._flat is not None:
            self._paint_points(painter, self._eye)
            painter.setRenderHint(QPainter.Antialiasing)
            self._paint_world(painter, self._capture, self._eye, colours)
            painter.setRenderHint(QPainter.SmoothPixmapTransform)
            self._paint_cameras(painter, self._flat, colours)
            self._paint_hovered(painter, self._flat, colours)
        painter.end()

    def _paint_points(self, painter: QPainter, eye: Camera) -> None:
        if not len(self._points):
            return
        width, height = self._size()
        pixels, depth = project(eye, self._points)
        inside = (depth > 0) & (pixels >= 0).all(axis=1) & (pixels < (width - 1, height - 1)).all(axis=1)
        column, row = pixels[inside].astype(np.int64).T
        raster = np.zeros((height, width, 4), dtype=np.uint8)
        # Two pixels a side: one is hardly seen. In memory blue comes first.
        for down, right in ((0, 0), (0, 1), (1, 0), (1, 1)):
            raster[row + down, column + right, :3] = self._point_colours[inside, ::-1]
            raster[row + down, column + right, 3] = 255
        painter.drawImage(0, 0, QImage(raster.data, width, height, 4 * width, QImage.Format_ARGB32_Premultiplied))

    def _paint_world(self, painter: QPainter, capture: Capture, eye: Camera, colours: Colours) -> None:
        box, _ = overlays.visible_segments(eye, overlays.box_segments(capture.bounds), self._size())
        painter.setPen(QPen(QColor(colours.faint), 1.2))
        painter.drawLines([QLineF(*ends) for ends in box.reshape(-1, 4).tolist()])
        if self._box is not None:
            own, _ = overlays.visible_segments(eye, overlays.box_segments(self._box), self._size())
            painter.setPen(QPen(QColor(colours.accent), 1.6))
            painter.drawLines([QLineF(*ends) for ends in own.reshape(-1, 4).tolist()])
        # From the middle of the box's floor.
        half = (capture.bounds[1] - capture.bounds[0]) / 2
        foot = capture.bounds.mean(axis=0) - capture.up * float(np.abs(capture.up) @ half)
        ends, depth = project(eye, np.stack([foot, foot + UP_SHARE * capture.size * capture.up]))
        if (depth <= 0).any():
            return
        tail, tip = (QPointF(*end) for end in ends.tolist())
        painter.setPen(QPen(QColor(colours.good), 2.0))
        painter.drawLine(tail, tip)
        along = QLineF(tip, tail)
        if along.length() > 1:
            along.setLength(8)
            for angle in (25, -25):
                side = QLineF(along)
                side.setAngle(along.angle() + angle)
                painter.drawLine(side)
        painter.drawText(tip + QPointF(6, 4), "up")

    def _paint_cameras(self, painter: QPainter, seen: Flat, colours: Colours) -> None:
        """The farthest first."""
        usual, doubted = QPen(QColor(colours.muted), 1.0), QPen(QColor(colours.warning), 1.8)
        for index in seen.order.tolist():
            number = int(self._drawn[index])
            corners = [QPointF(u, v) for u, v in seen.pixels[index].tolist()]
            if number in self._planes:
                opacity = 1.0 if seen.from_behind[index] else MIRRORED_OPACITY
                _paint_picture(painter, self._planes[number], corners[1:], opacity)
            painter.setPen(doubted if self._seen[number].name in self._doubted else usual)
            painter.drawLines(_edges(corners))

    def _paint_hovered(self, painter: QPainter, seen: Flat, colours: Colours) -> None:
        if self._hovered is None or not seen.whole[self._hovered]:
            return
        painter.setPen(QPen(QColor(colours.accent), 2.0))
        painter.drawLines(_edges([QPointF(u, v) for u, v in seen.pixels[self._hovered].tolist()]))
        picture = self._pictures.get(int(self._drawn[self._hovered]))
        line, room = painter.fontMetrics().height(), 6.0
        text = painter.fontMetrics().elidedText(self.hovered, Qt.ElideMiddle, int(self.width() - 4 * room))
        width, height = float(painter.fontMetrics().horizontalAdvance(text)), float(line)
        if picture is not None:
            shown = picture.size().scaled(min(PREVIEW_PX, self.width() // 3), self.height() // 3, Qt.KeepAspectRatio)
            width, height = max(width, shown.width()), height + shown.height() + room / 2
        # In the corner away from the camera.
        away = seen.pixels[self._hovered, 0, 0] < self.width() / 2
        left = self.width() - width - 3 * room if away else room
        card = QRectF(left, self.height() - height - 3 * room, width + 2 * room, height + 2 * room)
        painter.setPen(QPen(QColor(colours.border), 1))
        painter.setBrush(QColor(colours.panel))
        painter.drawRoundedRect(card, 5, 5)
        if picture is not None:
            painter.drawImage(QRectF(card.x() + room, card.y() + room, shown.width(), shown.height()), picture)
        painter.setPen(QColor(colours.text))
        painter.drawText(card.adjusted(room, room, -room, -room), Qt.AlignBottom | Qt.AlignLeft, text)


def colours_of_palette(palette: QPalette) -> Colours:
    """The theme that a widget is painted in."""
    return DARK if palette.color(QPalette.Window).lightness() < 128 else LIGHT


def as_image(pixels: Array) -> QImage:
    """An image of its own of [H, W, 3] uint8."""
    pixels = np.ascontiguousarray(pixels)
    height, width = pixels.shape[:2]
    # Drawn fastest in this format.
    image = QImage(pixels.data, width, height, 3 * width, QImage.Format_RGB888)
    return image.convertToFormat(QImage.Format_ARGB32_Premultiplied)


def _spread(count: int, most: int) -> Array:
    """Numbers below `count`: all, or `most` that are evenly spread."""
    return np.arange(count) if count <= most else np.arange(most) * count // most


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
