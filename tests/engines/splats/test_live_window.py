"""Live previews in the window, by a real mouse: chosen in the menu, seen, stepped aside from, given up."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.gui.qt import QEvent, QPoint, Qt
from app.gui.viewport import gaussian_drawing
from app.gui.viewport.gl import NOT_ASKED, OpenGl, draws_gaussians, probe_opengl
from app.gui.window import Window
from app.rendering.render_requests import RenderedImage
from app.settings import Settings
from engines.core.engine import never_stop
from engines.splats.files.content import SplatContent
from engines.splats.files.forms import write_splats
from tests.app.gui.conftest import NEVER, open_and_wait, opened_in, send_mouse, shown_window, wait_exact
from tests.app.gui.qt_pixels import on_screen
from tests.engines.splats.benchmark_drawing import surfaces

SLOW = 20_000
"""Splats that the processor does not draw within a preview's time."""


@pytest.fixture
def window(qtbot: QtBot, uncounted: None) -> Iterator[Window]:
    if probe_opengl().renderer is None:
        pytest.skip("no OpenGL here")
    with shown_window(qtbot) as window:
        yield window


@pytest.fixture
def scene(tmp_path: Path) -> Path:
    write_splats(tmp_path / "scene.ply", SplatContent(surfaces(SLOW)), "ply")
    return tmp_path / "scene.ply"


def choose(window: Window, qtbot: QtBot, name: str, state: str) -> None:
    """Chooses in the menu, and waits until there are live previews, or none."""
    window.commands[f"live_{name}"].trigger()
    worker = window.session.worker
    assert worker is not None
    qtbot.waitUntil(lambda: worker._state.now().live == state, timeout=NEVER)


