"""The hand on the timeline's strip: what mouse and keyboard ask for there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.gui.qt import QContextMenuEvent, QEvent, QKeyEvent, QMouseEvent, QObject, QPoint, QPointF, Qt, Signal, position
from app.gui.timeline.key_strip import KeyStrip
from app.gui.timeline.strip_painting import RULER_PX
from app.path_editing.document import PathDocument
from app.path_editing.preview import PathPreview

CLICK_PX = 3
"""A press that moves farther is a drag."""


class StripHand(QObject):
    """Watches the strip, and selects. It changes no path: it says what is wanted."""

    scrubbed = Signal(float, bool)
    """A time to look at, and whether another one follows."""
    keys_dragged = Signal(float)
    """The selected keys are to be so many seconds from where they were when the drag began."""
    drag_ended = Signal()
    key_opened = Signal(int)
    """A key is to be edited."""
    key_wanted = Signal(float)
    """A key is to be added at a time."""
    menu_wanted = Signal(int, float, QPoint)
    """The key (-1: none), the time, and the place on the screen of a menu."""

    def __init__(self, strip: KeyStrip, document: PathDocument, preview: PathPreview) -> None:
        super().__init__(strip)
        self._strip, self._document, self._preview = strip, document, preview
        self._pressed: QPointF | None = None
        self._dragged: int | None = None
        self._began_s = 0.0
        self._moved = self._scrubbing = False
        self._handlers: dict[QEvent.Type, Callable[[Any], bool]] = {
            QEvent.Type.MouseButtonPress: self._press,
            QEvent.Type.MouseMove: self._move,
            QEvent.Type.MouseButtonRelease: self._release,
            QEvent.Type.MouseButtonDblClick: self._double_click,
            QEvent.Type.ContextMenu: self._ask_menu,
            QEvent.Type.ShortcutOverride: self._claim,
            QEvent.Type.KeyPress: self._key,
        }
        strip.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        handler = self._handlers.get(event.type())
        return handler(event) if handler is not None else False

    # The mouse

    def _press(self, event: QMouseEvent) -> bool:
        at = position(event)
        self._pressed, self._moved, self._dragged = at, False, None
        self._strip.held = True
        if event.button() != Qt.MouseButton.LeftButton:
            return False
        number = self._strip.key_at(at)
        if number is None:
            self._scrubbing = True
            if at.y() >= RULER_PX:
                self._document.select(())
            self.scrubbed.emit(self._time_at(at, event), True)
        else:
            self._choose(number, event)
            self._dragged, self._began_s = number, self._strip.key_times[number]
        return False

    def _choose(self, number: int, event: QMouseEvent) -> None:
        selected = self._document.selected
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._document.select({*selected} ^ {number})
        elif event.modifiers() & Qt.KeyboardModifier.ShiftModifier and selected:
            other = selected[0] if number > selected[0] else selected[-1]
            self._document.select(range(min(other, number), max(other, number) + 1))
        elif number not in selected:
            self._document.select([number])

    def _move(self, event: QMouseEvent) -> bool:
        at, scale = position(event), self._strip.scale
        if self._pressed is None:
            self._strip.hover(self._strip.key_at(at))
        elif event.buttons() & Qt.MouseButton.MiddleButton:
            self._strip.show_part(scale.moved(self._pressed.x() - at.x()))
            self._pressed = at
        elif self._scrubbing:
            self.scrubbed.emit(self._time_at(at, event), True)
        elif self._dragged is not None and not self._document.path.constant_speed:
            self._moved = self._moved or (at - self._pressed).manhattanLength() > CLICK_PX
            if self._moved:
                by_s = (at.x() - self._pressed.x()) / scale.width_px * scale.span_s
                self.keys_dragged.emit(self._near(max(self._began_s + by_s, 0.0), event) - self._began_s)
        return False

    def _time_at(self, at: QPointF, event: QMouseEvent) -> float:
        return self._near(self._strip.scale.time_of(at.x()), event)

    def _near(self, time_s: float, event: QMouseEvent) -> float:
        """The time of the nearest frame; with Alt just the time."""
        if event.modifiers() & Qt.KeyboardModifier.AltModifier:
            return time_s
        fps = self._document.path.fps
        return round(time_s * fps) / fps

    def _release(self, event: QMouseEvent) -> bool:
        scrubbing, dragged, moved = self._scrubbing, self._dragged, self._moved
        self._pressed = self._dragged = None
        self._scrubbing = self._moved = self._strip.held = False
        if scrubbing:
            self.scrubbed.emit(self._preview.time_s, False)
        elif dragged is not None and moved:
            self.drag_ended.emit()
        elif dragged is not None and event.modifiers() in (Qt.KeyboardModifier.NoModifier, 0):
            self._document.select([dragged])
            self.scrubbed.emit(self._strip.key_times[dragged], False)
        self._strip.refresh()
        return False

    def _double_click(self, event: QMouseEvent) -> bool:
        at = position(event)
        number = self._strip.key_at(at)
        if event.button() != Qt.MouseButton.LeftButton:
            return False
        if number is not None:
            self.key_opened.emit(number)
        elif at.y() < RULER_PX:
            self._strip.fit()
        else:
            self.key_wanted.emit(self._time_at(at, event))
        return True

    def _ask_menu(self, event: QContextMenuEvent) -> bool:
        at, selected = QPointF(event.pos()), self._document.selected
        number = self._strip.key_at(at)
        place = event.globalPos()
        if event.reason() == QContextMenuEvent.Reason.Keyboard and selected:
            number = selected[-1]
            place = self._strip.mapToGlobal(self._strip.place_of(number))
        if number is not None and number not in selected:
            self._document.select([number])
        time = self._strip.scale.time_of(at.x()) if number is None else self._strip.key_times[number]
        self.menu_wanted.emit(-1 if number is None else number, time, place)
        return True

    # The keyboard

    def _works(self) -> dict[int, Callable[[QKeyEvent], object]]:
        end_s = self._document.path.duration_s
        return {
            Qt.Key.Key_Left: lambda event: self._nudge(-1, event),
            Qt.Key.Key_Right: lambda event: self._nudge(1, event),
            Qt.Key.Key_Up: lambda event: self._step_selection(-1),
            Qt.Key.Key_Down: lambda event: self._step_selection(1),
            Qt.Key.Key_Home: lambda event: self.scrubbed.emit(0.0, False),
            Qt.Key.Key_End: lambda event: self.scrubbed.emit(end_s, False),
            Qt.Key.Key_Return: lambda event: self._open_selected(),
            Qt.Key.Key_Enter: lambda event: self._open_selected(),
            Qt.Key.Key_Escape: lambda event: self._document.select(()),
        }

    def _takes(self, event: QKeyEvent) -> bool:
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        return event.key() == Qt.Key.Key_A if control else event.key() in self._works()

    def _claim(self, event: QKeyEvent) -> bool:
        """Its keys come here, though they are commands' (Home: the first view)."""
        if self._takes(event):
            event.accept()
            return True
        return False

    def _key(self, event: QKeyEvent) -> bool:
        if not self._takes(event):
            return False
        if event.key() == Qt.Key.Key_A:
            self._document.select(range(len(self._document.path.keys)))
        else:
            self._works()[event.key()](event)
        return True

    def _nudge(self, frames: int, event: QKeyEvent) -> None:
        """Moves the selected keys by a frame, with Shift by ten; the playhead where none are selected."""
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            frames *= 10
        if self._document.selected and not self._document.path.constant_speed:
            self.keys_dragged.emit(frames / self._document.path.fps)
            self.drag_ended.emit()
        else:
            self._preview.step_frames(frames)

    def _step_selection(self, step: int) -> None:
        count, selected = len(self._document.path.keys), self._document.selected
        if not count:
            return
        number = (selected[-1] + step if selected else (0 if step > 0 else -1)) % count
        self._document.select([number])
        self.scrubbed.emit(self._strip.key_times[number], False)

    def _open_selected(self) -> None:
        if self._document.selected:
            self.key_opened.emit(self._document.selected[-1])
