"""Help > Reset settings: asks, and has everything as at a first start at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.gui.qt import QApplication, QMessageBox, Qt, QTimer
from app.gui.window import Window
from app.settings import Settings, load_settings
from tests.app.gui.conftest import open_and_wait, told
from tests.qt_test import QTest


def answer(window: Window, qtbot: QtBot, button: QMessageBox.StandardButton, forget: bool = False) -> None:
    """Chooses the command, and answers its question with the mouse."""

    def click() -> None:
        box = QApplication.activeModalWidget()
        assert isinstance(box, QMessageBox)
        if forget:
            QTest.keyClick(box.checkBox(), Qt.Key.Key_Space)
        QTest.mouseClick(box.button(button), Qt.MouseButton.LeftButton)

    QTimer.singleShot(200, click)
    window.commands["reset_settings"].trigger()


@pytest.fixture
def used(window: Window, qtbot: QtBot) -> Window:
    """A window with a scene, in which much was changed."""
    open_and_wait(window, qtbot, Path("fast.pth"))
    for name in ("theme_dark", "box", "axes", "sharp", "fly", "largest_512", "training", "panel"):
        window.commands[name].trigger()
    window.settings.update(runs=("/run",), fps=5.0, export={"fps": 12.0})
    return window


def test_what_is_seen_is_as_at_a_first_start_and_what_was_made_is_known(
    used: Window, qtbot: QtBot, own_settings: Path
) -> None:
    answer(used, qtbot, QMessageBox.StandardButton.Reset)
    current = used.settings.current
    assert current == Settings(recent=current.recent, runs=("/run",)) and len(current.recent) == 1
    checked = {name for name in used.commands if used.commands[name].isChecked()}
    assert {"theme_system", "orbit", "largest_0", "panel", "loop"} <= checked
    assert not checked & {"box", "axes", "sharp", "training", "theme_dark", "fly"}
    assert used.dock.isVisible() and used.session.eye.hand.mode == "orbit" and used.session.eye.size.largest_px == 0
    assert "Settings are as at a first start" in told(used)
    used.end()
    assert load_settings().theme == "system" and load_settings().runs == ("/run",)


def test_what_was_made_is_forgotten_where_that_is_ticked(used: Window, qtbot: QtBot) -> None:
    answer(used, qtbot, QMessageBox.StandardButton.Reset, forget=True)
    assert used.settings.current == Settings()


def test_without_an_answer_nothing_is_changed(used: Window, qtbot: QtBot) -> None:
    before = used.settings.current
    answer(used, qtbot, QMessageBox.StandardButton.Cancel)
    assert used.settings.current == before and before.theme == "dark"
