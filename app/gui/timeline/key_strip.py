"""The strip of the timeline: a ruler, the keys as diamonds, the playhead."""

from __future__ import annotations

from app.gui.plain_text import tip
from app.gui.qt import QEvent, QHelpEvent, QPaintEvent, QPoint, QPointF, QSize, Qt, QToolTip, QWheelEvent, QWidget
from app.gui.timeline.strip_painting import LANE_PX, RULER_PX, StripState, paint_strip
from app.gui.timeline.time_scale import TimeScale, clock
from app.path_editing.document import PathDocument
from app.path_editing.preview import PathPreview

SIDE_PX = 14
"""Free at both ends, so that a diamond at the beginning is whole."""
HIT_PX = 8
LEAST_S, AIR = 5.0, 1.12
"""What is seen of an empty path; of another one its length with some air."""
ZOOM = 1.2
HINT = "Click or drag to look at a time; double click to add a key there; turn the wheel to zoom"


class KeyStrip(QWidget):
    """The keys in time, as they are seen; what the hand does with them is `StripHand`'s.

    Attributes:
        hovered: the key under the mouse.
        held: the hand is on it, under which nothing may shift.
    """

    def __init__(self, document: PathDocument, preview: PathPreview) -> None:
        super().__init__()
        self._document, self._preview = document, preview
        self.hovered: int | None = None
        self.held = False
        self._start_s, self._span_s = 0.0, LEAST_S
        self._fitted = True
        """Shows all of the path, also when it gets longer."""
        self.setMinimumWidth(160)
        self.setFixedHeight(RULER_PX + LANE_PX)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Keys of the camera path")
        document.changed.connect(self.refresh)
        preview.moved.connect(self._follow)

    def sizeHint(self) -> QSize:
        return QSize(480, RULER_PX + LANE_PX)

    @property
    def scale(self) -> TimeScale:
        """Seconds to pixels, as it is shown."""
        return TimeScale(self._start_s, self._span_s, max(self.width() - 2 * SIDE_PX, 1), SIDE_PX)

    @property
    def key_times(self) -> tuple[float, ...]:
        """When each key is passed."""
        motion = self._document.motion
        return motion.passing_s if motion is not None else ()

    def place_of(self, number: int) -> QPoint:
        """The pixel in the middle of a key."""
        return QPoint(round(self.scale.x_of(self.key_times[number])), RULER_PX + LANE_PX // 2)

    def key_at(self, at: QPointF) -> int | None:
        """The key at a pixel; of several the nearest."""
        if at.y() < RULER_PX:
            return None
        places = [(abs(self.scale.x_of(time) - at.x()), number) for number, time in enumerate(self.key_times)]
        near = [found for found in places if found[0] <= HIT_PX]
        return min(near)[1] if near else None

    def fit(self) -> None:
        """Shows the whole path, with keys beyond its end."""
        path = self._document.path
        last = max((path.duration_s, *(key.time_s for key in path.keys)))
        self._start_s, self._span_s = 0.0, max(last * AIR, LEAST_S)
        self._fitted = True
        self.update()

    def show_part(self, scale: TimeScale) -> None:
        """Shows another part of the time, from now on until it is fitted."""
        self._start_s, self._span_s, self._fitted = scale.start_s, scale.span_s, False
        self.update()

    def refresh(self) -> None:
        """The path may be longer."""
        if self._fitted and not self.held:
            self.fit()
        self.update()

    def _follow(self) -> None:
        """The playhead moved: where it is out of sight the strip turns a page."""
        time = self._preview.time_s
        if not self.held and not self._start_s <= time <= self._start_s + self._span_s:
            self._start_s = max(time - 0.1 * self._span_s, 0.0)
        self.update()

    def hover(self, number: int | None) -> None:
        """Draws a key lighter."""
        if number != self.hovered:
            self.hovered = number
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        paint_strip(self, StripState(self._document, self._preview, self.scale, self.key_times, self.hovered))

    def leaveEvent(self, event: QEvent) -> None:
        self.hover(None)

    def wheelEvent(self, event: QWheelEvent) -> None:
        turned = event.angleDelta()
        if turned.x() or event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.show_part(self.scale.moved(-(turned.x() or turned.y())))
        else:
            self.show_part(self.scale.zoomed(ZOOM ** (-turned.y() / 120), event.position().x()))
        event.accept()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), tip(self.told_of(self.key_at(QPointF(event.pos())))), self)
            return True
        return bool(super().event(event))

    def told_of(self, number: int | None) -> str:
        """The tool tip of a key; None: of the free strip."""
        if number is None:
            return HINT
        path = self._document.path
        first = f"Key {number + 1} of {len(path.keys)}  ·  {clock(self.key_times[number])}  ·  {path.keys[number].ease}"
        if path.constant_speed:
            return f"{first}\nAt constant speed keys are passed when their turn comes"
        return f"{first}\nDrag to move it in time (Alt: between frames); double click to edit; Del to delete"
