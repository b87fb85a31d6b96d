"""The hand on the viewport: real mouse and key events, and what comes of them."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.gui.qt import QApplication, QEvent, QPoint, QPointF, Qt, QWheelEvent
from app.gui.window import Window
from engines.core.camera import Array, Camera, project
from engines.core.engine import Stop
from engines.core.frame import Frame
from tests.app.gui.conftest import NEVER, Shelf, drag, open_and_wait, send_mouse, wait_exact
from tests.app.gui.fake_scene import FakeScene, draw


@pytest.fixture
def looking(window: Window, qtbot: QtBot) -> Window:
    """The window with a scene."""
    open_and_wait(window, qtbot, Path("fast.pth"))
    return window


def position(window: Window) -> Array:
    camera = window.session.eye.camera
    assert camera is not None
    return camera.position


def test_dragging_orbits_and_the_exact_picture_follows(looking: Window, qtbot: QtBot) -> None:
    before, pixels = position(looking).copy(), looking.looking.shown.pixels
    drag(looking, qtbot, (120, 0))
    wait_exact(looking, qtbot)
    after = position(looking)
    assert np.linalg.norm(after) == pytest.approx(np.linalg.norm(before), rel=0.05)
    # The scene moves with the hand: to the right, so the camera goes to its own left.
    assert (after - before) @ looking.session.opened.scene.start.right < -0.3
    assert looking.looking.shown.pixels is not None and pixels is not None
    assert np.abs(looking.looking.shown.pixels.astype(int) - pixels).mean() > 5


@pytest.mark.parametrize(
    ("button", "modifiers"),
    [
        (Qt.MouseButton.MiddleButton, Qt.KeyboardModifier.NoModifier),
        (Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier),
    ],
)
def test_panning_sticks_to_the_cursor(
    looking: Window, qtbot: QtBot, button: Qt.MouseButton, modifiers: Qt.KeyboardModifier
) -> None:
    scale = looking.viewport.canvas.placement().scale
    point = looking.session.eye.pivot.copy()[None]
    shown = looking.session.eye.shown
    assert shown is not None
    before = project(shown, point)[0][0]
    drag(looking, qtbot, (60, -40), button, modifiers)
    shown = looking.session.eye.shown
    assert shown is not None
    after = project(shown, point)[0][0]
    assert (after - before) * scale == pytest.approx((60, -40), abs=1.0)


def test_the_right_button_looks_around_in_place(looking: Window, qtbot: QtBot) -> None:
    before = position(looking).copy()
    drag(looking, qtbot, (80, 10), Qt.MouseButton.RightButton)
    assert position(looking) == pytest.approx(before)
    assert not np.allclose(looking.session.eye.camera.forward, looking.session.opened.scene.start.forward)


def test_ctrl_and_the_wheel_go_nearer(looking: Window, qtbot: QtBot) -> None:
    far = np.linalg.norm(position(looking) - looking.session.eye.pivot)
    drag(looking, qtbot, (0, -50), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier)
    nearer = np.linalg.norm(position(looking) - looking.session.eye.pivot)
    assert nearer == pytest.approx(far * 0.9**2, rel=1e-3)
    wheel(looking, QPoint(), QPoint(0, 120))
    assert np.linalg.norm(position(looking) - looking.session.eye.pivot) == pytest.approx(nearer * 0.9, rel=1e-3)
    wait_exact(looking, qtbot)


def test_a_trackpad_scrolls_in_pixels(looking: Window) -> None:
    far = np.linalg.norm(position(looking) - looking.session.eye.pivot)
    wheel(looking, QPoint(0, -25), QPoint(0, -60), Qt.ScrollPhase.ScrollUpdate)
    assert np.linalg.norm(position(looking) - looking.session.eye.pivot) == pytest.approx(far * 0.9**-0.5, rel=1e-3)


def wheel(window: Window, pixels: QPoint, angle: QPoint, phase: Qt.ScrollPhase = Qt.ScrollPhase.NoScrollPhase) -> None:
    canvas = window.viewport.canvas.widget
    at = QPointF(canvas.width() / 2, canvas.height() / 2)
    globally = QPointF(canvas.mapToGlobal(at.toPoint()))
    event = QWheelEvent(
        at, globally, pixels, angle, Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, phase, False
    )
    QApplication.sendEvent(canvas, event)


def test_a_double_click_turns_about_what_is_there(looking: Window, qtbot: QtBot) -> None:
    canvas = looking.viewport.canvas.widget
    middle = QPoint(canvas.width() // 2, canvas.height() // 2)
    before = looking.session.eye.pivot.copy()
    send_mouse(looking, QEvent.Type.MouseButtonDblClick, middle, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not np.array_equal(looking.session.eye.pivot, before), timeout=NEVER)
    shown = looking.session.eye.shown
    assert shown is not None and looking.session.opened is not None
    depth = draw(shown).depth
    assert depth is not None
    ahead = (looking.session.eye.pivot - shown.position) @ shown.forward
    assert ahead == pytest.approx(float(depth[64, 64]), abs=0.05)
    assert "Pivot set" in looking.banner.text.text()


def test_a_jump_to_a_view_is_eased(looking: Window, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[float] = []
    draw_now = looking.looking.shown.draw

    def watch() -> None:
        seen.append(float(looking.looking.shown.picture.camera.position[0]))
        draw_now()

    monkeypatch.setattr(looking.looking.shown, "draw", watch)
    looking.commands["next"].trigger()
    wait_exact(looking, qtbot)
    target = looking.session.visited.points[1].camera
    assert position(looking) == pytest.approx(target.position)
    assert len([x for x in seen if target.position[0] < x < 2.6]) >= 2, "it leapt"
    assert "2 of 12" in looking.views.name.text()


def test_the_window_stays_alive_while_a_slow_scene_renders(window: Window, qtbot: QtBot, shelf: Shelf) -> None:
    begun, go_on = threading.Event(), threading.Event()

    class Slow(FakeScene):
        def render(self, camera: Camera, controls: Mapping[str, float], stop: Stop) -> Frame:
            begun.set()
            assert go_on.wait(NEVER / 1000)
            return super().render(camera, controls, stop)

    shelf.scenes["slow.pth"] = lambda: Slow((64, 64))
    window.files.open(Path("slow.pth"))
    qtbot.waitUntil(begun.is_set, timeout=NEVER)
    heard: list[None] = []
    window.session.post(lambda: heard.append(None))
    # Its thread hears what is posted, though the frame does not end before it is told to.
    qtbot.waitUntil(lambda: bool(heard), timeout=NEVER)
    assert window.looking.shown.picture is None
    go_on.set()
    wait_exact(window, qtbot)
