"""Projects in the window: saved and opened again, asked about, recovered."""

from __future__ import annotations

import json
import platform
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.diagnostics.log_file import log_folder
from app.gui.main import tell_of_the_last_run
from app.gui.qt import QFileDialog, QMessageBox, Qt
from app.gui.window import Window
from app.project.autosave import recoverable
from app.project.project_file import read_project
from app.settings import config_folder
from engines.core.paths.keyed_json import keyed_text
from tests.app.gui.conftest import NEVER, Shelf, drag, open_and_wait, shown_window, told, wait_exact
from tests.app.gui.fake_scene import FakeScene
from tests.app.gui.timeline.driving import CONTROL, activate, add_keys, press
from tests.engines.core.examples import camera_at

SCENE = Path("fast.pth")


@pytest.fixture
def other(qtbot: QtBot, shelf: Shelf) -> Iterator[Window]:
    """A second window, as after a restart."""
    with shown_window(qtbot) as window:
        yield window


@pytest.fixture
def saved(window: Window, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of a scene that was turned, its depth and three keys, saved by Ctrl+S."""
    file = tmp_path / "car.vantage"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(file), ""))
    open_and_wait(window, qtbot, tmp_path / SCENE)
    activate(window, qtbot)
    drag(window, qtbot, (60, 20))
    window.paths.bookmarks.bookmarks.add(camera_at(1, 2, 3), {}, "door")
    add_keys(window, qtbot, 3)
    press(window, qtbot, Qt.Key.Key_2)
    wait_exact(window, qtbot)
    assert window.windowTitle() == "fast.pth – Vantage"
    press(window, qtbot, Qt.Key.Key_S, CONTROL)
    assert file.is_file() and window.windowTitle() == "car.vantage[*] – fast.pth – Vantage"
    assert not window.isWindowModified() and "Saved" in window.status.saved.text()
    assert window.paths.bar.name.text() == "", "the project has the path"
    return file


def answer(monkeypatch: pytest.MonkeyPatch, button: QMessageBox.StandardButton) -> list[str]:
    """Has questions answered so; what was asked."""
    asked: list[str] = []

    def question(*arguments: object) -> QMessageBox.StandardButton:
        asked.append(str(arguments[2]))
        return button

    monkeypatch.setattr(QMessageBox, "question", question)
    return asked


def open_project(window: Window, qtbot: QtBot, file: Path) -> None:
    window.files.open(file)
    qtbot.waitUntil(lambda: window.session.opened is not None, timeout=NEVER)
    wait_exact(window, qtbot)


def test_all_of_it_is_there_again(window: Window, saved: Path, other: Window, qtbot: QtBot) -> None:
    before = window.session
    window.paths.bookmarks.bookmarks.delete("door")
    open_project(other, qtbot, saved)
    assert [mark.name for mark in other.paths.bookmarks.bookmarks.all] == ["door"]
    after = other.session
    assert after.eye.camera is not None and before.eye.camera is not None
    np.testing.assert_array_equal(after.eye.camera.camera_to_world, before.eye.camera.camera_to_world)
    np.testing.assert_array_equal(after.eye.pivot, before.eye.pivot)
    assert after.view.channel == "depth" and after.view.controls == before.view.controls
    assert keyed_text(other.paths.document.path) == keyed_text(window.paths.document.path)
    assert len(other.paths.document.path.keys) == 3 and other.paths.bar.isVisible()
    assert other.windowTitle() == "car.vantage[*] – fast.pth – Vantage" and not other.isWindowModified()
    assert other.looking.shown.pixels is not None and window.looking.shown.pixels is not None
    other.projects.look()
    assert not other.isWindowModified(), "to open it is no change"


def test_a_second_scene_is_compared_again(
    window: Window, saved: Path, other: Window, shelf: Shelf, qtbot: QtBot, tmp_path: Path
) -> None:
    shelf.scenes["second.pth"] = shelf.scenes["fast.pth"]
    window.looking.second.open(tmp_path / "second.pth")
    qtbot.waitUntil(lambda: bool(window.looking.second.sources), timeout=NEVER)
    window.commands["compare_difference"].trigger()
    window.projects.look()
    assert window.isWindowModified()
    window.commands["project_save"].trigger()
    open_project(other, qtbot, saved)
    other.projects.look()
    assert not other.isWindowModified(), "it is on its way"
    qtbot.waitUntil(lambda: bool(other.looking.second.sources), timeout=NEVER)
    assert other.looking.second.sources[0].path == tmp_path / "second.pth"
    assert other.looking.second.layout == "difference" and other.commands["compare_difference"].isChecked()
    other.projects.look()
    other.commands["close_compared"].trigger()
    modified = [other.isWindowModified()]
    other.projects.look()
    assert [*modified, other.isWindowModified()] == [False, True]


def test_scenes_are_named_from_where_it_lies(saved: Path) -> None:
    assert json.loads(saved.read_text())["scenes"][0]["path"] == "fast.pth"


def test_to_look_around_asks_for_nothing_and_a_key_does(
    window: Window, saved: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = answer(monkeypatch, QMessageBox.StandardButton.Cancel)
    drag(window, qtbot, (40, 0))
    window.projects.look()
    assert not window.isWindowModified()
    add_keys(window, qtbot, 1)
    window.projects.look()
    assert window.isWindowModified() and "Autosaved" in window.status.saved.text()
    assert not window.close() and len(asked) == 1 and asked[0].startswith("car.vantage has changes")
    press(window, qtbot, Qt.Key.Key_S, CONTROL)
    assert not window.isWindowModified() and window.projects.may_quit() and len(asked) == 1
    project = read_project(saved)
    assert project.camera_path is not None
    assert keyed_text(project.camera_path) == keyed_text(window.paths.document.path)


def test_what_is_saved_at_the_question_is_saved(
    window: Window, saved: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer(monkeypatch, QMessageBox.StandardButton.Save)
    add_keys(window, qtbot, 1)
    count = len(window.paths.document.path.keys)
    assert window.projects.may_quit()
    project = read_project(saved)
    assert project.camera_path is not None and len(project.camera_path.keys) == count


def test_a_killed_window_is_recovered(window: Window, saved: Path, other: Window, qtbot: QtBot) -> None:
    add_keys(window, qtbot, 1)
    wanted = keyed_text(window.paths.document.path)
    window.projects.look()
    other.projects.recovery.offer()
    assert not other.commands["project_recover"].isEnabled(), "it is still running"
    # As a signal does: nothing is asked, and nothing lost.
    window.end()
    other.projects.recovery.offer()
    assert "Vantage ended before car.vantage was saved" in told(other) and other.commands["project_recover"].isEnabled()
    other.commands["project_recover"].trigger()
    qtbot.waitUntil(lambda: other.session.opened is not None, timeout=NEVER)
    assert keyed_text(other.paths.document.path) == wanted
    assert other.windowTitle().startswith("car.vantage[*]") and other.isWindowModified()
    assert not other.commands["project_recover"].isEnabled()
    other.commands["project_save"].trigger()
    project = read_project(saved)
    assert project.camera_path is not None and keyed_text(project.camera_path) == wanted
    assert recoverable(config_folder() / "autosaves") == []


def test_how_it_ended_is_told_no_more_when_what_it_left_is_recovered(
    window: Window, saved: Path, other: Window, qtbot: QtBot
) -> None:
    add_keys(window, qtbot, 1)
    window.projects.look()
    window.end()
    log_folder().mkdir(parents=True, exist_ok=True)
    facts = {"command": "view", "node": platform.node(), "pid": 1, "began": 1e9, "process_began": 1e9}
    (log_folder() / "ended-1.txt").write_text(json.dumps(facts) + "\nFatal Python error: Segmentation fault\n")
    tell_of_the_last_run(other)
    assert "Vantage ended before car.vantage was saved" in told(other) and other.banner.button.text() == "Recover"
    qtbot.mouseClick(other.banner.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: other.session.opened is not None, timeout=NEVER)
    wait_exact(other, qtbot)
    assert not other.banner.isVisible()


def test_a_window_that_is_closed_leaves_nothing(
    window: Window, saved: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer(monkeypatch, QMessageBox.StandardButton.Discard)
    add_keys(window, qtbot, 1)
    window.projects.look()
    assert len(list((config_folder() / "autosaves").glob("*.vantage"))) == 1
    assert window.close()
    assert recoverable(config_folder() / "autosaves") == []
    assert not list((config_folder() / "autosaves").glob("*.vantage"))


def test_a_scene_that_is_gone_is_named_and_stays_the_projects(
    window: Window, saved: Path, other: Window, shelf: Shelf, qtbot: QtBot
) -> None:
    del shelf.scenes["fast.pth"]
    before = json.loads(saved.read_text())["scenes"]
    other.files.open(saved)
    qtbot.waitUntil(lambda: bool(told(other)), timeout=NEVER)
    assert str(saved.parent / "fast.pth") in told(other) and "isn't there" in told(other)
    assert len(other.paths.document.path.keys) == 3
    other.commands["project_save"].trigger()
    assert json.loads(saved.read_text())["scenes"] == before


def test_all_of_a_project_whose_scene_is_gone_is_kept_and_shown_when_it_is_found(
    window: Window, saved: Path, other: Window, shelf: Shelf, qtbot: QtBot, tmp_path: Path
) -> None:
    found = shelf.scenes.pop("fast.pth")
    shelf.scenes["else.pth"] = found
    before = json.loads(saved.read_text())
    # What was open before is not taken for it.
    open_and_wait(other, qtbot, tmp_path / "else.pth")
    other.files.open(saved)
    qtbot.waitUntil(lambda: "isn't there" in told(other), timeout=NEVER)
    assert other.session.opened is None
    add_keys(window, qtbot, 1)
    other.commands["project_save"].trigger()
    after = json.loads(saved.read_text())
    assert {name: after.get(name) for name in before if name != "export"} == {
        name: before[name] for name in before if name != "export"
    }
    shelf.scenes["fast.pth"] = found
    (tmp_path / "moved").mkdir()
    open_and_wait(other, qtbot, tmp_path / "moved" / "fast.pth")
    assert other.session.view.channel == "depth"
    assert [mark.name for mark in other.paths.bookmarks.bookmarks.all] == ["door"]
    other.commands["project_save"].trigger()
    assert json.loads(saved.read_text())["scenes"][0]["path"] == "moved/fast.pth"


def test_a_project_on_its_way_is_not_saved_over_another(
    window: Window, saved: Path, shelf: Shelf, qtbot: QtBot, tmp_path: Path
) -> None:
    slow = tmp_path / "slow.vantage"
    slow.write_text(saved.read_text().replace("fast.pth", "slow.pth"))
    ready = threading.Event()

    def slowly() -> FakeScene:
        ready.wait(NEVER / 1000)
        return FakeScene()

    shelf.scenes["slow.pth"] = slowly
    before = saved.read_text()
    window.files.open(slow)
    window.commands["project_save"].trigger()
    assert "still being opened" in told(window) and saved.read_text() == before == slow.read_text().replace(
        "slow", "fast"
    )
    ready.set()
    qtbot.waitUntil(lambda: window.session.opened is not None, timeout=NEVER)
    window.commands["project_save"].trigger()
    assert saved.read_text() == before and window.windowTitle().startswith("slow.vantage")


def test_another_scene_that_is_opened_meanwhile_is_not_the_projects(
    window: Window, saved: Path, shelf: Shelf, qtbot: QtBot, tmp_path: Path
) -> None:
    shelf.scenes["else.pth"] = shelf.scenes["fast.pth"]
    before = saved.read_text()
    window.files.open(saved)
    open_and_wait(window, qtbot, tmp_path / "else.pth")
    assert window.windowTitle() == "else.pth – Vantage" and window.session.view.channel == "rgb"
    assert window.projects.open_project.file is None and saved.read_text() == before


def test_what_another_program_wrote_is_not_replaced_unasked(
    window: Window, saved: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved.write_text(saved.read_text() + "\n")
    asked = answer(monkeypatch, QMessageBox.StandardButton.No)
    before = saved.read_text()
    add_keys(window, qtbot, 1)
    window.commands["project_save"].trigger()
    assert len(asked) == 1 and "changed by another program" in asked[0] and saved.read_text() == before
    answer(monkeypatch, QMessageBox.StandardButton.Yes)
    window.commands["project_save"].trigger()
    assert saved.read_text() != before
    monkeypatch.undo()


def test_what_is_no_project_is_told_and_all_stays(window: Window, saved: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.vantage"
    wrong.write_text('{"format": "vantage project", "version": 9}')
    keys = keyed_text(window.paths.document.path)
    window.notifications.guarded(window.files.open)(wrong)
    assert "is a project of version 9" in told(window)
    assert keyed_text(window.paths.document.path) == keys and window.session.opened is not None
    assert window.windowTitle() == "car.vantage[*] – fast.pth – Vantage"
