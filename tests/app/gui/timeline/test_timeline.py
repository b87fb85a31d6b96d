"""The timeline in the window, by mouse and keys: keys come and go, are moved and edited, played, saved and exported."""

from __future__ import annotations

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.camera.orientation import roll_deg
from app.gui.qt import (
    QApplication,
    QDoubleSpinBox,
    QMenu,
    QPoint,
    Qt,
    QTimer,
    QWheelEvent,
)
from app.gui.timeline.strip_painting import LANE_PX, RULER_PX
from app.gui.window import Window
from tests.app.gui.conftest import wait_exact
from tests.app.gui.timeline.driving import (
    ALT,
    CONTROL,
    LEFT,
    NONE,
    SHIFT,
    add_keys,
    press,
    selected,
    strip_drag,
    times,
)


def test_keys_are_added_of_what_is_seen(timeline: Window, qtbot: QtBot) -> None:
    add_keys(timeline, qtbot, 3)
    document = timeline.paths.document
    assert times(timeline) == [0.0, 2.0, 4.0] and selected(timeline) == [2]
    shown = timeline.session.eye.shown
    assert shown is not None
    assert np.array_equal(document.path.keys[2].camera.camera_to_world, shown.camera_to_world)
    assert timeline.paths.preview.time_s == 4.0 and timeline.commands["undo"].text() == "&Undo add key"
    press(timeline, qtbot, Qt.Key.Key_Z, CONTROL)
    assert times(timeline) == [0.0, 2.0]
    press(timeline, qtbot, Qt.Key.Key_Z, CONTROL | SHIFT)
    assert times(timeline) == [0.0, 2.0, 4.0] and not timeline.commands["redo"].isEnabled()


def test_a_click_selects_and_goes_there(timeline: Window, qtbot: QtBot) -> None:
    add_keys(timeline, qtbot, 3)
    strip, document = timeline.paths.bar.strip, timeline.paths.document
    qtbot.mouseClick(strip, LEFT, NONE, strip.place_of(0))
    assert selected(timeline) == [0] and timeline.paths.preview.time_s == 0.0
    wait_exact(timeline, qtbot)
    eye = timeline.session.eye.shown
    assert eye is not None and np.array_equal(eye.camera_to_world, document.path.keys[0].camera.camera_to_world)
    qtbot.mouseClick(strip, LEFT, SHIFT, strip.place_of(2))
    assert selected(timeline) == [0, 1, 2]
    qtbot.mouseClick(strip, LEFT, CONTROL, strip.place_of(1))
    assert selected(timeline) == [0, 2]
    press(timeline, qtbot, Qt.Key.Key_Delete)
    assert times(timeline) == [2.0] and timeline.commands["undo"].text() == "&Undo delete keys"


def test_keys_are_dragged_from_frame_to_frame(timeline: Window, qtbot: QtBot) -> None:
    add_keys(timeline, qtbot, 3)
    strip = timeline.paths.bar.strip
    strip_drag(timeline, qtbot, strip.place_of(1), 31)
    moved = times(timeline)[1]
    assert moved > 2.1 and moved * 30 == pytest.approx(round(moved * 30), abs=1e-9)
    timeline.commands["undo"].trigger()
    assert times(timeline) == [0.0, 2.0, 4.0], "one drag is one step"
    strip_drag(timeline, qtbot, strip.place_of(1), 31, ALT)
    between = times(timeline)[1] * 30
    assert abs(between - round(between)) > 1e-6
    timeline.commands["undo"].trigger()
    # Past another key, which stays where it is.
    strip_drag(timeline, qtbot, strip.place_of(0), strip.place_of(1).x() - strip.place_of(0).x() + 20, steps=40)
    assert times(timeline)[0] == 2.0 and times(timeline)[1] > 2.0 and selected(timeline) == [1]


def test_scrubbing_follows_the_path(timeline: Window, qtbot: QtBot) -> None:
    add_keys(timeline, qtbot, 2)
    strip, preview = timeline.paths.bar.strip, timeline.paths.preview
    begin = QPoint(strip.place_of(0).x(), 5)
    middle = (strip.place_of(1).x() - strip.place_of(0).x()) // 2
    strip_drag(timeline, qtbot, begin, middle)
    assert preview.time_s == pytest.approx(1.0, abs=0.05)
    assert preview.time_s * 30 == pytest.approx(round(preview.time_s * 30))
    wait_exact(timeline, qtbot)
    motion, eye = timeline.paths.document.motion, timeline.session.eye.shown
    assert motion is not None and eye is not None
    assert np.array_equal(eye.camera_to_world, motion.camera(preview.time_s).camera_to_world)
    assert timeline.paths.bar.place.text().startswith("1.0") and "/ 2.00 s" in timeline.paths.bar.place.text()


