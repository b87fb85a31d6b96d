"""Where a picture lies in a viewport: as large as fits, centred, its shape kept."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Placement:
    """A picture's place; `scale` is logical pixels of the viewport for one of the picture."""

    left: float
    top: float
    scale: float

    def to_picture(self, x: float, y: float) -> tuple[float, float]:
        """Picture pixels of a viewport position."""
        return (x - self.left) / self.scale, (y - self.top) / self.scale

    def to_viewport(self, u: float, v: float) -> tuple[float, float]:
        """Viewport position of picture pixels."""
        return self.left + u * self.scale, self.top + v * self.scale


def place(picture_px: tuple[int, int], viewport: tuple[float, float]) -> Placement:
    """The placement of a picture of (width, height) pixels in a viewport of logical (width, height)."""
    scale = max(min(viewport[0] / picture_px[0], viewport[1] / picture_px[1]), 1e-6)
    return Placement((viewport[0] - picture_px[0] * scale) / 2, (viewport[1] - picture_px[1] * scale) / 2, scale)
