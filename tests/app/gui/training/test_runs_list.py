"""Runs as rows."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.gui.qt import Qt
from app.gui.theme import colours_of
from app.gui.training.runs_list import RunsList
from app.training.runs.rows import rows_of
from tests.app.training.runs.listed import job, run


@pytest.fixture
def listed(qtbot: QtBot) -> RunsList:
    made = RunsList()
    qtbot.addWidget(made)
    made.paint(colours_of("light", False))
    return made


def texts(listed: RunsList) -> list[list[str]]:
    items = [listed.topLevelItem(index) for index in range(listed.topLevelItemCount())]
    return [[item.text(column) for column in range(5)] for item in items]


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


def test_enter_opens_what_the_arrows_came_to(listed: RunsList, tmp_path: Path, qtbot: QtBot) -> None:
    listed.show_rows(rows_of([], [run(tmp_path / name) for name in ("a", "b")]))
    listed.show()
    qtbot.keyClick(listed, Qt.Key.Key_Down)
    qtbot.keyClick(listed, Qt.Key.Key_Down)
    with qtbot.waitSignal(listed.opened) as opened:
        qtbot.keyClick(listed, Qt.Key.Key_Return)
    assert opened.args[0].folder == tmp_path / "b"
