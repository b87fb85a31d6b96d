"""Commands that look closely at the picture: pixels, distances, the scale of colours."""

from __future__ import annotations

from app.gui.menus.command import Command

INSPECT = "&View/&Inspect"

INSPECTING_COMMANDS = (
    Command(
        "magnifier",
        "&Magnifier",
        INSPECT,
        ("Shift+I",),
        "Enlarge the pixels under the mouse, and read colour, depth and place; Ctrl and the wheel enlarge more",
        "scene",
        checkable=True,
    ),
    Command("magnify_more", "Magnify m&ore", INSPECT, ("Ctrl++", "Ctrl+="), "Larger pixels, up to 16 times", "scene"),
    Command("magnify_less", "Magnify l&ess", INSPECT, ("Ctrl+-",), "Smaller pixels, down to 4 times", "scene"),
    Command(
        "copy_pixel",
        "&Copy pixel values",
        INSPECT,
        ("Ctrl+Shift+I",),
        "Copy what the magnifier reads, as text with tabs",
        "scene",
    ),
    *(
        Command(
            id,
            f"Pixel {text}",
            INSPECT,
            (f"Shift+{key}",),
            "Move the magnifier by a pixel",
            "scene",
            local=True,
            separated=key == "Left",
        )
        for id, key, text in (
            ("pixel_left", "Left", "&left"),
            ("pixel_right", "Right", "&right"),
            ("pixel_up", "Up", "&above"),
            ("pixel_down", "Down", "&below"),
        )
    ),
    Command(
        "measure",
        "Measure &distance",
        INSPECT,
        ("Shift+R",),
        "Click two points of the surface; drag them, Del removes, Esc ends",
        "scene",
        checkable=True,
        separated=True,
    ),
    Command("measure_delete", "Dele&te measurement", INSPECT, ("Shift+Del",), "Remove the marked distance", "scene"),
    Command("measure_clear", "Delete all measureme&nts", INSPECT, ("Alt+Del",), "Remove all distances", "scene"),
)
