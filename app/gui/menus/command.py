"""One command of the window, as the tables of commands have it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Command:
    """One thing that the window does when asked.

    Attributes:
        id: what handlers are found by.
        keys: the first is shown in the menu.
        needs: "scene", "depth" (of its pixels), "views", "photographs", "input" (to be made of another), "second",
            "mesh", "time", "export", "training", "run" (that can go on), "evaluation" (under way), "report", "path" (a
            camera path with keys), "path_file" (to be saved), "steps" (of a path or a recording), "undo", "redo",
            "left" (to be recovered), "primitives" (that can be left out), "filter" (of them), "found" (by it),
            "cleaned" (some are left out) or "savable" (so): it is grey without.
        group: commands of one group exclude each other.
        local: its keys work only while the viewport has the focus (arrows, which panels need for themselves).
        icon: with one it stands in the toolbar, too.
    """

    id: str
    text: str
    menu: str
    keys: tuple[str, ...]
    tip: str
    needs: str = ""
    checkable: bool = False
    group: str = ""
    local: bool = False
    icon: str = ""
    separated: bool = False
