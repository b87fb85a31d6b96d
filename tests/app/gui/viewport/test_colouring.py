"""The colours of a channel's values: the map and the range, chosen by mouse and keys."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pytestqt.qtbot import QtBot

from app.gui.export.export_settings import ExportSettings
from app.gui.qt import QFileDialog, QLineEdit, QPoint, Qt
from app.gui.viewport.colouring import read_limits
from app.gui.window import Window
from app.rendering import display
from engines.core.errors import UserError
from tests.app.gui.conftest import NEVER, open_and_wait
from tests.qt_test import QTest

FINAL = "● Final"


@pytest.fixture
def deep(window: Window, qtbot: QtBot) -> Window:
    """The depth is shown."""
    open_and_wait(window, qtbot, Path("fast.pth"))
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=NEVER)
    window.viewport.focus()
    QTest.keyClick(window.viewport.canvas.widget, Qt.Key.Key_2)
    wait_shown(window, qtbot, None, "turbo")
    return window


def wait_shown(window: Window, qtbot: QtBot, limits: tuple[float, float] | None, colour_map: str) -> None:
    """Until the picture is that of the depth in these colours."""

    def shown() -> bool:
        picture = window.looking.shown.picture
        if picture is None or picture.frame is None or window.status.state.text() != FINAL:
            return False
        return bool((picture.pixels == display.shade(picture.frame, "depth", limits, colour_map)).all())

    qtbot.waitUntil(shown, timeout=NEVER)


def type_into(field: QLineEdit, text: str) -> None:
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, text)
    QTest.keyClick(field, Qt.Key.Key_Return)


def test_another_map_is_shown_remembered_and_exported(deep: Window, qtbot: QtBot, tmp_path: Path) -> None:
    colours = deep.channels.colours
    assert colours.currentText() == "Turbo"
    before = deep.channels.bar.grab().toImage()
    colours.setFocus()
    for _ in range(colours.count() - 1):
        QTest.keyClick(colours, Qt.Key.Key_Down)
    assert colours.currentText() == "Grey"
    wait_shown(deep, qtbot, None, "grey")
    assert deep.channels.bar.grab().toImage() != before
    assert deep.settings.current.colour_maps == {"depth": "grey"}
    # The image has none, and the depth has its own again after it. Keys of a list that has the focus are the list's.
    deep.viewport.focus()
    QTest.keyClick(deep.viewport.canvas.widget, Qt.Key.Key_1)
    qtbot.waitUntil(lambda: not colours.isVisible(), timeout=NEVER)
    QTest.keyClick(deep.viewport.canvas.widget, Qt.Key.Key_2)
    wait_shown(deep, qtbot, None, "grey")
    deep.exporting.begin(ExportSettings(path="orbit", frames=2, channels=("depth",), out=str(tmp_path / "depth.gif")))
    qtbot.waitUntil((tmp_path / "depth.gif").exists, timeout=NEVER)
    with Image.open(tmp_path / "depth.gif") as image:
        pixels = np.asarray(image.convert("RGB")).astype(int)
    assert (pixels.max(axis=2) - pixels.min(axis=2)).max() < 8


def test_the_map_is_inverted_by_key_and_by_mouse_and_stays_so_for_its_channel(deep: Window, qtbot: QtBot) -> None:
    canvas, card, command = deep.viewport.canvas.widget, deep.channels, deep.commands["invert_colours"]
    before = card.bar.grab().toImage()
    QTest.keyClick(canvas, Qt.Key.Key_N, Qt.KeyboardModifier.ShiftModifier)
    wait_shown(deep, qtbot, None, "turbo_r")
    assert card.invert.isChecked() and card.colours.currentText() == "Turbo"
    after, end = card.bar.grab().toImage(), before.width() - 1
    assert [after.pixel(0, 5), after.pixel(end, 5)] == [before.pixel(end, 5), before.pixel(0, 5)]
    # Another map is inverted, too; the image has none to invert.
    deep.colouring.choose("viridis")
    wait_shown(deep, qtbot, None, "viridis_r")
    QTest.keyClick(canvas, Qt.Key.Key_1)
    qtbot.waitUntil(lambda: not command.isEnabled() and not command.isChecked(), timeout=NEVER)
    QTest.keyClick(canvas, Qt.Key.Key_2)
    qtbot.waitUntil(lambda: card.invert.isVisible() and card.invert.isChecked(), timeout=NEVER)
    assert deep.settings.current.colour_maps == {"depth": "viridis_r"}
    qtbot.mouseClick(card.invert, Qt.MouseButton.LeftButton, pos=QPoint(8, card.invert.height() // 2))
    wait_shown(deep, qtbot, None, "viridis")
    assert not command.isChecked() and deep.settings.current.colour_maps == {"depth": "viridis"}


def test_a_project_keeps_the_colours(
    deep: Window, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep.commands["invert_colours"].trigger()
    file = tmp_path / "kept.vantage"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(file), ""))
    deep.commands["project_save_as"].trigger()
    qtbot.waitUntil(file.exists, timeout=NEVER)
    deep.commands["invert_colours"].trigger()
    wait_shown(deep, qtbot, None, "turbo")
    file.write_text(file.read_text().replace('"turbo_r"', '"turbo_r", "alpha": "of another version"'))
    deep.projects.open(file)
    qtbot.waitUntil(lambda: deep.session.view.colour_maps == {"depth": "turbo_r"}, timeout=NEVER)
    wait_shown(deep, qtbot, None, "turbo_r")
    assert deep.commands["invert_colours"].isChecked()


def test_a_range_that_is_typed_is_locked_and_can_be_let_go(deep: Window, qtbot: QtBot) -> None:
    limits, row = deep.session.images.limits, deep.channels.range
    assert limits is not None and row.low.text() == f"{limits[0]:.4g}"
    type_into(row.low, "0,5")
    low, high = 0.5, float(f"{limits[1]:.4g}")
    locked = deep.session.view.limits
    assert locked == (low, high) and deep.channels.keep.isChecked()
    wait_shown(deep, qtbot, (low, high), "turbo")
    type_into(row.high, "9")
    wait_shown(deep, qtbot, (low, 9.0), "turbo")
    assert row.middle.text() == "4.75"
    qtbot.mouseClick(deep.channels.keep, Qt.MouseButton.LeftButton)
    wait_shown(deep, qtbot, None, "turbo")
    assert deep.session.view.limits is None and row.low.text() == f"{limits[0]:.4g}"


@pytest.mark.parametrize("text", ["99", "near", "inf", ""])
def test_a_range_that_can_not_be_is_refused_in_a_line(deep: Window, qtbot: QtBot, text: str) -> None:
    before = deep.channels.range.low.text()
    deep.channels.range.low.setFocus()
    deep.channels.range.low.selectAll()
    QTest.keyClick(deep.channels.range.low, Qt.Key.Key_Backspace)
    type_into(deep.channels.range.low, text)
    assert "the range" in deep.banner.text.text() and deep.session.view.limits is None
    assert deep.channels.range.low.text() == before and not deep.channels.keep.isChecked()


def test_tabbing_through_the_range_does_not_lock_it(deep: Window, qtbot: QtBot) -> None:
    deep.channels.range.low.setFocus()
    for _ in range(3):
        QTest.keyClick(deep.focusWidget(), Qt.Key.Key_Tab)
    assert deep.session.view.limits is None


def test_digits_are_typed_and_choose_no_channel(deep: Window, qtbot: QtBot) -> None:
    deep.channels.range.high.setFocus()
    deep.channels.range.high.selectAll()
    for key in (Qt.Key.Key_1, Qt.Key.Key_2):
        # As the window system does: to the window, which asks for shortcuts first.
        QTest.keyClick(deep.windowHandle(), key)
    assert deep.session.view.channel == "depth" and deep.channels.range.high.text() == "12"


def test_limits_by_hand() -> None:
    assert read_limits("1", "2,5") == (1.0, 2.5)
    with pytest.raises(UserError, match="smaller"):
        read_limits("2", "2")


def test_keys_go_through_the_panel_from_its_top(deep: Window, qtbot: QtBot) -> None:
    """Also what is made when a scene is opened has its place in the order."""
    depth = deep.channels.findChildren(type(deep.channels._by_name["depth"]))[-1]
    depth.setFocus()
    places = []
    for _ in range(12):
        at = deep.focusWidget()
        # In the panel's content, which is scrolled so that it is seen.
        places.append(at.mapTo(deep.dock.scroll_area.widget(), at.rect().center()).y())
        QTest.keyClick(deep.focusWidget(), Qt.Key.Key_Tab)
        if not deep.dock.isAncestorOf(deep.focusWidget()):
            break
    # Those of one row stand at the height of each other, nearly.
    assert all(after >= before - 12 for before, after in pairwise(places)), places
