"""The clock of a recording: which moment is to be seen now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

FPS_CHOICES = (1.0, 2.0, 5.0, 10.0, 15.0, 24.0, 25.0, 30.0, 50.0, 60.0)
DEFAULT_FPS = 15.0


@dataclass
class Playback:
    """Plays moments `first` to `last`; waits for those that are not ready.

    Attributes:
        fps: moments a second.
        loop: begins again at the end; else it stops there.
        waiting: the next moment is due and not ready.
        only_ready: leaves out moments that are not ready, instead of waiting for them.
    """

    first: int = 0
    last: int = 0
    fps: float = DEFAULT_FPS
    loop: bool = True
    playing: bool = False
    waiting: bool = False
    only_ready: bool = False
    _since_s: float = 0.0

    def play(self, now_s: float, moment: int) -> int:
        """Begins at `moment`, at the end from the beginning; gives where it begins."""
        self.playing, self.waiting, self._since_s = True, False, now_s
        return self.first if moment >= self.last and not self.loop else moment

    def pause(self) -> None:
        """Stands still."""
        self.playing = self.waiting = False

    def set_fps(self, fps: float, now_s: float) -> None:
        """Plays at another rate from now on."""
        self.fps, self._since_s = fps, now_s

    def advance(self, now_s: float, moment: int, ready: Callable[[int], bool]) -> int:
        """The moment to be seen now, where `moment` was seen before."""
        if not self.playing:
            return moment
        due = int((now_s - self._since_s) * self.fps + 1e-6)
        for _ in range(min(due, self.last - self.first + 1)):
            following = self._following_ready(moment, ready) if self.only_ready else self.after(moment)
            if following is None:
                self.pause()
                return moment
            if not ready(following):
                self.waiting, self._since_s = True, now_s
                return moment
            moment = following
        self.waiting = self.waiting and due == 0
        # What is left over of a moment counts for the next one.
        self._since_s += due / self.fps
        return moment

    def _following_ready(self, moment: int, ready: Callable[[int], bool]) -> int | None:
        """The next that is ready; the very next where none is; None at the end."""
        following = self.after(moment)
        while following is not None and following != moment and not ready(following):
            following = self.after(following)
        if following is None or following != moment:
            return following
        return self.after(moment)

    def after(self, moment: int) -> int | None:
        """The moment that follows; None at the end."""
        if moment < self.last:
            return moment + 1
        return self.first if self.loop and self.last > self.first else None

    def following(self, moment: int, count: int) -> list[int]:
        """`moment` and those that are played next, at most `count`, none twice."""
        moments = [moment]
        while len(moments) < count and (next_ := self.after(moments[-1])) is not None and next_ != moment:
            moments.append(next_)
        return moments
