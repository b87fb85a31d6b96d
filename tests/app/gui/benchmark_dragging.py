"""How soon the window paints what the hand has asked for."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
from PyQt5.QtCore import QEvent, QObject, QPoint, Qt
from pytestqt.qtbot import QtBot

from app.gui.canvas_painter import PainterCanvas
from app.gui.window import Window
from tests.app.gui.conftest import Shelf, open_and_wait, send_mouse, wait_exact
from tests.app.gui.fake_scene import FakeScene
from tests.app.gui.test_window import pose
from tests.benchmarks.measuring import Measure

ROUNDS = 3


class Painted(QObject):
    """Notes when which picture was painted; paints in the widget's place, so that the time is after the painting."""

    def __init__(self, window: Window) -> None:
        super().__init__()
        self._window = window
        self.shown: list[tuple[float, bytes, str]] = []
        window.viewport.canvas.widget.installEventFilter(self)

    def eventFilter(self, widget: QObject, event: QEvent) -> bool:
        if event.type() != QEvent.Paint:
            return False
        PainterCanvas.paintEvent(widget, event)
        picture = self._window.looking.picture
        if picture is not None:
            self.shown.append((time.monotonic(), pose(picture.camera), picture.kind))
        return True


def benchmark_previews(window: Window, qtbot: QtBot, shelf: Shelf, measure: Measure) -> None:
    # An exact picture takes longer than the whole drag: all that is seen are previews.
    shelf.scenes["slow.pth"] = lambda: FakeScene(seconds=0.3)
    open_and_wait(window, qtbot, Path("slow.pth"))
    painted = Painted(window)
    dragged = measure.rounds(lambda: followed(window, qtbot, painted), ROUNDS)
    measure.figure("latency, 95 %", [latency_ms for latency_ms, _ in dragged], "ms", at_most=100)
    measure.figure("a second", [rate for _, rate in dragged], "/s", at_least=20)


def followed(window: Window, qtbot: QtBot, painted: Painted) -> tuple[float, float]:
    """Of a drag: the 95th percentile of the time from an event to its picture, ms, and pictures a second."""
    painted.shown.clear()
    sent: list[tuple[float, bytes]] = []
    middle = window.viewport.canvas.widget.rect().center()
    send_mouse(window, QEvent.MouseButtonPress, middle, Qt.LeftButton)
    for step in range(1, 61):
        sent.append((time.monotonic(), b""))
        send_mouse(window, QEvent.MouseMove, middle + QPoint(2 * step, step // 2), Qt.LeftButton)
        sent[-1] = (sent[-1][0], pose(window.session.eye.shown))
        qtbot.wait(16)
    send_mouse(window, QEvent.MouseButtonRelease, middle + QPoint(120, 30), Qt.LeftButton)
    previews = [entry for entry in painted.shown if entry[2] == "preview"]
    wait_exact(window, qtbot)
    order = {camera: index for index, (_, camera) in enumerate(sent)}
    shown = [(when, order[camera]) for when, camera, _ in painted.shown if camera in order]
    # The first picture of an event's camera or of a later one: those overtaken are not shown, which is as it should be.
    waits_s = [next(when for when, camera in shown if camera >= index) - began for index, (began, _) in enumerate(sent)]
    cameras = {camera for _, camera, _ in previews}
    seconds = sent[-1][0] - sent[0][0]
    return 1000 * float(np.percentile(waits_s, 95)), len(cameras) / seconds
