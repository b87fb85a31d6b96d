"""How a hand's moves are taken: their speeds and directions, and whether they go on when it lets go."""

from __future__ import annotations

from dataclasses import dataclass

SLOWEST, FASTEST = 0.01, 100.0
"""Of each speed, as a multiple of the usual one."""


@dataclass(frozen=True)
class HandSettings:
    """What people like; speeds are multiples of the usual ones.

    Attributes:
        orbit_speed: of drags that turn the scene, or the head.
        pan_speed: of drags that slide it; at 1 what is at the pivot's depth sticks to the cursor.
        zoom_speed: of the wheel, and of drags that zoom.
        fly_speed: of held keys.
        invert_look: a drag down turns the head up.
        invert_zoom: the wheel, turned up, goes away.
        momentum: what a drag moved goes on for a moment when it is let go.
    """

    orbit_speed: float = 1.0
    pan_speed: float = 1.0
    zoom_speed: float = 1.0
    fly_speed: float = 1.0
    invert_look: bool = False
    invert_zoom: bool = False
    momentum: bool = False
