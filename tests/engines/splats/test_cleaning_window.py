"""Cleaning in the window, by real mouse and keys: filters, the lasso, undo, files, projects, exports."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.gui.qt import QEvent, QFileDialog, QMessageBox, QPoint, Qt, combined
from app.gui.window import Window
from app.project.project_file import read_project
from engines import registry
from engines.core.camera import project
from engines.splats.example import example
from engines.splats.files.content import SplatContent
from engines.splats.files.forms import write_splats
from tests.app.gui.conftest import NEVER, drag, open_and_wait, opened_in, send_mouse, shown_window, told
from tests.engines.splats.test_leaving_out import FLOATERS, with_floaters
from tests.qt_test import QTest

WHOLE = len(example()) + len(FLOATERS)
SIZE = (1280, 800)


@pytest.fixture
def scene(tmp_path: Path) -> Path:
    """The example and three far splats, as a file."""
    write_splats(tmp_path / "scene.ply", SplatContent(with_floaters()), "ply")
    return tmp_path / "scene.ply"


@pytest.fixture
def window(qtbot: QtBot, scene: Path, uncounted: None) -> Iterator[Window]:
    """The window, in which that is open."""
    with shown_window(qtbot, SIZE) as window:
        open_and_wait(window, qtbot, scene)
        qtbot.waitUntil(lambda: window.looking.clean.cleaning.subject is not None, timeout=NEVER)
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow, timeout=NEVER)
        window.viewport.focus()
        yield window


def key(window: Window, letter: Qt.Key, *modifiers: Qt.KeyboardModifier) -> None:
    held = modifiers or (Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClick(window.viewport.canvas.widget, letter, combined(*held))


def found(window: Window, qtbot: QtBot) -> int:
    """How many the filter finds, when it is done."""
    cleaning = window.looking.clean.cleaning
    qtbot.waitUntil(lambda: cleaning.trial is not None and not cleaning.is_trying, timeout=NEVER)
    assert cleaning.trial is not None
    return cleaning.trial.found


def removed(window: Window) -> int:
    return window.looking.clean.cleaning.document.removed_count


def remove_floaters(window: Window, qtbot: QtBot) -> None:
    key(window, Qt.Key.Key_F)
    assert found(window, qtbot) == 3
    key(window, Qt.Key.Key_X)
    assert removed(window) == 3


def asked_for(monkeypatch: pytest.MonkeyPatch, answer: QMessageBox.StandardButton) -> list[str]:
    """What questions say, each of which gets the same answer."""
    asked: list[str] = []

    def question(_parent: object, _title: str, text: str, *_: object) -> QMessageBox.StandardButton:
        asked.append(text)
        return answer

    monkeypatch.setattr(QMessageBox, "question", question)
    return asked


def final(window: Window, qtbot: QtBot) -> None:
    qtbot.waitUntil(window.looking.shown.is_final, timeout=NEVER)


def test_a_filter_shows_what_it_finds_and_removes_it(window: Window, qtbot: QtBot) -> None:
    card = window.looking.clean.card
    assert card.isVisible() and card.counts.text() == f"Removed 0 of {WHOLE}"
    assert not window.commands["clean_apply"].isEnabled() and not card.remove.isVisible()
    key(window, Qt.Key.Key_F)
    assert found(window, qtbot) == 3 and card.chosen == "floaters"
    assert card.found.text() == f"Finds 3 of {WHOLE}, shown in red"
    # It is only shown: nothing is removed, and whoever opens the scene once more has all of it.
    assert removed(window) == 0 and window.session.loader.left_out is None
    qtbot.mouseClick(card.remove, Qt.MouseButton.LeftButton)
    assert removed(window) == 3 and card.counts.text() == f"Removed 3 of {WHOLE} – not saved"
    source = window.session.loader.source
    assert source is not None and source.left_out is not None
    assert np.flatnonzero(source.left_out.removed).tolist() == [WHOLE - 3, WHOLE - 2, WHOLE - 1]


def test_a_slider_that_is_dragged_is_followed(window: Window, qtbot: QtBot) -> None:
    card = window.looking.clean.card
    key(window, Qt.Key.Key_O)
    assert found(window, qtbot) == 0
    # All have the opacity of the logit 2.5, 0.924.
    slider = card.opacity.slider
    window.dock.scroll_area.ensureWidgetVisible(slider)
    drag(window, qtbot, (30, 0), on=slider)
    # From the middle of it on, of squares: more than a quarter.
    assert 0.25 < card.opacity.value < 0.7
    card.opacity.field.setValue(0.92)
    assert found(window, qtbot) == 0
    card.opacity.field.setValue(0.93)
    # None would be left.
    qtbot.waitUntil(lambda: "that leaves none of the 659" in told(window), timeout=NEVER)
    assert removed(window) == 0 and window.looking.clean.cleaning.trial is None


def test_remove_waits_for_what_is_still_being_found(window: Window, qtbot: QtBot) -> None:
    key(window, Qt.Key.Key_F)
    key(window, Qt.Key.Key_X)
    qtbot.waitUntil(lambda: removed(window) == 3, timeout=NEVER)


def test_the_lasso_removes_what_is_drawn_around(window: Window, qtbot: QtBot) -> None:
    """A rectangle about the left half of the picture, drawn by the mouse, then Return."""
    final(window, qtbot)
    eye = window.session.eye.shown
    assert eye is not None
    pixels, depth = project(eye, with_floaters().positions.astype(np.float64))
    width, height = eye.size_px

    def at(u: float, v: float) -> QPoint:
        # Another picture, of another size, may come at any time.
        placement, shown = window.viewport.canvas.placement(), window.looking.overlays.eye
        assert shown is not None
        scale = placement.scale * shown.size_px[0] / width
        return QPoint(round(placement.left + u * scale), round(placement.top + v * scale))

    left, right, top, bottom = 0.1 * width, 0.5 * width, 0.1 * height, 0.9 * height
    corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
    key(window, Qt.Key.Key_L)
    assert window.looking.clean.lasso.is_on
    canvas, before = window.viewport.canvas.widget, eye.camera_to_world.copy()
    held = Qt.MouseButton.LeftButton
    send_mouse(window, QEvent.Type.MouseButtonPress, at(*corners[0]), held)
    for begin, end in zip(corners, [*corners[1:], corners[0]], strict=True):
        for share in np.linspace(0.1, 1, 10):
            # QTest's own would move the X server's cursor, which tells of it when it likes.
            send_mouse(window, QEvent.Type.MouseMove, at(*(np.add(begin, share * np.subtract(end, begin)))), held)
    send_mouse(window, QEvent.Type.MouseButtonRelease, at(*corners[0]), held)
    inside = (depth > 0) & (pixels > (left, top)).all(axis=1) & (pixels < (right, bottom)).all(axis=1)
    assert 100 < inside.sum() < 600 and abs(found(window, qtbot) - int(inside.sum())) <= 8
    assert window.session.eye.shown is not None
    assert (window.session.eye.shown.camera_to_world == before).all(), "the camera moved"
    everything = found(window, qtbot)
    # Of the surface that is seen fewer: the far side of the ball stays.
    final(window, qtbot)
    window.looking.clean.card.visible_only.setChecked(True)
    assert 0 < found(window, qtbot) < everything
    window.looking.clean.card.visible_only.setChecked(False)
    assert found(window, qtbot) == everything
    QTest.keyClick(canvas, Qt.Key.Key_Return)
    assert removed(window) == everything
    # Esc ends it, and the mouse moves the camera again.
    QTest.keyClick(canvas, Qt.Key.Key_Escape)
    assert [window.looking.clean.lasso.is_on, window.commands["clean_lasso"].isChecked()] == [False, False]


def test_undo_takes_back_what_was_done_last_of_path_and_cleaning(window: Window, qtbot: QtBot) -> None:
    control, shift = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
    paths, document = window.paths.document, window.looking.clean.cleaning.document
    remove_floaters(window, qtbot)
    window.commands["path_add"].trigger()
    assert len(paths.path.keys) == 1 and window.commands["undo"].text() == "&Undo add key"
    key(window, Qt.Key.Key_I)
    assert removed(window) == WHOLE - 3
    assert window.commands["undo"].text() == "&Undo invert what is removed"
    for removed_then, keys_then in ((3, 1), (3, 0), (0, 0)):
        key(window, Qt.Key.Key_Z, control)
        assert (removed(window), len(paths.path.keys)) == (removed_then, keys_then)
    assert not window.commands["undo"].isEnabled()
    for removed_then, keys_then in ((3, 0), (3, 1), (WHOLE - 3, 1)):
        key(window, Qt.Key.Key_Z, control, shift)
        assert (removed(window), len(paths.path.keys)) == (removed_then, keys_then)
    assert not window.commands["redo"].isEnabled() and document.undo_name == "Invert what is removed"


def test_what_is_left_out_is_not_drawn_and_red_where_that_is_asked(window: Window, qtbot: QtBot) -> None:
    final(window, qtbot)

    def picture() -> np.ndarray:
        final(window, qtbot)
        shown = window.looking.shown.pixels
        assert shown is not None
        return shown.astype(int)

    whole = picture()
    key(window, Qt.Key.Key_S)
    clean = window.looking.clean
    clean.card.radius.field.setValue(0.95)
    assert found(window, qtbot) > 100
    key(window, Qt.Key.Key_X)
    key(window, Qt.Key.Key_C)
    less = picture()
    assert (np.abs(less - whole).max(axis=2) > 8).mean() > 0.03
    key(window, Qt.Key.Key_T)
    red = picture()
    # As much is covered as before, by red.
    gone = (less.sum(axis=2) < 10) & (whole.sum(axis=2) > 200)
    assert gone.sum() > 1000
    assert (red[gone][:, 0] > red[gone][:, 1] + 40).mean() > 0.9
    key(window, Qt.Key.Key_T)
    assert (picture() == less).all()
    # Restored, it is what it was.
    key(window, Qt.Key.Key_R)
    assert (picture() == whole).all()


def test_a_copy_is_saved_and_never_over_the_original_unasked(
    window: Window, qtbot: QtBot, scene: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remove_floaters(window, qtbot)
    before, proposed = scene.read_bytes(), []
    answers = [(str(scene), ""), (str(scene.with_name("kept")), "3D Gaussian splats (*.spz)")]

    def ask(_parent: object, _title: str, name: str, _kinds: str) -> tuple[str, str]:
        proposed.append(Path(name).name)
        return answers.pop(0)

    monkeypatch.setattr(QFileDialog, "getSaveFileName", ask)
    asked = asked_for(monkeypatch, QMessageBox.StandardButton.No)
    key(window, Qt.Key.Key_W)
    assert proposed == ["scene-cleaned.ply"] and len(asked) == 1 and "is the scene itself" in asked[0]
    document = window.looking.clean.cleaning.document
    key(window, Qt.Key.Key_W)
    qtbot.waitUntil(lambda: not document.unsaved, timeout=NEVER)
    assert "Saved kept.spz: 656 of 659." in told(window) and len(asked) == 1
    assert scene.read_bytes() == before
    assert len(registry.read_checkpoint(scene.with_name("kept.spz")).weights["positions"]) == 656


def test_quitting_asks_for_what_is_nowhere_saved(
    window: Window, qtbot: QtBot, scene: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = asked_for(monkeypatch, QMessageBox.StandardButton.Cancel)
    remove_floaters(window, qtbot)
    # Also of a scene that is not open any more.
    window.commands["close"].trigger()
    assert not window.looking.clean.card.isVisible()
    window.close()
    assert len(asked) == 1 and "removed by cleaning" in asked[0] and window.isVisible()
    # What was removed is there again when it is opened again.
    open_and_wait(window, qtbot, scene)
    qtbot.waitUntil(lambda: removed(window) == 3, timeout=NEVER)
    window.commands["clean_restore"].trigger()
    assert removed(window) == 0 and not window.looking.clean.cleaning.unsaved


def test_a_project_keeps_the_edits_and_brings_them_back(
    window: Window, qtbot: QtBot, scene: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remove_floaters(window, qtbot)
    file = scene.with_name("work.vantage")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(file), ""))
    window.commands["project_save"].trigger()
    assert len(read_project(file).scenes[0].cleaning) == 1
    assert [window.looking.clean.cleaning.unsaved, window.projects.open_project.unsaved] == [False, False]
    window.commands["clean_restore"].trigger()
    assert [removed(window), window.projects.open_project.unsaved] == [0, True]
    monkeypatch.setattr(QMessageBox, "question", lambda *_: QMessageBox.StandardButton.Discard)
    window.files.open(file)
    qtbot.waitUntil(lambda: removed(window) == 3, timeout=NEVER)
    qtbot.waitUntil(lambda: not window.projects.open_project.unsaved, timeout=NEVER)
    final(window, qtbot)
    assert window.commands["undo"].text().startswith("&Undo remove floaters")


def test_points_and_screenshots_are_of_what_is_kept(
    window: Window, qtbot: QtBot, scene: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from PIL import Image

    key(window, Qt.Key.Key_S)
    window.looking.clean.card.radius.field.setValue(0.95)
    count = found(window, qtbot)
    key(window, Qt.Key.Key_X)
    key(window, Qt.Key.Key_C)
    key(window, Qt.Key.Key_T)
    points, picture = scene.with_name("points.ply"), scene.with_name("shot.png")
    window.exporting.begin_points(points)
    qtbot.waitUntil(lambda: points.exists() and window.exporting.job is None, timeout=NEVER)
    assert f"element vertex {WHOLE - count}\n".encode() in points.read_bytes()
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(picture), ""))
    window.commands["screenshot"].trigger()
    qtbot.waitUntil(lambda: told(window) == f"Saved {picture}", timeout=NEVER)
    # What is removed is seen again, as it was before.
    final(window, qtbot)
    seen = window.session.view.left_out
    assert seen is not None and seen.tinted is not None and opened_in(window).left_out is None
    key(window, Qt.Key.Key_T)
    final(window, qtbot)
    assert (np.array(Image.open(picture)) == window.looking.shown.pixels).all()
