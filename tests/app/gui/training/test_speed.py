"""The window keeps up with the hand while a run learns beside it."""

from __future__ import annotations

import math
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from PyQt5.QtCore import QEvent, QPoint, Qt, QTimer
from pytestqt.qtbot import QtBot

from app.gui.main import make_window
from app.gui.window import Window
from app.runs.order import Order
from app.training import run_training
from engines.core.engine import never_stop
from engines.core.run_folder import SCENE_NAME
from tests.app.gui.conftest import send_mouse, wait_exact
from tests.app.test_training import SMALL

BEAT_S = 1 / 60
SECONDS = 6.0
DRAG_S = 1.2
"""Of every two seconds."""
LATE_MS = 48
"""The goal is 16 ms for 99 of 100 on two idle cores; here other programs have them, too."""
USUAL_MS = 16
"""Half of all events keep the goal on any machine."""
ATTEMPTS = 3
START_MS = 120_000


@dataclass
class Lateness:
    """How late the window's thread came to what it had to do, ms."""

    timer: list[float] = field(default_factory=list)
    posted: list[float] = field(default_factory=list)

    @property
    def percentiles(self) -> tuple[float, float, float, float]:
        """Median and 99th percentile of the timer, then of posted events."""
        found = [float(np.percentile(late, share)) for late in (self.timer, self.posted) for share in (50, 99)]
        return found[0], found[1], found[2], found[3]

    @property
    def keeps_up(self) -> bool:
        timer_50, timer_99, posted_50, posted_99 = self.percentiles
        return max(timer_50, posted_50) <= USUAL_MS and max(timer_99, posted_99) <= LATE_MS


class Hand:
    """Drags over the picture, beat by beat, and notes how late the window comes to each beat and to what is posted."""

    def __init__(self, window: Window) -> None:
        self.late = Lateness()
        self._window, self._began_s, self._due_s = window, time.perf_counter(), time.perf_counter() + BEAT_S
        self._middle = window.viewport.canvas.widget.rect().center()
        self._timer = QTimer(window)
        self._timer.setTimerType(Qt.PreciseTimer)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._beat)
        self._stopped = threading.Event()
        self._posting = threading.Thread(target=self._post, daemon=True)

    def begin(self) -> None:
        send_mouse(self._window, QEvent.MouseButtonPress, self._middle, Qt.LeftButton)
        self._timer.setInterval(round(1000 * BEAT_S))
        self._timer.start()
        self._due_s = time.perf_counter() + self._timer.interval() / 1000
        self._posting.start()

    def end(self) -> None:
        self._timer.stop()
        self._stopped.set()
        self._posting.join()
        send_mouse(self._window, QEvent.MouseButtonRelease, self._middle, Qt.LeftButton)

    def _beat(self) -> None:
        now = time.perf_counter()
        self.late.timer.append(1000 * max(0.0, now - self._due_s))
        angle = 2 * (now - self._began_s)
        if (now - self._began_s) % 2 > DRAG_S:
            # It rests: the run, which was held, goes on.
            angle = 0.0
        at = self._middle + QPoint(round(80 * math.sin(angle)), round(30 * math.cos(angle)))
        send_mouse(self._window, QEvent.MouseMove, at, Qt.LeftButton)
        # Beats that were missed are not made up for.
        step_s = self._timer.interval() / 1000
        self._due_s += step_s * max(1, math.ceil((time.perf_counter() - self._due_s) / step_s))

    def _post(self) -> None:
        while not self._stopped.wait(BEAT_S):
            self._window.bridge.post(self._noting(time.perf_counter()))

    def _noting(self, posted_s: float) -> Callable[[], None]:
        return lambda: self.late.posted.append(1000 * (time.perf_counter() - posted_s))


@pytest.fixture
def scene_file(photographs: Path, tmp_path: Path) -> Path:
    """A small DeepVoxels scene."""
    out, settings = tmp_path / "scene", {**SMALL, "max_steps": 1}
    run_training("deepvoxels", photographs, out, settings, "cpu", False, lambda report: None, never_stop)
    return out / SCENE_NAME


def test_the_window_keeps_up_with_the_hand_while_a_run_learns(
    qtbot: QtBot, scene_file: Path, photographs: Path, tmp_path: Path, record_property: Callable[..., None], capsys
) -> None:
    window = make_window("cpu")
    window.resize(900, 640)
    window.show()
    qtbot.waitExposed(window)
    try:
        window.files.open(scene_file)
        qtbot.waitUntil(lambda: window.session.opened is not None, timeout=START_MS)
        wait_exact(window, qtbot)
        settings = {**SMALL, "max_steps": 100_000}
        window.trainings.begin(Order("deepvoxels", photographs, tmp_path / "run", settings=settings, device="cpu"))
        window.trainings.watching = None
        qtbot.waitUntil(lambda: _step(window) > 0, timeout=START_MS)
        attempts = []
        for _ in range(ATTEMPTS):
            hand = Hand(window)
            hand.begin()
            qtbot.wait(round(1000 * SECONDS))
            hand.end()
            attempts.append(hand.late)
            # Other programs may take the processor for a while; three times in a row would be this one's fault.
            if hand.late.keeps_up:
                break
        before = _step(window)
        # Held while the hand moved, it has learnt on by itself.
        qtbot.waitUntil(lambda: _step(window) > before, timeout=START_MS)
    finally:
        window.trainings.queue.stop()
        qtbot.waitUntil(lambda: window.trainings.queue.active is None, timeout=START_MS)
        window.end()
        window.deleteLater()
    told = "; ".join("timer {:.1f} and {:.1f}, posted {:.1f} and {:.1f}".format(*a.percentiles) for a in attempts)
    record_property("lateness (median and 99th percentile, ms)", told)
    with capsys.disabled():
        sys.stderr.write(f"\nlate by (median and 99th percentile, ms): {told}\n")
    assert all(len(a.timer) > 60 and len(a.posted) > 60 for a in attempts[-1:])
    assert attempts[-1].keeps_up, told


def _step(window: Window) -> int:
    job = window.trainings.queue.active
    assert job is not None, [ended.text for ended in window.trainings._ended]
    return job.last.step if job.last is not None else 0
