"""The window beside a run that really learns, in a process of its own."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from pytestqt.qtbot import QtBot

from app.gui.main import make_window
from app.gui.qt import QEvent, QPoint, Qt
from app.gui.window import Window
from app.training.loop import run_training
from app.training.runs.run_process import RunProcess
from app.training.runs.training_request import TrainingRequest
from engines.core.engine import never_stop
from engines.core.storage.run_folder import SCENE_NAME
from tests.app.gui.conftest import send_mouse, wait_exact

START_MS = 120_000


@pytest.fixture
def scene_file(photographs: Path, tmp_path: Path) -> Path:
    """A scene that was learnt for a moment."""
    out, settings = tmp_path / "scene", {"max_steps": 1}
    run_training("colour_grid", photographs, out, settings, "cpu", False, lambda report: None, never_stop)
    return out / SCENE_NAME


@pytest.fixture
def learning(qtbot: QtBot, scene_file: Path, photographs: Path, tmp_path: Path) -> Iterator[Window]:
    """The window with a scene, and a run that has done steps."""
    window = make_window("cpu")
    window.resize(900, 640)
    window.show()
    qtbot.waitExposed(window)
    try:
        window.files.open(scene_file)
        qtbot.waitUntil(lambda: window.session.opened is not None, timeout=START_MS)
        wait_exact(window, qtbot)
        settings = {"max_steps": 10_000_000}
        window.trainings.begin(
            TrainingRequest("colour_grid", photographs, tmp_path / "run", settings=settings, device="cpu")
        )
        window.trainings.watching.folder = None
        qtbot.waitUntil(lambda: step(window) > 0, timeout=START_MS)
        yield window
    finally:
        window.trainings.queue.stop()
        qtbot.waitUntil(lambda: window.trainings.queue.active is None, timeout=START_MS)
        window.end()
        window.deleteLater()


def step(window: Window) -> int:
    job = window.trainings.queue.active
    assert job is not None, [ended.text for ended in window.trainings.known.ended]
    return job.last.step if job.last is not None else 0


def frozen(window: Window) -> bool:
    process = window.trainings.queue._process
    assert isinstance(process, RunProcess)
    return psutil.Process(process.pid).status() == psutil.STATUS_STOPPED


@pytest.mark.slow
def test_a_run_is_held_while_the_hand_moves_and_learns_on_by_itself(learning: Window, qtbot: QtBot) -> None:
    middle = learning.viewport.canvas.widget.rect().center()
    send_mouse(learning, QEvent.Type.MouseButtonPress, middle, Qt.MouseButton.LeftButton)
    across = itertools.count()

    def held_while_it_moves() -> bool:
        send_mouse(learning, QEvent.Type.MouseMove, middle + QPoint(next(across) % 100, 0), Qt.MouseButton.LeftButton)
        return frozen(learning)

    qtbot.waitUntil(held_while_it_moves, timeout=START_MS)
    send_mouse(learning, QEvent.Type.MouseButtonRelease, middle, Qt.MouseButton.LeftButton)
    before = step(learning)
    qtbot.waitUntil(lambda: step(learning) > before, timeout=START_MS)
    assert not frozen(learning)
