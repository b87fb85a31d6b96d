"""How far an export is, and the time that is left."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from app.rendering.display import Pixels
from engines.core.data.images import shrunk

THUMBNAIL_PX = 160


@dataclass(frozen=True, eq=False)
class Progress:
    """How far an export is.

    Attributes:
        seconds_left: None until it can be told.
        picture: [H, W, 3] bytes of the newest frame.
        told: what is done, where `done` and `total` count more than one kind of thing.
        warning: what goes wrong unless somebody does something, such as a disk that is nearly full; said once.
    """

    done: int
    total: int
    seconds_left: float | None
    picture: Pixels | None
    told: str = ""
    warning: str = ""

    @cached_property
    def thumbnail(self) -> Pixels | None:
        """[h, w, 3] bytes of the picture, at most `THUMBNAIL_PX` a side; made when it is asked for."""
        return None if self.picture is None else shrunk(self.picture[..., :3], THUMBNAIL_PX)


OnProgress = Callable[[Progress], None]


class ExportClock:
    """Tells the time left; the first frame does not count, it often waits for things to be made ready.

    Args:
        kept: frames that an export before this one has drawn, and that take next to no time now.
    """

    def __init__(self, total: int, on_progress: OnProgress, kept: int = 0) -> None:
        self._total, self._on_progress, self._to_draw = total, on_progress, total - kept
        self._done, self._drawn, self._first = 0, 0, 0.0

    def tick(self, picture: Pixels | None, is_drawn: bool = True, warning: str = "") -> None:
        """A frame is done: [H, W, 3] bytes of it, or None; `warning` as of `Progress`."""
        self._done += 1
        now = time.monotonic()
        left: float | None = None
        if is_drawn:
            self._drawn += 1
            if self._drawn == 1:
                self._first = now
        if self._drawn > 1:
            left = (now - self._first) / (self._drawn - 1) * (self._to_draw - self._drawn)
        self._on_progress(Progress(self._done, self._total, left, picture, warning=warning))
