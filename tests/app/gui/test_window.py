"""The window as a whole: a hand on the mouse, pixels on the screen, what survives a mistake and a restart."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pytestqt.qtbot import QtBot

from app.gui.main import make_window
from app.gui.qt import (
    QApplication,
    QEvent,
    QFileDialog,
    QImage,
    QMessageBox,
    QPoint,
    Qt,
    QTimer,
)
from app.gui.window import Window
from app.settings import load_settings
from engines.core.camera import Camera
from engines.core.errors import UserError
from tests.app.gui.conftest import NEVER, Shelf, drag, drop, open_and_wait, send_mouse, told, wait_exact
from tests.app.gui.fake_scene import FakeScene
from tests.engines.core.tensorflow_checkpoint import write_tensorflow_checkpoint
from tests.qt_test import QTest

SCENE = Path("fast.pth")


def pose(camera: Camera | None) -> bytes:
    return b"" if camera is None else camera.camera_to_world.tobytes()


def grabbed(window: Window) -> np.ndarray:
    """[H, W, 3] uint8, what is on the canvas."""
    image = window.viewport.canvas.widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    memory = image.constBits().asarray(image.height() * image.bytesPerLine())
    rows = np.array(memory, dtype=np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3)


def at_picture_pixels(window: Window, pixels: np.ndarray) -> np.ndarray:
    """[N, 3] colours on the canvas at the middles of the picture's pixels (column, row) [N, 2]."""
    screen, placement = grabbed(window), window.viewport.canvas.placement()
    at = [placement.to_viewport(u + 0.5, v + 0.5) for u, v in pixels]
    return np.array([screen[int(y), int(x)] for x, y in at])


def test_a_drag_is_followed_by_previews_while_no_exact_picture_is_there(
    window: Window, qtbot: QtBot, shelf: Shelf
) -> None:
    # Of a scene that draws at once there are no previews.
    slow = FakeScene(seconds=0.3)
    shelf.scenes["slow.pth"] = lambda: slow
    open_and_wait(window, qtbot, Path("slow.pth"))
    slow.seconds = NEVER / 1000
    middle = window.viewport.canvas.widget.rect().center()
    send_mouse(window, QEvent.Type.MouseButtonPress, middle, Qt.MouseButton.LeftButton)
    for step in (1, 2, 3):
        send_mouse(window, QEvent.Type.MouseMove, middle + QPoint(20 * step, 5 * step), Qt.MouseButton.LeftButton)
        wanted = pose(window.session.eye.shown)
        qtbot.waitUntil(partial(shows, window, wanted, "preview"), timeout=NEVER)
    slow.seconds = 0.0
    send_mouse(window, QEvent.Type.MouseButtonRelease, middle + QPoint(60, 15), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: shows(window, wanted, "exact"), timeout=NEVER)


def shown(window: Window) -> tuple[bytes, str]:
    """Of what camera the picture is, and of what kind."""
    picture = window.looking.shown.picture
    return (b"", "") if picture is None else (pose(picture.camera), picture.kind)


def shows(window: Window, camera: bytes, kind: str) -> bool:
    return shown(window) == (camera, kind)


def test_a_drag_ends_with_the_exact_picture(window: Window, qtbot: QtBot) -> None:
    open_and_wait(window, qtbot, SCENE)
    before = pose(window.session.eye.shown)
    drag(window, qtbot, (90, 20))
    wait_exact(window, qtbot)
    assert pose(window.session.eye.shown) != before
    assert window.status.state.text() == "● Final"


@pytest.mark.parametrize(
    ("button", "modifiers"),
    [
        (Qt.MouseButton.RightButton, Qt.KeyboardModifier.NoModifier),
        (Qt.MouseButton.MiddleButton, Qt.KeyboardModifier.NoModifier),
        (Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier),
        (Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier),
    ],
    ids=["look", "pan", "pan with shift", "zoom"],
)
def test_every_drag_moves_the_eye(
    window: Window, qtbot: QtBot, button: Qt.MouseButton, modifiers: Qt.KeyboardModifier
) -> None:
    open_and_wait(window, qtbot, SCENE)
    before = pose(window.session.eye.shown)
    drag(window, qtbot, (30, 30), button, modifiers, steps=3)
    assert pose(window.session.eye.shown) != before


