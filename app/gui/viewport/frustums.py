"""The mouse on cameras drawn over the picture: name and photograph of the one under it; a click goes there."""

from __future__ import annotations

import threading
from collections.abc import Callable

import cv2
import numpy as np

from app.gui.host import Host
from app.gui.qt import (
    QEvent,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMouseEvent,
    QObject,
    QPixmap,
    QPoint,
    QPointF,
    Qt,
    QWidget,
    image_of,
    position,
)
from app.gui.viewport.overlay_layer import OverlayLayer
from app.gui.viewport.viewport import Viewport
from app.viewing.viewpoints import ViewPoint
from engines.core.camera import Array, Camera
from engines.core.errors import UserError

THUMBNAIL_PX = 128
KEPT = 256
"""Thumbnails in memory, 50 KB each."""
CLICK_PX = 4
"""A press that moves farther than this is a drag."""


class Tip(QFrame):
    """A small card over the picture; takes no events."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setProperty("role", "card")
        self.picture, self.text = QLabel(), QLabel()
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        row = QHBoxLayout(self)
        row.setContentsMargins(6, 6, 8, 6)
        row.addWidget(self.picture)
        row.addWidget(self.text)
        self.hide()

    def show_at(self, at: QPoint, text: str, pixels: Array | None) -> None:
        """Shows a text, and a picture [H, W, 3] uint8 if there is one, beside `at` and within the parent."""
        self.picture.setVisible(pixels is not None)
        if pixels is not None:
            self.picture.setPixmap(QPixmap.fromImage(image_of(pixels)))
        self.text.setText(self.text.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, 2 * THUMBNAIL_PX))
        self.adjustSize()
        room = self.parentWidget().size() - self.size()
        self.move(max(0, min(at.x() + 14, room.width())), max(0, min(at.y() + 14, room.height())))
        self.show()
        self.raise_()


class Frustums(QObject):
    """Watches the mouse while the cameras are drawn."""

    def __init__(
        self,
        window: Host,
        viewport: Viewport,
        layer: OverlayLayer,
        eye: Callable[[], Camera | None],
        redraw: Callable[[], None],
        choose: Callable[[int], None],
    ) -> None:
        """`eye`: the camera of the picture on the screen; `redraw`: the lines; `choose`: goes to a view."""
        super().__init__(window.widget)
        self._window, self._viewport = window, viewport
        self._layer, self._eye, self._redraw, self._choose = layer, eye, redraw, choose
        self.tip = Tip(viewport)
        self._at = QPoint()
        self._pressed: QPointF | None = None
        self._thumbnails: dict[str, Array | None] = {}

    def watch(self) -> None:
        """Takes mouse events on the picture before the viewport does."""
        canvas = self._viewport.canvas.widget
        canvas.setMouseTracking(True)
        canvas.installEventFilter(self)

    def forget(self) -> None:
        """Another scene, object or split."""
        self._thumbnails.clear()
        self._hover(None, QPoint())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:
            self._hover(None, QPoint())
        if not isinstance(event, QMouseEvent):
            return False
        if event.type() == QEvent.Type.MouseMove and event.buttons() == Qt.MouseButton.NoButton:
            self._hover(self._under(position(event)), event.pos())
        elif event.type() == QEvent.Type.MouseButtonPress:
            self._pressed = position(event) if event.button() == Qt.MouseButton.LeftButton else None
        elif event.type() == QEvent.Type.MouseMove:
            self._hover(None, QPoint())
        elif event.type() == QEvent.Type.MouseButtonRelease:
            return self._released(event)
        elif event.type() == QEvent.Type.MouseButtonDblClick and event.button() == Qt.MouseButton.LeftButton:
            # The first click has gone there; the second must not set a pivot on what is behind.
            return self._under(position(event)) is not None or self._window.session.eye.animating
        return False

    def _released(self, event: QMouseEvent) -> bool:
        pressed, self._pressed = self._pressed, None
        if pressed is None or event.button() != Qt.MouseButton.LeftButton:
            return False
        if (position(event) - pressed).manhattanLength() > CLICK_PX or event.modifiers():
            return False
        index = self._under(position(event))
        if index is not None:
            self._hover(None, QPoint())
            self._choose(index)
        # The viewport has to see the release of what it saw pressed.
        return False

    def _under(self, at: QPointF) -> int | None:
        eye = self._eye()
        if eye is None:
            return None
        return self._layer.camera_at(eye, *self._viewport.canvas.placement().to_picture(at.x(), at.y()))

    def _hover(self, index: int | None, at: QPoint) -> None:
        if index != self._layer.hovered:
            self._layer.hover(index)
            self._redraw()
        self._at = at
        self._show_tip()

    def _show_tip(self) -> None:
        points, index = self._window.session.visited.points, self._layer.hovered
        if index is None or index >= len(points):
            self.tip.hide()
            return
        point = points[index]
        key = f"{point.split}/{point.name}"
        if key not in self._thumbnails:
            self._read(key, point)
        self.tip.show_at(self._at, f"{index + 1} of {len(points)}  ·  {point.name}", self._thumbnails.get(key))

    def _read(self, key: str, point: ViewPoint) -> None:
        """Reads a photograph beside the window; the card shows it when it is there."""
        if len(self._thumbnails) >= KEPT:
            self._thumbnails.clear()
        self._thumbnails[key] = None
        post = self._window.session.post

        def read() -> None:
            pixels = thumbnail(point)
            post(lambda: self._take(key, pixels))

        threading.Thread(target=read, name="thumbnail", daemon=True).start()

    def _take(self, key: str, pixels: Array | None) -> None:
        if key in self._thumbnails and pixels is not None:
            self._thumbnails[key] = pixels
            self._show_tip()


def thumbnail(point: ViewPoint) -> Array | None:
    """[h, w, 3] uint8 of the view's photograph; None where there is none that can be read."""
    if point.view is None:
        return None
    try:
        image = point.view.image()
    except UserError:
        return None
    scale = min(1.0, THUMBNAIL_PX / max(image.shape[:2]))
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    small = cv2.resize((image * 255 + 0.5).clip(0, 255).astype(np.uint8), size, interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(small)
