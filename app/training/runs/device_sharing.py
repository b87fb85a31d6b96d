"""Device sharing of a run and the eyes that watch it: who looks has the device, and looking costs little time."""

from __future__ import annotations

from dataclasses import dataclass

STILL_S = 1.5
"""After the camera's last move the training waits for so long at most for the exact picture."""
LOOKING_SHARE = 0.15
"""Of the time, at most, that goes into opening and drawing what was learnt meanwhile."""
SOONEST_S = 2.0
"""Between two looks at a quick run."""


@dataclass
class DeviceSharing:
    """Decides; times are seconds of one clock, told by the caller."""

    _moved_s: float = float("-inf")
    _asked_s: float = float("-inf")
    _next_s: float = float("-inf")
    _awaited: bool = False
    _came: bool = False

    def moved(self, now: float) -> None:
        """The camera, or something else of the view, changed."""
        self._moved_s = now

    def holds(self, now: float, drawing: bool) -> bool:
        """Whether the training has to wait: the camera moves, or its exact picture is on its way and soon there.

        Args:
            drawing: whether an exact picture is still to come.
        """
        since = now - self._moved_s
        return since < 0.2 or (drawing and since < STILL_S)

    def wants_live(self, now: float, drawing: bool) -> bool:
        """Whether to ask for the scene as it is now; taken as asked."""
        if self._awaited or drawing or now < self._next_s or now - self._moved_s < 0.5:
            return False
        self._asked_s, self._awaited, self._came = now, True, False
        return True

    def came(self) -> None:
        """What was asked for is written; to be seen it has to be opened and drawn."""
        self._came = True

    def shown(self, now: float) -> None:
        """Nothing is being opened or drawn: what was asked for, if it came, is on the screen or can't be shown."""
        if self._awaited and self._came:
            self._awaited = False
            took = now - self._asked_s
            self._next_s = now + max(SOONEST_S, took * (1 - LOOKING_SHARE) / LOOKING_SHARE)

    def forget(self) -> None:
        """Another run, or none, is looked at."""
        self._awaited, self._next_s = False, float("-inf")
