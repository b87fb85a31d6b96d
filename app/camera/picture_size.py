"""How large the drawn picture is, of scenes that draw any size: as the viewport, or of its shape what is allowed."""

from __future__ import annotations

from collections.abc import Callable

SMALLEST_PX = 16
"""Of a viewport's sides: less is a window that is being made."""


class PictureSize:
    """The size in device pixels; `on_changed(moving)` is told after every change.

    Attributes:
        largest_px: of the longer side; 0: the viewport's.
    """

    def __init__(self, on_changed: Callable[[bool], None]) -> None:
        self.largest_px = 0
        self._viewport_px = (640, 480)
        self._on_changed = on_changed

    @property
    def px(self) -> tuple[int, int]:
        """(width, height)."""
        width, height = self._viewport_px
        scale = min(1.0, self.largest_px / max(width, height)) if self.largest_px > 0 else 1.0
        return max(1, round(width * scale)), max(1, round(height * scale))

    def limit(self, largest_px: int) -> None:
        """How long the longer side may be; 0: as the viewport's."""
        if largest_px != self.largest_px:
            self.largest_px = largest_px
            self._on_changed(False)

    def resize(self, viewport_px: tuple[int, int]) -> None:
        """Another size of the viewport, (width, height)."""
        viewport_px = (max(viewport_px[0], SMALLEST_PX), max(viewport_px[1], SMALLEST_PX))
        if viewport_px != self._viewport_px:
            self._viewport_px = viewport_px
            self._on_changed(True)