def test_frames_and_keys_by_their_keys(timeline: Window, qtbot: QtBot) -> None:
    add_keys(timeline, qtbot, 3)
    preview = timeline.paths.preview
    for key, modifiers, time in (
        (Qt.Key.Key_Comma, NONE, 4 - 1 / 30),
        (Qt.Key.Key_Less, NONE, 2.0),
        (Qt.Key.Key_Period, NONE, 2 + 1 / 30),
        (Qt.Key.Key_Greater, NONE, 4.0),
    ):
        press(timeline, qtbot, key, modifiers)
        assert preview.time_s == pytest.approx(time)
    speed = timeline.session.eye.hand.settings.fly_speed
    press(timeline, qtbot, Qt.Key.Key_Up, ALT)
    assert timeline.session.eye.hand.settings.fly_speed > speed


def test_the_strip_by_the_keyboard_alone(timeline: Window, qtbot: QtBot) -> None:
    add_keys(timeline, qtbot, 3)
    strip = timeline.paths.bar.strip
    strip.setFocus()
    qtbot.keyClick(strip, Qt.Key.Key_Up)
    assert selected(timeline) == [1]
    qtbot.keyClick(strip, Qt.Key.Key_Right, SHIFT)
    assert times(timeline)[1] == pytest.approx(2 + 10 / 30)
    qtbot.keyClick(strip, Qt.Key.Key_Left)
    assert times(timeline)[1] == pytest.approx(2 + 9 / 30)
    qtbot.keyClick(strip, Qt.Key.Key_A, CONTROL)
    assert selected(timeline) == [0, 1, 2]
    qtbot.keyClick(strip, Qt.Key.Key_Escape)
    assert selected(timeline) == []
    qtbot.keyClick(strip, Qt.Key.Key_Home)
    assert timeline.paths.preview.time_s == 0.0
    qtbot.keyClick(strip, Qt.Key.Key_Right)
    assert timeline.paths.preview.time_s == pytest.approx(1 / 30)


def test_a_double_click_edits_or_adds(timeline: Window, qtbot: QtBot) -> None:
    add_keys(timeline, qtbot, 2)
    strip = timeline.paths.bar.strip
    field = timeline.paths.bar.properties.fields["time"]
    qtbot.mouseDClick(strip, LEFT, NONE, strip.place_of(1))
    assert field.hasFocus()
    qtbot.keyClicks(field, "3.5")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert times(timeline) == [0.0, 3.5]
    qtbot.mouseDClick(strip, LEFT, NONE, QPoint(round(strip.scale.x_of(1.0)), strip.place_of(0).y()))
    assert times(timeline) == [0.0, pytest.approx(1.0, abs=0.05), 3.5]


def test_what_a_key_holds_is_set_beside_the_strip(timeline: Window, qtbot: QtBot) -> None:
    add_keys(timeline, qtbot, 2)
    document, fields = timeline.paths.document, timeline.paths.bar.properties.fields
    assert timeline.paths.bar.properties.title.text() == "Key 2 of 2"
    for name, text in (("fov", "20"), ("roll", "15")):
        field = fields[name]
        assert isinstance(field, QDoubleSpinBox)
        field.setFocus()
        field.selectAll()
        qtbot.keyClicks(field, text)
        qtbot.keyClick(field, Qt.Key.Key_Return)
    key = document.path.keys[1]
    assert key.camera.fov_y_deg == pytest.approx(20)
    assert roll_deg(key.camera, timeline.session.eye.up) == pytest.approx(15)
    wait_exact(timeline, qtbot)
    assert timeline.session.eye.camera is not None and timeline.session.eye.camera.fov_y_deg == pytest.approx(20)
    document.select([0])
    ease = fields["ease"]
    ease.setFocus()
    qtbot.keyClick(ease, Qt.Key.Key_Down)
    assert document.path.keys[0].ease == "ease in"
    for _ in range(3):
        timeline.commands["undo"].trigger()
    assert document.path.keys[1].camera.fov_y_deg != pytest.approx(20) and document.undo_name == "Add key"


