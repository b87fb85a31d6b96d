"""The magnifier: what it enlarges and reads, by real mouse and keys."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.gui.qt import QApplication, QEvent, QPoint, QPointF, Qt, QWheelEvent, QWidget, combined
from app.gui.viewport.lens import SIDE_PX, Lens, Square
from app.gui.window import Window
from engines.core.camera import Camera, pixel_rays
from engines.core.data.images import to_uint8
from tests.app.gui.conftest import NEVER, Shelf, drag, open_and_wait, send_mouse, wait_exact
from tests.app.gui.fake_scene import FakeScene, draw
from tests.app.gui.qt_pixels import image_pixels
from tests.app.gui.test_second_scene import Dark
from tests.qt_test import QTest

SHIFT, CONTROL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def magnified(window: Window, qtbot: QtBot, tmp_path: Path) -> Window:
    """The magnifier is on, over a scene with photographs, at its first view."""
    open_and_wait(window, qtbot, Path("fast.pth"), tmp_path)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=NEVER)
    window.viewport.focus()
    press(window, Qt.Key.Key_I, SHIFT)
    return window


def press(window: Window, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    QTest.keyClick(window.viewport.canvas.widget, key, modifiers)


def point_at(window: Window, column: int, row: int, on: QWidget | None = None) -> None:
    """Moves the mouse into a pixel of the picture."""
    x, y = window.viewport.canvas.placement().to_viewport(column + 0.5, row + 0.5)
    send_mouse(window, QEvent.Type.MouseMove, QPoint(round(x), round(y)), Qt.MouseButton.NoButton, on=on)


def lens_of(window: Window) -> Lens:
    return window.inspecting.magnifier.lens


def rows(window: Window) -> dict[str, list[str]]:
    return dict(lens_of(window).rows)


def seen(square: Square) -> np.ndarray:
    """[SIDE_PX, SIDE_PX, 3] what is painted."""
    return image_pixels(square.grab().toImage())


def test_it_reads_the_pixel_under_the_mouse(magnified: Window) -> None:
    camera = magnified.session.eye.shown
    assert camera is not None
    frame = draw(camera)
    assert frame.depth is not None
    row, column = np.argwhere(np.isfinite(frame.depth.numpy()))[900]
    point_at(magnified, column, row)
    found, colour = rows(magnified), to_uint8(frame.image.numpy())[row, column]
    assert lens_of(magnified).isVisible()
    assert lens_of(magnified).heading.text() == f"Pixel {column}, {row}  ·  final  ·  × 8"
    assert found["Colour"][0] == " ".join(map(str, colour))
    assert found["Hex"][0] == "#" + bytes(colour).hex()
    depth = float(frame.depth[row, column])
    assert found["Depth z"][0] == f"{depth:.4g}"
    # The ray of the pixel, as the scene itself casts it.
    origin, rays = pixel_rays(camera)
    ray = rays[row, column]
    point = origin + ray * depth / (ray @ camera.forward)
    assert [float(value) for value in found["Point"][0].split(", ")] == pytest.approx(list(point), abs=1e-3)
    assert float(found["Range"][0]) == pytest.approx(np.linalg.norm(point - camera.position), abs=1e-3)
    # Of the photograph, which is a tenth darker, its own.
    photograph = to_uint8(frame.image.numpy() * 0.9)[row, column]
    assert lens_of(magnified).titles == ["Picture", "Photograph"]
    assert found["Colour"][1] == " ".join(map(str, photograph)) and found["Depth z"][1] == "–"


def test_pixels_are_enlarged_as_squares(magnified: Window) -> None:
    point_at(magnified, 60, 70)
    picture = magnified.looking.shown.pixels
    assert picture is not None
    painted, middle = seen(lens_of(magnified).squares[0]), SIDE_PX // 2
    for across, down in ((0, 0), (3, -2), (-5, 4)):
        np.testing.assert_array_equal(painted[middle + 8 * down, middle + 8 * across], picture[70 + down, 60 + across])
    # Eight pixels are of one colour, the last of them the line of the grid; then comes the next one's.
    begin = (SIDE_PX - 8) // 2 + 3 * 8
    assert (painted[middle, begin + 1 : begin + 7] == picture[70, 63]).all()
    assert (painted[middle, begin + 9 : begin + 15] == picture[70, 64]).all()


def test_ctrl_and_the_wheel_enlarge_and_the_camera_stays(magnified: Window) -> None:
    point_at(magnified, 60, 70)
    before, canvas = magnified.session.eye.shown, magnified.viewport.canvas.widget
    for notches, scale in ((1, 10), (9, 16), (-1, 14), (-9, 4)):
        for _ in range(abs(notches)):
            at = QPointF(canvas.width() / 2, canvas.height() / 2)
            turn = QPoint(0, 120 if notches > 0 else -120)
            event = QWheelEvent(
                at, QPointF(canvas.mapToGlobal(at.toPoint())), QPoint(), turn, Qt.MouseButton.NoButton, CONTROL,
                Qt.ScrollPhase.NoScrollPhase, False,
            )  # fmt: skip
            QApplication.sendEvent(canvas, event)
        assert lens_of(magnified).heading.text().endswith(f"× {scale}")
    assert magnified.session.eye.shown is not None and before is not None
    assert np.array_equal(magnified.session.eye.shown.camera_to_world, before.camera_to_world)
    press(magnified, Qt.Key.Key_Plus, CONTROL)
    assert lens_of(magnified).heading.text().endswith("× 6")


def test_keys_move_it_by_pixels_and_copy_what_it_reads(magnified: Window) -> None:
    point_at(magnified, 60, 70)
    press(magnified, Qt.Key.Key_Right, SHIFT)
    press(magnified, Qt.Key.Key_Up, SHIFT)
    press(magnified, Qt.Key.Key_Up, SHIFT)
    assert lens_of(magnified).heading.text().startswith("Pixel 61, 68  ")
    press(magnified, Qt.Key.Key_I, combined(CONTROL, SHIFT))
    lines = QApplication.clipboard().text().splitlines()
    assert lines[0].startswith("Pixel 61, 68  ·  final") and lines[1] == "\tPicture\tPhotograph"
    assert lines[2] == "\t".join(["Colour", *rows(magnified)["Colour"]])
    press(magnified, Qt.Key.Key_I, SHIFT)
    assert not lens_of(magnified).isVisible()


def test_a_preview_is_called_one(magnified: Window, qtbot: QtBot, shelf: Shelf) -> None:
    # Slow from the start: where frames are quick, they are waited for.
    scene = FakeScene(seconds=0.2)
    shelf.scenes["slow.pth"] = lambda: scene
    open_and_wait(magnified, qtbot, Path("slow.pth"))
    scene.seconds = 1e6
    drag(magnified, qtbot, (60, 0))
    qtbot.waitUntil(lambda: "preview" in lens_of(magnified).heading.text(), timeout=NEVER)
    assert rows(magnified)["Depth z"][0] == "–"
    scene.seconds = 0.0
    wait_exact(magnified, qtbot)
    qtbot.waitUntil(lambda: "final" in lens_of(magnified).heading.text(), timeout=NEVER)


def test_both_scenes_are_read_also_over_the_second(window: Window, qtbot: QtBot, shelf: Shelf) -> None:
    shelf.scenes["dark.pth"] = Dark
    open_and_wait(window, qtbot, Path("fast.pth"))
    window.looking.second.open(Path("dark.pth"))
    qtbot.waitUntil(lambda: window.looking.second.comparison.second is not None, timeout=NEVER)
    qtbot.waitUntil(window.looking.shown.is_final, timeout=NEVER)
    window.commands["magnifier"].trigger()
    window.commands["compare_side"].trigger()
    qtbot.waitUntil(lambda: window.viewport.beside is not None, timeout=NEVER)
    QApplication.processEvents()
    camera: Camera | None = window.session.eye.shown
    assert camera is not None
    point_at(window, 64, 64, on=window.viewport.beside)
    image = draw(camera).image.numpy()
    assert lens_of(window).titles == ["fast.pth", "dark.pth"]
    expected = [" ".join(map(str, to_uint8(image * share)[64, 64])) for share in (1.0, 0.5)]
    assert rows(window)["Colour"] == expected
    depths = rows(window)["Depth z"]
    assert depths[0] == depths[1] != "–"


def test_it_gets_out_of_the_mouses_way(magnified: Window) -> None:
    point_at(magnified, 20, 20)
    room, lens = magnified.viewport.width(), lens_of(magnified)
    assert lens.geometry().right() > room - 30
    point_at(magnified, 120, 120)
    assert lens.geometry().left() < 30 and not lens.geometry().contains(magnified.viewport.rect().bottomRight())
    # Beside the picture there is no pixel.
    send_mouse(magnified, QEvent.Type.MouseMove, QPoint(1, 1), Qt.MouseButton.NoButton)
    assert not lens.isVisible()