def previews_of_a_drag(window: Window, qtbot: QtBot, count: int = 5) -> list[RenderedImage]:
    """What was put on the screen while a mouse dragged, on and on until so much was; then it rests."""
    seen: list[RenderedImage] = []

    def note() -> None:
        if (picture := window.looking.shown.picture) is not None and picture.request.moving:
            seen.append(picture)

    window.looking.shown.drawn.connect(note)
    widget, end_s = window.viewport.canvas.widget, time.monotonic() + NEVER / 1000
    at = QPoint(widget.width() // 2, widget.height() // 2)
    send_mouse(window, QEvent.Type.MouseButtonPress, at, Qt.MouseButton.LeftButton)
    moves = 0
    while (len(seen) < count or moves < 20) and time.monotonic() < end_s:
        at, moves = at + QPoint(6, 1), moves + 1
        send_mouse(window, QEvent.Type.MouseMove, at, Qt.MouseButton.LeftButton)
        qtbot.wait(15)
    send_mouse(window, QEvent.Type.MouseButtonRelease, at, Qt.MouseButton.LeftButton)
    wait_exact(window, qtbot)
    window.looking.shown.drawn.disconnect(note)
    return seen


def live(pictures: list[RenderedImage]) -> list[RenderedImage]:
    """Those of them that OpenGL drew: they are what the scene looks like from there, and nothing is invented."""
    return [picture for picture in pictures if picture.kind == "preview" and picture.hole_fraction == 0]


def apart(window: Window, picture: RenderedImage) -> float:
    """How far it is from the exact picture of its own camera, in the mean, levels."""
    exact = opened_in(window).scene.render(picture.camera, {}, never_stop).image
    shown = (exact.numpy().clip(0, 1) * 255 + 0.5).astype(np.uint8)
    return float(np.abs(shown.astype(int) - picture.pixels).mean())


def test_a_drag_is_drawn_by_opengl_and_what_rests_is_exact(window: Window, qtbot: QtBot, scene: Path) -> None:
    open_and_wait(window, qtbot, scene)
    choose(window, qtbot, "always", "ready")
    seen = previews_of_a_drag(window, qtbot)
    assert len(live(seen)) == len(seen) >= 5
    assert max(apart(window, picture) for picture in seen[-3:]) < 1
    assert window.looking.shown.is_final()
    picture, canvas = window.looking.shown.picture, window.viewport.canvas
    assert picture is not None and picture.frame is not None
    assert on_screen(canvas.widget, qtbot).std() > 20


def test_without_it_the_same_drag_invents(window: Window, qtbot: QtBot, scene: Path) -> None:
    open_and_wait(window, qtbot, scene)
    worker = window.session.worker
    # OpenGL is drawn in software here.
    assert worker is not None and window.commands["live_automatic"].isChecked()
    assert not window.session.view.live and worker._state.now().live == "coming"
    seen = previews_of_a_drag(window, qtbot)
    assert max(picture.hole_fraction for picture in seen) > 0.01
    assert max(apart(window, picture) for picture in seen[-3:]) > 2
    assert worker._state.now().live == "coming", "it was given away though nobody wants it"


def test_what_is_chosen_is_remembered_and_in_use_at_once(window: Window, qtbot: QtBot, scene: Path) -> None:
    open_and_wait(window, qtbot, scene)
    choose(window, qtbot, "always", "ready")
    chosen = [(window.settings.current.live_gaussians, window.session.view.live)]
    window.commands["live_never"].trigger()
    chosen.append((window.settings.current.live_gaussians, window.session.view.live))
    assert chosen == [("always", True), ("never", False)]
    seen = previews_of_a_drag(window, qtbot)
    assert max(picture.hole_fraction for picture in seen) > 0.01
    # A scene that is opened next is drawn as is chosen, too.
    window.commands["live_always"].trigger()
    other = scene.with_name("other.ply")
    write_splats(other, SplatContent(surfaces(SLOW // 2)), "ply")
    open_and_wait(window, qtbot, other)
    choose(window, qtbot, "always", "ready")


def test_what_opengl_does_not_draw_is_seen_from_elsewhere(window: Window, qtbot: QtBot, scene: Path) -> None:
    open_and_wait(window, qtbot, scene)
    choose(window, qtbot, "always", "ready")
    for change in ("channel_2", "crop"):
        window.commands[change].trigger()
        qtbot.waitUntil(window.looking.shown.is_final, timeout=NEVER)
        seen = previews_of_a_drag(window, qtbot)
        assert seen and max(picture.hole_fraction for picture in seen) > 0, change
        window.commands["channel_1" if change == "channel_2" else change].trigger()
        qtbot.waitUntil(window.looking.shown.is_final, timeout=NEVER)
    assert len(live(previews_of_a_drag(window, qtbot))) >= 5


def test_a_checkerboard_and_what_is_removed_are_drawn_live_too(window: Window, qtbot: QtBot, scene: Path) -> None:
    open_and_wait(window, qtbot, scene)
    choose(window, qtbot, "always", "ready")
    window.session.view.background = "checkerboard"
    cleaning = window.looking.clean.cleaning
    qtbot.waitUntil(lambda: cleaning.subject is not None, timeout=NEVER)
    window.commands["clean_opacity"].trigger()
    qtbot.waitUntil(lambda: cleaning.trial is not None and not cleaning.is_trying, timeout=NEVER)
    window.looking.clean.card.opacity.slider.setValue(window.looking.clean.card.opacity.slider.maximum() // 2)
    qtbot.waitUntil(lambda: cleaning.trial is not None and cleaning.trial.found > 0, timeout=NEVER)
    # Red while it is only tried: that is seen from elsewhere.
    assert window.session.view.left_out is not None and window.session.view.left_out.tinted is not None
    qtbot.waitUntil(window.looking.shown.is_final, timeout=NEVER)
    tried = previews_of_a_drag(window, qtbot)
    assert tried and max(picture.hole_fraction for picture in tried) > 0
    window.commands["clean_apply"].trigger()
    qtbot.waitUntil(window.looking.shown.is_final, timeout=NEVER)
    seen = previews_of_a_drag(window, qtbot)
    assert len(live(seen)) == len(seen) >= 5
    # At a corner nothing is, so the board.
    assert set(np.unique(seen[-1].pixels[:8, :8]).tolist()) <= {153, 204}


def test_a_driver_that_fails_is_told_in_the_log_and_the_window_goes_on(
    window: Window, qtbot: QtBot, scene: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    open_and_wait(window, qtbot, scene)
    choose(window, qtbot, "always", "ready")
    monkeypatch.setattr(gaussian_drawing.OpenGlGaussians, "_sum", lambda *_: 1 / 0)
    with caplog.at_level(logging.WARNING):
        previews_of_a_drag(window, qtbot)
        seen = previews_of_a_drag(window, qtbot)
    assert [record.getMessage() for record in caplog.records if record.name.endswith("live_previews")] == [
        "no live previews of Gaussians from here on: division by zero"
    ]
    assert seen and max(picture.hole_fraction for picture in seen) > 0 and not window.banner.isVisible()


@pytest.mark.parametrize(
    ("found", "canvas", "drawn"),
    [
        (OpenGl("Mesa Intel(R) UHD Graphics 630"), "", {"automatic", "always"}),
        (OpenGl("llvmpipe (LLVM 15.0.6, 256 bits)"), "", {"always"}),
        (OpenGl("llvmpipe (LLVM 15.0.6, 256 bits)"), "gl", {"always"}),
        (OpenGl("Mesa Intel(R) UHD Graphics 630"), "painter", set()),
        (OpenGl(None), "", set()),
        (NOT_ASKED, "", set()),
    ],
    ids=["a card", "software", "software for the canvas", "kept out", "none", "safe mode"],
)
def test_by_itself_it_draws_where_a_card_does(
    found: OpenGl, canvas: str, drawn: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VANTAGE_CANVAS", canvas)
    assert {chosen for chosen in ("automatic", "always", "never") if draws_gaussians(found, chosen)} == drawn
    assert Settings().live_gaussians == "automatic"
