"""The measuring tool: points picked on the surface by a click, dragged, removed; their distances over the picture."""

from __future__ import annotations

from collections.abc import Callable

from app.gui.host import Host
from app.gui.panel.measure_card import MeasureCard
from app.gui.qt import QEvent, QKeyEvent, QMouseEvent, QObject, QPointF, Qt, position
from app.gui.viewport.frustums import CLICK_PX
from app.gui.viewport.looking import Looking
from app.gui.viewport.measure_marks import MeasureMarks
from app.gui.viewport.viewport import Viewport
from app.rendering.render_requests import point_at
from app.viewing.lengths import read_scale
from app.viewing.measurements import Measurements
from engines.core.camera import Array
from engines.core.errors import UserError

PICK_KEYS = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
REMOVE_KEYS = (Qt.Key.Key_Delete, Qt.Key.Key_Backspace)
TAKEN_KEYS = (*PICK_KEYS, *REMOVE_KEYS, Qt.Key.Key_Escape)
"""While it is on these are its own, not those of menus."""


class Measuring(QObject):
    """Takes clicks on the picture while it is on; drags beside its points still move the camera."""

    def __init__(
        self, window: Host, viewport: Viewport, looking: Looking, card: MeasureCard, pointer: Callable[[], QPointF]
    ) -> None:
        """`pointer`: where the keyboard picks a point, in the widget of the picture."""
        super().__init__(viewport)
        self._window, self._session, self._viewport = window, window.session, viewport
        self._looking, self._card, self._pointer = looking, card, pointer
        self.measurements = Measurements()
        self.marks = MeasureMarks(window, viewport, looking, self.measurements)
        self._on = False
        self._pressed: QPointF | None = None
        self._held: tuple[int, int] | None = None
        """The measurement and the end that the mouse holds."""
        self._of = window.session.opened
        viewport.canvas.widget.installEventFilter(self)
        window.session.scene_changed.connect(self._scene_changed)
        self.measurements.changed.connect(self._show)
        guarded = window.notifications.guarded
        card.selected.connect(self.measurements.select)
        card.scale_typed.connect(guarded(self._set_scale))
        card.delete.clicked.connect(lambda _: self._remove())
        card.clear.clicked.connect(lambda _: self.measurements.clear())

    def handlers(self) -> dict[str, Callable[..., None]]:
        """What the commands do."""
        return {"measure": self._switch, "measure_delete": self._remove, "measure_clear": self.measurements.clear}

    def _switch(self, on: bool) -> None:
        self._on, self._held, self._pressed, self.marks.under = on, None, None, None
        canvas = self._viewport.canvas.widget
        canvas.setCursor(Qt.CursorShape.CrossCursor) if on else canvas.unsetCursor()
        # Clicks are for points now, not for cameras that are in the way.
        self._looking.overlays.frustums.asleep = on
        if not on:
            self.measurements.give_up()
        self._show()

    def _scene_changed(self) -> None:
        before, self._of = self._of, self._session.opened
        if before is None or self._of is None or before.path != self._of.path:
            self.measurements.take((), None)
        if self._on and self._of is None:
            self._window.commands["measure"].trigger()

    def _remove(self) -> None:
        if not self.measurements.remove():
            self._window.notifications.tell("info", "No measurement is marked.")

    def _set_scale(self, typed: str) -> None:
        marked = self.measurements.marked
        try:
            scale = read_scale(typed, marked.distance) if typed.strip() and marked is not None else None
        except UserError:
            self._show()
            raise
        self.measurements.set_scale(scale)

    # The mouse and keys: each says whether it took the event

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if not self._on:
            return False
        kind = event.type()
        if isinstance(event, QKeyEvent):
            return self._key(event)
        if not isinstance(event, QMouseEvent):
            return False
        if kind == QEvent.Type.MouseMove:
            return self._moved(event)
        if kind == QEvent.Type.MouseButtonPress:
            return self._press(event)
        if kind == QEvent.Type.MouseButtonRelease:
            return self._release(event)
        # The second click of two in one place: neither a third point nor a pivot.
        return kind == QEvent.Type.MouseButtonDblClick

    def _key(self, event: QKeyEvent) -> bool:
        if event.key() not in TAKEN_KEYS or event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            return False
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
        elif event.type() == QEvent.Type.KeyPress:
            self._pressed_key(event.key())
        return True

    def _pressed_key(self, key: int) -> None:
        if key in PICK_KEYS:
            self._pick(self._pointer())
        elif key in REMOVE_KEYS:
            self._remove()
        elif not self.measurements.give_up():
            self._window.commands["measure"].trigger()

    def _press(self, event: QMouseEvent) -> bool:
        self._pressed = None
        if event.button() != Qt.MouseButton.LeftButton or event.modifiers():
            return False
        self._held = self.marks.end_at(position(event))
        if self._held is not None:
            self.measurements.select(self._held[0])
            return True
        self._pressed = position(event)
        return False

    def _moved(self, event: QMouseEvent) -> bool:
        at = position(event)
        if self._held is not None:
            if (point := self._point_at(at)) is not None:
                self.measurements.move(*self._held, point)
            return True
        if event.buttons() == Qt.MouseButton.NoButton and self.measurements.begun is not None:
            self.marks.under = self._point_at(at)
            self.marks.draw()
        return False

    def _release(self, event: QMouseEvent) -> bool:
        held, self._held = self._held, None
        if held is not None:
            return True
        pressed, self._pressed = self._pressed, None
        if pressed is not None and (position(event) - pressed).manhattanLength() <= CLICK_PX:
            self._pick(position(event))
        # The viewport has to see the release of what it saw pressed.
        return False

    def _pick(self, at: QPointF) -> None:
        picture = self._looking.shown.picture
        if picture is None:
            return
        if (point := self._point_at(at)) is not None:
            self.marks.under = None
            self.measurements.pick(point)
            return
        text = "Nothing is there to measure from."
        if picture.frame is None:
            text = "This is a preview, which has no depth: points are picked when the picture is final."
        elif picture.frame.depth is None:
            text = "This scene has no depth, by which points are picked."
        self._window.notifications.tell("info", text)

    # Points and pixels

    def _point_at(self, at: QPointF) -> Array | None:
        """[3] (world) the surface at a place in the widget; None where there is none."""
        picture, opened = self._looking.shown.picture, self._session.opened
        if picture is None or opened is None:
            return None
        found = point_at(picture, *self._viewport.canvas.placement().to_picture(at.x(), at.y()))
        return None if found is None else found + opened.origin

    def _show(self) -> None:
        self._card.show_measurements(self.measurements, self._on)
        self.marks.draw()
