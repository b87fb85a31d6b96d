"""The path in the window: played, in the scene, made at once, saved, and of recordings."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

import app.gui.export.exporting
from app.gui.qt import (
    QFileDialog,
    QMessageBox,
    QPoint,
    Qt,
)
from app.gui.timeline.generate_dialog import GenerateDialog
from app.gui.window import Window
from engines.core.camera import Camera, project
from engines.core.paths.keyed_json import keyed_text
from engines.core.paths.keyed_motion import path_frames
from tests.app.gui.conftest import NEVER, told, wait_exact
from tests.app.gui.timeline.driving import (
    ALT,
    CONTROL,
    LEFT,
    NONE,
    SHIFT,
    activate,
    add_keys,
    move,
    now,
    press,
    times,
)
from tests.app.recorded import RecordedScene


def test_playing(timeline: Window, qtbot: QtBot) -> None:
    add_keys(timeline, qtbot, 2)
    preview, action = timeline.paths.preview, timeline.commands["path_play"]
    press(timeline, qtbot, Qt.Key.Key_Space, SHIFT)
    assert action.isChecked() and preview.time_s < 1
    qtbot.waitUntil(lambda: preview.time_s > 0.3, timeout=NEVER)
    action.trigger()
    assert not action.isChecked()
    stopped = preview.time_s
    wait_exact(timeline, qtbot)
    motion, eye = timeline.paths.document.motion, timeline.session.eye.shown
    assert motion is not None and eye is not None and preview.time_s == stopped
    assert np.array_equal(eye.camera_to_world, motion.camera(stopped).camera_to_world)
    # To the end, where it stops by itself.
    preview.seek(1.8)
    action.trigger()
    qtbot.waitUntil(lambda: not action.isChecked(), timeout=NEVER)
    assert preview.time_s == 2.0


def test_the_hand_takes_the_view_over(timeline: Window, qtbot: QtBot) -> None:
    add_keys(timeline, qtbot, 2)
    timeline.commands["path_play"].trigger()
    qtbot.mousePress(timeline.viewport.canvas.widget, LEFT, NONE, QPoint(5, 5))
    assert not timeline.paths.preview.playing
    qtbot.mouseRelease(timeline.viewport.canvas.widget, LEFT, NONE, QPoint(5, 5))


def far_away(window: Window, qtbot: QtBot) -> Camera:
    """Looks at the path from without."""
    for _ in range(6):
        window.session.eye.hand.dolly_by(-1)
    window.viewport.wake()
    wait_exact(window, qtbot)
    eye = window.looking.overlays.eye
    assert eye is not None
    return eye


def place_in_view(window: Window, eye: Camera, number: int) -> QPoint:
    """The pixel of the viewport in the middle of a key's frustum."""
    key = window.paths.document.path.keys[number].camera
    depth = window.paths._lines.size
    pixels, _ = project(eye, (key.position + 0.6 * depth * key.forward)[None])
    placement = window.viewport.canvas.placement()
    return QPoint(
        round(placement.left + pixels[0, 0] * placement.scale), round(placement.top + pixels[0, 1] * placement.scale)
    )


def test_keys_in_the_scene_are_clicked_and_dragged(timeline: Window, qtbot: QtBot) -> None:
    press(timeline, qtbot, Qt.Key.Key_T, CONTROL | ALT)
    document, canvas = timeline.paths.document, timeline.viewport.canvas.widget
    assert len(document.path.keys) == 12 and document.path.loop
    wait_exact(timeline, qtbot)
    eye = far_away(timeline, qtbot)
    number = next(
        number
        for number in range(3, 12)
        if canvas.rect().adjusted(60, 60, -60, -60).contains(place_in_view(timeline, eye, number))
        and timeline.paths._lines.key_at(
            eye,
            *timeline.viewport.canvas.placement().to_picture(
                place_in_view(timeline, eye, number).x(), place_in_view(timeline, eye, number).y()
            ),
        )
        == number
    )
    at = place_in_view(timeline, eye, number)
    before = document.path.keys[number].camera.position
    qtbot.mouseClick(canvas, LEFT, NONE, at)
    assert document.selected == (number,) and document.undo_name == "Turn 360 degrees"
    qtbot.mousePress(canvas, LEFT, NONE, at)
    for step in (6, 12, 18, 24):
        move(canvas, at + QPoint(step, 0))
    qtbot.mouseRelease(canvas, LEFT, NONE, at + QPoint(24, 0))
    way = document.path.keys[number].camera.position - before
    assert way @ eye.right > 0 and abs(way @ eye.down) < 1e-9 and abs(way @ eye.forward) < 1e-9
    shown = timeline.session.eye.shown
    assert shown is not None and np.array_equal(shown.camera_to_world, eye.camera_to_world), "the view stays"
    timeline.commands["undo"].trigger()
    assert np.array_equal(document.path.keys[number].camera.position, before)


