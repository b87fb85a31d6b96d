"""Plays the path, steps and scrubs along it: the clock of its preview."""

from __future__ import annotations

import time
from collections.abc import Callable

from app.gui.host import Host
from app.gui.qt import QTimer
from app.path_editing.document import PathDocument
from app.path_editing.preview import PathPreview

TICK_MS = 8
"""Finer than any frame rate that screens show."""


class PathPlaying:
    """The commands of the preview."""

    def __init__(self, window: Host, document: PathDocument, preview: PathPreview) -> None:
        self._window, self._document, self._preview = window, document, preview
        self._clock = QTimer(window.widget)
        self._clock.setInterval(TICK_MS)
        self._clock.timeout.connect(lambda: preview.tick(time.monotonic()))
        preview.moved.connect(self._show_playing)

    def handlers(self) -> dict[str, Callable[..., None]]:
        """What the commands do."""
        return {
            "path_play": self._play,
            "path_frame_before": lambda: self._step_frames(-1),
            "path_frame_after": lambda: self._step_frames(1),
            "path_key_before": lambda: self._step_keys(-1),
            "path_key_after": lambda: self._step_keys(1),
        }

    def _play(self, on: bool) -> None:
        if not on:
            self._preview.pause()
            return
        timeline = self._window.session.timeline
        if timeline.playback.playing:
            # Two clocks would fight over the time step.
            self._window.commands["play"].trigger()
        self._preview.play(time.monotonic())
        self._show_playing()

    def _step_frames(self, count: int) -> None:
        if self._document.path.keys:
            self._preview.step_frames(count)
        else:
            self._window.commands["moment_after" if count > 0 else "moment_before"].trigger()

    def _step_keys(self, count: int) -> None:
        number = self._preview.step_keys(count)
        if number is not None:
            self._document.select([number])

    def _show_playing(self) -> None:
        playing = self._preview.playing
        action = self._window.commands["path_play"]
        if action.isChecked() != playing:
            action.setChecked(playing)
        self._window.commands.set_icon("path_play", "pause" if playing else "play")
        if playing != self._clock.isActive():
            if playing:
                self._clock.start()
            else:
                self._clock.stop()
