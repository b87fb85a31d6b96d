"""The colour bar over the picture: by key, for what has a scale, with ticks where the colours say so."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pytestqt.qtbot import QtBot

from app.export.colour_bars import with_colour_bar
from app.gui.qt import QFileDialog, Qt
from app.gui.window import Window
from app.rendering import display
from app.viewing.colour_scale import ColourScale
from app.viewing.lengths import LengthScale
from tests.app.gui.conftest import NEVER, drag, open_and_wait, shown_window
from tests.app.gui.qt_pixels import on_screen
from tests.qt_test import QTest

SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def barred(window: Window, qtbot: QtBot) -> Window:
    """The depth is shown, with its bar."""
    open_and_wait(window, qtbot, Path("fast.pth"))
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=NEVER)
    window.viewport.focus()
    QTest.keyClick(window.viewport.canvas.widget, Qt.Key.Key_C, SHIFT)
    # The image has none.
    assert window.commands["colour_bar"].isChecked() and not window.inspecting.bar.bar.isVisible()
    QTest.keyClick(window.viewport.canvas.widget, Qt.Key.Key_2)
    wait_shown(window, qtbot)
    return window


def wait_shown(window: Window, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: window.looking.shown.is_final() and window.inspecting.bar.bar.isVisible(), timeout=NEVER)


def scale_of(window: Window) -> ColourScale:
    scale = window.inspecting.bar.shown_scale
    assert scale is not None
    return scale


def test_it_is_over_the_picture_in_its_colours_and_lets_the_mouse_through(barred: Window, qtbot: QtBot) -> None:
    bar, view = barred.inspecting.bar.bar, barred.viewport
    limits = barred.session.images.limits
    assert limits is not None and scale_of(barred) == ColourScale("Depth", "world units", limits, "depth")
    assert view.rect().contains(bar.geometry()) and bar.geometry().bottom() > view.height() - 20
    seen = on_screen(view, qtbot)[bar.y() : bar.y() + bar.height(), bar.x() : bar.x() + bar.width()]
    column = seen[:, 10, :3].astype(int)
    colours = display.colour_bar(64, 1, "depth")[:, 0]
    places = [int(abs(column - colour).max(axis=1).argmin()) for colour in colours]
    # From above: the farthest first, all of them there.
    assert places == sorted(places) and max(abs(column[places] - colours).max(axis=1)) <= 8
    # A drag that begins on it turns the scene.
    before, at = barred.session.eye.shown, bar.geometry().center()
    assert view.childAt(at) is view.canvas.widget
    drag(barred, qtbot, (40, 0))
    wait_shown(barred, qtbot)
    assert barred.session.eye.shown != before and scale_of(barred).limits == barred.session.images.limits


def test_lengths_inverted_colours_and_locked_ranges_are_followed(barred: Window, qtbot: QtBot) -> None:
    limits = scale_of(barred).limits
    barred.inspecting.measuring.measurements.set_scale(LengthScale(2.0, "m"))
    assert scale_of(barred).unit == "m" and scale_of(barred).limits == tuple(2 * value for value in limits)
    before = barred.inspecting.bar.bar.grab().toImage()
    QTest.keyClick(barred.viewport.canvas.widget, Qt.Key.Key_N, SHIFT)
    qtbot.waitUntil(lambda: scale_of(barred).colour_map == "turbo_r", timeout=NEVER)
    assert barred.inspecting.bar.bar.grab().toImage() != before
    barred.channels.range_typed.emit("0.5", "8")
    qtbot.waitUntil(lambda: scale_of(barred).limits == (1.0, 16.0), timeout=NEVER)


def test_screenshots_have_it_where_it_is_seen(
    barred: Window, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "seen.png"), ""))
    pixels, scale = barred.looking.shown.pixels, scale_of(barred)
    assert pixels is not None
    for shown in (True, False):
        QTest.keyClick(barred.viewport.canvas.widget, Qt.Key.Key_F12)
        qtbot.waitUntil((tmp_path / "seen.png").exists, timeout=NEVER)
        wanted = with_colour_bar(pixels, scale) if shown else pixels
        np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "seen.png")), wanted)
        (tmp_path / "seen.png").unlink()
        QTest.keyClick(barred.viewport.canvas.widget, Qt.Key.Key_C, SHIFT)
        assert barred.inspecting.bar.bar.isVisible() != shown


def test_a_presentation_has_none_and_settings_keep_it(barred: Window, qtbot: QtBot) -> None:
    bar = barred.inspecting.bar.bar
    QTest.keyClick(barred.viewport.canvas.widget, Qt.Key.Key_F11, SHIFT)
    qtbot.waitUntil(lambda: not bar.isVisible(), timeout=NEVER)
    QTest.keyClick(barred.viewport.canvas.widget, Qt.Key.Key_Escape)
    qtbot.waitUntil(bar.isVisible, timeout=NEVER)
    assert barred.settings.current.colour_bar
    barred.settings.save()
    with shown_window(qtbot) as another:
        assert another.commands["colour_bar"].isChecked()
    barred.resetting.reset(forget=False)
    assert not bar.isVisible() and not barred.settings.current.colour_bar


def test_the_difference_of_two_scenes_has_its_own(barred: Window, qtbot: QtBot) -> None:
    barred.looking.second.open(Path("fast.pth"))
    comparison = barred.looking.second.comparison
    qtbot.waitUntil(lambda: comparison.second is not None and comparison.is_final(), timeout=NEVER)
    QTest.keyClick(barred.viewport.canvas.widget, Qt.Key.Key_4, Qt.KeyboardModifier.AltModifier)
    qtbot.waitUntil(lambda: comparison.limits is not None, timeout=NEVER)
    scale = scale_of(barred)
    assert (scale.title, scale.unit, scale.limits) == ("Depth error", "world units", comparison.limits)
    # Side by side the bar lies over the second picture, too.
    QTest.keyClick(barred.viewport.canvas.widget, Qt.Key.Key_2, Qt.KeyboardModifier.AltModifier)
    qtbot.waitUntil(lambda: barred.viewport.beside is not None, timeout=NEVER)
    bar = barred.inspecting.bar.bar
    qtbot.waitUntil(lambda: scale_of(barred).title == "Depth", timeout=NEVER)
    assert bar.isVisible() and barred.viewport.children().index(bar) == len(barred.viewport.children()) - 1
