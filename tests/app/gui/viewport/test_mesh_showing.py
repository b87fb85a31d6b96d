"""A mesh with the open scene: opened, dropped, drawn under the picture's own camera at any size of the window."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import trimesh
from pytestqt.qtbot import QtBot

import app.gui.viewport.mesh_opening
from app.gui.main import make_window
from app.gui.main_window.dropping import drop, dropped_paths
from app.gui.qt import QFileDialog, QMimeData, QUrl
from app.gui.window import Window
from app.mesh.mesh_reading import MeshFile, read_mesh
from app.settings import load_settings
from engines.core.camera import Array
from tests.app.gui.conftest import NEVER, Shelf, drag, open_and_wait, told, wait_exact
from tests.app.gui.fake_scene import BALLS, FakeScene
from tests.app.gui.qt_pixels import on_screen

SCENE = Path("fast.pth")


@pytest.fixture
def balls(tmp_path: Path) -> Path:
    """The scene's three balls in their colours, and a fourth that is not in it, in the world."""
    parts = []
    for centre, radius, colour in (*BALLS, ((0.3, 0.75, 0.5), 0.2, (0.1, 0.8, 0.3))):
        ball = trimesh.creation.icosphere(subdivisions=4, radius=radius)
        ball.apply_translation(centre)
        ball.visual.vertex_colors = np.tile([*(round(255 * c) for c in colour), 255], (len(ball.vertices), 1))
        parts.append(ball)
    trimesh.util.concatenate(parts).export(tmp_path / "balls.ply")
    return tmp_path / "balls.ply"


@pytest.fixture
def shown(window: Window, qtbot: QtBot, balls: Path) -> Window:
    """The mesh over the scene."""
    open_and_wait(window, qtbot, SCENE)
    window.meshes.open(balls)
    wait_drawn(window, qtbot)
    return window


def wait_drawn(window: Window, qtbot: QtBot) -> None:
    """Waits until all of the mesh is drawn with the exact picture."""

    def drawn() -> bool:
        picture = window.looking.shown.picture
        return picture is not None and window.meshes.layer.mesh is not None and window.looking.shown.is_final()

    qtbot.waitUntil(drawn, timeout=NEVER)
    assert window.meshes.layer.drawn is not None and window.meshes.layer.drawn.picture is window.looking.shown.picture


def ball_discs(window: Window) -> list[tuple[int, int, tuple[float, ...]]]:
    """Row and column on the canvas of each ball's middle that nothing hides, and its colour of 255."""
    picture, canvas = window.looking.shown.picture, window.viewport.canvas
    assert picture is not None
    camera, found = picture.camera, []
    middles = [(np.array(centre), radius, colour) for centre, radius, colour in BALLS]
    for middle, radius, colour in middles:
        towards = camera.position - middle
        nearest = middle + radius * towards / np.linalg.norm(towards)
        in_camera = camera.world_to_camera[:3, :3] @ nearest + camera.world_to_camera[:3, 3]
        others = [other for other, _, _ in middles if other is not middle]
        if any(
            _hides(camera.position, nearest, other, radius_)
            for other, radius_ in zip(others, [r for m, r, _ in middles if m is not middle], strict=True)
        ):
            continue
        u, v = in_camera[:2] / in_camera[2] * camera.focal_px + camera.centre_px
        x, y = canvas.placement().to_viewport(u, v)
        found.append((round(y), round(x), tuple(255 * c for c in colour)))
    assert len(found) >= 2
    return found


def _hides(eye: Array, point: Array, middle: Array, radius: float) -> bool:
    along = (point - eye) / np.linalg.norm(point - eye)
    closest = eye + along * np.clip((middle - eye) @ along, 0, np.linalg.norm(point - eye))
    return bool(np.linalg.norm(closest - middle) < radius)


