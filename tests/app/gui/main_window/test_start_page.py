"""The start page: everything on it by mouse and by keys, demo scenes and recent scenes with their thumbnails."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app import demos
from app.demos import demo_hint, demo_scenes
from app.gui.main_window.start_page import StartPage
from app.gui.main_window.start_parts import Tile
from app.gui.main_window.thumbnails import SIZE_PX, thumbnail, thumbnail_file
from app.gui.qt import QAbstractButton, QApplication, Qt
from app.gui.window import Window
from app.settings import Recent
from tests.app.gui.conftest import Shelf, open_and_wait
from tests.app.gui.fake_scene import FakeScene
from tests.qt_test import QTest


@pytest.fixture
def start(window: Window, qtbot: QtBot) -> StartPage:
    window.activateWindow()
    qtbot.waitActive(window)
    return window.findChild(StartPage)


def tile(start: StartPage, title: str) -> Tile:
    return next(each for each in start.findChildren(Tile) if each.accessibleName().startswith(title))


def test_each_demo_has_a_picture_of_its_own_and_says_what_it_shows(qtbot: QtBot) -> None:
    assert demo_scenes()
    for path in demo_scenes():
        picture = thumbnail(path)
        assert picture is not None and (picture.width(), picture.height()) == SIZE_PX
        assert demo_hint(path) and thumbnail_file(path).stat().st_size < 40_000


def test_everything_is_reached_by_tab(window: Window, start: StartPage) -> None:
    wanted = {each for each in start.findChildren(QAbstractButton) if each.isVisible() and each.isEnabled()}
    assert len(wanted) >= 3 + len(demo_scenes()) + 2
    next(iter(wanted)).setFocus()
    reached = set()
    for _ in range(3 * len(wanted)):
        QTest.keyClick(window.windowHandle(), Qt.Key.Key_Tab)
        reached.add(QApplication.focusWidget())
    assert wanted <= reached


def test_enter_and_a_click_open_a_demo(
    window: Window, start: StartPage, shelf: Shelf, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in demo_scenes():
        shelf.scenes[path.name] = FakeScene
    toys = tile(start, "Toys")
    toys.setFocus()
    QTest.keyClick(window.windowHandle(), Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.session.opened is not None)
    assert window.session.opened is not None and window.session.opened.path == demo_scenes()[0]
    window.commands["close"].trigger()
    qtbot.waitUntil(start.isVisible)
    qtbot.mouseClick(tile(start, "Street"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.session.opened is not None)
    assert window.session.opened is not None and window.session.opened.path.stem == "street"


def test_a_recent_scene_has_a_thumbnail_until_it_is_forgotten(window: Window, start: StartPage, qtbot: QtBot) -> None:
    open_and_wait(window, qtbot, Path("fast.pth"))
    path = Path("fast.pth").resolve()
    qtbot.waitUntil(lambda: thumbnail(path) is not None)
    window.commands["close"].trigger()
    qtbot.waitUntil(start.isVisible)
    shown = tile(start, "fast")
    assert shown._picture.pixmap() is not None and not shown._picture.pixmap().isNull()
    window.commands["clear_recent"].trigger()
    assert thumbnail(path) is None and not thumbnail_file(path).exists()


def test_without_a_thumbnail_or_a_demo_the_page_does_without(
    window: Window, start: StartPage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window.settings.update(recent=(Recent(str(tmp_path / "gone.pth")),))
    assert tile(start, "gone").isVisible()
    monkeypatch.setattr(demos, "DEMO_FOLDER", tmp_path)
    other = StartPage(window.settings, window.commands.__getitem__)
    assert not other._demos.isVisibleTo(other)
    other.deleteLater()


@pytest.mark.parametrize("width", [500, 900, 1900])
def test_nothing_is_cut_off_at_any_width(window: Window, start: StartPage, width: int) -> None:
    window.resize(width, 700)
    QApplication.processEvents()
    room = start.viewport().width()
    for each in start.findChildren(Tile):
        left = each.mapTo(start.viewport(), each.rect().topLeft()).x()
        assert left >= 0 and left + each.width() <= room
