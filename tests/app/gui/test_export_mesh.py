"""A mesh from the window: dialog, file, cancelled, asked about."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

import app.gui.export.exporting
from app.gui.export.export_settings import ExportSettings
from app.gui.export.mesh_dialog import MeshDialog
from app.gui.export.mesh_settings import MeshSettings, make_mesh
from app.gui.qt import QFormLayout, QMessageBox
from app.gui.window import Window
from engines.core.engine import INSTANCE
from tests.app.gui.conftest import NEVER, Shelf, open_and_wait, opened_in
from tests.app.gui.fake_scene import FakeScene
from tests.app.mesh.fields import Analytic, ball
from tests.app.mesh.shapes import loaded

SCENE = Path("fast.pth")
Answer = Callable[[MeshSettings], None]


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> Answer:
    """What the user will have filled in."""

    def fill_in(settings: MeshSettings) -> None:
        monkeypatch.setattr(app.gui.export.exporting, "ask_mesh", lambda *_: settings)

    return fill_in


def test_a_mesh_is_made_behind_the_window(window: Window, qtbot: QtBot, tmp_path: Path, answer: Answer) -> None:
    open_and_wait(window, qtbot, SCENE)
    out = tmp_path / "balls.glb"
    answer(MeshSettings(str(out), resolution=40, views=8))
    window.commands["export_mesh"].trigger()
    assert window.exporting.job is not None and window.export_bar.isVisible()
    qtbot.waitUntil(lambda: window.exporting.job is None, timeout=NEVER)
    mesh = loaded(out)
    assert window.export_bar.title.text() == "Exported balls.glb"
    assert f"{len(mesh.faces):,} faces" in window.export_bar.left.text()
    assert mesh.bounds[1][1] > 0.3 and window.settings.current.mesh["views"] == 8


@pytest.fixture
def under_way(window: Window, qtbot: QtBot, tmp_path: Path, answer: Answer, shelf: Shelf) -> None:
    """A slow mesh, of which some views are drawn."""
    shelf.scenes["slow.pth"] = lambda: FakeScene(seconds=0.5)
    open_and_wait(window, qtbot, Path("slow.pth"))
    answer(MeshSettings(str(tmp_path / "balls.ply")))
    window.commands["export_mesh"].trigger()
    qtbot.waitUntil(lambda: window.export_bar.progress.value() >= 1, timeout=NEVER)


def test_a_video_that_is_ordered_meanwhile_waits_and_cancelling_leaves_nothing(
    window: Window, qtbot: QtBot, tmp_path: Path, under_way: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        app.gui.export.exporting, "ask_export", lambda *_: ExportSettings(out=str(tmp_path / "video.mp4"))
    )
    window.commands["export"].trigger()
    assert window.export_bar.waiting.text() == "1 more" and "balls.ply" in window.export_bar.title.text()
    window.commands["cancel_export"].trigger()
    qtbot.waitUntil(lambda: "video.mp4" in window.export_bar.title.text(), timeout=NEVER)
    assert "cancelled" in window.banner.text.text() and window.commands["cancel_export"].isEnabled()
    window.commands["cancel_export"].trigger()
    qtbot.waitUntil(lambda: window.exporting.job is None, timeout=NEVER)
    assert list(tmp_path.iterdir()) == []


def test_closing_the_window_asks_first(
    window: Window, tmp_path: Path, under_way: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QMessageBox, "question", lambda *_: QMessageBox.StandardButton.No)
    assert not window.close() and window.exporting.job is not None
    monkeypatch.setattr(QMessageBox, "question", lambda *_: QMessageBox.StandardButton.Yes)
    assert window.close() and list(tmp_path.iterdir()) == []


def test_a_scene_without_depth_is_told_and_nothing_asked(
    window: Window, qtbot: QtBot, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    def flat() -> FakeScene:
        scene = FakeScene()
        scene.channels = ("rgb",)
        return scene

    shelf.scenes["flat.pth"] = flat
    open_and_wait(window, qtbot, Path("flat.pth"))
    monkeypatch.setattr(app.gui.export.exporting, "ask_mesh", lambda *_: pytest.fail("asked"))
    window.commands["export_mesh"].trigger()
    assert "no depth" in window.banner.text.text() and window.exporting.job is None


def test_the_dialog_gives_back_what_it_was_given_and_checks_the_name(
    window: Window, qtbot: QtBot, tmp_path: Path
) -> None:
    open_and_wait(window, qtbot, SCENE)
    settings = MeshSettings(str(tmp_path / "a.obj"), 96, 33, 20_000, closed=True, keep_background=True, axes="z-up",
                      source="surface", cells=512, refine=True, all_pieces=True)  # fmt: skip
    dialog = MeshDialog(window, opened_in(window), settings)
    assert dialog.settings() == settings and dialog.start.isEnabled() and not dialog.note.text()
    for name, usable in (("", False), ("a.stl", False), ("a.GLB", True)):
        dialog.out.setText(name)
        assert dialog.start.isEnabled() is usable and bool(dialog.note.text()) is not usable
    there = tmp_path / "there.ply"
    there.touch()
    dialog.out.setText(str(there))
    assert "replaced" in dialog.note.text() and dialog.start.isEnabled()
    dialog.deleteLater()


def test_no_file_is_proposed_that_is_there(
    window: Window, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_and_wait(window, qtbot, SCENE)
    (tmp_path / "fast.obj").touch()
    window.settings.update(mesh=MeshSettings(str(tmp_path / "last.obj")).remembered())
    proposed: list[MeshSettings] = []
    monkeypatch.setattr(app.gui.export.exporting, "ask_mesh", lambda _, __, settings: proposed.append(settings))
    window.commands["export_mesh"].trigger()
    assert Path(proposed[0].out) == tmp_path / "fast-2.obj"


def test_an_order_is_remembered_and_carried_out_at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = MeshSettings("~/a.ply", 50, 7, 9, True, True, "z-up")
    assert MeshSettings.recall(settings.remembered()) == settings
    assert (
        MeshSettings.recall({"views": "many"}) == MeshSettings()
        and MeshSettings.recall({"colour": 1}) == MeshSettings()
    )
    monkeypatch.setenv("HOME", str(tmp_path))
    made = make_mesh(settings, "depth", {INSTANCE: 2.0})
    assert made.axes == "z-up" and make_mesh(MeshSettings(axes="odd"), "depth", {}).axes == "auto"
    assert made.out == tmp_path / "a.ply" and made.controls == {INSTANCE: 2.0}
    assert (made.resolution, made.views, made.faces, made.closed, made.keep_background) == (50, 7, 9, True, True)
    surface = make_mesh(replace(settings, cells=80, refine=True, all_pieces=True), "surface", {})
    assert (surface.source, surface.resolution, surface.refine, surface.all_pieces) == ("surface", 80, True, True)


class SurfaceScene(FakeScene):
    """A ball of radius 0.4 that is a surface, whose pictures show something else."""

    def surface(self, controls: Mapping[str, float]) -> Analytic:
        return Analytic(ball(radius=0.4))


def test_a_surface_is_written_itself(
    window: Window, qtbot: QtBot, tmp_path: Path, answer: Answer, shelf: Shelf
) -> None:
    shelf.scenes["surface.pth"] = SurfaceScene
    open_and_wait(window, qtbot, Path("surface.pth"))
    out = tmp_path / "ball.ply"
    for source, largest in (("auto", 0.4), ("depth", 1.0)):
        answer(MeshSettings(str(out), resolution=40, views=8, cells=24, source=source))
        window.commands["export_mesh"].trigger()
        qtbot.waitUntil(lambda: window.exporting.job is None, timeout=NEVER)
        assert loaded(out).bounds[1].max() == pytest.approx(largest, abs=0.1)


def test_the_dialog_shows_what_the_kind_of_mesh_has(window: Window, qtbot: QtBot, tmp_path: Path, shelf: Shelf) -> None:
    shelf.scenes["surface.pth"] = SurfaceScene
    open_and_wait(window, qtbot, SCENE)
    settings = MeshSettings(str(tmp_path / "a.ply"), source="surface")
    plain = MeshDialog(window, opened_in(window), settings)
    plain.show()
    assert not plain.source.isVisible() and plain.resolution.isVisible() and plain.closed.isVisible()
    assert not plain.cells.isVisible() and not plain.refine.isVisible()
    # A scene that leaves no choice forgets none.
    assert plain.settings().source == "surface"
    plain.close()
    open_and_wait(window, qtbot, Path("surface.pth"))
    dialog = MeshDialog(window, opened_in(window), settings)
    dialog.show()
    of_surface, of_depths = (dialog.cells, dialog.refine), (dialog.resolution, dialog.views, dialog.closed)
    assert dialog.source.isVisible() and all(each.isVisible() for each in of_surface)
    assert not any(each.isVisible() for each in (*of_depths, dialog.keep_background))
    height, rows = dialog.height(), dialog._rows.rowCount()
    dialog.source.setCurrentIndex(dialog.source.findData("depth"))
    # Rows that come and go leave no gaps, and the dialog is as high as they are.
    assert dialog._rows.rowCount() == rows + 2 and dialog.height() > height
    assert all(each.isVisible() for each in of_depths) and not any(each.isVisible() for each in of_surface)
    assert dialog.settings().source == "depth" and dialog.faces.isVisible() and dialog.all_pieces.isVisible()
    shown = [dialog._rows.itemAt(at, QFormLayout.ItemRole.LabelRole) for at in range(dialog._rows.rowCount())]
    names = [item.widget().text() for item in shown if item is not None and item.widget().isVisible()]
    assert names == ["Made of", "Resolution", "Views", "Target faces", "Up axis", "Write to"]
    dialog.source.setCurrentIndex(dialog.source.findData("surface"))
    assert dialog._rows.rowCount() == rows and dialog.height() == height
    dialog.close()
