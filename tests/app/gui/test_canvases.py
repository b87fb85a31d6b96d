"""Both canvases: the pixels that are really on the screen."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.gui.qt import Qt, QWidget
from app.gui.viewport.canvas import Canvas, Label
from app.gui.viewport.canvas_painter import PainterCanvas
from app.gui.viewport.gl import OpenGl, probe_opengl, wants_opengl
from app.gui.viewport.letterbox import place
from engines.core.camera import Array
from tests.app.gui.qt_pixels import on_screen

SIZE = (320, 200)
RED, BLUE, BACKGROUND = (200, 30, 20), (20, 40, 220), (16, 32, 48)


@pytest.fixture(params=["painter", "OpenGL"])
def canvas(request: pytest.FixtureRequest, qtbot: QtBot) -> Iterator[Canvas]:
    """A canvas of either kind in a window of `SIZE`, at a whole number of device pixels."""
    host = QWidget(None, Qt.WindowType.FramelessWindowHint)
    host.resize(*SIZE)
    if request.param == "OpenGL":
        if probe_opengl().renderer is None:
            pytest.skip("no OpenGL here")
        from app.gui.viewport.canvas_gl import GlCanvas

        canvas: Canvas = GlCanvas(host)
    else:
        canvas = PainterCanvas(host)
    canvas.widget.setGeometry(0, 0, *SIZE)
    canvas.set_background("#{:02x}{:02x}{:02x}".format(*BACKGROUND))
    host.show()
    qtbot.waitExposed(host)
    yield canvas
    host.close()
    host.deleteLater()


def halves(width: int = 50, height: int = 50) -> Array:
    """Red above, blue below."""
    picture = np.zeros((height, width, 3), dtype=np.uint8)
    picture[: height // 2], picture[height // 2 :] = RED, BLUE
    return picture


def test_the_picture_is_upright_centred_and_letterboxed(canvas: Canvas, qtbot: QtBot) -> None:
    canvas.set_picture(halves())
    screen = on_screen(canvas.widget, qtbot)
    assert np.abs(screen[50, 160].astype(int) - RED).max() <= 2
    assert np.abs(screen[150, 160].astype(int) - BLUE).max() <= 2
    for column in (20, 55, 264, 300):
        assert np.abs(screen[100, column].astype(int) - BACKGROUND).max() <= 2, column
    for column in (64, 255):
        assert np.abs(screen[20, column].astype(int) - RED).max() <= 2, column


def test_another_shape_is_placed_anew(canvas: Canvas, qtbot: QtBot) -> None:
    canvas.set_picture(halves())
    canvas.set_picture(halves(160, 50))
    screen = on_screen(canvas.widget, qtbot)
    assert np.abs(screen[20, 160].astype(int) - BACKGROUND).max() <= 2
    assert np.abs(screen[80, 5].astype(int) - RED).max() <= 2
    placement = canvas.placement()
    assert (placement.left, placement.top, placement.scale) == (0, 50, 2)


def test_lines_lie_on_the_picture_where_they_belong(canvas: Canvas, qtbot: QtBot) -> None:
    canvas.set_picture(np.zeros((50, 50, 3), dtype=np.uint8))
    # Across the picture at row 12.5, and on into the margin.
    canvas.set_segments(np.array([[[-10.0, 12.5], [50.0, 12.5]]]), np.array([[0.0, 1.0, 0.0, 1.0]]))
    screen = on_screen(canvas.widget, qtbot).astype(int)
    for column in (30, 160, 250):
        rows = screen[44:57, column, 1]
        assert rows.max() > 150, column
        assert 48 <= 44 + int(np.argmax(rows)) <= 51, column
    assert screen[120, 160, 1] < 60
    canvas.set_segments(np.zeros((0, 2, 2)), np.zeros((0, 4)))
    assert on_screen(canvas.widget, qtbot)[50, 160, 1] < 60


def test_an_overlay_of_any_size_lies_on_the_picture_as_opaque_as_it_is(canvas: Canvas, qtbot: QtBot) -> None:
    canvas.set_picture(np.full((50, 50, 3), 200, dtype=np.uint8))
    over = np.zeros((200, 200, 4), dtype=np.uint8)
    # Green in the upper left quarter, half of it in the lower right one.
    over[:100, :100], over[100:, 100:] = (0, 100, 0, 255), (0, 100, 0, 128)
    canvas.set_overlay(over)
    canvas.set_segments(np.array([[[0.0, 12.5], [50.0, 12.5]]]), np.array([[1.0, 0.0, 0.0, 1.0]]))
    screen = on_screen(canvas.widget, qtbot).astype(int)
    for pixel, colour in (
        ((90, 70), (0, 100, 0)),
        ((110, 70), (200, 200, 200)),
        ((90, 240), (200, 200, 200)),
        ((190, 250), (100, 150, 100)),
        ((190, 270), BACKGROUND),
    ):
        assert np.abs(screen[pixel] - colour).max() <= 2, pixel
    assert screen[48:52, 100, 0].max() > 150
    canvas.set_picture(np.full((50, 160, 3), 200, dtype=np.uint8))
    assert np.abs(on_screen(canvas.widget, qtbot).astype(int)[80, 20] - (0, 100, 0)).max() <= 2
    canvas.set_overlay(None)
    assert np.abs(on_screen(canvas.widget, qtbot).astype(int)[80, 20] - 200).max() <= 2


def test_labels_are_written(canvas: Canvas, qtbot: QtBot) -> None:
    canvas.set_picture(np.zeros((50, 50, 3), dtype=np.uint8))
    canvas.set_segments(np.zeros((0, 2, 2)), np.zeros((0, 4)), [Label(25.0, 25.0, "x", (1.0, 1.0, 1.0))])
    screen = on_screen(canvas.widget, qtbot)
    assert screen[80:104, 158:185].max() > 120
    assert screen[20:60, 100:220].max() < 60


def test_enlarged_pixels_are_smooth_or_sharp(canvas: Canvas, qtbot: QtBot) -> None:
    canvas.set_picture(np.array([[[0, 0, 0], [255, 255, 255]]], dtype=np.uint8))
    canvas.set_sharp(False)
    smooth = on_screen(canvas.widget, qtbot)[100, :, 0]
    canvas.set_sharp(True)
    sharp = on_screen(canvas.widget, qtbot)[100, :, 0]
    between = [int(((row > 40) & (row < 215)).sum()) for row in (smooth, sharp)]
    assert between[0] > 20 and between[1] <= 2


def test_a_picture_may_change_while_it_is_shown(canvas: Canvas, qtbot: QtBot) -> None:
    pixels = halves()
    canvas.set_picture(pixels[:, ::-1])
    del pixels
    for _ in range(20):
        canvas.set_picture(halves())
    assert np.abs(on_screen(canvas.widget, qtbot)[50, 160].astype(int) - RED).max() <= 2


@pytest.mark.parametrize(
    ("renderer", "chosen", "opengl"),
    [
        ("NVIDIA GeForce RTX 4090/PCIe/SSE2", "", True),
        ("llvmpipe (LLVM 15.0.6, 256 bits)", "", False),
        ("llvmpipe (LLVM 15.0.6, 256 bits)", "gl", True),
        ("NVIDIA GeForce RTX 4090/PCIe/SSE2", "painter", False),
        (None, "gl", False),
    ],
)
def test_the_canvas_is_chosen_by_what_draws_it(
    renderer: str | None, chosen: str, opengl: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VANTAGE_CANVAS", chosen)
    assert wants_opengl(OpenGl(renderer)) is opengl


def test_placing() -> None:
    placement = place((100, 50), (200.0, 200.0))
    assert (placement.left, placement.top, placement.scale) == (0, 50, 2)
    assert placement.to_picture(*placement.to_viewport(12.0, 34.0)) == (12.0, 34.0)
