"""The strip of views: by its key, clicked, walked through by keys; lazily read, held-out views marked."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

import app.viewing.scene_loader
from app.gui.panel.view_strip import CELL_PX, StripEntry, ViewStrip
from app.gui.qt import QApplication, QPoint, QPointF, Qt, QWheelEvent
from app.gui.window import Window
from app.settings import load_settings
from engines.core.data.dataset import Dataset
from engines.core.data.images import write_png
from engines.core.data.views import View, Views
from engines.core.engine import TIME, Control
from tests.app.gui.conftest import NEVER, Shelf, open_and_wait, wait_exact
from tests.app.gui.fake_scene import BOUNDS, UP, FakeScene, opened
from tests.app.gui.qt_pixels import image_pixels
from tests.qt_test import QTest


@pytest.fixture
def strip(window: Window, qtbot: QtBot, tmp_path: Path) -> ViewStrip:
    """A scene with photographs, some held out; the strip is opened by its key."""
    data = tmp_path / "held_out"
    data.mkdir()
    open_and_wait(window, qtbot, Path("fast.pth"), data)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=NEVER)
    window.viewport.focus()
    assert not strip_of(window).isVisible()
    QTest.keyClick(window.viewport.canvas.widget, Qt.Key.Key_F5)
    assert strip_of(window).isVisible()
    return strip_of(window)


def strip_of(window: Window) -> ViewStrip:
    return window.looking.thumbnails.strip


def centre(strip: ViewStrip, row: int) -> QPoint:
    return strip.visualRect(strip.model().index(row, 0)).center()


def at_view(window: Window) -> str:
    """The name of the view that the camera is at."""
    index = window.session.eye.view_index
    assert index is not None
    return window.session.visited.points[index].name


def test_what_is_seen_gets_its_photographs(strip: ViewStrip, qtbot: QtBot) -> None:
    assert strip.count == 12 and 0 < len(strip.seen()) < 12
    qtbot.waitUntil(lambda: all(strip.has_picture(row) for row in strip.seen()), timeout=NEVER)
    assert not strip.has_picture(11)
    shown = image_pixels(strip.viewport().grab().toImage())
    box = strip.visualRect(strip.model().index(1, 0))
    # The red ball is in each photograph.
    cell = shown[box.top() : box.bottom(), box.left() : box.right()].astype(int)
    assert (cell[..., 0] - cell[..., 1:3].max(axis=-1)).max() > 60


def test_a_click_goes_there_and_it_is_marked(window: Window, strip: ViewStrip, qtbot: QtBot) -> None:
    assert strip.current == 0
    QTest.mouseClick(strip.viewport(), Qt.MouseButton.LeftButton, pos=centre(strip, 3))
    wait_exact(window, qtbot)
    camera = window.session.eye.camera
    assert at_view(window) == "003" and strip.current == 3 and not strip.hasFocus()
    assert camera is not None and np.allclose(camera.camera_to_world, FakeScene().cameras[3].camera_to_world)


def test_a_held_out_view_is_told_and_gone_to_in_its_split(window: Window, strip: ViewStrip, qtbot: QtBot) -> None:
    assert "held out for tests" in strip.described(8) and "validation" in strip.described(9)
    assert "held out" not in strip.described(6)
    strip.setFocus()
    QTest.keyClick(strip, Qt.Key.Key_End)
    for key in (Qt.Key.Key_Left, Qt.Key.Key_Left, Qt.Key.Key_Left, Qt.Key.Key_Return):
        QTest.keyClick(strip, key)
    wait_exact(window, qtbot)
    assert at_view(window) == "008" and window.session.visited.split == "test" and strip.current == 8
    assert window.views.split.currentData() == "test"
    window.viewport.focus()
    QTest.keyClick(window.viewport.canvas.widget, Qt.Key.Key_BracketLeft)
    wait_exact(window, qtbot)
    assert strip.current == 7


def test_it_follows_the_camera(window: Window, strip: ViewStrip, qtbot: QtBot) -> None:
    QTest.keyClick(window.viewport.canvas.widget, Qt.Key.Key_BracketRight)
    wait_exact(window, qtbot)
    assert strip.current == 1
    QTest.keyClick(window.viewport.canvas.widget, Qt.Key.Key_Plus)
    qtbot.waitUntil(lambda: strip.current is None, timeout=NEVER)


def test_the_wheel_scrolls_and_what_comes_is_read(strip: ViewStrip, qtbot: QtBot) -> None:
    first = strip.seen().start
    turn = QWheelEvent(
        QPointF(20, 20),
        QPointF(strip.mapToGlobal(QPoint(20, 20))),
        QPoint(),
        QPoint(0, -600),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(strip.viewport(), turn)
    assert strip.seen().start > first
    qtbot.waitUntil(lambda: all(strip.has_picture(row) for row in strip.seen()), timeout=NEVER)


def test_of_thousands_only_those_that_are_seen_are_asked_for(qtbot: QtBot) -> None:
    strip = ViewStrip()
    qtbot.addWidget(strip)
    strip.resize(10 * CELL_PX[0], strip.height())
    strip.show()
    strip.show_entries([StripEntry(str(number), "train") for number in range(20_000)])
    strip.show_current(15_000)
    qtbot.waitUntil(lambda: 15_000 in strip.seen(), timeout=NEVER)
    assert len(strip.seen()) <= 12


def test_what_cannot_be_read_has_a_plain_place(window: Window, qtbot: QtBot, tmp_path: Path) -> None:
    open_and_wait(window, qtbot, Path("fast.pth"), tmp_path)
    (tmp_path / "001.png").write_bytes(b"no picture")
    window.commands["view_strip"].trigger()
    strip = strip_of(window)
    qtbot.waitUntil(lambda: all(strip.has_picture(row) for row in strip.seen()), timeout=NEVER)
    assert "no image that can be read" in strip.described(1) and "no image" not in strip.described(2)


def test_a_scene_without_photographs_has_places_to_go_to(window: Window, qtbot: QtBot) -> None:
    open_and_wait(window, qtbot, Path("fast.pth"))
    window.commands["view_strip"].trigger()
    strip = strip_of(window)
    assert strip.isVisible() and strip.count == 12
    QTest.mouseClick(strip.viewport(), Qt.MouseButton.LeftButton, pos=centre(strip, 2))
    wait_exact(window, qtbot)
    assert strip.current == 2


class Unvisited(FakeScene):
    """Knows of no cameras."""

    def __init__(self) -> None:
        super().__init__()
        self.cameras = ()


def test_it_shows_the_moment_of_a_recording(
    window: Window, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = FakeScene(controls=(Control(TIME, "Time step", "time", 0, 2, 0),))
    views = []
    for time in range(3):
        for index, camera in enumerate(scene.cameras[:4]):
            path = tmp_path / f"{time}_{index}.png"
            write_png(path, np.full((128, 128, 3), 220 - 90 * time, dtype=np.uint8))
            views.append(View(camera, f"{index}", "train", path, time=time, camera_index=index))
    filmed = opened(scene, Path("filmed.pth"), Dataset(Views.of(views), tmp_path, "fake", BOUNDS, UP))
    monkeypatch.setattr(app.viewing.scene_loader, "open_scene", lambda *_: filmed)
    open_and_wait(window, qtbot, Path("filmed.pth"))
    window.commands["view_strip"].trigger()
    strip = strip_of(window)
    assert strip.count == 4
    qtbot.waitUntil(lambda: abs(brightness(strip) - 220) < 10, timeout=NEVER)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=NEVER)
    window.viewport.focus()
    QTest.keyClick(window.viewport.canvas.widget, Qt.Key.Key_J)
    assert window.session.timeline.time_step == 1
    qtbot.waitUntil(lambda: abs(brightness(strip) - 130) < 10, timeout=NEVER)


def brightness(strip: ViewStrip) -> float:
    """Of the first thumbnail."""
    box = strip.visualRect(strip.model().index(0, 0)).adjusted(20, 20, -20, -30)
    return float(image_pixels(strip.viewport().grab(box).toImage())[..., :3].mean())


def test_without_views_or_a_scene_it_is_away(window: Window, qtbot: QtBot, shelf: Shelf) -> None:
    window.commands["view_strip"].trigger()
    strip = strip_of(window)
    assert not strip.isVisible()
    open_and_wait(window, qtbot, Path("fast.pth"))
    assert strip.isVisible()
    window.commands["close"].trigger()
    assert not strip.isVisible()
    shelf.scenes["unvisited.pth"] = Unvisited
    open_and_wait(window, qtbot, Path("unvisited.pth"))
    assert not strip.isVisible()


def test_it_is_remembered(window: Window, strip: ViewStrip) -> None:
    window.end()
    assert load_settings().view_strip
