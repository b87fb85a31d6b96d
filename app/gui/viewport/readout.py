"""The value under the mouse, of a channel that is drawn in colours."""

from __future__ import annotations

from collections.abc import Callable

from app.gui.panel.channel_panel import ChannelCard
from app.gui.qt import QEvent, QMouseEvent, QObject, Qt, position
from app.gui.viewport.viewport import Viewport
from app.rendering.render_requests import RenderedImage, value_at
from app.viewing.lengths import LengthScale, length_text
from app.viewing.session import Session


class Readout(QObject):
    """Watches the mouse over the picture."""

    def __init__(
        self,
        session: Session,
        viewport: Viewport,
        card: ChannelCard,
        picture: Callable[[], RenderedImage | None],
        length_scale: Callable[[], LengthScale | None],
    ) -> None:
        """`picture`: what is on the screen; `length_scale`: how long a world unit is, where somebody said so."""
        super().__init__(viewport)
        self._session, self._viewport, self._card, self._picture = session, viewport, card, picture
        self._length_scale = length_scale
        canvas = viewport.canvas.widget
        canvas.setMouseTracking(True)
        canvas.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:
            self._card.show_value(None)
        elif (
            isinstance(event, QMouseEvent)
            and event.type() == QEvent.Type.MouseMove
            and event.buttons() == Qt.MouseButton.NoButton
        ):
            picture, value = self._picture(), None
            if picture is not None and picture.limits is not None and self._session.view.channel != "error":
                place = self._viewport.canvas.placement()
                value = value_at(picture, *place.to_picture(position(event).x(), position(event).y()))
            self._card.show_value(None if value is None else self._text(value))
        return False

    def _text(self, value: float) -> str:
        scale = self._length_scale() if self._session.view.channel == "depth" else None
        return length_text(value, scale)