@pytest.mark.parametrize("canvas", ["painter", "gl"])
def test_the_pixels_of_the_scene_are_on_the_screen(
    canvas: str, qtbot: QtBot, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VANTAGE_CANVAS", canvas)
    window = make_window("cpu")
    if window.viewport.canvas.name != {"painter": "painter", "gl": "OpenGL"}[canvas]:
        pytest.skip("no OpenGL on this display")
    window.resize(900, 640)
    window.show()
    qtbot.waitExposed(window)
    open_and_wait(window, qtbot, SCENE)
    window.commands["sharp"].trigger()
    assert window.looking.shown.pixels is not None
    pixels = np.random.default_rng(0).integers(0, 128, (200, 2))
    wanted = window.looking.shown.pixels[pixels[:, 1], pixels[:, 0]].astype(int)

    def same() -> bool:
        # A texture's filter may round by a step.
        return bool((np.abs(at_picture_pixels(window, pixels) - wanted) <= 2).mean() > 0.98)

    qtbot.waitUntil(same, timeout=NEVER)
    bare = grabbed(window)
    window.commands["box"].trigger()
    qtbot.waitUntil(lambda: bool((grabbed(window) != bare).any()), timeout=NEVER)
    window.close()
    window.deleteLater()


def test_a_damaged_file_leaves_the_open_scene(window: Window, qtbot: QtBot) -> None:
    open_and_wait(window, qtbot, SCENE)
    window.files.open(Path("damaged.pth"))
    qtbot.waitUntil(window.banner.isVisible, timeout=NEVER)
    assert "damaged.pth: not a torch checkpoint" in window.banner.text.text()
    assert window.banner.property("banner") == "error"
    assert window.session.opened is not None and window.session.opened.path == SCENE
    assert window.status.state.text() == "● Final"
    drag(window, qtbot, (40, 0), steps=3)
    wait_exact(window, qtbot)
    window.files.open(SCENE)
    qtbot.waitUntil(lambda: not window.banner.isVisible(), timeout=NEVER)


def test_a_damaged_file_at_the_start_leads_back_to_the_start_page(window: Window, qtbot: QtBot) -> None:
    window.files.open(Path("damaged.pth"))
    qtbot.waitUntil(window.banner.isVisible, timeout=NEVER)
    assert not window.viewport.isVisible()
    assert not window.commands["screenshot"].isEnabled()


def test_a_failure_to_render_is_told_and_survived(window: Window, qtbot: QtBot) -> None:
    open_and_wait(window, qtbot, SCENE)
    scene = window.session.opened.scene
    scene.fails_with = UserError("out of memory: close other programs")
    window.commands["next"].trigger()
    qtbot.waitUntil(window.banner.isVisible, timeout=NEVER)
    assert "out of memory" in window.banner.text.text()
    scene.fails_with = None
    window.commands["next"].trigger()
    wait_exact(window, qtbot)


def test_settings_and_recent_scenes_survive_a_restart(window: Window, qtbot: QtBot, tmp_path: Path) -> None:
    photographs = tmp_path / "photographs"
    photographs.mkdir()
    open_and_wait(window, qtbot, SCENE, photographs)
    for id in ("box", "grid", "fly", "sharp", "theme_dark", "faster", "panel"):
        window.commands[id].trigger()
    # The hidden panel's room is given back when the layout comes to it.
    qtbot.waitUntil(lambda: window.minimumWidth() < 800, timeout=NEVER)
    window.resize(800, 600)
    window.close()
    again = make_window("cpu")
    again.show()
    qtbot.waitExposed(again)
    for id in ("box", "grid", "fly", "sharp", "theme_dark"):
        assert again.commands[id].isChecked(), id
    for id in ("axes", "cameras", "orbit", "panel"):
        assert not again.commands[id].isChecked(), id
    assert again.session.eye.hand.mode == "fly" and again.session.eye.hand.settings.fly_speed == 1.5
    assert (again.width(), again.height()) == (800, 600)
    assert [recent.path for recent in again.settings.current.recent] == [str(SCENE.resolve())]
    again.commands["reopen"].trigger()
    qtbot.waitUntil(lambda: again.session.opened is not None, timeout=NEVER)
    assert again.session.loader.data == photographs
    again.commands["clear_recent"].trigger()
    assert load_settings().recent == ()
    again.close()
    again.deleteLater()


def test_a_screenshot_knows_its_camera(
    window: Window, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_and_wait(window, qtbot, SCENE)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "shot"), ""))
    window.commands["screenshot"].trigger()
    qtbot.waitUntil(window.banner.isVisible, timeout=NEVER)
    with Image.open(tmp_path / "shot.png") as image:
        camera = Camera.from_json(json.loads(image.info["vantage:camera"]))
        pixels = np.array(image)
    assert pose(camera) == pose(window.session.eye.shown)
    assert camera.size_px == (128, 128)
    np.testing.assert_array_equal(pixels, window.looking.shown.pixels)


