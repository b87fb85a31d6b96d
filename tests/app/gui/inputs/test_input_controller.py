"""Input photographs in the window: asked for, dropped, taken again, kept with the scene, refused."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from pytestqt.qtbot import QtBot

import app.viewing.inputs
import app.viewing.opening
import app.viewing.scene_loader
from app.gui.export.export_settings import ExportSettings
from app.gui.inputs.input_dialog import InputDialog
from app.gui.main import make_window
from app.gui.qt import QApplication, QCheckBox, QFileDialog, QLabel, Qt, QWidget
from app.gui.window import Window
from app.settings import Settings, load_settings, save_settings
from app.viewing.opening import CompanionPaths
from engines.core.data.images import write_png
from tests.app.gui.conftest import NEVER, Shelf, drag, drop, open_and_wait, told, wait_exact
from tests.app.gui.made_of_photographs import ADVICE, Opener, Taker
from tests.qt_test import QTest

COND, PLAIN = Path("cond.pth"), Path("plain.pth")


@pytest.fixture
def opener(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> Iterator[Opener]:
    opener = Opener()
    monkeypatch.setattr(app.viewing.scene_loader, "open_scene", opener.open)
    monkeypatch.setattr(app.viewing.opening, "open_scene", opener.open)
    monkeypatch.setattr(app.viewing.inputs, "find_engine", lambda name: Taker())
    yield opener
    opener.gate.set()


@pytest.fixture
def photographs(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / f"ball{number}.png" for number in range(3)]
    for number, path in enumerate(paths):
        write_png(path, np.full((32, 48, 3), 60 * number, dtype=np.uint8))
    return paths


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "objects"
    folder.mkdir()
    for number in range(14):
        write_png(folder / f"object{number}.png", np.full((32, 32, 3), 10 * number, dtype=np.uint8))
    return folder


@pytest.fixture
def shown(window: Window, opener: Opener, qtbot: QtBot, photographs: list[Path]) -> Window:
    """The window with a scene of the first photograph."""
    window.files.open(COND, None, CompanionPaths(photograph=photographs[0]))
    wait_for_input(window, qtbot, photographs[0])
    return window


def wait_for_input(window: Window, qtbot: QtBot, path: Path) -> None:
    """Until the picture of a scene made of it is there."""

    def there() -> bool:
        opened = window.session.opened
        return opened is not None and opened.beside.photograph == path and window.session.loader.opening is None

    qtbot.waitUntil(there, timeout=NEVER)
    wait_exact(window, qtbot)


def wait_for_dialog(window: Window, qtbot: QtBot) -> InputDialog:
    qtbot.waitUntil(lambda: window.inputs.dialog is not None and window.inputs.dialog.isVisible(), timeout=NEVER)
    assert window.inputs.dialog is not None
    return window.inputs.dialog


def click(widget: QWidget) -> None:
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton)


def test_a_scene_that_needs_a_photograph_asks_for_one(
    window: Window, opener: Opener, qtbot: QtBot, photographs: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(photographs[1]), ""))
    window.files.open(COND)
    dialog = wait_for_dialog(window, qtbot)
    texts = [text.text() for text in dialog.findChildren(QLabel)]
    assert any("cond.pth" in text for text in texts) and f"Best is {ADVICE}." in texts
    click(dialog.photograph)
    wait_for_input(window, qtbot, photographs[1])
    assert window.inputs.dialog is None and not window.banner.isVisible()
    assert window.windowTitle() == "cond.pth (ball1.png) – Vantage"
    assert window.inputs.card.isVisible() and window.inputs.card.name.text() == "ball1.png"
    assert load_settings().inputs == (str(photographs[1]),)
    assert load_settings().folders["input"] == str(photographs[1].parent)


def test_enter_chooses_a_photograph_and_escape_leaves(
    window: Window, opener: Opener, qtbot: QtBot, photographs: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def ask(*_: object) -> tuple[str, str]:
        asked.append("photograph")
        return "", ""

    monkeypatch.setattr(QFileDialog, "getOpenFileName", ask)
    window.files.open(COND)
    dialog = wait_for_dialog(window, qtbot)
    QTest.keyClick(dialog, Qt.Key.Key_Return)
    assert asked == ["photograph"] and dialog.isVisible()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert window.inputs.dialog is None and window.session.opened is None
    assert "cond.pth” is not open" in told(window)
    click(window.banner.button)
    QTest.keyClick(wait_for_dialog(window, qtbot), Qt.Key.Key_Escape)
    # The one that waits takes what is dropped.
    drop(window, photographs[2])
    wait_for_input(window, qtbot, photographs[2])


def test_a_folder_is_chosen_or_the_data_of_a_class(
    window: Window, opener: Opener, qtbot: QtBot, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "class"
    data.mkdir()
    (data / "transforms.json").write_text("{}")
    for chosen in (folder, data):
        monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_, chosen=chosen: str(chosen))
        window.files.open(COND)
        click(wait_for_dialog(window, qtbot).several)
        if chosen == folder:
            wait_for_input(window, qtbot, folder)
            assert window.inputs.card.kind.text() == "Folder of 14, an object each"
    qtbot.waitUntil(lambda: window.session.loader.data == data, timeout=NEVER)
    assert window.inputs.card.kind.text() == "3 objects of the data folder" and not window.inputs.card.own.isVisible()


def test_a_dropped_photograph_takes_the_place_of_the_other(
    shown: Window, qtbot: QtBot, photographs: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shown.trainings, "ask", lambda _: pytest.fail("a training was asked for"))
    drag(shown, qtbot, (60, 10))
    shown.commands["channel_2"].trigger()
    shown.session.set_control("glow", 0.5)
    before = shown.session.eye.shown
    assert before is not None
    drop(shown, photographs[1], photographs[2])
    wait_for_input(shown, qtbot, photographs[1])
    assert "ball1.png is taken" in told(shown)
    after = shown.session.eye.shown
    assert after is not None and (after.camera_to_world == before.camera_to_world).all()
    assert shown.session.view.channel == "depth" and shown.session.view.controls["glow"] == 0.5
    assert shown.commands["channel_2"].isChecked()


def test_a_dropped_folder_of_photographs_is_objects_to_choose_from(
    shown: Window, qtbot: QtBot, folder: Path, photographs: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shown.trainings, "ask", lambda _: pytest.fail("a training was asked for"))
    drop(shown, folder)
    wait_for_input(shown, qtbot, folder)
    shown.session.set_control("instance", 7)
    # Another photograph has no eighth object.
    drop(shown, photographs[1])
    wait_for_input(shown, qtbot, photographs[1])
    assert shown.session.view.controls["instance"] == 0


def test_other_drops_are_what_they_were(
    shown: Window, qtbot: QtBot, tmp_path: Path, folder: Path, photographs: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Path | None] = []
    monkeypatch.setattr(shown.trainings, "ask", asked.append)
    (tmp_path / "plain.pth").touch()
    (folder / "transforms.json").write_text("{}")
    monkeypatch.setattr("app.gui.main_window.dropping._ask_use", lambda *_: "train")
    drop(shown, folder)
    assert asked == [folder]
    (folder / "transforms.json").unlink()
    drop(shown, tmp_path / "plain.pth")
    qtbot.waitUntil(lambda: shown.session.opened.path.name == "plain.pth", timeout=NEVER)
    # A scene that takes no photograph has none dropped on it.
    drop(shown, folder)
    assert asked == [folder, folder] and not shown.inputs.card.isVisible()


@pytest.mark.parametrize("broken", ["text", "tiny", "cut", "gone", "raw", "empty folder"])
def test_what_is_no_photograph_leaves_the_scene(
    shown: Window, qtbot: QtBot, photographs: list[Path], tmp_path: Path, broken: str
) -> None:
    path = tmp_path / ("camera.cr2" if broken == "raw" else "broken.png")
    content = {"text": b"none", "cut": photographs[0].read_bytes()[:40], "raw": b"II*\0"}
    if broken == "tiny":
        cv2.imwrite(str(path), np.zeros((4, 5, 3), np.uint8))
    elif broken == "empty folder":
        path.mkdir()
    elif broken != "gone":
        path.write_bytes(content[broken])
    before = shown.session.opened
    if broken in ("gone", "empty folder"):
        shown.inputs.take(path)
    else:
        drop(shown, path)
    qtbot.waitUntil(lambda: shown.banner.isVisible(), timeout=NEVER)
    assert told(shown).startswith(str(path)) and "\n" not in told(shown)
    assert shown.session.opened is before and shown.session.loader.opening is None
    assert load_settings().inputs == (str(photographs[0]),)
    click(shown.banner.button)
    QTest.keyClick(wait_for_dialog(shown, qtbot), Qt.Key.Key_Escape)
    assert shown.session.opened is before and not shown.banner.isVisible()
    drop(shown, photographs[1])
    wait_for_input(shown, qtbot, photographs[1])


def test_recent_photographs_are_taken_by_mouse_and_keys(
    shown: Window, qtbot: QtBot, photographs: list[Path], folder: Path
) -> None:
    for path in (photographs[1], folder):
        drop(shown, path)
        wait_for_input(shown, qtbot, path)
    strip = shown.inputs.card.strip
    newest_first = [folder, photographs[1], photographs[0]]
    qtbot.waitUntil(lambda: all(not b.icon().isNull() for b in strip.buttons[:3]), timeout=NEVER)
    assert [b.toolTip() for b in strip.buttons if b.isVisible()] == [str(path) for path in newest_first]
    assert [b.isChecked() for b in strip.buttons[:3]] == [True, False, False]
    # The one that is shown is nothing new.
    click(strip.buttons[0])
    assert shown.session.loader.opening is None and strip.buttons[0].isChecked()
    click(strip.buttons[2])
    wait_for_input(shown, qtbot, photographs[0])
    assert [b.toolTip() for b in strip.buttons[:3]] == [str(p) for p in (photographs[0], folder, photographs[1])]
    shown.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is shown, timeout=NEVER)
    shown.inputs.card.choose.setFocus()
    for _ in range(3):
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
    assert QApplication.focusWidget() is strip.buttons[2]
    QTest.keyClick(strip.buttons[2], Qt.Key.Key_Space)
    wait_for_input(shown, qtbot, photographs[1])


def test_recent_photographs_survive_a_restart_but_not_those_that_are_gone(
    shown: Window, qtbot: QtBot, opener: Opener, photographs: list[Path]
) -> None:
    for path in photographs[1:]:
        drop(shown, path)
        wait_for_input(shown, qtbot, path)
    shown.end()
    photographs[1].unlink()
    again = make_window("cpu")
    again.show()
    # With the photograph that it had.
    again.commands["reopen"].trigger()
    wait_for_input(again, qtbot, photographs[2])
    strip = again.inputs.card.strip
    left = [str(photographs[2]), str(photographs[0])]
    qtbot.waitUntil(lambda: [b.toolTip() for b in strip.buttons if b.isVisible()] == left, timeout=NEVER)
    photographs[2].unlink()
    again.commands["reopen"].trigger()
    dialog = wait_for_dialog(again, qtbot)
    texts = [text.text().replace("\u200b", "") for text in dialog.findChildren(QLabel)]
    assert any(str(photographs[2]) in text for text in texts)
    qtbot.waitUntil(lambda: sum(b.isVisible() for b in dialog.strip.buttons) == 1, timeout=NEVER)
    click(dialog.strip.buttons[0])
    wait_for_input(again, qtbot, photographs[0])
    again.commands["clear_recent"].trigger()
    assert load_settings().inputs == ()
    again.end()
    again.deleteLater()


def test_the_command_says_why_it_is_grey(
    window: Window, opener: Opener, qtbot: QtBot, photographs: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    command = window.commands["input"]
    assert not command.isEnabled() and "No scene is open" in command.toolTip()
    open_and_wait(window, qtbot, PLAIN)
    assert not command.isEnabled() and "not made of a photograph" in command.toolTip()
    window.files.open(COND, None, CompanionPaths(photograph=photographs[0]))
    wait_for_input(window, qtbot, photographs[0])
    assert command.isEnabled() and "another photograph" in command.toolTip()
    window.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is window, timeout=NEVER)
    QTest.keyClick(window.viewport.canvas.widget, Qt.Key.Key_I, Qt.KeyboardModifier.ControlModifier)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(photographs[1]), ""))
    click(wait_for_dialog(window, qtbot).photograph)
    wait_for_input(window, qtbot, photographs[1])


def test_of_two_in_a_row_the_last_counts(shown: Window, qtbot: QtBot, opener: Opener, photographs: list[Path]) -> None:
    opener.gate.clear()
    drop(shown, photographs[1])
    drop(shown, photographs[2])
    # So do options that are chosen meanwhile.
    shown.options.findChild(QCheckBox).click()
    opener.gate.set()
    wait_for_input(shown, qtbot, photographs[2])
    opened = shown.session.opened
    assert opened is not None and opened.options.model_dump() == {"input": str(photographs[2]), "crop_border": True}
    # What it is made of is chosen in its card, and nowhere else.
    assert set(shown.options._form.values()) == {"crop_border"}


def test_objects_of_the_data_folder_come_back(
    shown: Window, qtbot: QtBot, photographs: list[Path], tmp_path: Path
) -> None:
    data = tmp_path / "class"
    data.mkdir()
    shown.files.attach(data)
    qtbot.waitUntil(lambda: shown.session.loader.data == data, timeout=NEVER)
    assert shown.inputs.card.name.text() == "ball0.png" and shown.inputs.card.own.isVisible()
    click(shown.inputs.card.own)
    qtbot.waitUntil(lambda: shown.inputs.card.name.text() == "class", timeout=NEVER)
    assert shown.session.loader.data == data and not shown.inputs.card.own.isVisible()


def test_an_export_is_of_the_same_photograph(
    shown: Window, qtbot: QtBot, opener: Opener, photographs: list[Path], tmp_path: Path
) -> None:
    drop(shown, photographs[1])
    wait_for_input(shown, qtbot, photographs[1])
    shown.exporting.begin(ExportSettings(frames=1, out=str(tmp_path / "out.mp4")))
    qtbot.waitUntil(lambda: shown.exporting.job is None, timeout=NEVER)
    assert opener.asked[-1] == CompanionPaths(photograph=photographs[1]) and (tmp_path / "out.mp4").is_file()


def test_the_window_closes_with_the_question_open(qtbot: QtBot, opener: Opener) -> None:
    window = make_window("cpu")
    window.show()
    window.files.open(COND)
    dialog = wait_for_dialog(window, qtbot)
    window.end()
    assert not dialog.isVisible() and not window.isVisible() and window.inputs.dialog is None
    window.deleteLater()
    QApplication.processEvents()


def test_what_is_dropped_on_the_question_is_taken(
    window: Window, opener: Opener, qtbot: QtBot, photographs: list[Path]
) -> None:
    window.files.open(COND)
    dialog = wait_for_dialog(window, qtbot)
    drop(dialog, photographs[1])
    wait_for_input(window, qtbot, photographs[1])


def test_closing_ends_what_is_being_read(
    qtbot: QtBot, opener: Opener, photographs: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    save_settings(Settings(inputs=tuple(map(str, photographs))))
    reading, go_on = threading.Event(), threading.Event()

    def read(path: Path, side_px: int) -> np.ndarray:
        reading.set()
        go_on.wait(60)
        return np.zeros((side_px, side_px, 3), np.uint8)

    monkeypatch.setattr("app.viewing.small_pictures.small_picture", read)
    window = make_window("cpu")
    window.show()
    window.files.open(COND, None, CompanionPaths(photograph=photographs[0]))
    wait_for_input(window, qtbot, photographs[0])
    assert reading.wait(60)
    opener.gate.clear()
    drop(window, photographs[1])

    def let_go() -> None:
        go_on.set()
        opener.gate.set()

    threading.Timer(0.2, let_go).start()
    window.end()
    names = {thread.name for thread in threading.enumerate()}
    assert not names & {"small pictures", "open"} and not window.isVisible()
    window.deleteLater()
    QApplication.processEvents()


def test_what_is_remembered_of_an_opening_is_written_once(
    window: Window, opener: Opener, qtbot: QtBot, photographs: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[Settings] = []
    monkeypatch.setattr("app.settings.save_settings", written.append)
    for photograph in photographs[:2]:
        window.files.open(COND, None, CompanionPaths(photograph=photograph))
        wait_for_input(window, qtbot, photograph)
        assert [settings.inputs[0] for settings in written] == [str(photograph)]
        assert [settings.recent[0].photograph for settings in written] == [str(photograph)]
        written.clear()
