"""The crop box in the window: by key, by its handles, by numbers; what is seen is what is exported."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import trimesh
from PIL import Image
from pytestqt.qtbot import QtBot

from app.gui.export.export_settings import ExportSettings, ShownView
from app.gui.export.mesh_settings import MeshSettings
from app.gui.qt import QColor, QColorDialog, QEvent, QFileDialog, QPoint, Qt
from app.gui.window import Window
from app.project.project_file import read_project
from app.rendering.crop_box import CropBox
from app.rendering.crop_handles import side_middles
from app.rendering.display import Pixels
from engines.core.camera import Array, project
from tests.app.gui.conftest import NEVER, Shelf, drag, open_and_wait, opened_in, send_mouse
from tests.app.gui.fake_scene import FakeScene
from tests.qt_test import QTest

FINAL = "● Final"
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def cropped(window: Window, qtbot: QtBot) -> Window:
    """A scene is cropped to its own box, by the key."""
    open_and_wait(window, qtbot, Path("fast.pth"))
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=NEVER)
    window.viewport.focus()
    QTest.keyClick(window.viewport.canvas.widget, Qt.Key.Key_B, Qt.KeyboardModifier.ShiftModifier)
    wait_final(window, qtbot)
    assert window.session.view.is_cropped
    return window


def wait_final(window: Window, qtbot: QtBot) -> None:
    """Until the picture of what is chosen is there."""
    qtbot.waitUntil(window.looking.shown.is_final, timeout=NEVER)


def pixels(window: Window) -> Pixels:
    shown = window.looking.shown.pixels
    assert shown is not None
    return shown


def box_of(window: Window) -> CropBox:
    box = window.session.view.crop(window.session.opened)
    assert box is not None
    return box


def handle(window: Window, side: int) -> QPoint:
    """Where the middle of a side is in the viewport."""
    eye = window.looking.overlays.eye
    assert eye is not None
    (u, v), _ = (found[0] for found in project(eye, side_middles(box_of(window))[side : side + 1]))
    x, y = window.viewport.canvas.placement().to_viewport(float(u), float(v))
    return QPoint(round(x), round(y))


def pull(window: Window, qtbot: QtBot, begun: QPoint, end: QPoint) -> None:
    """A drag from one place to another."""
    send_mouse(window, QEvent.Type.MouseButtonPress, begun, LEFT)
    for share in (0.5, 1.0):
        send_mouse(window, QEvent.Type.MouseMove, begun + (end - begun) * share, LEFT)
    send_mouse(window, QEvent.Type.MouseButtonRelease, end, LEFT)
    wait_final(window, qtbot)


def test_a_handle_is_dragged_and_reset_brings_the_box_back(cropped: Window, qtbot: QtBot) -> None:
    whole, before, eye = box_of(cropped), pixels(cropped).copy(), cropped.session.eye.shown
    top, bottom = handle(cropped, 5), handle(cropped, 4)
    pull(cropped, qtbot, top, top + (bottom - top) * 0.6)
    lower = box_of(cropped)
    assert lower.low == whole.low and lower.high[:2] == whole.high[:2]
    assert whole.low[2] < lower.high[2] < 0.7 * whole.high[2]
    # The hand was on the box, not on the camera.
    assert cropped.session.eye.shown == eye
    assert (pixels(cropped) != before).any()
    card = cropped.looking.crop.card
    assert card.sides[2][1].value() == pytest.approx(lower.high[2], abs=1e-4)
    QTest.mouseClick(card.reset, LEFT)
    wait_final(cropped, qtbot)
    assert box_of(cropped) == whole
    np.testing.assert_array_equal(pixels(cropped), before)


def test_numbers_are_typed_and_wrong_ones_refused(cropped: Window, qtbot: QtBot) -> None:
    low, high = cropped.looking.crop.card.sides[0]
    high.setFocus()
    high.selectAll()
    QTest.keyClicks(high, "0.1")
    QTest.keyClick(high, Qt.Key.Key_Return)
    wait_final(cropped, qtbot)
    assert box_of(cropped).high[0] == 0.1
    low.setFocus()
    low.selectAll()
    QTest.keyClicks(low, "0.5")
    QTest.keyClick(low, Qt.Key.Key_Return)
    assert "x goes from 0.5 to 0.1" in cropped.banner.text.text()
    assert box_of(cropped).low[0] == low.value() == -1.0


def test_what_is_seen_is_exported_with_its_background(
    cropped: Window, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QColorDialog, "getColor", lambda *_: QColor("#204060"))
    cropped.commands["background_own"].trigger()
    high = cropped.looking.crop.card.sides[2][1]
    high.setValue(0.05)
    wait_final(cropped, qtbot)
    assert cropped.settings.current.background == "#204060"
    assert (pixels(cropped)[0, 0] == [0x20, 0x40, 0x60]).all()
    settings = ExportSettings(path="split:train", channels=("rgb", "alpha"), out=str(tmp_path / "shown"))
    cropped.exporting.begin(settings)
    qtbot.waitUntil((tmp_path / "shown").exists, timeout=NEVER)
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "shown" / "rgb_00000.png")), pixels(cropped))
    alpha = np.load(tmp_path / "shown" / "alpha_00000.npy")
    assert (pixels(cropped)[alpha == 0] == [0x20, 0x40, 0x60]).all() and 0.02 < (alpha == 1).mean() < 0.9
    view = cropped.exporting._shown_view()
    assert view is not None
    again = ShownView.of_note(json.loads(json.dumps(view.noted(settings))))
    assert again is not None and (again.crop_box, again.background) == (box_of(cropped), "#204060")


def test_a_cropped_scene_has_an_opacity_while_it_is_cropped(cropped: Window, qtbot: QtBot) -> None:
    assert cropped.session.channels[2:] == ("alpha",)
    assert cropped.commands["channel_3"].isVisible() and cropped.commands["channel_3"].text() == "Opacity"
    cropped.viewport.focus()
    QTest.keyClick(cropped.viewport.canvas.widget, Qt.Key.Key_3)
    wait_final(cropped, qtbot)
    assert cropped.looking.shown.content == "alpha"
    QTest.keyClick(cropped.viewport.canvas.widget, Qt.Key.Key_B, Qt.KeyboardModifier.ShiftModifier)
    wait_final(cropped, qtbot)
    assert len(cropped.session.channels) == 2 and cropped.looking.shown.content == "rgb"
    assert not cropped.commands["channel_3"].isVisible()


def test_previews_are_cropped_and_keep_their_background(cropped: Window, qtbot: QtBot) -> None:
    cropped.commands["background_checkerboard"].trigger()
    wait_final(cropped, qtbot)
    shades = {tuple(pixel) for pixel in pixels(cropped)[0]}
    assert shades == {(204, 204, 204), (153, 153, 153)}
    seen = list[Pixels]()
    cropped.looking.shown.drawn.connect(lambda: seen.append(pixels(cropped)))
    drag(cropped, qtbot, (60, 0))
    wait_final(cropped, qtbot)
    assert len(seen) > 1 and all({tuple(pixel) for pixel in shown[0]} == shades for shown in seen)


def test_a_project_keeps_the_box(
    cropped: Window, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cropped.looking.crop.card.sides[1][0].setValue(-0.25)
    file = tmp_path / "kept.vantage"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(file), ""))
    cropped.commands["project_save_as"].trigger()
    qtbot.waitUntil(file.exists, timeout=NEVER)
    view = read_project(file).view
    assert view is not None and view.cropped and view.crop_box is not None and view.crop_box[0][1] == -0.25
    box = box_of(cropped)
    cropped.commands["crop_reset"].trigger()
    cropped.commands["crop"].trigger()
    assert not cropped.session.view.is_cropped and opened_in(cropped) is not None
    cropped.projects.open(file)
    qtbot.waitUntil(lambda: cropped.session.view.is_cropped and box_of(cropped) == box, timeout=NEVER)
    assert cropped.commands["crop"].isChecked()


def test_drags_numbers_reset_and_off_are_undone_by_key_in_their_order(cropped: Window, qtbot: QtBot) -> None:
    canvas, control = cropped.viewport.canvas.widget, Qt.KeyboardModifier.ControlModifier
    undo, redo = cropped.commands["undo"], cropped.commands["redo"]
    whole, before = box_of(cropped), pixels(cropped).copy()
    assert undo.text() == "&Undo crop to a box"
    top, bottom = handle(cropped, 5), handle(cropped, 4)
    pull(cropped, qtbot, top, top + (bottom - top) * 0.6)
    lower, seen = box_of(cropped), pixels(cropped).copy()
    assert undo.text() == "&Undo drag crop box" and not redo.isEnabled()
    high = cropped.looking.crop.card.sides[0][1]
    high.setFocus()
    high.selectAll()
    QTest.keyClicks(high, "0.1")
    QTest.keyClick(high, Qt.Key.Key_Return)
    assert undo.text() == "&Undo change crop box"
    QTest.mouseClick(cropped.looking.crop.card.reset, LEFT)
    cropped.viewport.focus()
    QTest.keyClick(canvas, Qt.Key.Key_B, Qt.KeyboardModifier.ShiftModifier)
    wait_final(cropped, qtbot)
    assert not cropped.session.view.is_cropped and undo.text() == "&Undo show all of the scene"
    # Off, Reset, the number.
    for _ in range(3):
        QTest.keyClick(canvas, Qt.Key.Key_Z, control)
    wait_final(cropped, qtbot)
    assert box_of(cropped) == lower and high.value() == lower.high[0] and redo.text() == "&Redo change crop box"
    np.testing.assert_array_equal(pixels(cropped), seen)
    QTest.keyClick(canvas, Qt.Key.Key_Z, control)
    wait_final(cropped, qtbot)
    assert box_of(cropped) == whole
    np.testing.assert_array_equal(pixels(cropped), before)
    QTest.keyClick(canvas, Qt.Key.Key_Z, control)
    wait_final(cropped, qtbot)
    assert not cropped.session.view.is_cropped and not cropped.commands["crop"].isChecked() and not undo.isEnabled()
    for _ in range(3):
        QTest.keyClick(canvas, Qt.Key.Key_Y, control)
    wait_final(cropped, qtbot)
    assert box_of(cropped).high[0] == 0.1 and box_of(cropped).high[2] == lower.high[2]
    # Another scene has nothing of it.
    cropped.session.close()
    assert not undo.isEnabled() and not redo.isEnabled()


def test_meshes_and_point_clouds_are_those_of_the_box_that_was_dragged(
    window: Window, qtbot: QtBot, shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    grid = np.stack(np.meshgrid(*[np.linspace(-0.9, 0.9, 10)] * 3), axis=-1).reshape(-1, 3)

    class Cloud(FakeScene):
        def points(self, controls: Mapping[str, float]) -> Mapping[str, Array]:
            return {"points": grid, "colours": np.full((len(grid), 3), 0.5)}

    shelf.scenes["cloud.pth"] = Cloud
    open_and_wait(window, qtbot, Path("cloud.pth"))
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=NEVER)
    window.viewport.focus()
    for cropped in (False, True):
        if cropped:
            QTest.keyClick(window.viewport.canvas.widget, Qt.Key.Key_B, Qt.KeyboardModifier.ShiftModifier)
            wait_final(window, qtbot)
            top, bottom = handle(window, 5), handle(window, 4)
            pull(window, qtbot, top, top + (bottom - top) * 0.5)
        points, mesh = (tmp_path / f"{kind}_{cropped}.ply" for kind in ("points", "mesh"))
        chosen = MeshSettings(str(mesh), resolution=40, views=8)
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, points=points: (str(points), ""))
        monkeypatch.setattr("app.gui.export.exporting.ask_mesh", lambda *_, chosen=chosen: chosen)
        for command, out in (("export_points", points), ("export_mesh", mesh)):
            window.commands[command].trigger()
            qtbot.waitUntil(out.exists, timeout=NEVER)
            qtbot.waitUntil(lambda: window.exporting.job is None, timeout=NEVER)
        cloud, surface = trimesh.load(points), trimesh.load(mesh)
        assert isinstance(cloud, trimesh.PointCloud) and isinstance(surface, trimesh.Trimesh)
        highest = float(surface.vertices[:, 2].max())
        if not cropped:
            assert len(cloud.vertices) == len(grid) and highest > 0.4
            continue
        box = box_of(window)
        assert box.high[2] < 0.4
        assert len(cloud.vertices) == box.holds(grid).sum() < len(grid)
        # Voxels are a fortieth of the longest side.
        assert box.high[2] - 0.1 < highest < box.high[2] + 0.05