def test_a_field_that_is_turned_on_and_on_is_one_step(timeline: Window, qtbot: QtBot) -> None:
    add_keys(timeline, qtbot, 2)
    field = timeline.paths.bar.properties.fields["fov"]
    field.setFocus()
    for _ in range(5):
        qtbot.keyClick(field, Qt.Key.Key_Up)
    assert timeline.commands["undo"].text() == "&Undo field of view"
    timeline.commands["undo"].trigger()
    assert timeline.commands["undo"].text() == "&Undo add key"


def test_the_menu_of_a_key_and_of_the_free_strip(timeline: Window, qtbot: QtBot) -> None:
    add_keys(timeline, qtbot, 3)
    menu = QMenu(timeline)
    timeline.paths.menu.fill(menu, 1, 2.0)
    titles = {action.text(): action for action in menu.actions()}
    titles["Exchange with the key &before"].trigger()
    assert timeline.commands["undo"].text() == "&Undo reorder keys"
    timeline.paths.document.select([0])
    assert "De&lete key" in titles and "&Overwrite key" in titles
    free = QMenu(timeline)
    timeline.paths.menu.fill(free, -1, 3.0)
    by_title = {action.text(): action for action in free.actions()}
    by_title["&End the video here"].trigger()
    path = timeline.paths.document.path
    assert path.end_s == 3.0 and path.frame_count == 91 and len(path.keys) == 3
    by_title["&Add key here"].trigger()
    assert times(timeline) == [0.0, 2.0, 3.0, 4.0]


def test_a_right_click_asks(timeline: Window, qtbot: QtBot) -> None:
    add_keys(timeline, qtbot, 2)
    strip, seen = timeline.paths.bar.strip, list[str]()

    def look() -> None:
        menu = QApplication.activePopupWidget()
        assert isinstance(menu, QMenu)
        seen.extend(action.text() for action in menu.actions())
        menu.close()

    QTimer.singleShot(50, look)
    from app.gui.qt import QContextMenuEvent

    at = strip.place_of(0)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, strip.mapToGlobal(at))
    QApplication.sendEvent(strip, event)
    assert "De&lete key" in seen and selected(timeline) == [0]


def test_the_wheel_zooms_about_the_cursor(timeline: Window, qtbot: QtBot) -> None:
    add_keys(timeline, qtbot, 2)
    strip = timeline.paths.bar.strip
    at = strip.place_of(1)
    from app.gui.qt import QPointF

    event = QWheelEvent(
        QPointF(at), QPointF(strip.mapToGlobal(at)), QPoint(), QPoint(0, 240), Qt.MouseButton.NoButton, NONE,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    span = strip.scale.span_s
    QApplication.sendEvent(strip, event)
    assert strip.scale.span_s < span and abs(strip.place_of(1).x() - at.x()) <= 1
    qtbot.mouseDClick(strip, LEFT, NONE, QPoint(200, RULER_PX // 2))
    assert strip.scale.span_s == span


def test_the_strip_is_painted(timeline: Window, qtbot: QtBot) -> None:
    """Diamonds where the keys are, the selected one in the accent, none where there is no key; the end is seen."""
    add_keys(timeline, qtbot, 3)
    timeline.paths.preview.put(3.0)
    timeline.paths.document.select([1])
    strip, palette = timeline.paths.bar.strip, timeline.palette()
    image = strip.grab().toImage()
    assert image.pixelColor(strip.place_of(1)) == palette.highlight().color()
    assert image.pixelColor(strip.place_of(0)) == palette.placeholderText().color()
    beside = QPoint(strip.place_of(2).x() + 20, RULER_PX + LANE_PX // 2)
    assert image.pixelColor(beside) == palette.window().color()
    head = QPoint(round(strip.scale.x_of(3.0)), RULER_PX + 4)
    assert image.pixelColor(head).red() > image.pixelColor(head).blue() + 60


def test_a_narrow_window_keeps_its_width(timeline: Window, qtbot: QtBot) -> None:
    add_keys(timeline, qtbot, 2)
    timeline.resize(760, 600)
    qtbot.wait(50)
    assert timeline.width() == 760
    bar = timeline.paths.bar
    assert bar.strip.isVisible() and bar.properties.fields["time"].isVisible() and not bar.fps.isVisible()
