"""A data folder handed over to Brush by the command and in the window, which follows what Brush writes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.cli import main
from app.gui.qt import QApplication, QFileDialog, Qt, combined, present
from app.gui.training import handing_over
from app.gui.window import Window
from app.synthetic.sample import deepvoxels_sample, write_sample
from engines.splats.files.content import SplatContent
from engines.splats.files.forms import write_splats
from tests.app.gui.conftest import NEVER, opened_in, shown_window, told
from tests.engines.splats.brushes import put_on_path
from tests.engines.splats.scenes import random_splats
from tests.qt_test import QTest

COUNTS = (30, 40)
"""Splats of the scenes that it writes."""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    write_sample(tmp_path / "toys", deepvoxels_sample(0, 32, 4, 1, 1), samples=1)
    return tmp_path / "toys"


def with_scenes(program: Path) -> Path:
    for number, count in enumerate(COUNTS):
        write_splats(program / "scenes" / f"{number}.ply", SplatContent(random_splats(count, 0)), "ply")
    return program


def go_on(program: Path, *numbers: int) -> None:
    for number in numbers:
        (program / f"go_on_{number}").touch()


def test_the_command_writes_the_folder_and_runs_brush(
    tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    program, out = with_scenes(put_on_path(tmp_path, monkeypatch)), tmp_path / "out"
    go_on(program, 1, 2)
    assert main(["brush", str(data), "--out", str(out), "--export-every", "250"]) == 0
    assert capfd.readouterr().out.splitlines()[-1] == f"{out / 'exports'}"
    words = json.loads((program / "words.json").read_text())
    assert words == [
        str(out), "--export-every", "250", "--export-path", str(out / "exports"), "--export-name", "export_{iter}.ply"
    ]  # fmt: skip
    assert len(list((out / "images").glob("*.png"))) == 4 and (out / "sparse" / "0" / "cameras.txt").is_file()
    assert main(["info", str(out / "exports")]) == 0
    said = capfd.readouterr().out
    assert "gaussians    40, harmonics of degree 0" in said and "those of sparse/0," in said


@pytest.mark.parametrize("there", [True, False])
def test_its_words_are_said_where_it_is_not_run(
    there: bool, tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    if there:
        put_on_path(tmp_path, monkeypatch)
    out = tmp_path / "o u t"
    assert main(["brush", str(data), "--out", str(out), *(["--write-only"] if there else [])]) == 0
    said = capsys.readouterr()
    assert f"brush '{out}' --export-every 500 --export-path '{out}/exports'" in said.out
    assert ("not on PATH" in said.err) != there


def test_bad_words_and_a_brush_that_fails(
    tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    put_on_path(tmp_path, monkeypatch, code=3)
    assert main(["brush", str(data), "--out", str(tmp_path / "out"), "--export-every", "0"]) == 1
    assert "--export-every 0: must be 1 or more" in capsys.readouterr().err and not (tmp_path / "out").exists()
    assert main(["brush", str(data), "--out", str(tmp_path / "out")]) == 1
    assert "brush: ended with exit code 3" in capsys.readouterr().err
    assert main(["brush", str(data), "--out", str(tmp_path / "out")]) == 1
    assert "is there already" in capsys.readouterr().err


@pytest.fixture
def window(qtbot: QtBot, uncounted: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Window]:
    monkeypatch.setattr(handing_over, "LOOK_MS", 100)
    with shown_window(qtbot) as window:
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow, timeout=NEVER)
        yield window


def hand_over(window: Window, folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the command's key."""
    window.settings.update(runs_home=str(home))
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(folder))
    QTest.keyClick(window, Qt.Key.Key_H, combined(Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier))


def splats_in(window: Window) -> int:
    if window.session.opened is None:
        return 0
    return len(opened_in(window).checkpoint.weights["positions"])


def test_the_window_follows_what_brush_writes(
    window: Window, qtbot: QtBot, tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = with_scenes(put_on_path(tmp_path, monkeypatch, part_s=0.3))
    hand_over(window, data, tmp_path / "runs", monkeypatch)
    qtbot.waitUntil(lambda: splats_in(window) == COUNTS[0], timeout=NEVER)
    qtbot.waitUntil(lambda: window.looking.shown.is_final(), timeout=NEVER)
    began, eye = window.session.eye.shown, window.session.eye
    QTest.keyClick(window.viewport.canvas.widget, Qt.Key.Key_Left)
    qtbot.waitUntil(lambda: eye.shown is not began and not eye.animating, timeout=NEVER)
    stood = eye.shown
    assert stood is not None and len(opened_in(window).scene.cameras) == 4
    go_on(program, 1)
    qtbot.waitUntil(lambda: splats_in(window) == COUNTS[1], timeout=NEVER)
    after = window.session.eye.shown
    assert after is not None and np.array_equal(after.camera_to_world, stood.camera_to_world)
    go_on(program, 2)
    qtbot.waitUntil(lambda: "Brush is done" in told(window), timeout=NEVER)
    assert (tmp_path / "runs" / "toys-brush" / "brush.log").read_text() == "what it says\n"


def test_another_scene_that_is_opened_is_left_alone(
    window: Window, qtbot: QtBot, tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = with_scenes(put_on_path(tmp_path, monkeypatch))
    hand_over(window, data, tmp_path / "runs", monkeypatch)
    qtbot.waitUntil(lambda: splats_in(window) == COUNTS[0], timeout=NEVER)
    window.files.open(program / "scenes" / "0.ply")
    qtbot.waitUntil(lambda: opened_in(window).path.name == "0.ply", timeout=NEVER)
    go_on(program, 1, 2)
    qtbot.wait(800)
    assert opened_in(window).path.name == "0.ply"


def test_without_brush_its_command_can_be_copied_and_is_followed_all_the_same(
    window: Window, qtbot: QtBot, tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    hand_over(window, data, tmp_path / "runs", monkeypatch)
    qtbot.waitUntil(lambda: "Brush is not on PATH" in told(window), timeout=NEVER)
    QTest.mouseClick(window.banner.button, Qt.MouseButton.LeftButton)
    line = present(QApplication.clipboard()).text()
    exports = tmp_path / "runs" / "toys-brush" / "exports"
    assert line.startswith("brush ") and str(exports) in line
    exports.mkdir()
    write_splats(exports / "export_500.ply", SplatContent(random_splats(20, 0)), "ply")
    qtbot.waitUntil(lambda: splats_in(window) == 20, timeout=NEVER)


def test_a_brush_that_fails_and_a_folder_that_is_none_are_told(
    window: Window, qtbot: QtBot, tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_on_path(tmp_path, monkeypatch, code=3)
    (tmp_path / "empty").mkdir()
    hand_over(window, tmp_path / "empty", tmp_path / "runs", monkeypatch)
    qtbot.waitUntil(lambda: str(tmp_path / "empty") in told(window), timeout=NEVER)
    assert not (tmp_path / "runs").exists()
    hand_over(window, data, tmp_path / "runs", monkeypatch)
    qtbot.waitUntil(lambda: "Brush ended with exit code 3" in told(window), timeout=NEVER)
    assert "brush.log" in told(window)
