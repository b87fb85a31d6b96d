"""The camera in numbers, in the panel: what is typed there moves it; and the choice of what is up."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.gui.qt import QApplication, Qt
from app.gui.viewport.camera_typing import number
from app.gui.window import Window
from tests.app.gui.conftest import NEVER, Shelf, drag, open_and_wait, told, wait_exact
from tests.app.gui.fake_scene import FakeScene
from tests.qt_test import QTest


@pytest.fixture
def any_size(window: Window, qtbot: QtBot, shelf: Shelf) -> Window:
    """The window with a scene that draws any size."""
    shelf.scenes["any.pth"] = lambda: FakeScene(None)
    open_and_wait(window, qtbot, Path("any.pth"))
    return window


def write(window: Window, name: str, text: str) -> None:
    """Types it in place of what stands there, and presses Enter."""
    field = window.camera.fields[name]
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, text)
    QTest.keyClick(field, Qt.Key.Key_Return)


def shown(window: Window) -> dict[str, str]:
    return {name: field.text() for name, field in window.camera.fields.items()}


def test_numbers_follow_the_hand(any_size: Window, qtbot: QtBot) -> None:
    before = shown(any_size)
    # The camera stands at (2.6, 0, 1.1) and looks at the middle: along -x, which is to the left of y.
    assert (before["x"], before["y"], before["z"], before["heading"]) == ("2.6", "0", "1.1", "-90.00°")
    assert before["pitch"] == f"{-np.degrees(np.arctan2(1.1, 2.6)):.2f}°" and before["roll"] == "0.00°"
    drag(any_size, qtbot, (60, 0))
    qtbot.waitUntil(lambda: shown(any_size)["heading"] != before["heading"], timeout=NEVER)
    wait_exact(any_size, qtbot)
    after = shown(any_size)
    assert (after["z"], after["pitch"], after["distance"]) == (before["z"], before["pitch"], before["distance"])
    camera = any_size.session.eye.camera
    assert camera is not None and float(after["x"]) == pytest.approx(camera.position[0], rel=1e-4)


def test_numbers_that_are_typed_move_the_camera(any_size: Window, qtbot: QtBot) -> None:
    eye = any_size.session.eye
    for name, text in (("z", "2,5"), ("heading", "270"), ("pitch", "-30"), ("roll", "12.5"), ("fov", "70")):
        write(any_size, name, text)
    wait_exact(any_size, qtbot)
    now = shown(any_size)
    assert (now["x"], now["z"], now["heading"], now["pitch"]) == ("2.6", "2.5", "-90.00°", "-30.00°")
    assert (now["roll"], now["fov"]) == ("12.50°", "70.00°")
    assert eye.shown is not None and eye.shown.fov_y_deg == pytest.approx(70)
    assert eye.shown.position == pytest.approx((2.6, 0, 2.5))
    write(any_size, "distance", "1")
    wait_exact(any_size, qtbot)
    assert np.linalg.norm(eye.shown.position - eye.pivot) == pytest.approx(1)


def test_what_is_out_of_range_is_said_and_what_is_no_number_goes_back(any_size: Window, qtbot: QtBot) -> None:
    write(any_size, "pitch", "100")
    assert told(any_size) == "Pitch: from -90.00° to 90.00°; 90.00° is taken"
    wait_exact(any_size, qtbot)
    assert shown(any_size)["pitch"] == "90.00°"
    before = shown(any_size)
    for text in ("high", "nan", "1e999", ""):
        write(any_size, "y", text)
        assert shown(any_size) == before and "is no number" in told(any_size)
    assert "Position y" in told(any_size)


def test_numbers_are_read_as_people_write_them() -> None:
    texts = (" 1.5 ", "1,5", "−12.5°", "90 °", "1e-3", "x", "", "inf", "nan")
    assert [number(text) for text in texts] == [1.5, 1.5, -12.5, 90.0, 0.001, None, None, None, None]


def test_what_is_being_typed_is_left_alone(any_size: Window, qtbot: QtBot) -> None:
    QApplication.setActiveWindow(any_size)
    qtbot.waitUntil(any_size.isActiveWindow)
    field = any_size.camera.fields["x"]
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, "1.2")
    any_size.commands["right"].trigger()
    wait_exact(any_size, qtbot)
    assert field.text() == "1.2" and shown(any_size)["heading"] != "-90.00°"
    QTest.keyClick(field, Qt.Key.Key_Return)
    wait_exact(any_size, qtbot)
    assert any_size.session.eye.shown is not None and any_size.session.eye.shown.position[0] == pytest.approx(1.2)


def test_a_scene_of_one_lens_says_so(window: Window, qtbot: QtBot, shelf: Shelf) -> None:
    open_and_wait(window, qtbot, Path("fast.pth"))
    fov = window.camera.fields["fov"]
    assert not fov.isEnabled() and window.camera.fixed.isVisible()
    assert "draws 128 × 128 pixels" in window.camera.fixed.text() and fov.toolTip() == window.camera.fixed.text()
    write(window, "heading", "-80")
    wait_exact(window, qtbot)
    assert shown(window)["heading"] == "-80.00°"
    shelf.scenes["any.pth"] = lambda: FakeScene(None)
    open_and_wait(window, qtbot, Path("any.pth"))
    assert fov.isEnabled() and not window.camera.fixed.isVisible()


def test_axis_that_is_chosen_is_up(window: Window, qtbot: QtBot) -> None:
    open_and_wait(window, qtbot, Path("fast.pth"))
    card, session = window.camera, window.session
    assert card.up.currentText() == "+z" and card.up.count() == 6
    assert "0 looks along +y, 90 along +x" in card.fields["heading"].toolTip()
    index = card.up.findText("+y")
    card.up.setCurrentIndex(index)
    card.up.activated.emit(index)
    wait_exact(window, qtbot)
    assert session.opened is not None and session.opened.scene.up.tolist() == [0, 1, 0]
    assert session.eye.up.tolist() == [0, 1, 0] and card.up.currentText() == "+y"
    assert "0 looks along −z, 90 along +x" in card.fields["heading"].toolTip()
    # The horizon is level about it.
    assert session.eye.camera is not None and abs(session.eye.camera.right[1]) < 1e-6


def test_direction_that_is_no_axis_can_be_had_again(window: Window, qtbot: QtBot) -> None:
    open_and_wait(window, qtbot, Path("fast.pth"))
    slanted = np.array([0.6, 0, 0.8])
    window.looking.navigation.choose_up(slanted)
    wait_exact(window, qtbot)
    card = window.camera
    qtbot.waitUntil(lambda: card.up.currentText() == "(0.60, 0.00, 0.80)", timeout=NEVER)
    card.up.activated.emit(card.up.findText("+x"))
    qtbot.waitUntil(lambda: card.up.currentText() == "+x", timeout=NEVER)
    card.up.activated.emit(0)
    qtbot.waitUntil(lambda: window.session.eye.up.tolist() == slanted.tolist(), timeout=NEVER)
