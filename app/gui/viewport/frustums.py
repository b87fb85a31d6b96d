"""The mouse on cameras drawn over the picture: name and photograph of the one under it; a click goes there."""

from __future__ import annotations

from collections.abc import Callable

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
from app.viewing.small_pictures import SmallPictures, small_photograph
from app.viewing.viewpoints import ViewPoint
from engines.core.camera import Array, Camera

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
        self.asleep = False
        """Clicks are for something else now."""
        self._at = QPoint()
        self._pressed: QPointF | None = None
        self._thumbnails: dict[ViewPoint, Array | None] = {}
        """As far as they are read; None: there is none that can be."""
        post = window.session.post
        self._small = SmallPictures[ViewPoint](
            _thumbnail, lambda point, pixels: post(lambda: self._take(point, pixels))
        )

    def watch(self) -> None:
        """Takes mouse events on the picture before the viewport does."""
        canvas = self._viewport.canvas.widget
        canvas.setMouseTracking(True)
        canvas.installEventFilter(self)

    def forget(self) -> None:
        """Another scene, object or split, or none."""
        self._small.want([])
        self._thumbnails.clear()
        self._hover(None, QPoint())

    def shut_down(self) -> None:
        """Ends what is under way."""
        self._small.close()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:
            self._hover(None, QPoint())
        if not isinstance(event, QMouseEvent) or self.asleep:
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
            return self._under(position(event)) is not None or self._window.session.eye.jumping
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
        self._at = at
        if index != self._layer.hovered:
            self._layer.hover(index)
            self._redraw()
            point = self._hovered()
            # One that the mouse has left before its turn came is not read.
            self._small.want([] if point is None or point.view is None or point in self._thumbnails else [point])
        self._show_tip()

    def _hovered(self) -> ViewPoint | None:
        points, index = self._window.session.visited.points, self._layer.hovered
        return None if index is None or index >= len(points) else points[index]

    def _show_tip(self) -> None:
        point, index = self._hovered(), self._layer.hovered
        if point is None or index is None:
            self.tip.hide()
            return
        text = f"{index + 1} of {len(self._window.session.visited.points)}  ·  {point.name}"
        self.tip.show_at(self._at, text, self._thumbnails.get(point))

    def _take(self, point: ViewPoint, pixels: Array | None) -> None:
        if point not in self._window.session.visited.points:
            # Of a scene that was left meanwhile.
            return
        if len(self._thumbnails) >= KEPT:
            self._thumbnails.clear()
        self._thumbnails[point] = pixels
        if point is self._hovered():
            self._show_tip()


def _thumbnail(point: ViewPoint) -> Array:
    if point.view is None:
        raise ValueError(f"{point.name} has no photograph")
    return small_photograph(point.view, THUMBNAIL_PX)
