"""The line under the picture, the limit of its size, the value under the mouse."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from pytestqt.qtbot import QtBot

from app.gui.qt import QEvent, QPoint, Qt, combined
from app.gui.window import Window
from app.rendering.dynamic_resolution import ResolutionPolicy
from app.settings import load_settings
from engines.core.camera import Camera
from engines.core.engine import Stop
from engines.core.frame import Frame
from tests.app.gui.conftest import NEVER, Shelf, drag, open_and_wait, send_mouse, wait_exact
from tests.app.gui.fake_scene import FakeScene
from tests.qt_test import QTest

HELD = combined(Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier)


def test_a_slow_picture_has_a_line_that_grows_and_goes(window: Window, qtbot: QtBot, shelf: Shelf) -> None:
    shelf.scenes["slow.pth"] = lambda: FakeScene((64, 64), seconds=1.6)
    open_and_wait(window, qtbot, Path("slow.pth"))
    drag(window, qtbot, (60, 0))
    line = window.refining.line
    qtbot.waitUntil(line.isVisible, timeout=NEVER)
    assert "Refining" in window.status.rate.text() and line.geometry().bottom() == window.viewport.height() - 1
    first = line.value()
    qtbot.waitUntil(lambda: line.value() > first + 200, timeout=NEVER)
    wait_exact(window, qtbot)
    qtbot.waitUntil(lambda: not line.isVisible(), timeout=NEVER)
    assert "Refining" not in window.status.rate.text()


def test_a_limit_is_kept_and_the_picture_still_fills_the_viewport(window: Window, qtbot: QtBot, shelf: Shelf) -> None:
    shelf.scenes["any.pth"] = lambda: FakeScene(None)
    open_and_wait(window, qtbot, Path("any.pth"))
    assert window.looking.shown.picture is not None and max(window.looking.shown.picture.camera.size_px) > 300
    window.commands["largest_256"].trigger()
    qtbot.waitUntil(lambda: max(window.looking.shown.picture.camera.size_px) == 256, timeout=NEVER)
    wait_exact(window, qtbot)
    assert window.settings.current.largest_px == 256 and window.viewport.canvas.placement().left < 2
    window.commands["largest_0"].trigger()
    qtbot.waitUntil(lambda: max(window.looking.shown.picture.camera.size_px) > 300, timeout=NEVER)


class Flat(FakeScene):
    """Without a depth, so that each picture is drawn; an eighth of the sides is there in time."""

    channels: tuple[str, ...] = ("rgb",)

    def render(self, camera: Camera, controls: Mapping[str, float], stop: Stop) -> Frame:
        return replace(super().render(camera, controls, stop), depth=None)


def test_what_is_reduced_says_so_and_never_is_where_that_is_chosen(window: Window, qtbot: QtBot, shelf: Shelf) -> None:
    shelf.scenes["flat.pth"] = lambda: Flat(None, 0.15)
    open_and_wait(window, qtbot, Path("flat.pth"))
    status, whole = window.status, "{} × {}".format(*window.session.eye.size.px)
    told: list[tuple[str, str]] = []
    window.looking.shown.drawn.connect(lambda: told.append((status.state.text(), status.size_label.text())))
    drag(window, qtbot, (60, 0), steps=20)
    wait_exact(window, qtbot)
    assert any("reduced while moving" in state and size.endswith(f" of {whole}") for state, size in told)
    assert status.size_label.text() == whole and "reduced" not in status.state.text()
    window.activateWindow()
    qtbot.waitActive(window)
    QTest.keyClick(window.windowHandle(), Qt.Key.Key_N, HELD)
    assert window.settings.current.never_reduced and window.session.view.resolution.native
    assert not window.refining.resolution.card.rate.isEnabled()
    told.clear()
    drag(window, qtbot, (-60, 0), steps=20)
    wait_exact(window, qtbot)
    assert told and not any("reduced" in state or " of " in size for state, size in told)


def test_rate_and_floor_are_chosen_on_the_card_by_keys_and_are_remembered(window: Window, qtbot: QtBot) -> None:
    window.activateWindow()
    qtbot.waitActive(window)
    open_and_wait(window, qtbot, Path("fast.pth"))
    card, handle = window.refining.resolution.card, window.windowHandle()
    window.commands["panel"].trigger()
    QTest.keyClick(handle, Qt.Key.Key_4, HELD)
    qtbot.waitUntil(card.isVisible)
    assert card.rate.hasFocus() and not card.visibleRegion().isEmpty()
    QTest.keyClick(handle, Qt.Key.Key_3)
    QTest.keyClick(handle, Qt.Key.Key_Tab)
    assert card.smallest.hasFocus()
    QTest.keyClick(handle, Qt.Key.Key_End)
    assert window.session.view.resolution == ResolutionPolicy(30.0, 0.5)
    assert (card.rate.currentText(), card.smallest.currentText()) == ("30 frames/s", "50 % or more")
    window.settings.save()
    assert (load_settings().target_rate, load_settings().smallest_share) == (30.0, 0.5)


def test_the_depth_under_the_mouse_is_told_and_that_of_a_background_is_none(window: Window, qtbot: QtBot) -> None:
    open_and_wait(window, qtbot, Path("fast.pth"))
    window.looking.channels.choose("depth")
    qtbot.waitUntil(lambda: window.looking.shown.content == "depth", timeout=NEVER)
    canvas = window.viewport.canvas
    place = canvas.placement()
    send_mouse(
        window, QEvent.Type.MouseMove, QPoint(*(round(x) for x in place.to_viewport(64, 64))), Qt.MouseButton.NoButton
    )
    frame = window.looking.shown.picture.frame
    assert frame is not None and frame.depth is not None
    told = float(window.channels.value.text().rsplit(" ", 1)[1])
    assert abs(told - float(frame.depth[64, 64])) < 0.1 and window.channels.value.isVisible()
    send_mouse(
        window, QEvent.Type.MouseMove, QPoint(*(round(x) for x in place.to_viewport(2, 2))), Qt.MouseButton.NoButton
    )
    assert window.channels.value.text() == "At the cursor: –"
    # Nothing is where the background is grey.
    assert window.looking.shown.pixels is not None and tuple(window.looking.shown.pixels[2, 2]) == (96, 96, 96)
