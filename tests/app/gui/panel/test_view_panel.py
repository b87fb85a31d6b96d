"""The choice of what is up, in the panel."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from pytestqt.qtbot import QtBot

from app.gui.window import Window
from tests.app.gui.conftest import NEVER, open_and_wait, wait_exact


def test_axis_that_is_chosen_is_up(window: Window, qtbot: QtBot) -> None:
    open_and_wait(window, qtbot, Path("fast.pth"))
    card, session = window.views, window.session
    assert card.up.currentText() == "+z" and card.up.count() == 6
    index = card.up.findText("+y")
    card.up.setCurrentIndex(index)
    card.up.activated.emit(index)
    wait_exact(window, qtbot)
    assert session.opened is not None and session.opened.scene.up.tolist() == [0, 1, 0]
    assert session.eye.up.tolist() == [0, 1, 0] and card.up.currentText() == "+y"
    # The horizon is level about it.
    assert session.eye.camera is not None and abs(session.eye.camera.right[1]) < 1e-6


def test_direction_that_is_no_axis_can_be_had_again(window: Window, qtbot: QtBot) -> None:
    open_and_wait(window, qtbot, Path("fast.pth"))
    slanted = np.array([0.6, 0, 0.8])
    window.looking.navigation.choose_up(slanted)
    wait_exact(window, qtbot)
    card = window.views
    qtbot.waitUntil(lambda: card.up.currentText() == "(0.60, 0.00, 0.80)", timeout=NEVER)
    card.up.activated.emit(card.up.findText("+x"))
    qtbot.waitUntil(lambda: card.up.currentText() == "+x", timeout=NEVER)
    card.up.activated.emit(0)
    qtbot.waitUntil(lambda: window.session.eye.up.tolist() == slanted.tolist(), timeout=NEVER)
