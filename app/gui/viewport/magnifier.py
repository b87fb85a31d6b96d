"""The magnifier: the pixels under the mouse, enlarged, and what the one in the middle says, in numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from app.gui.host import Host
from app.gui.qt import QApplication, QEvent, QMouseEvent, QObject, QPointF, Qt, QWheelEvent, QWidget, position
from app.gui.viewport.lens import Lens, Patch
from app.gui.viewport.looking import Looking
from app.gui.viewport.photographs import CAPTIONS
from app.gui.viewport.viewport import Viewport
from app.rendering.channel_names import channel_name
from app.rendering.render_requests import RenderedImage, cell_at
from app.viewing.lengths import LengthScale
from app.viewing.opening import title_of
from app.viewing.pixel_reading import (
    PixelReading,
    pixel_of_second,
    read_photograph,
    read_pixel,
    reading_rows,
)
from engines.core.camera import Array

SCALES = (4, 6, 8, 10, 12, 14, 16)
"""Logical pixels for one of the picture."""
USUAL_SCALE = 8
STEPS = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}


@dataclass(frozen=True, eq=False)
class _Source:
    """One of the pictures that are read: its title, the square's part of it, its pixel."""

    title: str
    patch: Patch | None
    reading: PixelReading | None


class Magnifier(QObject):
    """Follows the mouse over the picture, or over a second one beside it, while it is on; keys move it by pixels.

    Attributes:
        lens: the card that is shown.
        scale: one of `SCALES`.
    """

    def __init__(
        self, window: Host, viewport: Viewport, looking: Looking, length_scale: Callable[[], LengthScale | None]
    ) -> None:
        """`length_scale`: how long a world unit is, where somebody said so."""
        super().__init__(viewport)
        self._window, self._session, self._viewport = window, window.session, viewport
        self._looking, self._length_scale = looking, length_scale
        self.lens, self.scale, self._on = Lens(viewport), USUAL_SCALE, False
        self._at: QPointF | None = None
        """In the widget of a picture; None before the mouse was there."""
        self._watch(viewport.canvas.widget)
        viewport.beside_made.connect(self._watch)
        viewport.resized.connect(self.show)
        looking.shown.drawn.connect(self.show)
        window.session.scene_changed.connect(self._scene_changed)

    def _watch(self, picture: QWidget) -> None:
        picture.setMouseTracking(True)
        picture.installEventFilter(self)

    def handlers(self) -> dict[str, Callable[..., None]]:
        """What the commands do."""
        steps = {
            f"pixel_{name}": (lambda across=across, down=down: self._step(across, down))
            for name, (across, down) in STEPS.items()
        }
        return {
            "magnifier": self._switch,
            "magnify_more": lambda: self._scale_by(1),
            "magnify_less": lambda: self._scale_by(-1),
            "copy_pixel": self._copy,
            **steps,
        }

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QMouseEvent) and event.type() == QEvent.Type.MouseMove:
            self._at = position(event)
            self.show()
        elif isinstance(event, QWheelEvent) and self._on and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            notches = event.angleDelta().y()
            if notches:
                self._scale_by(1 if notches > 0 else -1)
            return True
        return False

    def _switch(self, on: bool) -> None:
        self._on = on
        self.show()

    def _scale_by(self, steps: int) -> None:
        index = SCALES.index(self.scale) + steps
        self.scale = SCALES[min(max(index, 0), len(SCALES) - 1)]
        self._require_on()
        self.show()

    def _step(self, across: int, down: int) -> None:
        """Goes to the pixel beside."""
        self._require_on()
        scale = self._viewport.canvas.placement().scale
        at = self.place()
        self._at = QPointF(at.x() + across * scale, at.y() + down * scale)
        self.show()

    def _require_on(self) -> None:
        """Whoever enlarges or moves it wants to see it."""
        if not self._on:
            self._window.commands["magnifier"].trigger()

    def place(self) -> QPointF:
        """The place that it looks at: under the mouse, or in the middle where that was nowhere."""
        canvas = self._viewport.canvas.widget
        return self._at if self._at is not None else QPointF(canvas.width() / 2, canvas.height() / 2)

    def _scene_changed(self) -> None:
        self._at = None
        self.show()

    def show(self) -> None:
        """Shows what is under the mouse now; nothing where that is no pixel."""
        picture = self._looking.shown.picture
        at = self.place()
        if not self._on or picture is None or (pixel := self._pixel(picture, at)) is None:
            self.lens.hide()
            return
        sources = list(self._sources(picture, *pixel))
        column, row = int(pixel[0]), int(pixel[1])
        state = "final" if all(each.reading is not None and each.reading.final for each in sources) else "preview"
        rows = reading_rows([each.reading for each in sources], self._length_scale())
        rows = [(channel_name(name) if name.islower() else name, values) for name, values in rows]
        heading = f"Pixel {column}, {row}  ·  {state}  ·  × {self.scale}"
        self.lens.show_pixel(heading, [each.title for each in sources], [each.patch for each in sources], rows)
        self.lens.place(at.toPoint())

    def _pixel(self, picture: RenderedImage, at: QPointF) -> tuple[float, float] | None:
        """The middle of the picture's pixel at a place in its widget; None beside the picture."""
        u, v = self._viewport.canvas.placement().to_picture(at.x(), at.y())
        cell = cell_at(picture.pixels.shape, picture.camera, u, v)
        return None if cell is None else (cell[1] + 0.5, cell[0] + 0.5)

    def _sources(self, picture: RenderedImage, u: float, v: float) -> Iterator[_Source]:
        looking, opened = self._looking, self._session.opened
        if opened is None:
            return
        comparison, second = looking.comparison.made, looking.second.comparison.second
        title = "Picture" if second is None else title_of(opened.path)
        reading = read_pixel(picture, u, v, opened.origin, title)
        yield _Source(title, self._patch(self._own_pixels(picture), u, v), reading)
        if comparison is not None:
            photograph = comparison.photograph
            yield _Source(
                "Photograph", self._patch(photograph, u, v), read_photograph(photograph, picture.camera, u, v)
            )
        if second is not None:
            last = second.last
            at = None if last is None else pixel_of_second(last, second.opened, picture, opened, u, v)
            if last is None or at is None:
                yield _Source(second.name, None, None)
            else:
                reading = read_pixel(last, *at, second.opened.origin, second.name)
                yield _Source(second.name, self._patch(last.pixels, *at), reading)

    def _own_pixels(self, picture: RenderedImage) -> Array:
        """[H, W, 3] what is on the screen, but the picture alone where something else lies over a part of it."""
        shown, second = self._looking.shown, self._looking.second.comparison
        over = second.second is not None and second.layout in ("wipe", "flicker")
        if shown.pixels is None or shown.content in CAPTIONS or over:
            return picture.pixels
        return shown.pixels

    def _patch(self, pixels: Array, u: float, v: float) -> Patch:
        return Patch(pixels, int(u // 1), int(v // 1), self.scale)

    def _copy(self) -> None:
        """The readout as text, with tabs, as tables take it."""
        self._require_on()
        if self.lens.isHidden():
            self._window.notifications.tell("info", "Nothing is read: have the mouse over the picture.")
            return
        lines = [self.lens.heading.text(), "\t".join(["", *self.lens.titles])]
        lines += ["\t".join([name, *values]) for name, values in self.lens.rows]
        QApplication.clipboard().setText("\n".join(lines) + "\n")
        self._window.notifications.tell("info", "The pixel's values are on the clipboard.")
