"""The controls that a scene brings: lists of thousands are searched by typing."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from app.gui.panel.controls_panel import MANY_CHOICES, ControlsCard
from app.gui.qt import QComboBox, Qt
from engines.core.engine import INSTANCE, Control

NAMES = tuple(f"car-{index:04d}" for index in range(2434))


@pytest.fixture
def card(qtbot: QtBot) -> ControlsCard:
    card = ControlsCard()
    qtbot.addWidget(card)
    card.set_controls([Control(INSTANCE, "Instance", "choice", 0, len(NAMES) - 1, 3, NAMES)])
    card.show()
    return card


def test_a_name_is_found_by_any_part_of_it(card: ControlsCard, qtbot: QtBot) -> None:
    told: list[tuple[str, float, bool]] = []
    card.changed.connect(lambda *change: told.append(change))
    box = card.findChild(QComboBox)
    assert box.currentText() == "car-0003"
    box.lineEdit().selectAll()
    qtbot.keyClicks(box.lineEdit(), "2017")
    assert box.completer().completionCount() == 1
    assert box.completer().currentCompletion() == "car-2017"
    box.lineEdit().setText("CAR-2017")
    qtbot.keyClick(box.lineEdit(), Qt.Key.Key_Return)
    assert told[-1] == (INSTANCE, 2017.0, False)


def test_what_is_no_name_is_put_back(card: ControlsCard, qtbot: QtBot) -> None:
    box = card.findChild(QComboBox)
    box.lineEdit().selectAll()
    qtbot.keyClicks(box.lineEdit(), "lorry\r")
    assert box.currentText() == "car-0003" and box.count() == len(NAMES)


def test_few_are_only_chosen(qtbot: QtBot) -> None:
    card = ControlsCard()
    qtbot.addWidget(card)
    few = NAMES[:MANY_CHOICES]
    card.set_controls([Control(INSTANCE, "Instance", "choice", 0, len(few) - 1, 0, few)])
    assert not card.findChild(QComboBox).isEditable()


def test_lists_stand_below_each_other(qtbot: QtBot) -> None:
    card = ControlsCard()
    qtbot.addWidget(card)
    card.set_controls(
        [Control(name, name, "choice", 0, 1, 0, ("a", "b")) for name in ("Instance", "Blend with another one")]
    )
    card.resize(320, 120)
    card.show()
    qtbot.waitExposed(card)
    first, second = card.findChildren(QComboBox)
    assert first.mapTo(card, first.rect().topLeft()).x() == second.mapTo(card, second.rect().topLeft()).x()
