"""Runs as rows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from app.gui.theme import colours_of
from app.gui.training.runs_list import Row, RunsList, rows_of
from app.training.runs.library import Run
from app.training.runs.messages import Standing
from app.training.runs.order import TrainingRequest
from app.training.runs.queue import QueuedRun


def run(folder: Path, step: int = 5, training: bool = False) -> Run:
    (folder / "scene.safetensors").parent.mkdir(parents=True, exist_ok=True)
    (folder / "scene.safetensors").touch()
    return Run(folder, "colour_film", Path("/data/car"), {"max_steps": 9}, step, 20.0, 22.0, training, 1e9)


def job(folder: Path, status: Any, step: int | None = None, **more: Any) -> QueuedRun:
    last = Standing(step, 9, {}, None, None, False, 0) if step is not None else None
    return QueuedRun(TrainingRequest("colour_grid", Path("data"), folder), status, last, **more)


@pytest.fixture
def listed(qtbot: QtBot) -> RunsList:
    made = RunsList()
    qtbot.addWidget(made)
    made.paint(colours_of("light", False))
    return made


def texts(listed: RunsList) -> list[list[str]]:
    items = [listed.topLevelItem(index) for index in range(listed.topLevelItemCount())]
    return [[item.text(column) for column in range(5)] for item in items]


def test_a_row_says_how_far_its_run_is(tmp_path: Path) -> None:
    old = run(tmp_path / "old")

    def said(job: QueuedRun | None, run: Run | None) -> tuple[str, str, float | None]:
        row = Row(tmp_path / "old", "colour_film", job, run)
        return row.state, row.steps, row.psnr

    assert said(None, old) == ("stopped", "5 / 9", 20.0)
    assert said(None, replace(old, step=9)) == ("finished", "9", 20.0)
    assert said(None, replace(old, training=True)) == ("training elsewhere", "5 / 9", 20.0)
    assert said(None, replace(old, folder=tmp_path / "none", step=0)) == ("nothing saved", "0 / 9", 20.0)
    assert said(job(tmp_path / "old", "waiting"), None) == ("waiting", "", None)
    # What it trains itself is claimed, too, and further than what lies on the disk.
    under_way = job(tmp_path / "old", "running", 7, psnr=25.0)
    assert said(under_way, replace(old, training=True)) == ("training", "7 / 9", 25.0)
    assert said(job(tmp_path / "old", "failed", 7), old) == ("failed", "5 / 9", 20.0)
    assert said(job(tmp_path / "old", "stopped", 5), old) == ("stopped", "5 / 9", 20.0)


def test_a_run_and_its_job_are_one_row(tmp_path: Path) -> None:
    runs = [run(tmp_path / name) for name in ("a", "b")]
    rows = rows_of([job(tmp_path / "b", "running"), job(tmp_path / "new", "waiting")], runs)
    assert [(row.folder.name, row.job is not None, row.run is not None) for row in rows] == [
        ("b", True, True),
        ("new", True, False),
        ("a", False, True),
    ]


def test_what_is_chosen_stays_chosen_where_rows_move(listed: RunsList, tmp_path: Path, qtbot: QtBot) -> None:
    runs = [run(tmp_path / name) for name in ("a", "b", "c")]
    listed.show_rows(rows_of([], runs))
    listed.choose(tmp_path / "b")
    told: list[list[str]] = []
    listed.chosen.connect(lambda: told.append([row.folder.name for row in listed.rows]))
    listed.show_rows(rows_of([job(tmp_path / "new", "waiting")], runs))
    assert [text[0] for text in texts(listed)] == ["new", "a", "b", "c"]
    assert [row.folder.name for row in listed.rows] == ["b"] and told == []
    listed.show_rows(rows_of([], runs[:1]))
    assert listed.rows == [] and told == [[]]


def test_a_row_is_filled(listed: RunsList, tmp_path: Path) -> None:
    failed = job(tmp_path / "bad", "failed", text="bad: no memory")
    listed.show_rows(rows_of([failed], [run(tmp_path / "old")]))
    assert texts(listed) == [
        ["bad", "colour_grid", "", "", "failed"],
        ["old", "colour_film", "5 / 9", "20.00 dB", "stopped"],
    ]
    assert listed.topLevelItem(0).toolTip(4) == "bad: no memory"
    assert "best PSNR: 22.00 dB" in listed.topLevelItem(1).toolTip(0)


def test_a_double_click_opens(listed: RunsList, tmp_path: Path, qtbot: QtBot) -> None:
    listed.show_rows(rows_of([], [run(tmp_path / "old")]))
    with qtbot.waitSignal(listed.opened) as opened:
        listed.itemDoubleClicked.emit(listed.topLevelItem(0), 0)
    assert opened.args[0].folder == tmp_path / "old"
