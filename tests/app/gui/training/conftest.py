"""A window whose trainings are processes that say what the test wants."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from app.gui.training import trainings
from app.gui.window import Window
from app.training.runs.messages import Message, Standing
from app.training.runs.training_request import TrainingRequest
from engines.core.storage.run_folder import LIVE_NAME, append_history, write_run_checkpoint, write_run_config
from tests.app.gui.conftest import NEVER, Shelf
from tests.app.gui.fake_scene import FakeScene
from tests.engines.core.examples import checkpoint


class FakeRun:
    """Stands for `RunProcess`: begins a run folder, notes what it is told, says what the test says."""

    def __init__(self, request: TrainingRequest, on_message: Callable[[Message], None]) -> None:
        self.request, self.hear = request, on_message
        self.told: list[tuple[float, str]] = []
        if not request.resume:
            write_run_config(request.out, request.engine, request.data, {"max_steps": 9, **request.settings})

    @property
    def words(self) -> list[str]:
        return [word for _, word in self.told]

    @property
    def held(self) -> bool:
        words = [word for word in self.words if word in ("hold", "release")]
        return bool(words) and words[-1] == "hold"

    def send(self, word: str) -> None:
        self.told.append((time.monotonic(), word))

    def hold(self) -> None:
        if not self.held:
            self.send("hold")

    def release(self) -> None:
        if self.held:
            self.send("release")

    def leave(self) -> None:
        self.send("leave")

    def stand(self, step: int, **more: Any) -> None:
        """Says where it stands, as its history does."""
        psnr = more.pop("psnr", None)
        append_history(self.request.out, {"step": step, "l1": 1 / (1 + step), **({"psnr": psnr} if psnr else {})})
        self.hear(Standing(step, 9, {"l1": 1 / (1 + step)}, 2.0, 3.0, False, 2**20, psnr=psnr, **more))

    def save(self, step: int) -> None:
        """Leaves a checkpoint."""
        write_run_checkpoint(self.request.out, checkpoint(step=step))


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch, shelf: Shelf) -> list[FakeRun]:
    """The processes that were begun."""
    begun: list[FakeRun] = []

    def begin(request: TrainingRequest, on_message: Callable[[Message], None]) -> FakeRun:
        begun.append(FakeRun(request, on_message))
        return begun[-1]

    monkeypatch.setattr(trainings, "RunProcess", begin)
    # The scene of a run that learns, and of `car`, `van`, `old` when it has ended.
    for name in (LIVE_NAME, "car", "van", "old"):
        shelf.scenes[name] = FakeScene
    return begun


@pytest.fixture
def make_request(tmp_path: Path) -> Callable[..., TrainingRequest]:
    """Orders by the name of their run."""
    (tmp_path / "data").mkdir()
    return lambda name, **more: TrainingRequest("colour_grid", tmp_path / "data", tmp_path / "runs" / name, **more)


@pytest.fixture
def window(window: Window, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Window:
    """The window, its runs in a folder of the test."""
    monkeypatch.setenv("HOME", str(tmp_path))
    return window


def rows(window: Window) -> dict[str, tuple[str, str, str]]:
    """Steps, PSNR and state by name, as they are read in the list."""
    panel = window.trainings.panel
    assert panel is not None
    items = [panel.runs.topLevelItem(index) for index in range(panel.runs.topLevelItemCount())]
    return {item.text(0): (item.text(2), item.text(3), item.text(4)) for item in items}


def look_and_wait(window: Window, qtbot: QtBot, until: Callable[[], bool]) -> None:
    """Until what was written is shown."""

    def seen() -> bool:
        window.trainings.look()
        return until()

    qtbot.waitUntil(seen, timeout=NEVER)
