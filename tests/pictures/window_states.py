"""The states of the window that are pictured, and how each is reached from the one before."""

from __future__ import annotations

from collections.abc import Callable

from tests.pictures.stage import Shot, Stage, Walk

Reach = Callable[[Stage], Shot]


def _with_photographs(hand: Stage) -> Shot:
    hand.open_with_photographs()
    return None


def _nothing(hand: Stage) -> Shot:
    return None


def _press(*keys: str) -> Reach:
    """Presses keys, one after the other."""

    def reach(hand: Stage) -> Shot:
        for key in keys:
            hand.press(key)
        return None

    return reach


WALKS = {
    "channels": Walk(
        {
            "start_page": _nothing,
            "scene": _with_photographs,
            "depth": _press("2"),
            "normals": _press("3"),
            "opacity": _press("4"),
            "error": _press("N"),
        }
    ),
}
