"""Looking at runs again and again: what goes wrong is told, and does not end it."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from app.gui.window import Window
from app.training.runs.library import Run
from tests.app.gui.training.conftest import FakeRun, look_and_wait


def test_why_runs_can_not_be_read_is_told_once(
    window: Window, qtbot: QtBot, runs: list[FakeRun], monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = 0

    def find(*_: object) -> list[Run]:
        nonlocal looks
        looks += 1
        raise RuntimeError(f"look {min(looks, 1)}")

    monkeypatch.setattr("app.training.runs.library.Library.find", find)
    window.trainings.show_panel(True)
    look_and_wait(window, qtbot, window.banner.isVisible)
    assert "RuntimeError: look 1" in window.banner.text.text()
    # Who has read it need not close it every second.
    window.notifications.hide()
    before = looks
    look_and_wait(window, qtbot, lambda: looks > before + 1)
    assert not window.banner.isVisible()
