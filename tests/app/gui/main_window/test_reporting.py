"""Faults end in a dialog with a report, once each; the user's mistakes do not; how the last run ended is told."""

from __future__ import annotations

import json
import platform
import sys
from functools import partial
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.diagnostics.log_file import last_lines, log_folder, logged
from app.gui.main import make_window, surviving
from app.gui.main_window.fault_dialog import FaultDialog
from app.gui.main_window.reporting import Reporting
from app.gui.qt import QApplication, QDialog, QPaintEvent, Qt, QTimer, QWidget
from app.gui.viewport.gl import OpenGl, drawing_note, drawing_rows
from app.gui.window import Window
from app.settings import FILE_NAME
from engines.core.errors import UserError
from tests.app.gui.conftest import NEVER, told
from tests.qt_test import QTest


def dialogs(window: Window) -> list[FaultDialog]:
    """Those that are open."""
    return [shown for shown in QApplication.topLevelWidgets() if isinstance(shown, FaultDialog) and shown.isVisible()]


def wait_for_dialog(window: Window, qtbot: QtBot, text: str) -> FaultDialog:
    """Until the dialog tells this; it."""
    qtbot.waitUntil(lambda: any(text in shown.what.text() for shown in dialogs(window)), timeout=NEVER)
    (found,) = dialogs(window)
    return found


def fail(text: str = "no such channel") -> None:
    """Has the window's loop run into a fault."""
    QTimer.singleShot(0, lambda: broken(text))


def broken(text: str) -> None:
    raise KeyError(text)


