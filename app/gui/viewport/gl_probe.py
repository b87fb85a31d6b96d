"""OpenGL, asked of in a process of its own by `main.py doctor`: a driver that crashes ends that process alone."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from app.gui.qt import QApplication, QOffscreenSurface, QOpenGLContext
from app.gui.viewport.gl import OpenGl, makes_contexts, probe_opengl

PICTURE_PX = 1024
ROUNDS = 5


def opengl_facts() -> dict[str, Any]:
    """Renderer, vendor and version, whether it is software, and milliseconds that a picture takes to reach it."""
    application = QApplication(["vantage"])
    found = probe_opengl()
    facts: dict[str, Any] = {"renderer": found.renderer, "vendor": found.vendor, "version": found.version}
    facts |= {"in_software": found.in_software, "platform": application.platformName()}
    return facts | {"upload_ms": _upload_ms(found), "draws_gaussians": found.renderer is not None and makes_contexts()}


def _upload_ms(found: OpenGl) -> float | None:
    """The best of some rounds, for [1024, 1024, 3] bytes; None where there is no OpenGL."""
    if found.renderer is None:
        return None
    from vispy.gloo import gl

    context, surface = QOpenGLContext(), QOffscreenSurface()
    context.create()
    surface.setFormat(context.format())
    surface.create()
    context.makeCurrent(surface)
    pixels = np.zeros((PICTURE_PX, PICTURE_PX, 3), np.uint8)
    gl.glBindTexture(gl.GL_TEXTURE_2D, gl.glCreateTexture())
    best = float("inf")
    for _ in range(ROUNDS):
        began = time.perf_counter()
        gl.glTexImage2D(gl.GL_TEXTURE_2D, 0, gl.GL_RGB, gl.GL_RGB, gl.GL_UNSIGNED_BYTE, pixels)
        gl.glFinish()
        best = min(best, time.perf_counter() - began)
    context.doneCurrent()
    return best * 1e3
