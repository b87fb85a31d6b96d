"""A view's photograph in place of the picture, beside it, or over it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PyQt5.QtCore import QEvent, QObject, Qt
from PyQt5.QtGui import QMouseEvent

from app.comparison import Comparison, blended, wiped
from app.gui.host import Host
from engines.core.camera import Array

MODES = ("photograph", "wipe", "blend")
GRAB_PX = 7
"""So near to the wipe's line, in logical pixels, the mouse takes hold of it."""
LINE_RGBA = (0.16, 0.55, 0.95, 1.0)
CAPTIONS = {"photograph": "Image", "wipe": "Image | picture", "blend": "Image over picture"}


class Photographs(QObject):
    """Which of `MODES` is chosen, and how much of the photograph is shown; the mouse on the wipe's line."""

    def __init__(self, window: Host, changed: Callable[[], None], why_unread: Callable[[], str]) -> None:
        """`changed`: draws the picture anew; `why_unread`: why this view's photograph can't be read, else ""."""
        super().__init__(window.widget)
        self._window, self._changed, self._why_unread = window, changed, why_unread
        self.mode, self.held, self.share = "", False, 0.5
        self.shown = False
        """Whether there is a photograph to compare with on the screen."""
        self._dragged = False
        window.viewport.photograph_held.connect(self._hold)

    def watch(self) -> None:
        """Takes mouse events on the picture before the viewport does."""
        self._window.viewport.canvas.widget.installEventFilter(self)

    def handlers(self) -> dict[str, Callable[..., None]]:
        """What the commands do."""
        return {mode: (lambda on, mode=mode: self.choose(mode if on else "")) for mode in MODES}

    @property
    def wanted(self) -> str:
        """Which of `MODES` the picture is to be shown in; "" for the picture alone."""
        return "photograph" if self.held else self.mode

    def choose(self, mode: str) -> None:
        """Shows another of `MODES`, or none."""
        self.mode = mode
        for name in MODES:
            self._window.commands[name].setChecked(name == mode)
        self._window.views.show_share(mode in ("wipe", "blend"), self.share)
        self._wanted_anew()

    def set_share(self, share: float) -> None:
        """How much of the photograph is shown: of the width, or of its opacity."""
        self.share = float(np.clip(share, 0.0, 1.0))
        self._window.views.show_share(self.mode in ("wipe", "blend"), self.share)
        self._changed()

    def compose(self, pixels: Array, comparison: Comparison | None) -> Array:
        """[H, W, 3] what is to be seen of picture and photograph."""
        self.shown = bool(self.wanted) and comparison is not None
        if comparison is None or not self.wanted:
            return pixels
        if self.wanted == "wipe":
            return wiped(pixels, comparison.photograph, self.share)
        if self.wanted == "blend":
            return blended(pixels, comparison.photograph, self.share)
        return comparison.photograph

    def line(self, size_px: tuple[int, int]) -> tuple[Array, Array]:
        """The wipe's line as `Canvas.set_segments` takes it."""
        if not self.shown or self.wanted != "wipe":
            return np.zeros((0, 2, 2)), np.zeros((0, 4))
        edge = float(round(self.share * size_px[0]))
        return np.array([[[edge, 0.0], [edge, float(size_px[1])]]]), np.array([LINE_RGBA])

    def explain(self) -> None:
        """Says why there is no photograph where one is wanted."""
        session = self._window.session
        if not self.wanted or session.opened is None:
            return
        if "error" not in session.channels:
            self._window.banner.tell("info", "There are no images: choose the scene's data folder.")
        elif session.eye.view_index is None:
            self._window.banner.tell("info", "The image is shown at a view: press G for the nearest.")
        elif why := self._why_unread():
            self._window.banner.tell("warning", f"The image of this view can't be read: {why}")

    def _hold(self, held: bool) -> None:
        if held != self.held:
            self.held = held
            self._wanted_anew()

    def _wanted_anew(self) -> None:
        self._window.session.want_photograph(bool(self.wanted))
        self.explain()
        self._changed()

    # The mouse on the line

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kinds = (QEvent.MouseButtonPress, QEvent.MouseMove, QEvent.MouseButtonRelease)
        if event.type() not in kinds or not isinstance(event, QMouseEvent):
            return False
        if event.type() == QEvent.MouseButtonPress:
            self._dragged = event.button() == Qt.LeftButton and self._on_line(event.localPos().x())
            return self._dragged
        if self._dragged:
            if event.type() == QEvent.MouseButtonRelease:
                self._dragged = False
            else:
                left, width = self._span()
                self.set_share((event.localPos().x() - left) / width)
            return True
        if event.buttons() == Qt.NoButton:
            widget = self._window.viewport.canvas.widget
            if self._on_line(event.localPos().x()):
                widget.setCursor(Qt.SplitHCursor)
            elif widget.cursor().shape() == Qt.SplitHCursor:
                widget.unsetCursor()
        return False

    def _on_line(self, x: float) -> bool:
        left, width = self._span()
        return self.shown and self.wanted == "wipe" and abs(left + self.share * width - x) <= GRAB_PX

    def _span(self) -> tuple[float, float]:
        """Where the picture begins in the viewport, and how wide it is, logical pixels."""
        canvas = self._window.viewport.canvas
        left = canvas.placement().left
        return left, max(canvas.widget.width() - 2 * left, 1.0)