def test_a_camera_goes_round_by_the_clipboard(window: Window, qtbot: QtBot) -> None:
    open_and_wait(window, qtbot, SCENE)
    first = pose(window.session.eye.shown)
    window.commands["copy_camera"].trigger()
    drag(window, qtbot, (60, 0), steps=3)
    window.commands["paste_camera"].trigger()
    wait_exact(window, qtbot)
    assert np.allclose(np.frombuffer(pose(window.session.eye.shown)), np.frombuffer(first))
    QApplication.clipboard().setText("no camera")
    window.commands["paste_camera"].trigger()
    assert "clipboard holds no camera" in window.banner.text.text()


def test_photograph_and_error_at_a_training_view(window: Window, qtbot: QtBot, tmp_path: Path) -> None:
    open_and_wait(window, qtbot, SCENE, tmp_path)
    window.commands["next"].trigger()
    wait_exact(window, qtbot)
    drawn = window.looking.shown.pixels
    # Photographs are a tenth darker than what is drawn.
    window.commands["photograph"].trigger()
    qtbot.waitUntil(lambda: window.looking.shown.pixels.mean() < 0.95 * drawn.mean(), timeout=NEVER)
    window.commands["photograph"].trigger()
    np.testing.assert_array_equal(window.looking.shown.pixels, drawn)
    window.commands["channel_3"].trigger()
    assert window.session.view.channel == "error"
    qtbot.waitUntil(lambda: bool((window.looking.shown.pixels != drawn).any()), timeout=NEVER)


def test_keys_reach_the_scene(window: Window, qtbot: QtBot) -> None:
    open_and_wait(window, qtbot, SCENE)
    widget = window.viewport.canvas.widget
    window.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is window, timeout=NEVER)
    QTest.keyClick(widget, Qt.Key.Key_2)
    assert window.session.view.channel == "depth"
    QTest.keyClick(widget, Qt.Key.Key_BracketRight)
    wait_exact(window, qtbot)
    assert window.session.eye.view_index == 1
    before = window.session.eye.shown.position
    QTest.keyPress(widget, Qt.Key.Key_W)
    qtbot.waitUntil(lambda: bool(np.linalg.norm(window.session.eye.shown.position - before) > 0.05), timeout=NEVER)
    QTest.keyRelease(widget, Qt.Key.Key_W)
    wait_exact(window, qtbot)


def test_closing_the_scene_greys_what_needs_one(window: Window, qtbot: QtBot) -> None:
    open_and_wait(window, qtbot, SCENE)
    window.commands["close"].trigger()
    assert window.session.opened is None and not window.viewport.isVisible()
    for id in ("screenshot", "export", "next", "box", "channel_1", "photograph", "cancel_export"):
        assert not window.commands[id].isEnabled(), id
    assert window.commands["open"].isEnabled()


