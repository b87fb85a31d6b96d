"""Commands of how the camera moves: the turntable, and how a hand's moves are taken."""

from __future__ import annotations

from app.gui.menus.command import Command

NAVIGATE, HAND = "&Navigate", "&Navigate/Mo&use and keys"

MOTION_COMMANDS = (
    Command(
        "turntable",
        "Turntabl&e",
        NAVIGATE,
        ("Shift+T",),
        "Turn the scene about its up axis through the pivot, until a hand moves it or Esc",
        "scene",
        checkable=True,
        separated=True,
    ),
    Command("momentum", "&Momentum", HAND, ("Alt+M",), "What a drag moves goes on for a moment", checkable=True),
    Command("invert_look", "Invert &look", HAND, ("Alt+I",), "Drag down to look up (right drag, fly)", checkable=True),
    Command("invert_zoom", "Invert &zoom", HAND, ("Alt+Z",), "Turn the wheel down to go nearer", checkable=True),
    Command(
        "speeds", "&Speeds…", HAND, ("Alt+S",), "How fast to orbit, pan, zoom and fly, and how fast the turntable turns"
    ),
)
