"""Lines and lists that have less room than text."""

from __future__ import annotations

from PyQt5.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from app.gui.panel_parts import Choice, Elided
from app.gui.status import Status
from app.gui.window import Window

LONG = "a rather long name of a run, of which the end tells it from others: 17"


def test_what_has_no_room_is_in_the_tool_tip_with_what_else_there_is_to_say(qtbot: QtBot) -> None:
    line = Elided(LONG)
    qtbot.addWidget(line)
    line.setToolTip("what it means")
    line.resize(80, 20)
    line.show()
    assert "…" in QLabel.text(line) and line.toolTip() == f"{LONG}\nwhat it means"
    line.resize(900, 20)
    assert QLabel.text(line) == LONG and line.toolTip() == "what it means"


def test_the_state_keeps_its_reason(window: Window, qtbot: QtBot) -> None:
    status: Status = window.status
    status.show_final(cut=True)
    QApplication.processEvents()
    assert "near plane" in status.state.toolTip()
    status.show_final()
    assert status.state.toolTip() == ""


def test_a_choice_without_room_is_shortened_visibly(qtbot: QtBot) -> None:
    box = Choice()
    qtbot.addWidget(box)
    box.setPlaceholderText("Choose the data first, which is long as well")
    box.resize(120, 28)
    box.show()
    assert "…" in box.shown()
    box.addItem(LONG)
    box.setCurrentIndex(0)
    assert "…" in box.shown() and box.shown().endswith("17")
    box.resize(900, 28)
    assert box.shown() == LONG
