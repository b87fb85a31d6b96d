"""Camera poses that are being estimated are never lost without a question, wherever the dialog is left."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.capture.colmap.structure_from_motion import SfmResult
from app.gui.qt import QApplication, QDialogButtonBox, QMessageBox, QPushButton, Qt, QTimer
from app.gui.training import poses_part
from app.gui.training.dialog import TrainDialog
from app.gui.window import Window
from engines.core.data.images import write_png
from engines.core.engine import Stop
from engines.core.errors import Cancelled, UserError
from tests.app.gui.conftest import NEVER
from tests.qt_test import QTest

SOON = 8000


class Search:
    """Stands for COLMAP: goes on until it is stopped, or told how it ends."""

    def __init__(self) -> None:
        self.stopped = 0
        self.result: SfmResult | UserError | None = None

    def __call__(self, where: Path, on_progress: object, stop: Stop, video: object, overwrite: bool) -> SfmResult:
        while self.result is None:
            if stop():
                self.stopped += 1
                raise Cancelled
        if isinstance(self.result, UserError):
            raise self.result
        return self.result


@pytest.fixture
def search(monkeypatch: pytest.MonkeyPatch) -> Search:
    made = Search()
    monkeypatch.setattr(poses_part, "find_poses", made)
    return made


@pytest.fixture
def dialog(window: Window, search: Search, tmp_path: Path, qtbot: QtBot) -> TrainDialog:
    """The dialog, estimating the poses of `plain`."""
    for number in range(3):
        write_png(tmp_path / "plain" / f"{number}.png", np.full((32, 32, 3), 80 * number, np.uint8))
    window.trainings.ask(tmp_path / "plain")
    shown = window.trainings.asking.dialog
    assert shown is not None
    qtbot.waitUntil(lambda: shown.data.poses.estimate.isVisible(), timeout=SOON)
    qtbot.mouseClick(shown.data.poses.estimate, Qt.MouseButton.LeftButton)
    assert shown.data.poses.busy
    return shown


def answered(qtbot: QtBot, key: int | None, button: str = "") -> list[str]:
    """Answers the next question by a key, or a click on a button; what was asked is in the list then."""
    asked = list[str]()

    def answer() -> None:
        box = QApplication.activeModalWidget()
        assert isinstance(box, QMessageBox)
        asked.append(box.text())
        if key is not None:
            qtbot.keyClick(box, key)
        else:
            there = {each.text().replace("&", ""): each for each in box.findChildren(QPushButton)}
            qtbot.mouseClick(there[button], Qt.MouseButton.LeftButton)

    QTimer.singleShot(200, answer)
    return asked


def by_escape(dialog: TrainDialog, qtbot: QtBot) -> None:
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)


def by_title_bar(dialog: TrainDialog, qtbot: QtBot) -> None:
    dialog.close()


def by_button(dialog: TrainDialog, qtbot: QtBot) -> None:
    buttons = dialog.findChild(QDialogButtonBox)
    qtbot.mouseClick(buttons.button(QDialogButtonBox.StandardButton.Cancel), Qt.MouseButton.LeftButton)


CLOSINGS = (by_escape, by_title_bar, by_button)
Close = Callable[[TrainDialog, QtBot], None]


@pytest.mark.parametrize("close", CLOSINGS)
def test_closing_asks_and_escape_stays(
    dialog: TrainDialog, search: Search, window: Window, qtbot: QtBot, close: Close
) -> None:
    asked = answered(qtbot, Qt.Key.Key_Escape)
    close(dialog, qtbot)
    assert len(asked) == 1 and "plain are being estimated" in asked[0]
    assert dialog.isVisible() and dialog.data.poses.busy and search.stopped == 0


@pytest.mark.parametrize("close", CLOSINGS)
def test_it_goes_on_while_the_dialog_is_closed_and_is_there_again(
    dialog: TrainDialog, search: Search, window: Window, qtbot: QtBot, close: Close
) -> None:
    # Enter is the answer that loses nothing.
    answered(qtbot, Qt.Key.Key_Return)
    close(dialog, qtbot)
    assert not dialog.isVisible() and dialog.data.poses.busy and "in the background" in window.banner.text.text()
    window.activateWindow()
    qtbot.waitActive(window)

    def is_there_again() -> bool:
        # While the display still hands the focus back from the dialog no window is active, and keys reach none.
        if not dialog.isVisible():
            QTest.keyClick(window.windowHandle(), Qt.Key.Key_T, Qt.KeyboardModifier.ControlModifier)
        return dialog.isVisible()

    qtbot.waitUntil(is_there_again, timeout=NEVER)
    assert window.trainings.asking.dialog is dialog and dialog.data.poses.estimate.text() == "Stop"
    assert search.stopped == 0


def test_it_may_be_stopped(dialog: TrainDialog, search: Search, window: Window, qtbot: QtBot) -> None:
    answered(qtbot, None, "Stop")
    by_escape(dialog, qtbot)
    qtbot.waitUntil(lambda: search.stopped == 1, timeout=SOON)
    assert window.trainings.asking.dialog is None


def test_nothing_is_asked_where_nothing_is_estimated(window: Window, qtbot: QtBot, tmp_path: Path) -> None:
    window.trainings.ask(None)
    dialog = window.trainings.asking.dialog
    assert dialog is not None
    by_escape(dialog, qtbot)
    assert window.trainings.asking.dialog is None


def test_what_became_of_it_is_told_by_the_window(
    dialog: TrainDialog, search: Search, window: Window, qtbot: QtBot, tmp_path: Path
) -> None:
    answered(qtbot, None, "Continue in the background")
    by_escape(dialog, qtbot)
    written = (tmp_path / "plain" / "sparse" / "0", tmp_path / "plain" / "transforms.json")
    search.result = SfmResult(3, (), 40, written, (), ())
    qtbot.waitUntil(lambda: "found for 3 of 3" in window.banner.text.text(), timeout=SOON)
    qtbot.mouseClick(window.banner.button, Qt.MouseButton.LeftButton)
    assert dialog.isVisible() and not dialog.data.poses.busy


def test_a_failure_in_the_background_is_told(dialog: TrainDialog, search: Search, window: Window, qtbot: QtBot) -> None:
    answered(qtbot, Qt.Key.Key_Return)
    by_escape(dialog, qtbot)
    search.result = UserError("no poses could be estimated")
    qtbot.waitUntil(lambda: window.banner.text.text() == "no poses could be estimated", timeout=SOON)
    assert window.banner.property("banner") == "error"


def test_another_folder_asks_first(
    dialog: TrainDialog, search: Search, window: Window, qtbot: QtBot, tmp_path: Path
) -> None:
    write_png(tmp_path / "other" / "a.png", np.zeros((32, 32, 3), np.uint8))
    asked = answered(qtbot, Qt.Key.Key_Escape)
    # As dropping it on the window does.
    window.trainings.ask(tmp_path / "other")
    assert len(asked) == 1 and dialog.data.poses.busy and dialog.data.path.text() == str(tmp_path / "plain")
    # The same again changes nothing.
    dialog.data.path.setFocus()
    qtbot.keyClick(dialog.data.path, Qt.Key.Key_Return)
    assert dialog.data.poses.busy and search.stopped == 0
    answered(qtbot, None, "Stop, and open the other")
    dialog.data.path.setText(str(tmp_path / "other"))
    qtbot.keyClick(dialog.data.path, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: search.stopped == 1, timeout=SOON)
    assert not dialog.data.poses.busy


def test_quitting_asks_first(dialog: TrainDialog, search: Search, window: Window, qtbot: QtBot) -> None:
    asked = answered(qtbot, Qt.Key.Key_Return)
    assert not window.close() and window.isVisible() and len(asked) == 1 and search.stopped == 0
    answered(qtbot, None, "Quit")
    assert window.close()
    qtbot.waitUntil(lambda: search.stopped == 1, timeout=SOON)
