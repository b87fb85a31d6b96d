"""A drawing of a capture that can be turned: its cameras with their photographs, its box, up, and sparse points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from app.capture.inspection.capture_view import CaptureView
from app.capture.inspection.report import InspectedCamera
from app.gui.panel.map_painting import (
    as_image,
    colours_of_palette,
    paint_box,
    paint_cameras,
    paint_pointed,
    paint_points,
    paint_up,
)
from app.gui.qt import (
    QColor,
    QEvent,
    QImage,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPointF,
    QResizeEvent,
    Qt,
    QWheelEvent,
    QWidget,
)
from engines.core.camera import Array, Camera

MOST_FRUSTUMS, MOST_PICTURES, MOST_POINTS = 250, 60, 20_000
"""That are drawn; evenly spread over more. Beyond these it is a thicket, and slow."""
PLANE_PX = 96
"""Longest side of a photograph in its camera."""
SMALLEST = (160, 120)
LEAST_PX = 16
"""Of the drawing's sides: less is a window that is being made."""
NOTCH = 120
"""Of a wheel, as Qt counts."""


class CameraMap(QWidget):
    """Drag turns, the wheel comes nearer, the middle button or Shift slides; under the pointer a view says its name."""

    def __init__(self) -> None:
        super().__init__()
        self.setMinimumSize(*SMALLEST)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName("The cameras, seen from outside")
        self.view = CaptureView(self._size())
        self._seen: Sequence[InspectedCamera] = ()
        self._drawn: list[int] = []
        """Numbers of the cameras that are drawn."""
        self._doubted = frozenset[int]()
        """Of those, by their place among them."""
        self._pictures: dict[int, QImage] = {}
        self._planes: dict[int, QImage] = {}
        """By the place of their camera among those that are drawn."""
        self._points, self._point_colours = np.zeros((0, 3)), np.zeros((0, 3), dtype=np.uint8)
        self._box: Array | None = None
        self._grabbed: QPointF | None = None

    # What is shown

    def set_capture(
        self, seen: Sequence[InspectedCamera], bounds: Array, up: Array, doubted: Sequence[str] = ()
    ) -> None:
        """Cameras, evenly thinned where they are very many; those named in `doubted` stand out.

        `bounds` [2, 3] is the scene's box, `up` [3] a unit vector, both in the world. Another capture is seen from its
        own best side; the same with other doubts stays as it was turned.
        """
        if seen is not self._seen:
            self._seen, self._pictures, self._planes = seen, {}, {}
            self._drawn = _spread(len(seen), MOST_FRUSTUMS).tolist()
            self._points, self._box = np.zeros((0, 3)), None
            self.view.size_px = self._size()
            self.view.show([seen[number].camera for number in self._drawn], bounds, up)
        names = set(doubted)
        self._doubted = frozenset(at for at, number in enumerate(self._drawn) if seen[number].name in names)
        self.update()

    def set_pictures(self, pictures: Mapping[int, Array]) -> None:
        """Photographs [H, W, 3] uint8 by the number of their camera; those that were set before stay."""
        in_planes = set(_spread(len(self._seen), MOST_PICTURES).tolist())
        places = {number: at for at, number in enumerate(self._drawn) if number in in_planes}
        for number, pixels in pictures.items():
            self._pictures[number] = image = as_image(pixels)
            if number in places:
                plane = image.scaled(
                    PLANE_PX, PLANE_PX, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
                )
                self._planes[places[number]] = plane
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
        return self.view.eye

    @property
    def hovered(self) -> str:
        """The name of the view under the pointer."""
        return "" if self.view.hovered is None else self._seen[self._drawn[self.view.hovered]].name

    def _size(self) -> tuple[int, int]:
        return max(self.width(), LEAST_PX), max(self.height(), LEAST_PX)

    # By hand

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.view.resize(self._size())
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._grabbed = QPointF(event.pos())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._grabbed = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.view.look_over()
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = QPointF(event.pos())
        if self._grabbed is None or self.view.eye is None:
            if self.view.point_at(at.x(), at.y()):
                self.update()
            return
        by, self._grabbed = at - self._grabbed, at
        slides = event.buttons() & Qt.MouseButton.MiddleButton or event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        (self.view.slide if slides else self.view.turn)(by.x(), by.y())
        self.update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        self.view.come_nearer(event.angleDelta().y() / NOTCH)
        self.update()
        event.accept()

    def leaveEvent(self, event: QEvent) -> None:
        self.view.hovered = None
        self.update()

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        colours, view = colours_of_palette(self.palette()), self.view
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(colours.viewport))
        if view.capture is not None and view.eye is not None and view.flat is not None:
            paint_points(painter, view.eye, self._points, self._point_colours)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            paint_box(painter, view.eye, view.capture.bounds, QPen(QColor(colours.faint), 1.2))
            if self._box is not None:
                paint_box(painter, view.eye, self._box, QPen(QColor(colours.accent), 1.6))
            paint_up(painter, view.eye, view.capture, QPen(QColor(colours.good), 2.0))
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            paint_cameras(painter, view.flat, self._planes, self._doubted, colours)
            if view.hovered is not None and view.flat.whole[view.hovered]:
                picture = self._pictures.get(self._drawn[view.hovered])
                paint_pointed(painter, view.flat.pixels[view.hovered], self.hovered, picture, self._size(), colours)
        painter.end()


def _spread(count: int, most: int) -> Array:
    """Numbers below `count`: all, or `most` that are evenly spread."""
    return np.arange(count) if count <= most else np.arange(most) * count // most
