"""Plays a recording: the time bar, its commands, and the clock that moves them."""

from __future__ import annotations

import time
from collections.abc import Callable

from psygnal import Signal

from app.gui.feedback.busy import Busy
from app.gui.host import Host
from app.gui.playback.time_bar import TimeBar
from app.gui.qt import QTimer
from app.human_readable import human_time
from app.viewing.playback import FPS_CHOICES
from engines.core.engine import TIME

TICK_MS = 8
"""Finer than any rate that can be chosen."""
MARKS = 200
"""On the strip; of a longer recording only so many time steps are looked at."""
BUSY_S = 0.4
"""That something is waited for, before it is said on the picture."""
LOOK_MS = 250
"""Between two looks at what is ready."""


class Playing:
    """Connects the session's timeline with what is seen of it."""

    notes_changed = Signal()
    """The scene has more to say of what is shown in place of what."""

    def __init__(self, window: Host, busy: Busy) -> None:
        self._window, self._busy = window, busy
        self._timeline = window.session.timeline
        playback = self._timeline.playback
        # The file may hold any number.
        playback.fps = min(max(window.settings.current.fps, FPS_CHOICES[0]), FPS_CHOICES[-1])
        playback.loop = window.settings.current.loop
        self._making: int | None = None
        self._making_since_s = 0.0
        self._waits_since_s: float | None = None
        self._frame_s: float | None = None
        """How long a frame takes to be made ready."""
        self._clock, self._look = QTimer(window.widget), QTimer(window.widget)
        self._clock.setInterval(TICK_MS)
        self._clock.timeout.connect(self._tick)
        self._look.setInterval(LOOK_MS)
        self._look.timeout.connect(self._look_again)
        window.session.time_step_prepared.connect(self._prepared)

    def make_bar(self) -> TimeBar:
        """What is seen of it; its buttons are the commands'."""
        commands = self._window.commands
        self._bar = TimeBar(*(commands[id] for id in ("moment_before", "play", "moment_after", "loop")))
        self._bar.chosen.connect(self.go_to)
        self._bar.fps_chosen.connect(self._set_fps)
        return self._bar

    def handlers(self) -> dict[str, Callable[..., None]]:
        """What the commands of time do."""
        return {
            "play": self.set_playing,
            "loop": self._set_loop,
            "play_ready": self._set_only_ready,
            "moment_before": lambda: self._step(-1),
            "moment_after": lambda: self._step(1),
        }

    def enter(self) -> None:
        """A scene came or went."""
        opened = self._window.session.opened
        self._making = self._frame_s = None
        self._busy.show_doing("")
        self._told = opened.scene.assumptions if opened is not None else ()
        playback = self._timeline.playback
        self._bar.set_time_steps(playback.first, playback.last, self._timeline.time_step, playback.fps)
        self._window.commands["loop"].setChecked(playback.loop)
        self._show_playing()
        if playback.last > playback.first:
            self._look.start()
        else:
            self._look.stop()

    def set_playing(self, playing: bool) -> None:
        """Plays, or stands."""
        if playing:
            self._timeline.play(time.monotonic())
        else:
            self._timeline.pause()
        self._show_playing()

    def go_to(self, time_step: int, moving: bool) -> None:
        """Goes to a time step; what plays goes on from there."""
        self._window.session.set_control(TIME, time_step, moving)
        self.show()

    def _step(self, by: int) -> None:
        self._timeline.step(by)
        self._show_playing()

    def _set_loop(self, loop: bool) -> None:
        self._timeline.playback.loop = loop
        self._window.settings.update(loop=loop)

    def _set_only_ready(self, only: bool) -> None:
        self._timeline.playback.only_ready = only

    def _set_fps(self, fps: float) -> None:
        self._timeline.playback.set_fps(fps, time.monotonic())
        self._window.settings.update(fps=fps)

    def _tick(self) -> None:
        before = self._timeline.time_step
        self._timeline.tick(time.monotonic())
        if self._timeline.time_step != before:
            self._bar.show_time_step(self._timeline.time_step)
        if not self._timeline.playback.playing:
            self._show_playing()

    def _show_playing(self) -> None:
        playing = self._timeline.playback.playing
        action = self._window.commands["play"]
        action.setChecked(playing)
        action.setText("&Pause" if playing else "&Play")
        self._window.commands.set_icon("play", "pause" if playing else "play")
        if playing:
            self._clock.start()
        else:
            self._clock.stop()
        self.show()

    def _prepared(self) -> None:
        session = self._window.session
        self.show()
        if session.opened is not None and session.opened.scene.assumptions != self._told:
            # A photograph was skipped, say.
            self._told = session.opened.scene.assumptions
            self.notes_changed.emit()

    def _look_again(self) -> None:
        session, timeline = self._window.session, self._timeline
        last = session.images.last
        if (last is None or last.request.draft) and not session.busy and timeline.is_ready(timeline.time_step):
            # Whatever became of the word that it is ready: a placeholder must not stay.
            session.resubmit()
        self.show()

    def show(self) -> None:
        """The time step, which are ready, and what is being made."""
        timeline = self._timeline
        playback = timeline.playback
        if playback.last <= playback.first:
            return
        self._bar.show_time_step(timeline.time_step)
        count = playback.last - playback.first
        marks = min(count + 1, MARKS)
        are_ready = timeline.are_ready(playback.first + round(mark * count / (marks - 1)) for mark in range(marks))
        self._bar.strip.set_ready(are_ready)
        self._show_making(sum(are_ready) if count < MARKS else None)

    def _show_making(self, ready: int | None) -> None:
        """What is being made ready, how much of the clip is, and how long the rest takes.

        Args:
            ready: how many time steps are; None of a clip too long to be counted.
        """
        timeline, making = self._timeline, self._timeline.making
        count = timeline.playback.last - timeline.playback.first + 1
        share = "" if ready is None or ready == count else f"{ready} of {count} ready"
        waits = making is not None and (making == timeline.time_step or timeline.playback.waiting)
        preparing, caching = (f"Preparing frame {making}", "") if waits else ("", f"Caching {making}")
        if making is None:
            preparing = caching = ""
        left = self._seconds_left(making, 0 if ready is None else count - ready)
        # What is waited for stands on the picture, and nowhere else.
        self._bar.show_state(_joined(caching, share), _joined(preparing, caching, share, left))
        now = time.monotonic()
        self._waits_since_s = (self._waits_since_s or now) if waits else None
        # What is there in a moment needs no word.
        long = self._waits_since_s is not None and now - self._waits_since_s >= BUSY_S
        self._busy.show_doing(_joined(preparing, left) if long else "")

    def _seconds_left(self, making: int | None, missing: int) -> str:
        """How long the frames that are missing take, by those that were made."""
        now = time.monotonic()
        if making != self._making:
            if self._making is not None and self._timeline.is_ready(self._making):
                took_s = now - self._making_since_s
                self._frame_s = took_s if self._frame_s is None else 0.5 * (self._frame_s + took_s)
            self._making, self._making_since_s = making, now
        if self._frame_s is None or making is None or not missing or not self._timeline.playback.playing:
            return ""
        return f"{human_time(missing * self._frame_s)} left"


def _joined(*parts: str) -> str:
    return " · ".join(part for part in parts if part)
