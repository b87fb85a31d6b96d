"""The picture beside its photograph, the views of each split, the cameras under the mouse: with real events."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.gui.qt import QEvent, QPoint, Qt
from app.gui.viewport import frustums
from app.gui.window import Window
from app.viewing.small_pictures import small_photograph
from engines.core.camera import Array, project
from engines.core.data.views import View
from tests.app.gui.conftest import NEVER, Shelf, drag, open_and_wait, send_mouse, wait_exact
from tests.app.gui.fake_scene import FakeScene


@pytest.fixture
def compared(window: Window, qtbot: QtBot, tmp_path: Path) -> Window:
    """At the first training view, measured against its photograph."""
    open_and_wait(window, qtbot, Path("fast.pth"), tmp_path / "held_out")
    wait_compared(window, qtbot)
    take_keys(window, qtbot)
    return window


def take_keys(window: Window, qtbot: QtBot) -> None:
    """Shortcuts work in the active window only."""
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=NEVER)
    window.viewport.focus()


def wait_compared(window: Window, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: window.views.psnr.text().endswith("dB"), timeout=NEVER)


def middle(window: Window) -> QPoint:
    canvas = window.viewport.canvas.widget
    return QPoint(canvas.width() // 2, canvas.height() // 2)


def move(window: Window, at: QPoint) -> None:
    """The mouse, with no button held."""
    send_mouse(window, QEvent.Type.MouseMove, at, Qt.MouseButton.NoButton)


def click(window: Window, at: QPoint) -> None:
    move(window, at)
    send_mouse(window, QEvent.Type.MouseButtonPress, at, Qt.MouseButton.LeftButton)
    send_mouse(window, QEvent.Type.MouseButtonRelease, at, Qt.MouseButton.LeftButton)


def pictures(window: Window) -> tuple[Array, Array]:
    """What is drawn, and the photograph."""
    picture, comparison = window.looking.shown.picture, window.looking.comparison.made
    assert picture is not None and comparison is not None
    return picture.pixels, comparison.photograph


def test_the_wipes_line_is_dragged_and_the_scene_stays(compared: Window, qtbot: QtBot) -> None:
    qtbot.keyClick(compared.viewport.canvas.widget, Qt.Key.Key_Y)
    picture, photograph = pictures(compared)
    shown = compared.looking.shown.pixels
    assert shown is not None and not np.array_equal(picture, photograph)
    np.testing.assert_array_equal(shown[:, :64], photograph[:, :64])
    np.testing.assert_array_equal(shown[:, 64:], picture[:, 64:])
    assert compared.status.view.text() == "Image | picture" and "Final" in compared.status.state.text()
    before = compared.session.eye.shown
    drag(compared, qtbot, (-round(32 * compared.viewport.canvas.placement().scale), 0))
    shown = compared.looking.shown.pixels
    assert shown is not None and compared.session.eye.shown is not None and before is not None
    np.testing.assert_array_equal(compared.session.eye.shown.camera_to_world, before.camera_to_world)
    np.testing.assert_array_equal(shown[:, :31], photograph[:, :31])
    np.testing.assert_array_equal(shown[:, 33:], picture[:, 33:])
    # Beside the line the hand turns the scene, as ever; the wipe is back at the next view.
    drag(compared, qtbot, (60, 0))
    wait_exact(compared, qtbot)
    assert not np.array_equal(compared.session.eye.shown.camera_to_world, before.camera_to_world)
    assert compared.status.view.text() == ""
    compared.commands["nearest"].trigger()
    wait_exact(compared, qtbot)
    wait_compared(compared, qtbot)
    qtbot.waitUntil(lambda: compared.status.view.text() == "Image | picture", timeout=NEVER)


def test_scores_are_live(compared: Window, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: compared.views.ssim.text().startswith("0."), timeout=NEVER)
    assert compared.looking.comparison.made is not None
    drag(compared, qtbot, (60, 0))
    wait_exact(compared, qtbot)
    qtbot.waitUntil(lambda: (compared.views.psnr.text(), compared.views.ssim.text()) == ("–", ""), timeout=NEVER)
    compared.commands["nearest"].trigger()
    wait_exact(compared, qtbot)
    qtbot.waitUntil(lambda: compared.views.ssim.text().startswith("0."), timeout=NEVER)
    assert compared.views.psnr.text().endswith("dB") and not compared.views.cropped.isVisible()
    compared.commands["crop"].trigger()
    qtbot.waitUntil(compared.views.cropped.isVisible, timeout=NEVER)


def test_blending_follows_the_slider_and_modes_exclude_each_other(compared: Window, qtbot: QtBot) -> None:
    canvas = compared.viewport.canvas.widget
    qtbot.keyClick(canvas, Qt.Key.Key_Y, Qt.KeyboardModifier.ShiftModifier)
    picture, photograph = pictures(compared)
    assert compared.views.share.isVisible()
    compared.views.share.setValue(25)
    expected = 0.75 * picture.astype(float) + 0.25 * photograph
    assert compared.looking.shown.pixels is not None
    assert np.abs(compared.looking.shown.pixels - expected).max() <= 1
    qtbot.keyClick(canvas, Qt.Key.Key_P)
    np.testing.assert_array_equal(compared.looking.shown.pixels, photograph)
    checked = [mode for mode in ("photograph", "wipe", "blend") if compared.commands[mode].isChecked()]
    assert checked == ["photograph"] and not compared.views.share.isVisible()
    qtbot.keyClick(canvas, Qt.Key.Key_P)
    np.testing.assert_array_equal(compared.looking.shown.pixels, picture)
    assert compared.status.view.text() == ""


def test_an_enlarged_photograph_is_as_smooth_as_the_picture(
    window: Window, qtbot: QtBot, shelf: Shelf, tmp_path: Path
) -> None:
    shelf.scenes["any.pth"] = lambda: FakeScene(None)
    open_and_wait(window, qtbot, Path("any.pth"), tmp_path / "photos")
    take_keys(window, qtbot)
    qtbot.keyClick(window.viewport.canvas.widget, Qt.Key.Key_P)
    qtbot.waitUntil(lambda: window.status.view.text() == "Image", timeout=NEVER)
    shown = window.looking.shown.pixels
    assert shown is not None and shown.shape[1] > 300
    # Of 160 pixels enlarged: no two neighbours in ten are the very same where it is not flat.
    steps = np.abs(np.diff(shown.astype(int), axis=1)).max(axis=-1)
    rows = steps[np.abs(shown.astype(int) - 255).min(axis=-1)[:, 1:].min(axis=1) > 30]
    jumps = steps.max()
    assert (rows.size == 0 or (rows > 0).mean() > 0.2) and jumps < 120


def test_held_out_views_are_visited_with_error_and_photograph(compared: Window, qtbot: QtBot) -> None:
    views = compared.views
    assert [views.split.itemText(index) for index in range(3)] == [
        "Training views (7)",
        "Validation views (3)",
        "Test views (2)",
    ]
    assert views.name.text().startswith("1 of 7")
    views.split.setFocus()
    qtbot.keyClick(views.split, Qt.Key.Key_Down)
    views.split.activated.emit(views.split.currentIndex())
    assert views.name.text() == "between the 3 views" and compared.session.visited.split == "validation"
    compared.commands["next"].trigger()
    wait_exact(compared, qtbot)
    wait_compared(compared, qtbot)
    assert " of 3" in views.name.text() and compared.session.eye.shown is not None
    index = compared.session.eye.view_index
    assert index is not None
    expected = compared.session.opened.scene.cameras[9 + index]
    np.testing.assert_allclose(compared.session.eye.shown.camera_to_world, expected.camera_to_world)
    compared.looking.channels.choose("error")
    wait_exact(compared, qtbot)
    qtbot.waitUntil(lambda: compared.looking.shown.content == "error", timeout=NEVER)


def test_a_scene_with_one_split_has_nothing_to_choose(window: Window, qtbot: QtBot, tmp_path: Path) -> None:
    open_and_wait(window, qtbot, Path("fast.pth"), tmp_path / "photos")
    assert not window.views.split.isVisible() and window.views.name.text().startswith("1 of 12")


@pytest.fixture
def frustum(compared: Window, qtbot: QtBot) -> Callable[[int], QPoint]:
    """Where in the viewport a camera is drawn, seen from far above."""
    qtbot.keyClick(compared.viewport.canvas.widget, Qt.Key.Key_C)
    for _ in range(9):
        qtbot.keyClick(compared.viewport.canvas.widget, Qt.Key.Key_Minus)
    for _ in range(4):
        qtbot.keyClick(compared.viewport.canvas.widget, Qt.Key.Key_Down)
        qtbot.wait(20)
    wait_exact(compared, qtbot)

    def place(index: int) -> QPoint:
        eye = compared.looking.shown.picture.camera
        camera = compared.session.eye.viewpoints[index]
        middle = camera.position + 0.6 * compared.looking.overlays.layer._depth() * camera.forward
        (u, v), _ = (found[0] for found in project(eye, middle[None]))
        return QPoint(*(round(value) for value in compared.viewport.canvas.placement().to_viewport(u, v)))

    return place


def test_a_camera_under_the_mouse_tells_its_name_shows_its_photograph_and_is_gone_to(
    compared: Window, qtbot: QtBot, frustum: Callable[[int], QPoint]
) -> None:
    tip = compared.looking.overlays.frustums.tip
    move(compared, frustum(4))
    assert tip.isVisible() and "5 of 7" in tip.text.text() and "004" in tip.text.text()
    qtbot.waitUntil(lambda: tip.picture.isVisible() and not tip.picture.pixmap().isNull(), timeout=NEVER)
    assert compared.viewport.rect().contains(tip.geometry())
    click(compared, frustum(4))
    wait_exact(compared, qtbot)
    assert compared.session.eye.view_index == 4 and not tip.isVisible()
    expected = compared.session.eye.viewpoints[4]
    np.testing.assert_allclose(compared.session.eye.shown.camera_to_world, expected.camera_to_world)


def test_only_the_photograph_of_the_camera_that_the_mouse_rests_on_is_read(
    compared: Window, qtbot: QtBot, frustum: Callable[[int], QPoint], monkeypatch: pytest.MonkeyPatch
) -> None:
    let_go, began, read = threading.Event(), threading.Event(), list[str]()

    def slowly(view: View, side_px: int) -> Array:
        read.append(view.name)
        began.set()
        let_go.wait(NEVER / 1000)
        return small_photograph(view, side_px)

    monkeypatch.setattr(frustums, "small_photograph", slowly)
    tip = compared.looking.overlays.frustums.tip
    move(compared, frustum(2))
    assert began.wait(NEVER / 1000)
    for index in (3, 4, 5, 6):
        move(compared, frustum(index))
        assert f"{index + 1} of 7" in tip.text.text() and not tip.picture.isVisible()
    let_go.set()
    qtbot.waitUntil(tip.picture.isVisible, timeout=NEVER)
    assert read == ["002", "006"]
    # Both are kept.
    move(compared, frustum(2))
    assert tip.picture.isVisible() and read == ["002", "006"]


def test_nothing_of_a_camera_stays_when_its_scene_is_closed(
    compared: Window, qtbot: QtBot, frustum: Callable[[int], QPoint]
) -> None:
    hovering = compared.looking.overlays.frustums
    move(compared, frustum(4))
    qtbot.waitUntil(hovering.tip.picture.isVisible, timeout=NEVER)
    compared.commands["close"].trigger()
    assert not hovering.tip.isVisible() and not hovering._thumbnails


def test_a_drag_that_begins_on_a_camera_turns_the_scene(
    compared: Window, qtbot: QtBot, frustum: Callable[[int], QPoint]
) -> None:
    start, before = frustum(4), compared.session.eye.shown
    move(compared, start)
    send_mouse(compared, QEvent.Type.MouseButtonPress, start, Qt.MouseButton.LeftButton)
    for step in range(1, 6):
        send_mouse(compared, QEvent.Type.MouseMove, start + QPoint(8 * step, 0), Qt.MouseButton.LeftButton)
        qtbot.wait(15)
    send_mouse(compared, QEvent.Type.MouseButtonRelease, start + QPoint(40, 0), Qt.MouseButton.LeftButton)
    wait_exact(compared, qtbot)
    assert compared.session.eye.view_index is None and before is not None
    assert not np.allclose(compared.session.eye.shown.camera_to_world, before.camera_to_world)


def test_the_camera_one_stands_in_is_not_drawn(compared: Window, qtbot: QtBot) -> None:
    qtbot.keyClick(compared.viewport.canvas.widget, Qt.Key.Key_C)
    assert 0 in compared.looking.overlays.layer._left_out
    compared.commands["reset"].trigger()
    wait_exact(compared, qtbot)
    assert 0 in compared.looking.overlays.layer._left_out and compared.session.eye.view_index == 0


def test_the_pivot_is_marked_while_one_turns(compared: Window, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[int] = []
    set_segments = compared.viewport.canvas.set_segments

    def noted(segments: Array, *rest: Any) -> None:
        drawn.append(len(segments))
        set_segments(segments, *rest)

    monkeypatch.setattr(compared.viewport.canvas, "set_segments", noted)
    drag(compared, qtbot, (50, 10))
    wait_exact(compared, qtbot)
    # Three arms and a ring; nothing once the hand lets go.
    assert max(drawn) >= 20 and drawn[-1] == 0
    send_mouse(compared, QEvent.Type.MouseButtonDblClick, middle(compared), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: drawn[-1] >= 20, timeout=NEVER)
    qtbot.waitUntil(lambda: drawn[-1] == 0, timeout=NEVER)


def test_a_double_click_on_nothing_sets_no_pivot(compared: Window, qtbot: QtBot) -> None:
    before = compared.session.eye.pivot.copy()
    placement = compared.viewport.canvas.placement()
    corner = QPoint(*(round(value) for value in placement.to_viewport(4, 4)))
    send_mouse(compared, QEvent.Type.MouseButtonDblClick, corner, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "Nothing is there" in compared.banner.text.text(), timeout=NEVER)
    np.testing.assert_array_equal(compared.session.eye.pivot, before)
