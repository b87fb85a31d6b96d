"""The clock of a recording: which time step is to be seen now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

FPS_CHOICES = (1.0, 2.0, 5.0, 10.0, 15.0, 24.0, 25.0, 30.0, 50.0, 60.0)
DEFAULT_FPS = 15.0


@dataclass
class Playback:
    """Plays time steps `first` to `last`; waits for those that are not ready.

    Attributes:
        fps: time steps a second.
        loop: begins again at the end; else it stops there.
        waiting: the next time step is due and not ready.
        only_ready: leaves out time steps that are not ready, instead of waiting for them.
    """

    first: int = 0
    last: int = 0
    fps: float = DEFAULT_FPS
    loop: bool = True
    playing: bool = False
    waiting: bool = False
    only_ready: bool = False
    _since_s: float = 0.0

    def play(self, now_s: float, time_step: int) -> int:
        """Begins at `time_step`, at the end from the beginning; gives where it begins."""
        self.playing, self.waiting, self._since_s = True, False, now_s
        return self.first if time_step >= self.last and not self.loop else time_step

    def pause(self) -> None:
        """Stands still."""
        self.playing = self.waiting = False

    def set_fps(self, fps: float, now_s: float) -> None:
        """Plays at another rate from now on."""
        self.fps, self._since_s = fps, now_s

    def advance(self, now_s: float, time_step: int, ready: Callable[[int], bool]) -> int:
        """The time step to be seen now, where `time_step` was seen before."""
        if not self.playing:
            return time_step
        due = int((now_s - self._since_s) * self.fps + 1e-6)
        for _ in range(min(due, self.last - self.first + 1)):
            following = self._following_ready(time_step, ready) if self.only_ready else self.after(time_step)
            if following is None:
                self.pause()
                return time_step
            if not ready(following):
                self.waiting, self._since_s = True, now_s
                return time_step
            time_step = following
        self.waiting = self.waiting and due == 0
        # What is left over of a time step counts for the next one.
        self._since_s += due / self.fps
        return time_step

    def _following_ready(self, time_step: int, ready: Callable[[int], bool]) -> int | None:
        """The next that is ready; the very next where none is; None at the end."""
        following = self.after(time_step)
        while following is not None and following != time_step and not ready(following):
            following = self.after(following)
        if following is None or following != time_step:
            return following
        return self.after(time_step)

    def after(self, time_step: int) -> int | None:
        """The time step that follows; None at the end."""
        if time_step < self.last:
            return time_step + 1
        return self.first if self.loop and self.last > self.first else None

    def following(self, time_step: int, count: int) -> list[int]:
        """`time_step` and those that are played next, at most `count`, none twice."""
        time_steps = [time_step]
        while len(time_steps) < count and (next_ := self.after(time_steps[-1])) is not None and next_ != time_step:
            time_steps.append(next_)
        return time_steps
