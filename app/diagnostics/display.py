"""Whether a window can be shown here, and why not."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping


def has_display(environment: Mapping[str, str], platform: str) -> bool:
    """Whether a window can be shown. A Qt platform that was named is taken at its word."""
    return not display_problem(environment, platform)


def display_problem(environment: Mapping[str, str], platform: str) -> str:
    """Why no window can be shown; "" where one can."""
    if not platform.startswith("linux") or environment.get("QT_QPA_PLATFORM") or environment.get("WAYLAND_DISPLAY"):
        return ""
    display = environment.get("DISPLAY")
    if not display:
        return "there is no display (DISPLAY and WAYLAND_DISPLAY are not set)"
    return "" if x_server_answers(display) else f"the X server of DISPLAY={display} does not answer"


def x_server_answers(display: str) -> bool:
    """Whether there is an X server at `display`; Qt would end the whole program where there is none."""
    try:
        x11 = ctypes.CDLL("libX11.so.6")
    except OSError:
        # Qt brings what it needs of X; let it say what is missing.
        return True
    x11.XOpenDisplay.argtypes, x11.XOpenDisplay.restype = [ctypes.c_char_p], ctypes.c_void_p
    x11.XCloseDisplay.argtypes = [ctypes.c_void_p]
    connection = x11.XOpenDisplay(display.encode())
    if connection:
        x11.XCloseDisplay(connection)
    return bool(connection)
