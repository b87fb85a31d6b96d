"""A double click sets the pivot to the point under the cursor, of the picture that is seen."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.gui.qt import QEvent, QPoint, Qt
from app.gui.window import Window
from app.rendering.render_requests import RenderedImage, depth_at
from engines.core.camera import Array, project
from tests.app.gui.conftest import NEVER, Shelf, drag, open_and_wait, send_mouse, wait_exact
from tests.app.gui.fake_scene import BALLS, FakeScene, draw

LEFT = Qt.MouseButton.LeftButton


def double_click(window: Window, qtbot: QtBot, at: QPoint) -> Array | None:
    """The pivot that comes of it, [3]; None where nothing is there."""
    picked: list[Array | None] = []
    window.session.images.point_picked.connect(picked.append)
    for kind in (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonRelease, QEvent.Type.MouseButtonDblClick):
        send_mouse(window, kind, at, LEFT)
    send_mouse(window, QEvent.Type.MouseButtonRelease, at, LEFT)
    qtbot.waitUntil(lambda: bool(picked), timeout=NEVER)
    window.session.images.point_picked.disconnect(picked.append)
    if picked[0] is not None:
        np.testing.assert_array_equal(window.session.eye.pivot, picked[0])
    return picked[0]


def shown(window: Window) -> RenderedImage:
    picture = window.looking.shown.picture
    assert picture is not None
    return picture


def pixel(window: Window, at: QPoint) -> tuple[float, float]:
    return window.viewport.canvas.placement().to_picture(at.x(), at.y())


def is_preview_of_the_eye(window: Window) -> bool:
    """Whether a preview that has no depth of its own is on the screen, of where the eye is now."""
    eye, picture = window.session.eye.camera, shown(window)
    return (
        eye is not None and picture.frame is None and np.allclose(picture.camera.camera_to_world, eye.camera_to_world)
    )


def middle_of_nearest(window: Window, picture: RenderedImage) -> QPoint:
    """Where the middle of the nearest ball is in the viewport: what is near to an outline, a preview may guess."""
    pixels, ahead = project(picture.camera, np.array([middle for middle, _, _ in BALLS]))
    u, v = pixels[np.argmin(ahead)]
    x, y = window.viewport.canvas.placement().to_viewport(float(u), float(v))
    return QPoint(round(x), round(y))


def test_of_a_preview_it_is_the_point_that_the_preview_shows(window: Window, qtbot: QtBot, shelf: Shelf) -> None:
    shelf.scenes["slow.pth"] = lambda: FakeScene(seconds=1.0)
    open_and_wait(window, qtbot, Path("slow.pth"))
    exact, far_off = shown(window), 0
    for _ in range(3):
        drag(window, qtbot, (60, 12), steps=4)
        qtbot.waitUntil(lambda: is_preview_of_the_eye(window), timeout=NEVER)
        seen = shown(window)
        at = middle_of_nearest(window, seen)
        u, v = pixel(window, at)
        point = double_click(window, qtbot, at)
        depth = draw(seen.camera).depth
        assert point is not None and depth is not None
        pixels, ahead = project(seen.camera, point[None])
        np.testing.assert_allclose(pixels[0], (u, v), atol=1e-6)
        assert ahead[0] == pytest.approx(float(depth[int(v), int(u)]), rel=0.03)
        # As it would be of the exact picture, on whose pixels nobody clicked.
        before = depth_at(exact, u, v)
        far_off += before is None or abs(before - ahead[0]) > 0.05
        wait_exact(window, qtbot)
        exact = shown(window)
    assert far_off


def test_beside_the_picture_is_nothing_to_turn_about(window: Window, qtbot: QtBot) -> None:
    open_and_wait(window, qtbot, Path("fast.pth"))
    before = window.session.eye.pivot.copy()
    assert double_click(window, qtbot, QPoint(3, window.viewport.height() // 2)) is None
    np.testing.assert_array_equal(window.session.eye.pivot, before)
    assert "Nothing is there to turn about" in window.banner.text.text()
