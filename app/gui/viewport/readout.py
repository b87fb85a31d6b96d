"""The value under the mouse, of a channel that is drawn in colours."""

from __future__ import annotations

from collections.abc import Callable

from PyQt5.QtCore import QEvent, QObject, Qt
from PyQt5.QtGui import QMouseEvent

from app.gui.host import Host
from app.rendering.render_requests import RenderedImage, value_at


class Readout(QObject):
    """Watches the mouse over the picture."""

    def __init__(self, window: Host, picture: Callable[[], RenderedImage | None]) -> None:
        """`picture`: what is on the screen."""
        super().__init__(window.widget)
        self._window, self._picture = window, picture
        canvas = window.viewport.canvas.widget
        canvas.setMouseTracking(True)
        canvas.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Leave:
            self._window.channels.show_value(None)
        elif isinstance(event, QMouseEvent) and event.type() == QEvent.MouseMove and event.buttons() == Qt.NoButton:
            picture, value = self._picture(), None
            if picture is not None and picture.limits is not None and self._window.session.view.channel != "error":
                place = self._window.viewport.canvas.placement()
                value = value_at(picture, *place.to_picture(event.localPos().x(), event.localPos().y()))
            self._window.channels.show_value(value)
        return False
