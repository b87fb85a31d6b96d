"""`main.py view`: a window where there is a display, files to look at where there is none."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from PIL import Image

from app import cli, demos
from app.commands import console, view
from app.export.contact_sheet import CELL_PX, GAP_PX, VIEWS, grid
from app.viewing.opening import Opened
from engines.core.storage.checkpoint import Checkpoint
from tests.app.ball_scene import BallScene, ring


@pytest.fixture
def no_display(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(view, "has_display", lambda environment, platform: False)
    monkeypatch.chdir(tmp_path)


def test_the_window_gets_what_was_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = list[tuple[object, ...]]()
    module = ModuleType("app.gui.main")

    def run_window(*arguments: object) -> int:
        calls.append(arguments)
        return 0

    vars(module)["run_window"] = run_window
    monkeypatch.setitem(sys.modules, "app.gui.main", module)
    monkeypatch.setattr(view, "has_display", lambda environment, platform: True)
    assert cli.main(["a.pth", "--data", "folder", "--device", "cpu", "--set", "x=1", "--set", "y=2"]) == 0
    assert calls == [(Path("a.pth"), Path("folder"), "cpu", ["x=1", "y=2"])]


def test_a_safe_start_leaves_plug_ins_and_opengl_out(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[dict[str, object]] = []

    def run_window(*words: object, **chosen: object) -> int:
        calls.append(chosen)
        return 0

    module = ModuleType("app.gui.main")
    # A module that is made here.
    module.run_window = run_window  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "app.gui.main", module)
    monkeypatch.setattr(view, "has_display", lambda environment, platform: True)
    # So that they are put back.
    for name in view.SAFELY:
        monkeypatch.setenv(name, "")
    assert cli.main(["a.pth"]) == 0 and os.environ["VANTAGE_PLUG_INS"] == ""
    assert cli.main(["a.pth", "--safe-mode"]) == 0
    assert calls == [{}, {"safe": True}]
    assert (os.environ["VANTAGE_PLUG_INS"], os.environ["VANTAGE_CANVAS"]) == ("none", "painter")


def test_without_a_display_there_is_a_video_and_a_sheet(
    no_display: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    opened = Opened(BallScene(), Checkpoint("ball", {}, 0, {}), None, Path("ball"))
    monkeypatch.setattr(console, "open_scene", lambda *_: opened)
    assert cli.main(["ball.pth"]) == 0
    output = capsys.readouterr()
    assert output.err.startswith("no display: writing a video and a contact sheet into vantage-preview/ instead\n")
    names = [str(Path("vantage-preview") / name) for name in ("contact-sheet.png", "preview.mp4")]
    assert output.out.splitlines() == names
    assert sorted(path.name for path in (tmp_path / "vantage-preview").iterdir()) == [Path(name).name for name in names]
    with Image.open(names[0]) as image:
        sheet = np.asarray(image)
    assert sheet.shape == (6 * (32 + GAP_PX) + GAP_PX, 4 * (32 + GAP_PX) + GAP_PX, 3)
    # Each cell shows the ball: image rows and depth rows in turn.
    middles = sheet[GAP_PX + 16 :: 32 + GAP_PX, GAP_PX + 16 :: 32 + GAP_PX].reshape(-1, 3)
    corners = sheet[GAP_PX + 1 :: 32 + GAP_PX, GAP_PX + 1 :: 32 + GAP_PX].reshape(-1, 3)
    assert len(middles) == 2 * VIEWS
    assert (np.abs(middles.astype(int) - corners).max(axis=1) > 40).all()


def test_without_a_display_and_a_checkpoint_it_says_so(
    no_display: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(demos, "DEMO_FOLDER", tmp_path)
    assert cli.main([]) == 1
    assert capsys.readouterr().err.startswith("vantage: no display for the window, and no checkpoint")


def test_large_pictures_are_made_small_for_the_sheet(no_display: None, monkeypatch: pytest.MonkeyPatch) -> None:
    scene = BallScene(start=ring(1, (600, 300))[0], channels=("rgb",))
    opened = Opened(scene, Checkpoint("ball", {}, 0, {}), None, Path("ball"))
    monkeypatch.setattr(console, "open_scene", lambda *_: opened)
    monkeypatch.setattr(view, "write_preview_video", lambda scene, path, on_progress: path)
    assert cli.main(["view", "ball.pth"]) == 0
    with Image.open("vantage-preview/contact-sheet.png") as sheet:
        size = sheet.size
    assert size == (
        4 * (CELL_PX + GAP_PX) + GAP_PX,
        3 * (128 + GAP_PX) + GAP_PX,
    )


def test_grid_has_a_gap_around_each_picture() -> None:
    red, blue = (np.full((2, 3, 3), colour, dtype=np.uint8) for colour in ([255, 0, 0], [0, 0, 255]))
    sheet = grid([[red, blue], [blue]])
    assert sheet.shape == (2 * 2 + 3 * GAP_PX, 2 * 3 + 3 * GAP_PX, 3)
    assert (sheet[GAP_PX : GAP_PX + 2, GAP_PX : GAP_PX + 3] == [255, 0, 0]).all()
    assert (sheet[GAP_PX : GAP_PX + 2, 2 * GAP_PX + 3 : 2 * GAP_PX + 6] == [0, 0, 255]).all()
    assert (sheet == [255, 0, 0]).all(axis=2).sum() == 6
    assert (sheet == [0, 0, 255]).all(axis=2).sum() == 12
