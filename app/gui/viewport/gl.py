"""Whether OpenGL is to be had here, and whether a graphics card is behind it."""

from __future__ import annotations

import os
from dataclasses import dataclass

from app.gui.qt import QOffscreenSurface, QOpenGLContext, core_format

# Names of renderers that run on the CPU: a painter is several times faster than these.
SOFTWARE = ("llvmpipe", "softpipe", "swrast", "software", "swiftshader", "microsoft basic render")

LIVE_VERSION = (3, 3)
"""Of OpenGL, by which Gaussians are drawn while the camera moves."""


@dataclass(frozen=True)
class OpenGl:
    """What was found, in its own words; `renderer` is None where there is no OpenGL at all."""

    renderer: str | None
    vendor: str = ""
    version: str = ""

    @property
    def accelerated(self) -> bool:
        """Whether pictures are best drawn with it."""
        return self.renderer is not None and not self.in_software

    @property
    def in_software(self) -> bool:
        """Whether the processor does what a graphics card should."""
        return self.renderer is not None and any(name in self.renderer.lower() for name in SOFTWARE)


NOT_ASKED = OpenGl("not asked for")
"""What is told of it where it is left alone."""


def probe_opengl() -> OpenGl:
    """Makes a context and asks who answers; needs a QGuiApplication."""
    context = QOpenGLContext()
    if not context.create():
        return OpenGl(None)
    surface = QOffscreenSurface()
    surface.setFormat(context.format())
    surface.create()
    if not surface.isValid() or not context.makeCurrent(surface):
        return OpenGl(None)
    try:
        from vispy.gloo import gl

        return OpenGl(*(str(gl.glGetParameter(asked)) for asked in (gl.GL_RENDERER, gl.GL_VENDOR, gl.GL_VERSION)))
    except Exception:  # a broken driver may fail in any way; the painter needs none
        return OpenGl(None)
    finally:
        context.doneCurrent()


def drawing_rows(found: OpenGl, canvas: str) -> dict[str, str]:
    """What draws the window, for reports."""
    what = ", ".join(filter(None, (found.renderer, found.vendor, found.version))) or "none"
    return {"OpenGL": f"{what}{' (in software)' if found.in_software else ''}", "Canvas": canvas}


def drawing_note(found: OpenGl) -> tuple[str, str]:
    """What the status line says where no graphics card draws the window, and what that means; else "", ""."""
    if found.accelerated:
        return "", ""
    why = f"OpenGL is drawn by the processor here ({found.renderer})" if found.renderer else "There is no OpenGL here"
    how = "the window takes QPainter instead. Scenes are computed on their own device all the same."
    way_out = "main.py doctor tells what can be done about it."
    return "Software OpenGL" if found.renderer else "No OpenGL", f"{why}: {how}\n{way_out}"


def makes_contexts() -> bool:
    """Whether threads of their own can draw by OpenGL 3.3, or newer; needs a QGuiApplication."""
    context = QOpenGLContext()
    context.setFormat(core_format(*LIVE_VERSION))
    made = context.create() and QOpenGLContext.supportsThreadedOpenGL()
    return made and (context.format().majorVersion(), context.format().minorVersion()) >= LIVE_VERSION


def draws_gaussians(found: OpenGl, chosen: str) -> bool:
    """Whether OpenGL draws Gaussians while the camera moves.

    Args:
        chosen: "automatic": where a graphics card draws the window; "always": in software, too; "never".
    """
    if found is NOT_ASKED or found.renderer is None or os.environ.get("VANTAGE_CANVAS", "") == "painter":
        return False
    return chosen == "always" or (chosen == "automatic" and found.accelerated)


def wants_opengl(found: OpenGl) -> bool:
    """Which canvas to take: $VANTAGE_CANVAS (gl or painter), else OpenGL where a graphics card draws it."""
    chosen = os.environ.get("VANTAGE_CANVAS", "")
    if chosen == "painter" or found.renderer is None:
        return False
    return chosen == "gl" or found.accelerated
