"""What the state line says, and what is saved, is what is drawn: time step, channel, object, options."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pytestqt.qtbot import QtBot

from app.gui.qt import QComboBox, QFileDialog, Qt
from app.gui.window import Window
from engines.core.engine import INSTANCE, TIME, Control
from tests.app.gui.conftest import NEVER, Shelf, open_and_wait
from tests.app.gui.fake_scene import FakeScene
from tests.app.recorded import RecordedScene
from tests.qt_test import QTest

FINAL = "● Final"


@pytest.fixture
def window(window: Window, qtbot: QtBot) -> Window:
    window.activateWindow()
    qtbot.waitActive(window)
    return window


@pytest.fixture
def saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "shot.png"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    return path


def test_a_moment_that_is_not_ready_is_no_final_picture(window: Window, qtbot: QtBot, recorded: RecordedScene) -> None:
    qtbot.waitUntil(lambda: window.status.state.text() == FINAL, timeout=NEVER)
    recorded.prepare_s = 1.5
    QTest.keyClick(window.viewport.canvas.widget, Qt.Key.Key_J)
    states = set()
    while 1 not in recorded.there:
        states.add(window.status.state.text())
        if window.looking.shown.picture is not None and not window.looking.shown.picture.request.draft:
            # Until the placeholder is there.
            assert window.status.state.text() != FINAL
        qtbot.wait(10)
    assert FINAL not in states and "● Preview" in states
    qtbot.waitUntil(lambda: window.status.state.text() == FINAL, timeout=NEVER)
    picture = window.looking.shown.picture
    assert picture is not None and picture.request.controls[TIME] == 1


def test_a_moment_that_is_not_ready_is_not_final_in_another_channel_either(
    window: Window, qtbot: QtBot, recorded: RecordedScene
) -> None:
    qtbot.waitUntil(lambda: window.status.state.text() == FINAL, timeout=NEVER)
    recorded.prepare_s = 2.0
    QTest.keyClick(window.viewport.canvas.widget, Qt.Key.Key_J)
    qtbot.waitUntil(lambda: window.status.state.text() == "● Preview", timeout=NEVER)
    states, channels = set(), set()
    for key in (Qt.Key.Key_2, Qt.Key.Key_1, Qt.Key.Key_2):
        QTest.keyClick(window.viewport.canvas.widget, key)
        for _ in range(30):
            if 1 in recorded.there:
                break
            picture = window.looking.shown.picture
            if picture is not None and picture.request.draft:
                channels.add(picture.request.channel)
                states.add(window.status.state.text())
                assert not window.looking.shown.is_final()
            qtbot.wait(10)
    assert channels == {"rgb", "depth"} and FINAL not in states
    qtbot.waitUntil(lambda: window.status.state.text() == FINAL, timeout=NEVER)
    assert window.looking.shown.picture is not None and not window.looking.shown.picture.request.draft


def test_a_screenshot_waits_for_the_moment_that_is_chosen(
    window: Window, qtbot: QtBot, recorded: RecordedScene, saved: Path
) -> None:
    recorded.prepare_s = 0.6
    QTest.keyClick(window.viewport.canvas.widget, Qt.Key.Key_J)
    QTest.keyClick(window.viewport.canvas.widget, Qt.Key.Key_F12)
    assert not saved.exists() and "final" in window.banner.text.text()
    qtbot.waitUntil(saved.exists, timeout=NEVER)
    with Image.open(saved) as image:
        assert json.loads(image.info["vantage:controls"])[TIME] == 1 and image.info["vantage:state"] == "final"
        assert window.looking.shown.pixels is not None
        assert (np.asarray(image) == window.looking.shown.pixels).all()
    qtbot.waitUntil(lambda: window.banner.button.text() == "Show in folder", timeout=NEVER)


def test_a_screenshot_waits_for_the_channel_that_is_chosen(
    window: Window, qtbot: QtBot, shelf: Shelf, saved: Path
) -> None:
    scene = FakeScene((128, 128), 0.0, (Control("glow", "Glow", "number", 0, 1, 0),))
    shelf.scenes["slow.pth"] = lambda: scene
    open_and_wait(window, qtbot, Path("slow.pth"))
    scene.seconds = 0.4
    window.session.set_control("glow", 0.5)
    window.looking.show_state()
    assert window.status.state.text() != FINAL
    QTest.keyClick(window.viewport.canvas.widget, Qt.Key.Key_2)
    QTest.keyClick(window.viewport.canvas.widget, Qt.Key.Key_F12)
    qtbot.waitUntil(saved.exists, timeout=NEVER)
    with Image.open(saved) as image:
        assert image.info["vantage:channel"] == "depth" and json.loads(image.info["vantage:controls"])["glow"] == 0.5


class Class(FakeScene):
    """Two objects."""

    def __init__(self) -> None:
        super().__init__((128, 128), 0.0, (Control(INSTANCE, "Instance", "choice", 0, 1, 0, ("a", "b")),))


def test_another_object_is_not_final_before_it_is_drawn(window: Window, qtbot: QtBot, shelf: Shelf) -> None:
    scene = Class()
    shelf.scenes["class.pth"] = lambda: scene
    open_and_wait(window, qtbot, Path("class.pth"))
    qtbot.waitUntil(lambda: window.status.state.text() == FINAL, timeout=NEVER)
    scene.seconds = 0.5
    box = window.controls.findChild(QComboBox)
    box.setFocus()
    QTest.keyClick(box, Qt.Key.Key_Down)
    assert window.session.view.controls[INSTANCE] == 1 and window.status.state.text() == "● Rendering …"
    qtbot.waitUntil(lambda: window.status.state.text() == FINAL, timeout=NEVER)
    assert scene.seen[-1][INSTANCE] == 1


def test_a_view_whose_photograph_is_gone_is_said_so(window: Window, qtbot: QtBot, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    open_and_wait(window, qtbot, Path("fast.pth"), data)
    (data / "003.png").unlink()
    window.looking.channels.choose("error")
    window.looking.navigation.go_to_view(3)
    qtbot.waitUntil(lambda: "003.png" in window.channels.hint.text(), timeout=NEVER)
    assert "press G" not in window.channels.hint.text()
    assert window.status.state.text() == FINAL
