"""The panel: how far a run is, and what is drawn of a photograph that it has not trained on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.gui.panel.panel_parts import BETWEEN
from app.gui.qt import QAction, QApplication, QLabel, QPushButton
from app.gui.training.panel import TrainingPanel
from app.gui.training.runs_list import METHOD
from app.gui.window import Window
from app.training.runs.messages import Standing
from app.training.runs.queue import QueuedRun, Status
from app.training.runs.rows import RunRow
from app.training.runs.training_request import TrainingRequest
from engines.core.data.images import write_png


@pytest.fixture
def actions(qtbot: QtBot) -> list[QAction]:
    return [QAction("&Train…"), QAction("&Pause training")]


@pytest.fixture
def panel(qtbot: QtBot, actions: list[QAction]) -> TrainingPanel:
    made = TrainingPanel(actions)
    qtbot.addWidget(made)
    return made


def job(status: Status = "running", step: int | None = 4, rate: float | None = 2.0, **more: Any) -> QueuedRun:
    last = Standing(step, 9, {}, rate, 90.0, False, 3 * 2**20) if step is not None else None
    return QueuedRun(TrainingRequest("colour_grid", Path("data"), Path("car")), status, last, **more)


def test_how_far_it_is(panel: TrainingPanel) -> None:
    assert panel.state.text() == "No training under way" and panel.progress.isHidden()
    panel.show_job(job("starting", None), 2)
    assert (panel.state.text(), panel.figures.text()) == ("Preparing car", "reading the photographs …  ·  2 waiting")
    panel.show_job(job(psnr=21.456, notes=("one", "two")), 0)
    parts = panel.figures.text().split("  ·  ")
    assert parts[0] == "step 4 of 9" and parts[1].endswith("left") and parts[2:4] == ["PSNR 21.46 dB", "2 steps/s"]
    assert parts[-1].endswith("MB")
    assert (panel.progress.value(), panel.progress.maximum()) == (4, 9)
    assert panel.figures.toolTip().endswith("one\ntwo")
    # Of a run that waits a rate says nothing.
    panel.show_job(job("paused"), 0)
    assert panel.state.text() == "Paused: car" and "steps/s" not in panel.figures.text()
    panel.show_job(None, 1)
    assert panel.figures.text() == "1 waiting"


@pytest.mark.parametrize(("rate", "told"), [(0.0123, "0.012 steps/s"), (9.96, "10 steps/s"), (123.4, "123 steps/s")])
def test_rates(panel: TrainingPanel, rate: float, told: str) -> None:
    panel.show_job(job(rate=rate), 0)
    assert told in panel.figures.text()


def test_buttons_follow_their_actions(panel: TrainingPanel, actions: list[QAction], qtbot: QtBot) -> None:
    train, pause = panel.findChildren(QPushButton)[:2]
    assert (train.text(), pause.text()) == ("Train", "Pause")
    actions[1].setText("&Resume training")
    actions[1].setEnabled(False)
    assert pause.text() == "Resume" and pause.isHidden()
    actions[1].setEnabled(True)
    assert not pause.isHidden()
    actions[1].setText("&Resume training…")
    assert pause.text() == "Resume"
    with qtbot.waitSignal(actions[0].triggered):
        train.click()


def held_out(folder: Path, steps: list[int]) -> RunRow:
    """A run that was validated at these steps."""
    for name in ("photograph", *(f"{step:08d}" for step in steps)):
        write_png(folder / "held_out" / f"{name}.png", np.zeros((4, 8, 3), dtype=np.uint8))
    return RunRow(folder, "colour_grid", None, None)


def shown(panel: TrainingPanel) -> tuple[str, str]:
    return panel._left.currentText(), panel._right.currentText()


def test_the_newest_picture_stands_beside_the_photograph(panel: TrainingPanel, tmp_path: Path) -> None:
    panel.show_held_out([RunRow(tmp_path, "colour_grid", None, None)])
    assert shown(panel) == ("", "") and not panel._left.isEnabled() and panel.wipe.place().isEmpty()
    panel.show_held_out([held_out(tmp_path, [10])])
    assert shown(panel) == ("Photograph", "step 10") and not panel.wipe.place().isEmpty()
    panel.show_held_out([held_out(tmp_path, [10, 20])])
    assert shown(panel) == ("Photograph", "step 20")
    # Who looks at an older one goes on looking at it.
    panel._right.setCurrentIndex(1)
    panel.show_held_out([held_out(tmp_path, [10, 20, 30])])
    assert shown(panel) == ("Photograph", "step 10")


def test_two_runs_newest_pictures_stand_beside_each_other(panel: TrainingPanel, tmp_path: Path) -> None:
    rows = [held_out(tmp_path / "car", [10, 20]), held_out(tmp_path / "van", [30])]
    panel.show_held_out(rows)
    assert shown(panel) == ("car, step 20", "van, step 30")
    panel.show_held_out(rows[:1])
    assert shown(panel) == ("Photograph", "step 20")
    panel.show_held_out([])
    assert shown(panel) == ("", "")


def test_of_figures_without_room_the_last_are_left_out_whole(panel: TrainingPanel, qtbot: QtBot) -> None:
    panel.show_job(job(psnr=21.456, notes=("one",)), 3)
    panel.show()
    whole = panel.figures.text().split(BETWEEN)
    seen = set()
    for width in range(1100, 420, -20):
        panel.resize(width, 300)
        QApplication.processEvents()
        shown_parts = QLabel.text(panel.figures).split(BETWEEN)
        assert shown_parts == whole[: len(shown_parts)] or len(shown_parts) == 1
        # What is not there is in the tool tip, which keeps what else it says.
        assert panel.figures.toolTip().endswith("one")
        assert (BETWEEN.join(whole) in panel.figures.toolTip()) == (shown_parts != whole)
        seen.add(len(shown_parts))
    assert len(seen) > 2 and len(whole) in seen


def test_the_choices_beside_the_line_can_be_read(panel: TrainingPanel, tmp_path: Path, qtbot: QtBot) -> None:
    rows = [held_out(tmp_path / "toys-deepvoxels", [10]), held_out(tmp_path / "toys-srn", [20])]
    panel.resize(952, 260)
    panel.show()
    panel.show_held_out(rows[:1])
    QApplication.processEvents()
    assert (panel._left.shown(), panel._right.shown()) == ("Photograph", "step 10")
    # The runs' names and states have their room as well, at the size of the first start.
    assert panel.runs.width() >= 330
    panel.runs.show_rows(rows)
    QApplication.processEvents()
    room = panel.runs.columnWidth(0)
    assert all(panel.runs.fontMetrics().horizontalAdvance(row.folder.name) < room for row in rows)
    panel.resize(1600, 260)
    QApplication.processEvents()
    assert not panel.runs.isColumnHidden(METHOD)
    panel.resize(952, 260)
    QApplication.processEvents()
    # What has no room for itself says so.
    panel.show_held_out(rows)
    assert "…" in panel._left.shown() and panel._left.shown().endswith("10")


def test_a_window_without_it_has_nothing_to_complain_of(window: Window, qtlog: Any) -> None:
    window.grab()
    assert not [record.message for record in qtlog.records if "training_dock" in record.message]