def test_lines_are_drawn_while_the_timeline_is_shown(timeline: Window, qtbot: QtBot) -> None:
    timeline.commands["path_turn"].trigger()
    wait_exact(timeline, qtbot)
    eye = far_away(timeline, qtbot)
    assert len(timeline.paths._drawn(eye).points) > 200
    timeline.commands["timeline"].trigger()
    assert not timeline.paths.bar.isVisible() and len(timeline.paths._drawn(eye).points) == 0


def test_a_generated_path_by_its_dialog(timeline: Window, qtbot: QtBot) -> None:
    dialog = GenerateDialog(timeline, has_views=True)
    assert dialog.start.isEnabled()
    dialog.degrees.setValue(0)
    assert not dialog.start.isEnabled() and "angle" in dialog.note.text()
    dialog.degrees.setValue(90)
    timeline.paths.making.generate("Generate path", dialog.chosen())
    path = timeline.paths.document.path
    assert len(path.keys) == 4 and not path.loop and path.duration_s == 6
    dialog.kind.setCurrentIndex(dialog.kind.findData("spiral"))
    assert not dialog.degrees.isEnabled() and dialog.seconds.value() == 4
    timeline.paths.making.generate("Generate path", dialog.chosen())
    assert timeline.paths.document.path.loop
    for _ in range(2):
        timeline.commands["undo"].trigger()
    assert timeline.paths.document.path.keys == ()


def test_a_flight_is_recorded(timeline: Window, qtbot: QtBot) -> None:
    timeline.commands["path_record"].trigger()
    assert timeline.paths.making.recording
    for _ in range(6):
        timeline.commands["right"].trigger()
        wait_exact(timeline, qtbot)
    end = timeline.session.eye.shown
    timeline.commands["path_record"].trigger()
    path = timeline.paths.document.path
    assert len(path.keys) >= 2 and path.duration_s > 0.2 and timeline.commands["undo"].text() == "&Undo record flight"
    assert end is not None and path.keys[-1].camera.camera_to_world == pytest.approx(end.camera_to_world, abs=1e-9)
    timeline.commands["path_record"].trigger()
    timeline.commands["path_record"].trigger()
    assert "Nothing moved" in told(timeline) and timeline.paths.document.path is path


def test_loop_speed_rate_and_dolly_zoom(timeline: Window, qtbot: QtBot) -> None:
    add_keys(timeline, qtbot, 3)
    timeline.commands["path_loop"].trigger()
    timeline.commands["path_constant_speed"].trigger()
    assert now(timeline).loop and now(timeline).constant_speed
    assert not timeline.paths.bar.properties.fields["time"].isEnabled()
    timeline.commands["path_dolly_zoom"].trigger()
    assert now(timeline).subject is not None and timeline.commands["path_dolly_zoom"].isChecked()
    fps = timeline.paths.bar.fps
    fps.setFocus()
    fps.selectAll()
    qtbot.keyClicks(fps, "24")
    qtbot.keyClick(fps, Qt.Key.Key_Return)
    assert now(timeline).fps == 24
    for _ in range(4):
        press(timeline, qtbot, Qt.Key.Key_Z, CONTROL)
    assert not now(timeline).loop and not timeline.commands["path_loop"].isChecked()
    assert not timeline.commands["path_dolly_zoom"].isChecked() and fps.value() == 30


def test_paths_of_other_programs(
    timeline: Window, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_keys(timeline, qtbot, 2)
    before = keyed_text(now(timeline))
    out = tmp_path / "for_nuke"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(out), "Nuke's .chan (*.chan)"))
    timeline.commands["path_write"].trigger()
    assert (tmp_path / "for_nuke.chan").is_file() and "can't keep" in told(timeline)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(tmp_path / "for_nuke.chan"), ""))
    timeline.commands["path_import"].trigger()
    assert "for_nuke.chan: " in told(timeline) and keyed_text(now(timeline)) != before
    assert timeline.commands["undo"].text() == "&Undo import path"
    press(timeline, qtbot, Qt.Key.Key_Z, CONTROL)
    assert keyed_text(now(timeline)) == before
    (tmp_path / "wrong.json").write_text("[]")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(tmp_path / "wrong.json"), ""))
    timeline.commands["path_import"].trigger()
    assert "holds no cameras" in told(timeline) and keyed_text(now(timeline)) == before