def test_the_mesh_lies_on_what_it_shows_at_any_size_of_the_window(shown: Window, qtbot: QtBot) -> None:
    shown.meshes._change(opacity=1.0)
    for size in ((900, 640), (1150, 560), (700, 760)):
        shown.resize(*size)
        qtbot.wait(50)
        wait_exact(shown, qtbot)
        wait_drawn(shown, qtbot)
        screen = on_screen(shown.viewport.canvas.widget, qtbot).astype(int)
        for row, column, colour in ball_discs(shown):
            assert np.abs(screen[row, column] - colour).max() <= 3, (size, colour)


def test_it_is_hidden_behind_the_scene_and_shows_through_without_the_depth_test(shown: Window, qtbot: QtBot) -> None:
    drawn = shown.meshes.layer.drawn
    assert drawn is not None and 0 < drawn.unhidden.sum() < drawn.mesh.coverage.sum()
    shown.meshes._change(opacity=1.0)
    looking = shown.looking.shown
    assert looking.pixels is not None and looking.picture is not None
    with_test = shown.meshes.compose(looking.pixels, looking.picture)
    shown.commands["mesh_depth"].trigger()
    without = shown.meshes.compose(looking.pixels, looking.picture)
    assert (with_test != without).any() and not shown.meshes.card.depth_test.isChecked()
    # The picture itself stays.
    np.testing.assert_array_equal(looking.pixels, looking.picture.pixels)


def test_opacity_is_how_much_of_it_is_seen(shown: Window, qtbot: QtBot) -> None:
    shown.commands["mesh_depth"].trigger()
    canvas = shown.viewport.canvas.widget
    shown.meshes.card.opacity.setValue(0)
    bare = on_screen(canvas, qtbot).astype(float)
    shown.meshes.card.opacity.setValue(100)
    full = on_screen(canvas, qtbot).astype(float)
    shown.meshes.card.opacity.setValue(40)
    between = on_screen(canvas, qtbot).astype(float)
    assert np.abs(bare - full).max() > 50
    np.testing.assert_allclose(between, bare + 0.4 * (full - bare), atol=3)


def test_while_the_camera_moves_every_picture_has_the_mesh_of_its_own_camera(shown: Window, qtbot: QtBot) -> None:
    pairs: list[tuple[object, object]] = []
    shown.looking.shown.drawn.connect(
        lambda: pairs.append(
            (shown.looking.shown.picture, shown.meshes.layer.drawn.picture if shown.meshes.layer.drawn else None)
        )
    )
    drag(shown, qtbot, (120, 30), steps=12)
    wait_exact(shown, qtbot)
    wait_drawn(shown, qtbot)
    assert len({id(picture) for picture, _ in pairs}) >= 3
    assert all(picture is drawn for picture, drawn in pairs)
    shown.meshes._change(opacity=1.0)
    screen = on_screen(shown.viewport.canvas.widget, qtbot).astype(int)
    for row, column, colour in ball_discs(shown):
        assert np.abs(screen[row, column] - colour).max() <= 3, colour


