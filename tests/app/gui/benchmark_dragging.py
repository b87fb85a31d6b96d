"""How soon the window paints what the hand has asked for."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.demos import demo_scenes
from app.gui.qt import QEvent, QEventLoop, QObject, QPaintEvent, QPoint, Qt, QTimer
from app.gui.viewport.canvas_painter import PainterCanvas
from app.gui.window import Window
from tests.app.gui.conftest import Shelf, open_and_wait, send_mouse, shown_window, wait_exact
from tests.app.gui.fake_scene import FakeScene
from tests.app.gui.test_window import pose
from tests.benchmarks.measuring import Measure

ROUNDS = 3
MOUSE_MS = 8
"""Between two events of a usual mouse."""
DEMO_PX = (1280, 800)
DEMO_EVENTS = 300
EXACT_S = 25.0
"""A demo is dragged then at the latest; what is dragged is the finest that was drawn until then."""


class Painted(QObject):
    """Notes when which picture was painted; paints in the widget's place, so that the time is after the painting."""

    def __init__(self, window: Window) -> None:
        super().__init__()
        self._window = window
        self.shown: list[tuple[float, bytes, str]] = []
        window.viewport.canvas.widget.installEventFilter(self)

    def eventFilter(self, widget: QObject | None, event: QEvent | None) -> bool:
        if not isinstance(widget, PainterCanvas) or not isinstance(event, QPaintEvent):
            return False
        PainterCanvas.paintEvent(widget, event)
        picture = self._window.looking.shown.picture
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


@pytest.fixture
def large_window(qtbot: QtBot) -> Iterator[Window]:
    """As the program begins, without what stands in for scenes in tests."""
    with shown_window(qtbot, DEMO_PX) as window:
        yield window


@pytest.mark.parametrize("path", demo_scenes(), ids=lambda path: path.stem)
def benchmark_demo(path: Path, large_window: Window, qtbot: QtBot, measure: Measure) -> None:
    window, until = large_window, time.monotonic() + EXACT_S
    window.files.open(path, None)
    qtbot.waitUntil(
        lambda: window.looking.shown.is_final() or time.monotonic() > until, timeout=4 * round(1000 * EXACT_S)
    )
    painted = Painted(window)
    dragged = measure.rounds(lambda: swung(window, qtbot, painted), ROUNDS)
    measure.figure("latency, 95 %", [latency_ms for latency_ms, _ in dragged], "ms", at_most=35)
    measure.figure("a second", [rate for _, rate in dragged], "/s", at_least=60)


def benchmark_two_scenes(large_window: Window, qtbot: QtBot, measure: Measure) -> None:
    """A second scene under the same camera costs the hand little: both give previews, on the same processor."""
    window, paths = large_window, {path.stem: path for path in demo_scenes()}
    window.files.open(paths["toys"], None)
    qtbot.waitUntil(window.looking.shown.is_final, timeout=4 * round(1000 * EXACT_S))
    painted = Painted(window)
    alone = [swung(window, qtbot, painted) for _ in range(ROUNDS)]
    qtbot.waitUntil(window.looking.shown.is_final, timeout=4 * round(1000 * EXACT_S))
    second = window.looking.second
    # Off the places where the mouse is pressed.
    second.comparison.share = 0.02
    second.open(paths["toy_cars"])
    qtbot.waitUntil(
        lambda: second.comparison.second is not None and window.looking.shown.is_final(),
        timeout=4 * round(1000 * EXACT_S),
    )
    both = measure.rounds(lambda: swung(window, qtbot, painted), ROUNDS)
    measure.figure("latency with two, 95 %", [latency_ms for latency_ms, _ in both], "ms", at_most=100)
    shares = [two / one for (_, two), (_, one) in zip(both, alone, strict=True)]
    measure.figure("previews with two, of those with one", shares, "", at_least=0.35)


def followed(window: Window, qtbot: QtBot, painted: Painted) -> tuple[float, float]:
    """Of a drag: the 95th percentile of the time from an event to its picture, ms, and pictures a second."""
    middle = window.viewport.canvas.widget.rect().center()
    given = dragged_along(window, painted, [middle + QPoint(2 * step, step // 2) for step in range(61)], 16)
    wait_exact(window, qtbot)
    return given


def swung(window: Window, qtbot: QtBot, painted: Painted) -> tuple[float, float]:
    """The same of a drag to and fro, as far as a hand looks around before it rests."""
    middle = window.viewport.canvas.widget.rect().center()
    angles = np.linspace(0, 4 * np.pi, DEMO_EVENTS)
    places = [middle + QPoint(round(90 * np.sin(angle)), round(30 * np.sin(angle / 2))) for angle in angles]
    given = dragged_along(window, painted, places, MOUSE_MS)
    qtbot.wait(500)
    return given


def dragged_along(window: Window, painted: Painted, places: list[QPoint], every_ms: int) -> tuple[float, float]:
    """The mouse is pressed at the first place and goes on to the others, one in each `every_ms`."""
    painted.shown.clear()
    sent: list[tuple[float, bytes]] = []
    send_mouse(window, QEvent.Type.MouseButtonPress, places[0], Qt.MouseButton.LeftButton)
    began = time.monotonic()
    for number, place in enumerate(places[1:], 1):
        at = time.monotonic()
        send_mouse(window, QEvent.Type.MouseMove, place, Qt.MouseButton.LeftButton)
        sent.append((at, pose(window.session.eye.shown)))
        wait_precisely(began + number * every_ms / 1000)
    send_mouse(window, QEvent.Type.MouseButtonRelease, places[-1], Qt.MouseButton.LeftButton)
    previews = [entry for entry in painted.shown if entry[2] == "preview"]
    wait_precisely(time.monotonic() + 0.1)
    order = {camera: index for index, (_, camera) in enumerate(sent)}
    shown = [(when, order[camera]) for when, camera, _ in painted.shown if camera in order]
    # The first picture of an event's camera or of a later one: those overtaken are not shown, which is as it should be.
    end = time.monotonic()
    waits_s = [
        next((when for when, camera in shown if camera >= index), end) - began for index, (began, _) in enumerate(sent)
    ]
    cameras = {camera for _, camera, _ in previews}
    seconds = sent[-1][0] - sent[0][0]
    return 1000 * float(np.percentile(waits_s, 95)), len(cameras) / seconds


def wait_precisely(until_s: float) -> None:
    """Lets the window do its work meanwhile."""
    loop = QEventLoop()
    timer = QTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.setSingleShot(True)
    timer.timeout.connect(loop.quit)
    timer.start(max(round(1000 * (until_s - time.monotonic())), 0))
    loop.exec()