def test_a_fault_ends_in_a_report_that_can_be_copied_and_one_goes_on(
    window: Window, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HOME", str(Path(__file__).parent))
    with logged("view", []), surviving(window.session.post, window.reporting.fault):
        fail()
        dialog = wait_for_dialog(window, qtbot, "KeyError: 'no such channel'")
        QTest.mouseClick(dialog.copy, Qt.MouseButton.LeftButton)
        report = QApplication.clipboard().text()
        QTest.mouseClick(dialog.go_on, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: not dialogs(window), timeout=NEVER)
        # Another one has a dialog of its own.
        QTimer.singleShot(0, lambda: [][1])
        wait_for_dialog(window, qtbot, "IndexError").close()
    assert report.startswith("Traceback") and 'File "~/test_reporting.py"' in report
    for part in ("KeyError: 'no such channel'", "OpenGL", "Device", "torch", "Methods", "Settings", "Log, the last"):
        assert part in report, part
    assert str(Path(__file__).parent) not in report
    assert "no such channel" in capfd.readouterr().err and "a fault" in "\n".join(last_lines(40))
    assert window.isVisible()


def test_the_same_fault_is_shown_and_printed_once_however_often_it_comes(
    window: Window, qtbot: QtBot, capfd: pytest.CaptureFixture[str]
) -> None:
    class Broken(QWidget):
        """A widget that can't be painted."""

        painted = 0

        def paintEvent(self, event: QPaintEvent | None) -> None:
            self.painted += 1
            raise ValueError(f"repaint {self.painted}")

    with surviving(window.session.post, window.reporting.fault):
        widget = Broken(window)
        widget.resize(50, 50)
        widget.show()
        timer = QTimer(widget)
        timer.timeout.connect(widget.update)
        timer.start(1)
        dialog = wait_for_dialog(window, qtbot, "ValueError: repaint 1")
        qtbot.waitUntil(lambda: "It has happened" in dialog.often.text() and widget.painted > 20, timeout=NEVER)
        assert dialogs(window) == [dialog]
        QTest.keyClick(dialog, Qt.Key.Key_Escape)
        before = widget.painted
        qtbot.waitUntil(lambda: widget.painted > before + 20, timeout=NEVER)
        assert dialogs(window) == []
        timer.stop()
        widget.hide()
        QApplication.processEvents()
    assert capfd.readouterr().err.count("Traceback") == 1


def tells(window: Window, said: str) -> bool:
    return told(window) == said and window.banner.isVisible()


def test_a_mistake_of_the_user_stays_on_the_banner(window: Window, qtbot: QtBot) -> None:
    def wrong() -> None:
        raise UserError("cup.png: no such file")

    def gone() -> None:
        raise FileNotFoundError(2, "No such file or directory", "/data/cup.png")

    with surviving(window.session.post, window.reporting.fault):
        for mistake, said in ((wrong, "cup.png: no such file"), (gone, "/data/cup.png: No such file or directory")):
            # Twice, as often as it is made.
            for _ in range(2):
                window.banner.hide()
                QTimer.singleShot(0, mistake)
                qtbot.waitUntil(partial(tells, window, said), timeout=NEVER)
    assert dialogs(window) == []


def test_a_fault_in_a_modal_dialog_can_be_answered_there(window: Window, qtbot: QtBot) -> None:
    asked = QDialog(window)
    seen: list[bool] = []

    def answer() -> None:
        dialog = wait_for_dialog(window, qtbot, "KeyError")
        QTest.mouseClick(dialog.go_on, Qt.MouseButton.LeftButton)
        seen.append(dialogs(window) == [])
        asked.reject()

    with surviving(window.session.post, window.reporting.fault):
        fail()
        QTimer.singleShot(50, answer)
        asked.exec()
    assert seen == [True]


def test_a_report_that_fails_itself_still_tells_the_fault(
    window: Window, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(self: Reporting, above: object = ()) -> str:
        raise RuntimeError("no driver")

    monkeypatch.setattr(Reporting, "text", break_down)
    with surviving(window.session.post, window.reporting.fault):
        fail()
        dialog = wait_for_dialog(window, qtbot, "KeyError")
    text = dialog.report.toPlainText()
    dialog.close()
    assert "no such channel" in text and "RuntimeError: no driver" in text


def test_what_cannot_be_drawn_is_on_the_banner_and_can_be_looked_at(window: Window, qtbot: QtBot) -> None:
    try:
        broken("a pixel")
    except KeyError as error:
        window.notifications.error(error)
    assert "Something went wrong inside the program: KeyError: 'a pixel'" in told(window)
    QTest.mouseClick(window.banner.button, Qt.MouseButton.LeftButton)
    dialog = wait_for_dialog(window, qtbot, "KeyError: 'a pixel'")
    assert "in broken" in dialog.report.toPlainText()
    dialog.close()


def test_the_menu_copies_the_report(window: Window) -> None:
    window.commands["copy_report"].trigger()
    assert QApplication.clipboard().text().startswith("Vantage ") and "Copied the report" in told(window)


def test_a_run_that_crashed_is_told_of_and_can_be_copied(window: Window, own_settings: Path) -> None:
    log_folder().mkdir(parents=True)
    facts = {"command": "view", "node": platform.node(), "pid": 1, "began": 1e9, "process_began": 1e9}
    (log_folder() / "ended-1.txt").write_text(json.dumps(facts) + "\nFatal Python error: Segmentation fault\n")
    window.reporting.tell_how_the_last_run_ended()
    assert told(window).startswith("Vantage ended unexpectedly last time (2001-09-09")
    # A scene that opens doesn't take it away.
    window.notifications.hide()
    assert window.banner.isVisible()
    QTest.mouseClick(window.banner.button, Qt.MouseButton.LeftButton)
    assert "Segmentation fault" in QApplication.clipboard().text()
    window.banner.hide()
    window.reporting.tell_how_the_last_run_ended()
    assert "unexpectedly" not in told(window)


@pytest.mark.parametrize(
    ("found", "text", "tip"),
    [
        (OpenGl("llvmpipe (LLVM 15)"), "Software OpenGL", "by the processor here (llvmpipe (LLVM 15))"),
        (OpenGl(None), "No OpenGL", "There is no OpenGL here: the window takes QPainter"),
        (OpenGl("NVIDIA RTX"), "", ""),
    ],
)
def test_the_status_line_says_where_opengl_is_software(window: Window, found: OpenGl, text: str, tip: str) -> None:
    window.status.show_drawing(*drawing_note(found))
    assert window.status.drawing.text() == text and tip in window.status.drawing.toolTip()
    assert window.status.drawing.isVisible() == bool(text)


def test_the_windows_own_status_line_says_what_was_found(window: Window) -> None:
    rows = drawing_rows(OpenGl("llvmpipe", "Mesa", "4.5"), "painter")
    assert rows == {"OpenGL": "llvmpipe, Mesa, 4.5 (in software)", "Canvas": "painter"}
    if sys.platform.startswith("linux"):
        # The tests' display has no graphics card.
        assert window.status.drawing.text() in ("Software OpenGL", "No OpenGL")


def test_a_safe_start_has_the_settings_of_a_first_one_and_keeps_none(
    qtbot: QtBot, own_settings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # It would crash with a driver that does.
    monkeypatch.setattr("app.gui.main.probe_opengl", lambda: pytest.fail("OpenGL was asked for"))
    monkeypatch.setenv("VANTAGE_CANVAS", "painter")
    (own_settings / FILE_NAME).write_text('{"theme": "dark", "panel": false}')
    window = make_window("cpu", safe=True)
    window.show()
    qtbot.waitExposed(window)
    window.reporting.tell_safe_mode()
    assert window.settings.current.theme == "system" and window.commands["panel"].isChecked()
    assert window.windowTitle() == "Vantage (safe mode)" and told(window).startswith("Safe mode: settings are those of")
    window.commands["theme_light"].trigger()
    window.end()
    window.deleteLater()
    QApplication.processEvents()
    assert (own_settings / FILE_NAME).read_text() == '{"theme": "dark", "panel": false}'
