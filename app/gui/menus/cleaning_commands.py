"""Commands of cleaning: which primitives, such as Gaussians, are left out of the open scene."""

from __future__ import annotations

from app.gui.menus.command import Command

CLEAN = "&Edit/&Clean"
CLEANING_COMMANDS = (
    *(
        Command(
            f"clean_{name}", text, CLEAN, (f"Alt+Shift+{key}",), tip, "primitives", checkable=True,
            separated=name == "opacity",
        )
        for name, key, text, tip in (
            ("opacity", "O", "Low &opacity", "Find what is fainter than an opacity"),
            ("size", "Z", "Large &size", "Find what is larger than a size, or than a share of all"),
            ("floaters", "F", "&Floaters", "Find what lies alone, far from its nearest neighbours"),
            ("box", "B", "&Box", "Find what lies outside of the crop box, or inside"),
            ("sphere", "S", "S&phere", "Find what lies outside of a sphere about the pivot, or inside"),
            ("lasso", "L", "&Lasso", "Draw an outline over the picture with the mouse; Return removes, Esc ends"),
        )
    ),
    Command(
        "clean_apply", "&Remove what is found", CLEAN, ("Alt+Shift+X",), "Leave out what the filter found",
        "found", separated=True,
    ),
    Command("clean_cancel", "&Cancel the filter", CLEAN, ("Alt+Shift+C",), "Leave all that it found", "filter"),
    Command(
        "clean_invert", "&Invert what is removed", CLEAN, ("Alt+Shift+I",), "Keep what is removed, remove what is kept",
        "cleaned", separated=True,
    ),
    Command("clean_restore", "Restore &all", CLEAN, ("Alt+Shift+R",), "Keep everything again", "cleaned"),
    Command(
        "clean_show", "Show what is re&moved", CLEAN, ("Alt+Shift+T",), "Draw what is removed in red, not hidden",
        "primitives", checkable=True,
    ),
    Command(
        "clean_save", "Save cleaned cop&y…", CLEAN, ("Alt+Shift+W",), "Write what is kept to another file", "savable",
        separated=True,
    ),
)  # fmt: skip
