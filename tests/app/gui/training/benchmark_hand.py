"""The window keeps up with the hand while a run learns beside it."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from pytestqt.qtbot import QtBot

from app.gui.qt import QEvent, QPoint, Qt, QTimer
from app.gui.window import Window
from tests.app.gui.conftest import send_mouse
from tests.app.gui.training.test_real_run import learning, scene_file  # noqa: F401  (fixtures)
from tests.benchmarks.measuring import Measure

BEAT_S = 1 / 60
SECONDS = 6.0
DRAG_S = 1.2
"""Of every two seconds."""
LATE_MS = 48
"""99 of 100 events; the goal is 16 ms on two idle cores."""
USUAL_MS = 16
"""Half of all events."""
ROUNDS = 3


@dataclass
class Lateness:
    """How late the window's thread came to what it had to do, ms."""

    timer: list[float] = field(default_factory=list)
    posted: list[float] = field(default_factory=list)


class Hand:
    """Drags over the picture, beat by beat, and notes how late the window comes to each beat and to what is posted."""

    def __init__(self, window: Window) -> None:
        self.late = Lateness()
        self._window, self._began_s, self._due_s = window, time.perf_counter(), time.perf_counter() + BEAT_S
        self._middle = window.viewport.canvas.widget.rect().center()
        self._timer = QTimer(window)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._beat)
        self._stopped = threading.Event()
        self._posting = threading.Thread(target=self._post, daemon=True)

    def begin(self) -> None:
        send_mouse(self._window, QEvent.Type.MouseButtonPress, self._middle, Qt.MouseButton.LeftButton)
        self._timer.setInterval(round(1000 * BEAT_S))
        self._timer.start()
        self._due_s = time.perf_counter() + self._timer.interval() / 1000
        self._posting.start()

    def end(self) -> None:
        self._timer.stop()
        self._stopped.set()
        self._posting.join()
        send_mouse(self._window, QEvent.Type.MouseButtonRelease, self._middle, Qt.MouseButton.LeftButton)

    def _beat(self) -> None:
        now = time.perf_counter()
        self.late.timer.append(1000 * max(0.0, now - self._due_s))
        angle = 2 * (now - self._began_s)
        if (now - self._began_s) % 2 > DRAG_S:
            # It rests: the run, which was held, goes on.
            angle = 0.0
        at = self._middle + QPoint(round(80 * math.sin(angle)), round(30 * math.cos(angle)))
        send_mouse(self._window, QEvent.Type.MouseMove, at, Qt.MouseButton.LeftButton)
        # Beats that were missed are not made up for.
        step_s = self._timer.interval() / 1000
        self._due_s += step_s * max(1, math.ceil((time.perf_counter() - self._due_s) / step_s))

    def _post(self) -> None:
        while not self._stopped.wait(BEAT_S):
            self._window.session.post(self._noting(time.perf_counter()))

    def _noting(self, posted_s: float) -> Callable[[], None]:
        return lambda: self.late.posted.append(1000 * (time.perf_counter() - posted_s))


def benchmark_keeping_up(learning: Window, qtbot: QtBot, measure: Measure) -> None:  # noqa: F811
    def drag() -> Lateness:
        hand = Hand(learning)
        hand.begin()
        qtbot.wait(round(1000 * SECONDS))
        hand.end()
        return hand.late

    dragged: list[Lateness] = measure.rounds(drag, ROUNDS)
    for what in ("timer", "posted"):
        late = [getattr(lateness, what) for lateness in dragged]
        assert all(len(events) > 60 for events in late)
        for share, bound in ((50, USUAL_MS), (99, LATE_MS)):
            values = [float(np.percentile(events, share)) for events in late]
            measure.figure(f"{what}, {share} %", values, "ms", at_most=bound)
