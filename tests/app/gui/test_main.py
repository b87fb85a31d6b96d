"""Starting, surviving, ending."""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.gui.main import run_window, surviving
from app.gui.qt import QApplication, QEventLoop, QTimer, QWidget
from app.gui.window import Window
from tests.app.gui.conftest import Shelf
from tests.app.gui.main_window.test_reporting import wait_for_dialog


def test_a_fault_anywhere_is_told_and_survived(
    window: Window, qtbot: QtBot, capsys: pytest.CaptureFixture[str]
) -> None:
    with surviving(window.session.post, window.reporting.fault):
        sys.excepthook(ValueError, ValueError("a slot broke"), None)
        dialog = wait_for_dialog(window, qtbot, "a slot broke")
        thread = threading.Thread(target=lambda: 1 // 0)
        thread.start()
        thread.join()
        # One dialog has both.
        assert wait_for_dialog(window, qtbot, "ZeroDivisionError") is dialog
        assert "a slot broke" in dialog.report.toPlainText()
    # Whoever started the program from a terminal finds the whole story there.
    assert "a slot broke" in capsys.readouterr().err
    assert window.isVisible()


def waits() -> bool:
    """Whether an event can be waited for: not while Qt still has it that the program is to end."""
    QApplication.processEvents()
    loop = QEventLoop()
    QTimer.singleShot(1, lambda: loop.exit(1))
    return loop.exec() == 1


def test_the_program_opens_its_argument_and_ends_with_its_window(qapp: QApplication, shelf: Shelf) -> None:
    seen = []
    # Whatever else is seen of the program, it ends with its window.
    other = QWidget()
    other.show()

    def look() -> None:
        windows = [w for w in qapp.topLevelWidgets() if isinstance(w, Window) and w.isVisible()]
        if windows and windows[0].looking.shown.picture is not None:
            seen.append(windows[0].windowTitle())
            windows[0].commands["quit"].trigger()

    timer = QTimer()
    timer.timeout.connect(look)
    timer.start(20)
    assert run_window(Path("fast.pth"), None, "cpu", []) == 0
    timer.stop()
    other.close()
    assert seen and seen[0].startswith("fast.pth")
    assert waits()


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="Windows has none")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_whoever_closes_its_terminal_closes_the_window_well(
    name: str, qapp: QApplication, shelf: Shelf, own_settings: Path
) -> None:
    timer = QTimer()
    timer.timeout.connect(lambda: os.kill(os.getpid(), getattr(signal, name)))
    timer.setSingleShot(True)
    timer.start(500)
    assert run_window(None, None, "cpu", []) == 0
    assert (own_settings / "settings.json").is_file()
    assert waits()
