"""The measuring tool, by real mouse and keys: points on the surface, the distance between them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.gui.qt import QEvent, QPoint, Qt
from app.gui.viewport.measuring import Measuring
from app.gui.window import Window
from app.rendering.overlays import HIGHLIGHT_RGBA
from engines.core.camera import Array, Camera, pixel_rays
from tests.app.gui.conftest import NEVER, Shelf, drag, open_and_wait, send_mouse, shown_window, told, wait_exact
from tests.app.gui.fake_scene import FLOOR_Z, draw
from tests.app.gui.qt_pixels import image_pixels
from tests.qt_test import QTest

SHIFT = Qt.KeyboardModifier.ShiftModifier
LEFT = Qt.MouseButton.LeftButton
PIXELS = ((20, 104), (60, 112), (100, 104))
"""(column, row) where the floor is seen from the first camera."""


@pytest.fixture
def measured(window: Window, qtbot: QtBot) -> Window:
    """The tool is on, over the balls."""
    open_and_wait(window, qtbot, Path("fast.pth"))
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=NEVER)
    window.viewport.focus()
    press(window, Qt.Key.Key_R, SHIFT)
    return window


def press(window: Window, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    QTest.keyClick(window.viewport.canvas.widget, key, modifiers)


def tool(window: Window) -> Measuring:
    return window.inspecting.measuring


def place(window: Window, pixel: tuple[int, int]) -> QPoint:
    """The middle of a picture's pixel in the canvas."""
    x, y = window.viewport.canvas.placement().to_viewport(pixel[0] + 0.5, pixel[1] + 0.5)
    return QPoint(round(x), round(y))


def click(window: Window, pixel: tuple[int, int]) -> None:
    QTest.mouseClick(window.viewport.canvas.widget, LEFT, pos=place(window, pixel))


def on_floor(window: Window, pixel: tuple[int, int]) -> Array:
    """[3] where the ray of what was clicked meets the floor: by the ray alone, no depth."""
    camera = window.session.eye.shown
    assert camera is not None
    at = place(window, pixel)
    u, v = window.viewport.canvas.placement().to_picture(at.x(), at.y())
    ray = camera.camera_to_world[:3, :3] @ [
        (u - camera.centre_px[0]) / camera.focal_px[0],
        (v - camera.centre_px[1]) / camera.focal_px[1],
        1.0,
    ]
    return np.asarray(camera.position + ray * (FLOOR_Z - camera.position[2]) / ray[2])


def is_floor(camera: Camera, pixel: tuple[int, int]) -> bool:
    origin, rays = pixel_rays(camera)
    depth = draw(camera).depth
    assert depth is not None
    ray = rays[pixel[1], pixel[0]]
    return bool(abs((origin + ray * float(depth[pixel[1], pixel[0]]) / (ray @ camera.forward))[2] - FLOOR_Z) < 1e-5)


def test_two_clicks_tell_the_distance(measured: Window) -> None:
    camera, card = measured.session.eye.shown, measured.inspecting.card
    assert camera is not None and all(is_floor(camera, pixel) for pixel in PIXELS)
    assert card.isVisible() and "Click two points" in card.hint.text()
    click(measured, PIXELS[0])
    assert "second point" in card.hint.text() and not card.table.isVisible()
    click(measured, PIXELS[1])
    offset = on_floor(measured, PIXELS[1]) - on_floor(measured, PIXELS[0])
    (found,) = tool(measured).measurements.whole
    # The depth is that of the pixel's middle, the ray that of the click: half a pixel apart at most.
    assert found.offset == pytest.approx(offset, abs=0.02) and abs(found.offset[2]) < 0.02
    row = card.table.topLevelItem(0)
    assert row is not None
    assert [float(row.text(column)) for column in range(4)] == pytest.approx(
        [np.linalg.norm(offset), *offset], abs=0.02
    )
    tag = tool(measured).marks.tags[0]
    assert tag.isVisible() and tag.text() == f"{found.distance:.4g}"
    middle = (place(measured, PIXELS[0]) + place(measured, PIXELS[1])) / 2
    assert (tag.pos() - middle).manhattanLength() < 40
    # The line is on the screen where it was drawn to.
    seen = image_pixels(measured.viewport.canvas.widget.grab().toImage())
    blue = np.array(HIGHLIGHT_RGBA[:3]) * 255
    near = seen[middle.y() - 3 : middle.y() + 4, middle.x() - 3 : middle.x() + 4].reshape(-1, 3)
    assert np.abs(near - blue).max(axis=1).min() < 60


def test_the_line_follows_the_camera_and_drags_still_move_it(measured: Window, qtbot: QtBot) -> None:
    click(measured, PIXELS[0])
    click(measured, PIXELS[1])
    (before,), at, camera = (
        tool(measured).measurements.whole,
        tool(measured).marks.tags[0].pos(),
        measured.session.eye.shown,
    )
    drag(measured, qtbot, (70, 0))
    wait_exact(measured, qtbot)
    (after,) = tool(measured).measurements.all
    assert after is before, "a drag picks nothing"
    assert measured.session.eye.shown is not None and camera is not None
    assert not np.allclose(measured.session.eye.shown.position, camera.position)
    assert tool(measured).marks.tags[0].pos() != at


