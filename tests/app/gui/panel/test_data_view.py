"""The view of a data folder: cameras that can be turned, facts, doubts, at any size and in both themes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.capture.inspection.report import DataReport, Finding, InspectedCamera, Suitability, Thumbnail
from app.gui.panel.data_view import GAP_PX, SMALLEST, TILE_PX, ContactSheet, DataView
from app.gui.qt import (
    QApplication,
    QColor,
    QEvent,
    QImage,
    QLabel,
    QMouseEvent,
    QPoint,
    QPointF,
    Qt,
    QWheelEvent,
    current_application,
)
from app.gui.theme import DARK, LIGHT, Colours, apply_theme
from engines.core.camera import Array
from tests.engines.core.examples import camera_ring

SIZE = (500, 600)
RED = (230, 20, 30)


def report(count: int = 9, **changes: Any) -> DataReport:
    seen = tuple(
        InspectedCamera(f"view{index}", camera, -camera.down) for index, camera in enumerate(camera_ring(count))
    )
    made = DataReport(
        Path("cup"),
        "data",
        format="transforms",
        splits={"train": count},
        photographs=count,
        sizes=("32x24",),
        bounds=np.array([[-1.0] * 3, [1.0] * 3]),
        up=np.array([0.0, 0, 1]),
        cameras=seen,
        findings=(
            Finding("warning", "1 photograph nearly all black: view4", ("view4",)),
            Finding("note", "few <b>views</b>"),
        ),
        engines=(Suitability("a", "Able", ""), Suitability("b", "Bored", "nothing moves")),
    )
    return replace(made, **changes)


def thumbnails(count: int, colour: tuple[int, int, int] = RED) -> list[Thumbnail]:
    return [Thumbnail(f"view{at}", at, np.full((96, 128, 3), colour, dtype=np.uint8)) for at in range(count)]


@pytest.fixture
def view(qtbot: QtBot) -> Iterator[DataView]:
    application = current_application()
    application.setStyle("Fusion")
    apply_theme(application, DARK)
    made = DataView()
    made.resize(*SIZE)
    made.show()
    qtbot.waitExposed(made)
    yield made
    made.deleteLater()
    QApplication.processEvents()


def pixels(view: DataView) -> Array:
    """[H, W, 3] of the drawing, as painted."""
    image = view.map.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    data = image.bits().asarray(image.sizeInBytes())
    return (
        np.array(data, dtype=np.uint8)
        .reshape(image.height(), -1)[:, : 3 * image.width()]
        .reshape(image.height(), image.width(), 3)
    )


def painted(view: DataView, colour: str | tuple[int, int, int], within: int = 24) -> int:
    """How many pixels have about this colour."""
    wanted = QColor(colour).getRgb()[:3] if isinstance(colour, str) else colour
    return int((np.abs(pixels(view).astype(int) - wanted).max(axis=-1) <= within).sum())


def texts(view: DataView) -> list[str]:
    return [label.text() for label in view.scroll_area.findChildren(QLabel)]


def mouse(view: DataView, kind: QEvent.Type, at: QPointF, buttons: int = Qt.MouseButton.NoButton) -> None:
    button = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseMove else Qt.MouseButton.LeftButton
    event = QMouseEvent(kind, at, at, Qt.MouseButton(button), Qt.MouseButton(buttons), Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(view.map, event)


def test_facts_and_doubts_are_lines(view: DataView) -> None:
    view.set_report(report())
    found = texts(view)
    for text in ("data folder, transforms", "9 train", "9, 32x24", "Able", "Not Bored: nothing moves"):
        assert text in found
    warning = next(label for label in view.scroll_area.findChildren(QLabel) if "nearly all black" in label.text())
    assert warning.property("role") == "warning" and warning.text().startswith("1 photograph")
    # Names of files are no HTML.
    assert "Few <b>views</b>" in found and all(
        label.textFormat() == Qt.TextFormat.PlainText for label in view.scroll_area.findChildren(QLabel)
    )
    view.set_report(report(findings=(), engines=()))
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert not any("black" in text or "Bored" in text for text in texts(view))


@pytest.mark.parametrize("colours", [DARK, LIGHT])
def test_doubted_cameras_stand_out_in_both_themes(view: DataView, colours: Colours) -> None:
    apply_theme(current_application(), colours)
    view.set_report(report())
    assert painted(view, colours.viewport, 2) > 1000 and painted(view, colours.warning) > 20
    assert painted(view, colours.good) > 10
    view.set_report(report(findings=()))
    assert painted(view, colours.warning) == 0


def test_photographs_appear_in_their_cameras(view: DataView) -> None:
    view.set_report(report())
    assert painted(view, RED) == 0
    view.add_thumbnails(thumbnails(4))
    some = painted(view, RED)
    view.add_thumbnails(thumbnails(9)[4:])
    assert 0 < some < painted(view, RED)
    # Another folder begins without.
    view.set_report(report(5))
    assert painted(view, RED) == 0


def test_photographs_are_the_right_way_round(view: DataView) -> None:
    one = report(1)
    view.set_report(one)
    picture = np.zeros((96, 128, 3), dtype=np.uint8)
    picture[:, :64] = RED
    picture[:48, 64:] = (20, 200, 40)
    view.add_thumbnails([Thumbnail("view0", 0, picture)])
    shown = pixels(view).astype(int)
    red, green = (np.argwhere(np.abs(shown - colour).max(axis=-1) < 12) for colour in (RED, (20, 200, 40)))
    assert len(red) > 30 and len(green) > 15
    # Seen from behind its camera: red on the left, green in the upper half.
    assert red[:, 1].mean() < green[:, 1].mean() and green[:, 0].mean() < red[:, 0].mean()


def test_a_drag_turns_the_wheel_comes_nearer_and_more_news_leave_it_so(view: DataView) -> None:
    first = report()
    view.set_report(first)
    before = view.map.eye
    mouse(view, QEvent.Type.MouseButtonPress, QPointF(100, 100), Qt.MouseButton.LeftButton)
    mouse(view, QEvent.Type.MouseMove, QPointF(180, 110), Qt.MouseButton.LeftButton)
    mouse(view, QEvent.Type.MouseButtonRelease, QPointF(180, 110))
    turned = view.map.eye
    centre = np.zeros(3)
    assert before is not None and turned is not None and np.abs(turned.forward - before.forward).max() > 0.1
    at = QPointF(50, 50)
    wheel = QWheelEvent(
        at,
        at,
        QPoint(),
        QPoint(0, 240),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(view.map, wheel)
    nearer = view.map.eye
    assert nearer is not None
    assert np.linalg.norm(nearer.position - centre) < 0.9 * np.linalg.norm(turned.position - centre)
    view.set_report(replace(first, looked_at=3))
    assert view.map.eye is nearer
    view.resize(420, 500)
    assert view.map.eye is not None and np.allclose(view.map.eye.camera_to_world, nearer.camera_to_world)
    mouse(view, QEvent.Type.MouseButtonDblClick, at, Qt.MouseButton.LeftButton)
    assert not np.allclose(view.map.eye.camera_to_world, nearer.camera_to_world)


def test_a_view_under_the_pointer_says_its_name(view: DataView) -> None:
    view.set_report(report())
    view.add_thumbnails(thumbnails(9))
    before = painted(view, DARK.panel, 0)
    seen = view.map.view.flat
    assert seen is not None
    nearest = int(seen.order[-1])
    mouse(view, QEvent.Type.MouseMove, QPointF(*seen.pixels[nearest, 1:].mean(axis=0)))
    assert view.map.hovered == f"view{nearest}" and painted(view, DARK.panel, 0) > before + 100
    assert painted(view, DARK.accent) > 20
    mouse(view, QEvent.Type.MouseMove, QPointF(1, 1))
    assert view.map.hovered == ""


def test_sparse_points_are_drawn_in_their_colours(view: DataView) -> None:
    view.set_report(report())
    random = np.random.default_rng(0)
    view.set_points(random.uniform(-1, 1, (500, 3)), np.tile(np.array([[10, 250, 240]], dtype=np.uint8), (500, 1)))
    assert painted(view, (10, 250, 240)) > 300


def test_photographs_without_cameras_are_a_sheet_and_nothing_is_a_reason(view: DataView) -> None:
    bare = DataReport(Path("photos"), "photographs", "its cameras must be found first", photographs=30, to_look_at=30)
    view.set_report(bare)
    view.add_thumbnails([replace(thumbnail, place=None) for thumbnail in thumbnails(30)])
    assert view.stack.currentWidget() is view.sheet
    # Once: not again as the reason.
    assert "images without camera poses" in texts(view) and "Its cameras must be found first" not in texts(view)
    assert view.sheet.grab().toImage().pixelColor(40, 40).getRgb()[:3] == RED
    assert "Looking at the photographs: 0 of 30" in texts(view)
    view.set_report(DataReport(Path("x"), "unknown", "the folder is empty"))
    assert view.stack.currentWidget() is view.reason and view.reason.text() == "The folder is empty"


@pytest.mark.parametrize("size", [SMALLEST, (330, 700), (1200, 300)])
def test_it_fits_any_size(view: DataView, size: tuple[int, int]) -> None:
    view.set_report(report())
    view.resize(*size)
    QApplication.processEvents()
    assert (view.width(), view.height()) == size
    assert view.map.width() >= 100 and view.map.height() >= 80 and view.scroll_area.height() >= 60
    # Nothing is wider than its column.
    assert view.scroll_area.widget().minimumSizeHint().width() <= view.scroll_area.viewport().width()
    assert view.scroll_area.geometry().right() < size[0] and view.scroll_area.geometry().bottom() < size[1]


def test_images_that_find_no_room_are_counted(qtbot: QtBot) -> None:
    sheet = ContactSheet()
    qtbot.addWidget(sheet)
    # 3 x 2 tiles, of which the last says how many more there are.
    sheet.resize(GAP_PX + 3 * (TILE_PX + GAP_PX), GAP_PX + 2 * (TILE_PX + GAP_PX))
    sheet.show()
    last = QPoint(sheet.width() - GAP_PX - 3, sheet.height() - GAP_PX - TILE_PX // 2)
    sheet.add([picture.pixels for picture in thumbnails(6)])
    assert sheet.grab().toImage().pixelColor(last).red() > 200
    sheet.add([picture.pixels for picture in thumbnails(30)])
    assert sheet.grab().toImage().pixelColor(last).red() < 100
