"""Lines and lists that have less room than text."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from app.gui.feedback.status import Status
from app.gui.panel.panel_parts import Choice, Elided
from app.gui.qt import QApplication, QLabel
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


def test_what_a_choice_asks_room_for_is_not_shortened(window: Window, qtbot: QtBot) -> None:
    """In the window's own style, which the room is reckoned by."""
    for texts in (("15 fps", "30 fps"), ("Turbo",), ("Held-out PSNR", "Loss: l1")):
        box = Choice(window)
        box.addItems(texts)
        box.resize(box.sizeHint())
        box.show()
        shown = list[str]()
        for text in texts:
            box.setCurrentText(text)
            shown.append(box.shown())
        assert shown == list(texts)
        narrow = Choice(window)
        narrow.set_narrowest(texts[0])
        narrow.addItems([*texts, LONG])
        narrow.resize(narrow.minimumSizeHint())
        narrow.show()
        assert narrow.shown() == texts[0]


def test_nothing_is_idle_where_nothing_is_open(window: Window, qtbot: QtBot) -> None:
    status: Status = window.status
    status.show_refining(0.4)
    status.clear_scene()
    status.show_refining(None)
    assert status.rate.text() == ""
    status.show_refining(0.4)
    status.show_refining(None)
    assert status.rate.text() == "idle"
