"""What is told seldom is told at once, and the last of it in the end."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from app.gui.qt import QWidget
from app.gui.viewport.throttling import Throttle


def test_the_first_is_told_at_once_and_the_last_in_the_end(qtbot: QtBot) -> None:
    parent, told, happened = QWidget(), list[int](), list[int]()
    qtbot.addWidget(parent)
    seldom = Throttle(parent, lambda: told.append(happened[-1]))
    for number in range(5):
        happened.append(number)
        seldom.soon()
    assert told == [0]
    qtbot.waitUntil(lambda: len(told) > 1)
    assert told == [0, 4]


def test_what_was_told_now_is_not_told_again(qtbot: QtBot) -> None:
    parent, told = QWidget(), list[str]()
    qtbot.addWidget(parent)
    seldom = Throttle(parent, lambda: told.append("told"))
    seldom.soon()
    seldom.soon()
    seldom.now()
    qtbot.wait(250)
    assert told == ["told", "told"]
