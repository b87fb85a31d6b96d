"""Functions of OpenGL 3.3 that VisPy has with PyOpenGL only: instances, several targets, vertex arrays."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from app.gui.qt import QOpenGLContext, gl_function_address
from engines.core.camera import Array

_UINT, _INT, _POINTER = ctypes.c_uint, ctypes.c_int, ctypes.c_void_p
ARGUMENTS: Mapping[str, tuple[Any, ...]] = {
    "glGenVertexArrays": (_INT, _POINTER),
    "glBindVertexArray": (_UINT,),
    "glDrawBuffers": (_INT, _POINTER),
    "glDrawArraysInstanced": (_UINT, _INT, _INT, _INT),
    "glReadPixels": (_INT, _INT, _INT, _INT, _UINT, _UINT, _POINTER),
}
GL_RGBA, GL_UNSIGNED_BYTE, GL_TRIANGLE_STRIP, GL_COLOR_ATTACHMENT0 = 0x1908, 0x1401, 0x0005, 0x8CE0


class InstancingFunctions:
    """They, of the context that is current; for its thread."""

    def __init__(self, context: QOpenGLContext) -> None:
        """Finds them.

        Raises:
            ValueError: the driver lacks one.
        """
        kind = getattr(ctypes, "WINFUNCTYPE" if sys.platform == "win32" else "CFUNCTYPE")
        self._functions: dict[str, Callable[..., None]] = {}
        for name, arguments in ARGUMENTS.items():
            if not (address := gl_function_address(context, name)):
                raise ValueError(f"the driver has no {name}")
            self._functions[name] = kind(None, *arguments)(address)

    def bind_vertex_array(self) -> None:
        """Makes a vertex array, without which nothing is drawn by a core profile, the current one."""
        made = ctypes.c_uint()
        self._functions["glGenVertexArrays"](1, ctypes.byref(made))
        self._functions["glBindVertexArray"](made)

    def draw_into(self, count: int) -> None:
        """Has what is drawn go into the first so many textures of the framebuffer that is bound."""
        targets = (ctypes.c_uint * count)(*(GL_COLOR_ATTACHMENT0 + place for place in range(count)))
        self._functions["glDrawBuffers"](count, targets)

    def draw_quads(self, count: int) -> None:
        """Draws four corners of each of so many instances."""
        self._functions["glDrawArraysInstanced"](GL_TRIANGLE_STRIP, 0, 4, count)

    def read(self, size_px: tuple[int, int]) -> Array:
        """[H, W, 4] uint8 of the framebuffer that is bound, its lowest row first."""
        width, height = size_px
        pixels = np.empty((height, width, 4), dtype=np.uint8)
        self._functions["glReadPixels"](0, 0, width, height, GL_RGBA, GL_UNSIGNED_BYTE, pixels.ctypes.data)
        return pixels