def test_the_whole_of_a_large_mesh_does_not_bring_an_overtaken_picture_back(
    shown: Window, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    meshes, late = shown.meshes, shown.meshes.layer.drawn
    assert late is not None
    drag(shown, qtbot, (80, 0), steps=4)
    wait_exact(shown, qtbot)
    wait_drawn(shown, qtbot)
    now = shown.looking.shown.picture
    meshes._show(late)
    assert shown.looking.shown.picture is now and meshes.layer.drawn is not late
    shown.commands["show_mesh"].trigger()
    drag(shown, qtbot, (40, 0), steps=4)
    wait_exact(shown, qtbot)
    now, before = shown.looking.shown.picture, meshes.layer.drawn
    assert before is not None
    meshes._show(before)
    assert shown.looking.shown.picture is now is not before.picture


def test_a_slow_mesh_does_not_hold_the_window_up(
    window: Window, qtbot: QtBot, balls: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_and_wait(window, qtbot, SCENE)

    def slowly(path: Path) -> MeshFile:
        time.sleep(0.3)
        return read_mesh(path)

    monkeypatch.setattr(app.gui.viewport.mesh_opening, "read_mesh", slowly)
    window.meshes.open(balls)
    assert "Opening balls.ply" in told(window) and window.meshes.layer.mesh is None
    before = window.session.eye.shown
    drag(window, qtbot, (60, 0), steps=4)
    assert window.session.eye.shown is not before and window.meshes.layer.mesh is None
    wait_drawn(window, qtbot)
    assert not window.banner.isVisible()


def test_side_by_side_both_have_the_same_camera_and_the_hand_works_on_both(shown: Window, qtbot: QtBot) -> None:
    shown.commands["mesh_side"].trigger()
    qtbot.waitUntil(lambda: shown.viewport.beside is not None, timeout=NEVER)
    wait_exact(shown, qtbot)
    wait_drawn(shown, qtbot)
    left, right = shown.viewport.canvas.widget, shown.viewport.beside
    assert right is not None
    qtbot.waitUntil(lambda: abs(left.width() - right.width()) <= 1, timeout=NEVER)
    assert right.isVisible() and right.x() >= left.width() > 200
    screens = [on_screen(widget, qtbot).astype(int) for widget in (left, right)]
    for row, column, colour in ball_discs(shown):
        assert np.abs(screens[1][row, column] - colour).max() <= 3
        # Beside it the scene's own ball, lit.
        assert np.abs(screens[0][row, column] - colour).max() < 200
    assert np.abs(screens[1][5, 5] - screens[0][5, 5]).max() <= 2, "the surroundings"
    before = shown.session.eye.shown
    drag(shown, qtbot, (50, 0), on=right)
    wait_exact(shown, qtbot)
    assert before is not None and shown.session.eye.shown is not None
    assert not np.array_equal(shown.session.eye.shown.camera_to_world, before.camera_to_world)
    wait_drawn(shown, qtbot)
    looking = shown.looking.shown
    assert looking.pixels is not None and looking.picture is not None
    assert shown.meshes.compose(looking.pixels, looking.picture).shape[1] == 2 * looking.pixels.shape[1]
    shown.commands["mesh_over"].trigger()
    assert shown.viewport.beside is None


def test_the_wipes_line_is_dragged_and_the_scene_stays(shown: Window, qtbot: QtBot) -> None:
    shown.commands["mesh_wipe"].trigger()
    before = shown.session.eye.shown
    scale = shown.viewport.canvas.placement().scale
    drag(shown, qtbot, (-round(32 * scale), 0))
    assert shown.meshes.layer.look.share == pytest.approx(0.25, abs=0.02)
    assert before is not None and shown.session.eye.shown is not None
    np.testing.assert_array_equal(shown.session.eye.shown.camera_to_world, before.camera_to_world)
    looking = shown.looking.shown
    assert looking.pixels is not None and looking.picture is not None
    pixels = shown.meshes.compose(looking.pixels, looking.picture)
    np.testing.assert_array_equal(pixels[:, 34:], looking.pixels[:, 34:])
    assert (pixels[:, :30] != looking.pixels[:, :30]).any()


def test_styles_are_drawn_anew_and_remembered(shown: Window, qtbot: QtBot, shelf: Shelf) -> None:
    looks = []
    for style in ("shaded", "normals", "wireframe", "colours"):
        shown.commands[f"mesh_{style}"].trigger()
        wait_drawn(shown, qtbot)
        assert shown.meshes.layer.drawn is not None and shown.meshes.layer.drawn.style == style
        assert shown.meshes.card.style_choice.currentData() == style
        looks.append(shown.meshes.layer.drawn.mesh.pixels)
    assert all((one != other).any() for i, one in enumerate(looks) for other in looks[:i])
    shown.meshes._change(style="wireframe", layout="wipe", opacity=0.3)
    shown.close()
    again = make_window("cpu")
    qtbot.addWidget(again)
    assert (again.meshes.layer.look.style, again.meshes.layer.look.layout, again.meshes.layer.look.opacity) == (
        "wireframe",
        "wipe",
        0.3,
    )
    assert again.commands["mesh_wireframe"].isChecked() and load_settings().mesh_look["layout"] == "wipe"
    again.end()


def test_hiding_and_closing_take_it_off_the_screen(shown: Window, qtbot: QtBot) -> None:
    canvas = shown.viewport.canvas.widget
    with_mesh = on_screen(canvas, qtbot)
    shown.commands["show_mesh"].trigger()
    qtbot.waitUntil(lambda: not shown.meshes.layer.visible, timeout=NEVER)
    bare = on_screen(canvas, qtbot)
    assert (bare != with_mesh).any()
    shown.commands["show_mesh"].trigger()
    wait_drawn(shown, qtbot)
    np.testing.assert_array_equal(on_screen(canvas, qtbot), with_mesh)
    assert shown.meshes.card.isVisible() and shown.commands["close_mesh"].isEnabled()
    shown.meshes.card.close_button.click()
    np.testing.assert_array_equal(on_screen(canvas, qtbot), bare)
    assert not shown.meshes.card.isVisible() and not shown.commands["close_mesh"].isEnabled()


def test_another_scene_takes_it_away_and_the_same_keeps_it(shown: Window, qtbot: QtBot, shelf: Shelf) -> None:
    open_and_wait(shown, qtbot, SCENE)
    wait_drawn(shown, qtbot)
    shelf.scenes["other.pth"] = FakeScene
    open_and_wait(shown, qtbot, Path("other.pth"))
    assert shown.meshes.layer.mesh is None and not shown.meshes.card.isVisible()


@pytest.mark.parametrize("way", ["command", "drop", "export"])
def test_ways_to_open_it(way: str, window: Window, qtbot: QtBot, balls: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    open_and_wait(window, qtbot, SCENE)
    ways: dict[str, Callable[[], object]] = {
        "command": window.commands["open_mesh"].trigger,
        "drop": lambda: drop(window, dropped_paths(_dragged(balls))),
        "export": lambda: window.export_bar.mesh_wanted.emit(balls),
    }
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(balls), ""))
    ways[way]()
    wait_drawn(window, qtbot)
    assert window.meshes.card.name.text() == "balls.ply" and "5,120" not in window.meshes.card.facts.text()
    assert "20,480 faces" in window.meshes.card.facts.text()


def _dragged(path: Path) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    return data


def test_without_a_scene_a_mesh_is_refused(window: Window, balls: Path) -> None:
    window.export_bar.mesh_wanted.emit(balls)
    assert "open a scene first" in told(window) and not window.commands["open_mesh"].isEnabled()


def test_a_file_that_is_no_mesh_is_told_and_what_is_shown_stays(shown: Window, qtbot: QtBot, tmp_path: Path) -> None:
    broken = tmp_path / "broken.ply"
    broken.write_bytes(b"ply\nformat binary_little_endian 1.0\nelement vertex 9\nend_header\n")
    before = shown.meshes.layer.mesh
    shown.meshes.open(broken)
    qtbot.waitUntil(lambda: "broken.ply" in told(shown) and "Opening" not in told(shown), timeout=NEVER)
    assert shown.meshes.layer.mesh is before and before is not None


def test_a_fault_in_drawing_takes_the_mesh_away_and_the_pictures_go_on(
    shown: Window, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.mesh.showing.draw_mesh", lambda *_: 1 / 0)
    shown.commands["mesh_shaded"].trigger()
    qtbot.waitUntil(lambda: shown.meshes.layer.mesh is None, timeout=NEVER)
    assert "ZeroDivisionError" in told(shown)
    drag(shown, qtbot, (60, 0), steps=4)
    wait_exact(shown, qtbot)