def test_files(timeline: Window, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add_keys(timeline, qtbot, 2)
    document, out = timeline.paths.document, tmp_path / "mine"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(out), ""))
    press(timeline, qtbot, Qt.Key.Key_W, CONTROL | ALT)
    written = tmp_path / "mine.json"
    assert written.read_text() == keyed_text(document.path) and timeline.paths.bar.name.text() == "mine.json"
    press(timeline, qtbot, Qt.Key.Key_K, CONTROL)
    assert timeline.paths.bar.name.text() == "mine.json •"
    answers = [QMessageBox.StandardButton.Cancel, QMessageBox.StandardButton.Discard]
    monkeypatch.setattr(QMessageBox, "question", lambda *_: answers.pop(0))
    timeline.commands["path_new"].trigger()
    assert len(now(timeline).keys) == 3
    timeline.commands["path_new"].trigger()
    assert not now(timeline).keys and document.file is None and not answers
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(written), ""))
    timeline.commands["path_open"].trigger()
    assert times(timeline) == [0.0, 2.0] and not document.unsaved
    (tmp_path / "wrong.json").write_text("[]")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(tmp_path / "wrong.json"), ""))
    timeline.commands["path_open"].trigger()
    assert "holds no keys" in told(timeline) and times(timeline) == [0.0, 2.0]


def test_closing_asks_for_what_is_in_no_file(timeline: Window, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    add_keys(timeline, qtbot, 1)
    asked: list[str] = []

    def answer(parent: object, title: str, *rest: object) -> QMessageBox.StandardButton:
        asked.append(title)
        return QMessageBox.StandardButton.Cancel

    monkeypatch.setattr(QMessageBox, "question", answer)
    assert not timeline.close() and asked == ["Camera path not saved"]
    timeline.commands["undo"].trigger()
    assert timeline.paths.files.may_leave() and len(asked) == 1


def test_time_of_a_recording_is_keyed(window: Window, qtbot: QtBot, recorded: RecordedScene) -> None:
    window.commands["timeline"].trigger()
    window.commands["path_add"].trigger()
    window.playing.go_to(5, False)
    window.commands["right"].trigger()
    wait_exact(window, qtbot)
    window.commands["path_add"].trigger()
    path = window.paths.document.path
    assert [key.controls["time"] for key in path.keys] == [0, 5]
    assert window.paths.bar.isVisible() and window.time_bar.isVisible()
    window.paths.preview.seek(1.0)
    qtbot.waitUntil(lambda: window.session.timeline.time_step in (2, 3), timeout=NEVER)
    assert [round(controls["time"]) for controls in path_frames(path).controls[::12]] == [0, 1, 2, 3, 4, 5]
    box = window.paths.bar.properties.keyed["time"]
    window.paths.document.select([1])
    box.click()
    assert "time" not in window.paths.document.path.keys[1].controls


def test_steps_without_keys_are_the_recordings(window: Window, qtbot: QtBot, recorded: RecordedScene) -> None:
    activate(window, qtbot)
    press(window, qtbot, Qt.Key.Key_Period)
    assert window.session.timeline.time_step == 1
    press(window, qtbot, Qt.Key.Key_Comma)
    assert window.session.timeline.time_step == 0


def test_an_export_proposes_the_path_that_was_made(
    timeline: Window, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    proposed: list[str] = []
    monkeypatch.setattr(
        app.gui.export.exporting, "ask_export", lambda _, __, settings, *rest: proposed.append(settings.path)
    )
    for count in (0, 1, 1):
        add_keys(timeline, qtbot, count)
        timeline.commands["export"].trigger()
    assert proposed == ["orbit", "orbit", "keyed"]


def test_an_export_proposes_the_kind_of_the_last_one_under_a_free_name(
    timeline: Window, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    proposed: list[str] = []
    monkeypatch.setattr(
        app.gui.export.exporting, "ask_export", lambda _, __, settings, *rest: proposed.append(Path(settings.out).name)
    )
    stem = Path(str(timeline.session.loader.source.path)).stem
    (tmp_path / f"{stem}.mov").touch()
    for last in ("a.mov", "frames", "a.webm"):
        timeline.settings.update(export={"out": str(tmp_path / last)})
        timeline.commands["export"].trigger()
    assert proposed == [f"{stem}-2.mov", stem, f"{stem}.webm"]