def test_what_is_dropped_is_opened_or_learnt_from(
    window: Window, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Path | None] = []
    monkeypatch.setattr(window.trainings, "ask", asked.append)
    (tmp_path / "fast.pth").write_bytes(b"")
    drop(window, tmp_path)
    assert asked == [tmp_path]
    drop(window, tmp_path / "fast.pth")
    qtbot.waitUntil(lambda: window.session.opened is not None, timeout=NEVER)
    (tmp_path / "walk.mp4").touch()
    drop(window, tmp_path / "walk.mp4")
    assert asked == [tmp_path, tmp_path / "walk.mp4"]


def test_a_folder_of_tensorflows_is_a_scene(
    window: Window, qtbot: QtBot, shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Path | None] = []
    monkeypatch.setattr(window.trainings, "ask", asked.append)
    write_tensorflow_checkpoint(tmp_path)
    shelf.scenes[tmp_path.name] = FakeScene
    drop(window, tmp_path)
    qtbot.waitUntil(lambda: window.session.opened is not None, timeout=NEVER)
    assert window.session.opened is not None and window.session.opened.path == tmp_path and not asked


@pytest.mark.parametrize("data", [True, False])
def test_a_folder_dropped_on_a_scene_is_asked_about(
    window: Window, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: bool
) -> None:
    open_and_wait(window, qtbot, SCENE)
    asked: list[Path | None] = []
    monkeypatch.setattr(window.trainings, "ask", asked.append)
    wanted = "Data of the open scene" if data else "Training data…"

    def choose(box: QMessageBox) -> None:
        next(button for button in box.buttons() if button.text() == wanted).click()

    monkeypatch.setattr(QMessageBox, "exec", choose)
    (tmp_path / "transforms.json").write_text("{}")
    drop(window, tmp_path)
    assert asked == ([] if data else [tmp_path])
    assert (window.session.loader.opening is not None) == data
    if data:
        qtbot.waitUntil(lambda: window.session.loader.data is not None, timeout=NEVER)


def test_the_question_about_a_dropped_folder_can_be_left(
    window: Window, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_and_wait(window, qtbot, SCENE)
    asked: list[Path | None] = []
    monkeypatch.setattr(window.trainings, "ask", asked.append)
    (tmp_path / "transforms.json").write_text("{}")
    for leave in (
        lambda box: QTest.keyClick(box, Qt.Key.Key_Escape),
        lambda box: box.close(),
        lambda box: box.button(QMessageBox.StandardButton.Cancel).click(),
    ):
        QTimer.singleShot(100, lambda leave=leave: leave(QApplication.activeModalWidget()))
        drop(window, tmp_path)
    assert not asked and window.session.loader.opening is None and window.session.loader.data is None


def test_an_empty_folder_is_no_question(window: Window, qtbot: QtBot, tmp_path: Path) -> None:
    open_and_wait(window, qtbot, SCENE)
    drop(window, tmp_path)
    assert QApplication.activeModalWidget() is None and window.trainings.asking.dialog is None
    assert window.banner.isVisible() and "holds no scene" in window.banner.text.text()


def test_data_that_is_unplugged_is_said_and_kept(window: Window, qtbot: QtBot, tmp_path: Path) -> None:
    scene, data, elsewhere = tmp_path / "fast.pth", tmp_path / "data", tmp_path / "unplugged"
    data.mkdir()
    open_and_wait(window, qtbot, scene, data)
    data.rename(elsewhere)
    window.commands["close"].trigger()
    window.commands["reopen"].trigger()
    qtbot.waitUntil(lambda: window.session.opened is not None, timeout=NEVER)
    assert str(data) in told(window) and window.banner.button.text() == "Choose…"
    assert window.session.loader.data is None and load_settings().recent[0].data == str(data)
    elsewhere.rename(data)
    window.commands["reopen"].trigger()
    qtbot.waitUntil(lambda: window.session.loader.data == data, timeout=NEVER)


def test_a_scene_opened_without_its_data_does_not_forget_it(window: Window, qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    open_and_wait(window, qtbot, tmp_path / "fast.pth", tmp_path / "data")
    window.commands["close"].trigger()
    open_and_wait(window, qtbot, tmp_path / "fast.pth")
    assert load_settings().recent[0].data == str(tmp_path / "data")