def test_points_are_dragged_removed_and_given_up(measured: Window) -> None:
    for pixel in (PIXELS[0], PIXELS[1], PIXELS[2]):
        click(measured, pixel)
    press(measured, Qt.Key.Key_Escape)
    assert len(tool(measured).measurements.all) == 1 and measured.commands["measure"].isChecked()
    camera = measured.session.eye.shown
    send_mouse(measured, QEvent.Type.MouseButtonPress, place(measured, PIXELS[1]), LEFT)
    send_mouse(measured, QEvent.Type.MouseMove, place(measured, (80, 112)), LEFT)
    send_mouse(measured, QEvent.Type.MouseMove, place(measured, PIXELS[2]), LEFT)
    send_mouse(measured, QEvent.Type.MouseButtonRelease, place(measured, PIXELS[2]), LEFT)
    offset = on_floor(measured, PIXELS[2]) - on_floor(measured, PIXELS[0])
    assert tool(measured).measurements.whole[0].offset == pytest.approx(offset, abs=0.02)
    assert measured.session.eye.shown is camera, "the camera stays"
    press(measured, Qt.Key.Key_Delete)
    assert tool(measured).measurements.all == () and not tool(measured).marks.tags[0].isVisible()
    press(measured, Qt.Key.Key_Escape)
    assert not measured.commands["measure"].isChecked() and not measured.inspecting.card.isVisible()


def test_delete_in_the_table_removes_its_row(measured: Window, qtbot: QtBot) -> None:
    click(measured, PIXELS[0])
    click(measured, PIXELS[1])
    assert tool(measured).measurements.whole
    table = measured.inspecting.card.table
    qtbot.waitUntil(table.isVisible)
    table.setFocus()
    QTest.keyClick(table, Qt.Key.Key_Delete)
    assert not tool(measured).measurements.whole


def test_a_point_needs_a_surface(measured: Window) -> None:
    click(measured, (64, 2))
    assert tool(measured).measurements.all == () and "Nothing is there to measure from" in told(measured)


def test_keys_alone_pick_points(measured: Window) -> None:
    for _ in range(2):
        for _ in range(12):
            press(measured, Qt.Key.Key_Down, SHIFT)
        press(measured, Qt.Key.Key_Return)
    (found,) = tool(measured).measurements.whole
    assert found.distance > 0.01


def test_one_length_says_how_long_all_are(measured: Window) -> None:
    for pixel in (PIXELS[0], PIXELS[1], (64, 118), PIXELS[2]):
        click(measured, pixel)
    card = measured.inspecting.card
    first, second = tool(measured).measurements.whole
    card.table.setCurrentItem(card.table.topLevelItem(0))
    card.length.setFocus()
    QTest.keyClicks(card.length, "3 m")
    QTest.keyClick(card.length, Qt.Key.Key_Return)
    metres = 3 / first.distance
    assert tool(measured).marks.tags[0].text() == f"{first.distance:.4g} (3 m)"
    assert tool(measured).marks.tags[1].text() == f"{second.distance:.4g} ({second.distance * metres:.4g} m)"
    # Depths are lengths, too.
    measured.commands["magnifier"].trigger()
    send_mouse(measured, QEvent.Type.MouseMove, place(measured, PIXELS[0]), Qt.MouseButton.NoButton)
    depth = dict(measured.inspecting.magnifier.lens.rows)["Depth z"][0]
    assert depth.endswith(" m)") and float(depth.split()[0]) * metres == pytest.approx(
        float(depth.split("(")[1].split()[0]), rel=1e-3
    )
    card.length.setFocus()
    card.length.selectAll()
    QTest.keyClicks(card.length, "long")
    QTest.keyClick(card.length, Qt.Key.Key_Return)
    assert "a length is a number and a unit" in told(measured) and card.length.text() == "3 m"


def test_a_project_has_them_again(measured: Window, qtbot: QtBot, shelf: Shelf, tmp_path: Path) -> None:
    click(measured, PIXELS[0])
    click(measured, PIXELS[1])
    measured.projects.open_project.save(tmp_path / "a.vantage")
    with shown_window(qtbot) as other:
        other.files.open(tmp_path / "a.vantage")
        qtbot.waitUntil(lambda: other.session.opened is not None, timeout=NEVER)
        wait_exact(other, qtbot)
        qtbot.waitUntil(lambda: tool(other).marks.tags != [] and tool(other).marks.tags[0].isVisible(), timeout=NEVER)
        assert tool(other).marks.tags[0].text() == tool(measured).marks.tags[0].text()
        other.projects.look()
        assert not other.isWindowModified(), "to open it is no change"
