"""Two pictures in one place, and the line between them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.gui.qt import QColor, QPoint, Qt
from app.gui.training.wipe import Wipe
from engines.core.data.images import write_png
from tests.qt_test import QTest

RED, BLUE = (200, 0, 0), (0, 0, 200)


def picture(path: Path, colour: tuple[int, int, int], size_px: tuple[int, int] = (40, 20)) -> Path:
    write_png(path, np.full((size_px[1], size_px[0], 3), colour, dtype=np.uint8))
    return path


@pytest.fixture
def wipe(qtbot: QtBot) -> Wipe:
    made = Wipe()
    qtbot.addWidget(made)
    made.resize(400, 300)
    made.show()
    return made


def colour_at(wipe: Wipe, x: int, y: int) -> tuple[int, int, int]:
    colour = QColor(wipe.grab().toImage().pixel(x, y))
    return colour.red(), colour.green(), colour.blue()


def test_left_of_the_line_is_the_one_and_right_of_it_the_other(wipe: Wipe, tmp_path: Path) -> None:
    wipe.show_pair(picture(tmp_path / "a.png", RED), picture(tmp_path / "b.png", BLUE), ("a", "b"), "nothing")
    place = wipe.place()
    assert (place.left(), place.top(), place.width(), place.height()) == (0, 50, 400, 200)
    assert colour_at(wipe, 100, 200) == RED and colour_at(wipe, 300, 200) == BLUE
    QTest.mousePress(wipe, Qt.MouseButton.LeftButton, pos=QPoint(40, 150))
    assert wipe.share == pytest.approx(0.1)
    assert colour_at(wipe, 100, 200) == BLUE
    for x, share in ((-50, 0.0), (900, 1.0)):
        QTest.mousePress(wipe, Qt.MouseButton.LeftButton, pos=QPoint(x, 150))
        assert wipe.share == share


def test_pictures_of_two_sizes_share_one_place(wipe: Wipe, tmp_path: Path) -> None:
    small = picture(tmp_path / "a.png", RED, (10, 5))
    wipe.show_pair(small, picture(tmp_path / "b.png", BLUE), ("", ""), "nothing")
    assert colour_at(wipe, 10, 60) == RED and colour_at(wipe, 300, 200) == BLUE


def test_where_nothing_is_it_says_why(wipe: Wipe, tmp_path: Path) -> None:
    (tmp_path / "cut.png").write_bytes(b"\x89PNG cut")
    for missing in (None, tmp_path / "gone.png", tmp_path / "cut.png"):
        wipe.show_pair(None, missing, ("", ""), "Drawn at the first validation")
        assert wipe.place().isEmpty() and not wipe.grab().isNull()
        QTest.mousePress(wipe, Qt.MouseButton.LeftButton, pos=QPoint(40, 150))
        assert wipe.share == 0.5


def test_one_picture_alone_fills_the_place(wipe: Wipe, tmp_path: Path) -> None:
    wipe.show_pair(None, picture(tmp_path / "b.png", BLUE), ("", "b" * 300), "nothing")
    assert colour_at(wipe, 100, 200) == BLUE
