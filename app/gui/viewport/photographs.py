"""A view's photograph in place of the picture, beside it, or over it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from psygnal import Signal

from app.gui.host import Host
from app.gui.panel.view_panel import ViewCard
from app.gui.viewport.viewport import Viewport
from app.gui.viewport.wipe_line import WipeLine
from app.viewing.comparison import PhotoComparison
from app.viewing.two_pictures import blended, wiped
from engines.core.camera import Array

MODES = ("photograph", "wipe", "blend")
CAPTIONS = {"photograph": "Image", "wipe": "Image | picture", "blend": "Image over picture"}


class PhotographOverlay:
    """Which of `MODES` is chosen, and how much of the photograph is shown."""

    changed = Signal()
    """The picture is to be drawn anew."""

    def __init__(self, window: Host, viewport: Viewport, card: ViewCard, why_unread: Callable[[], str]) -> None:
        """`why_unread`: why this view's photograph can't be read, else ""."""
        self._window, self._card, self._why_unread = window, card, why_unread
        self.mode, self.held, self.share = "", False, 0.5
        self.shown = False
        """Whether there is a photograph to compare with on the screen."""
        self.line = WipeLine(viewport, self._line_share, self.set_share)
        viewport.photograph_held.connect(self._hold)

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
        self._card.show_share(mode in ("wipe", "blend"), self.share)
        self._wanted_anew()

    def set_share(self, share: float) -> None:
        """How much of the photograph is shown: of the width, or of its opacity."""
        self.share = float(np.clip(share, 0.0, 1.0))
        self._card.show_share(self.mode in ("wipe", "blend"), self.share)
        self.changed.emit()

    def compose(self, pixels: Array, comparison: PhotoComparison | None) -> Array:
        """[H, W, 3] what is to be seen of picture and photograph."""
        self.shown = bool(self.wanted) and comparison is not None
        if comparison is None or not self.wanted:
            return pixels
        if self.wanted == "wipe":
            return wiped(pixels, comparison.photograph, self.share)
        if self.wanted == "blend":
            return blended(pixels, comparison.photograph, self.share)
        return comparison.photograph

    def _line_share(self) -> float | None:
        return self.share if self.shown and self.wanted == "wipe" else None

    def explain(self) -> None:
        """Says why there is no photograph where one is wanted."""
        session = self._window.session
        if not self.wanted or session.opened is None:
            return
        if "error" not in session.channels:
            self._window.notifications.tell("info", "There are no images: choose the scene's data folder.")
        elif session.eye.view_index is None:
            self._window.notifications.tell("info", "The image is shown at a view: press G for the nearest.")
        elif why := self._why_unread():
            self._window.notifications.tell("warning", f"The image of this view can't be read: {why}")

    def _hold(self, held: bool) -> None:
        if held != self.held:
            self.held = held
            self._wanted_anew()

    def _wanted_anew(self) -> None:
        self._window.session.view.photograph_wanted = bool(self.wanted)
        self.explain()
        self.changed.emit()
