"""Which canvas to draw with."""

from __future__ import annotations

from app.gui.qt import QWidget
from app.gui.viewport.canvas import Canvas
from app.gui.viewport.canvas_painter import PainterCanvas
from app.gui.viewport.gl import OpenGl, wants_opengl


def make_canvas(parent: QWidget, found: OpenGl) -> Canvas:
    """The canvas that is fastest here."""
    if wants_opengl(found):
        from app.gui.viewport.canvas_gl import GlCanvas  # loads VisPy, which takes half a second

        return GlCanvas(parent)
    return PainterCanvas(parent)
