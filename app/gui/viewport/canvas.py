"""What draws the picture and the lines over it: one interface, two ways (OpenGL, painter)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from app.gui.qt import QWidget
from app.gui.viewport.letterbox import Placement
from engines.core.camera import Array


@dataclass(frozen=True)
class Label:
    """A short text at a picture pixel; colour as (r, g, b) in [0, 1]."""

    u: float
    v: float
    text: str
    colour: tuple[float, float, float]


class Canvas(Protocol):
    """Shows one picture, letterboxed, with line segments and labels over it. Positions are picture pixels."""

    name: str
    widget: QWidget

    def set_picture(self, pixels: Array) -> None:
        """[H, W, 3] uint8."""

    def set_overlay(self, pixels: Array | None) -> None:
        """[H, W, 4] uint8 with opacity, stretched over the picture, of any size; None: nothing."""

    def set_segments(self, pixels: Array, colours: Array, labels: Sequence[Label] = ()) -> None:
        """[M, 2, 2] ends and [M, 4] colours in [0, 1]."""

    def set_sharp(self, sharp: bool) -> None:
        """Whether enlarged pixels are squares, or smooth."""

    def set_background(self, colour: str) -> None:
        """What surrounds the picture, "#rrggbb"."""

    def placement(self) -> Placement:
        """The place of the picture in the widget."""
