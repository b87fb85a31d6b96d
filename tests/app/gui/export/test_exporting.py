"""Exports from the window: behind its back, to a file; cancelled, to none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

import app.gui.export.exporting
from app import cli
from app.commands import console
from app.export.kept_frames import frames_kept
from app.gui.export.export_dialog import ExportDialog
from app.gui.export.export_settings import ExportSettings, make_export
from app.gui.qt import QFileDialog, QMessageBox, Qt
from app.gui.window import Window
from app.human_readable import human_time
from app.viewing.opening import Opened
from engines.core.camera import Array
from engines.core.engine import Control
from engines.core.files import holding
from tests.app.gui.conftest import NEVER, Shelf, drag, open_and_wait, opened_in, told, wait_exact
from tests.app.gui.fake_scene import FakeScene

SCENE = Path("fast.pth")
Answer = Callable[[ExportSettings], None]


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> Answer:
    """What the user will have filled in."""

    def fill_in(settings: ExportSettings) -> None:
        monkeypatch.setattr(app.gui.export.exporting, "ask_export", lambda *_: settings)

    return fill_in


def test_an_export_writes_its_frames_while_one_looks_around(
    window: Window, qtbot: QtBot, tmp_path: Path, answer: Answer
) -> None:
    open_and_wait(window, qtbot, SCENE)
    out = tmp_path / "frames"
    answer(ExportSettings(frames=5, out=str(out)))
    window.commands["export"].trigger()
    assert window.exporting.job is not None and window.export_bar.isVisible()
    drag(window, qtbot, (40, 0), steps=3)
    wait_exact(window, qtbot)
    qtbot.waitUntil(lambda: window.exporting.job is None, timeout=NEVER)
    assert len(list(out.rglob("*.png"))) == 5
    assert window.export_bar.title.text() == "Exported frames"
    assert window.settings.current.export["frames"] == 5


def test_it_writes_what_the_command_line_writes(
    window: Window, qtbot: QtBot, tmp_path: Path, answer: Answer, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene, data = Path("any.pth"), tmp_path / "held_out"
    shelf.scenes[scene.name] = lambda: FakeScene(None, controls=(Control("glow", "Glow", "number", 0, 1, 0),))
    open_and_wait(window, qtbot, scene, data)
    drag(window, qtbot, (40, 0), steps=3)
    window.session.set_control("glow", 0.25)
    ours, theirs = tmp_path / "window", tmp_path / "command"
    answer(ExportSettings(path="split:validation", width=64, height=40, channels=("rgb", "depth"), out=str(ours)))
    window.commands["export"].trigger()
    qtbot.waitUntil(lambda: window.exporting.job is None, timeout=NEVER)
    monkeypatch.setattr(console, "open_scene", shelf.open)
    words = ["--path", "validation", "--size", "64x40", "--channels", "rgb,depth", "--control", "glow=0.25"]
    assert cli.main(["render", str(scene), "--data", str(data), *words, "--out", str(theirs)]) == 0
    written = {path.name: path.read_bytes() for path in ours.iterdir()}
    assert len(written) == 7 and written == {path.name: path.read_bytes() for path in theirs.iterdir()}


@pytest.fixture
def under_way(window: Window, qtbot: QtBot, tmp_path: Path, answer: Answer, shelf: Shelf) -> None:
    """A long export, of which some frames are done."""
    shelf.scenes["slow.pth"] = lambda: FakeScene(seconds=0.1)
    open_and_wait(window, qtbot, Path("slow.pth"))
    answer(ExportSettings(frames=500, out=str(tmp_path / "video.mp4")))
    window.commands["export"].trigger()
    qtbot.waitUntil(lambda: window.export_bar.progress.value() >= 2, timeout=NEVER)


def test_a_cancelled_export_leaves_nothing(window: Window, qtbot: QtBot, tmp_path: Path, under_way: None) -> None:
    assert window.commands["cancel_export"].isEnabled()
    # A second one of the same file is refused while the first is under way.
    window.commands["export"].trigger()
    assert "video.mp4: is being exported already" in window.banner.text.text()
    window.export_bar.cancel.click()
    qtbot.waitUntil(lambda: window.exporting.job is None, timeout=NEVER)
    assert list(tmp_path.iterdir()) == []
    assert not window.export_bar.isVisible()
    assert "cancelled" in window.banner.text.text()


def test_an_export_into_what_is_being_written_is_refused(
    window: Window, qtbot: QtBot, tmp_path: Path, answer: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Of a long path the banner shows a part.
    monkeypatch.chdir(tmp_path)
    open_and_wait(window, qtbot, SCENE)
    out = Path("video.mp4")
    answer(ExportSettings(frames=2, out=str(out)))
    with holding(out):
        window.commands["export"].trigger()
        qtbot.waitUntil(lambda: window.exporting.job is None, timeout=NEVER)
        assert "video.mp4: is being written by another" in told(window) and not out.exists()
    assert list(tmp_path.iterdir()) == []


def test_closing_the_window_asks_before_it_ends_the_export(
    window: Window, tmp_path: Path, under_way: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []

    def question(answer: int) -> None:
        def ask(_: object, __: str, text: str, *___: object) -> int:
            said.append(text)
            return answer

        monkeypatch.setattr(QMessageBox, "question", ask)

    question(QMessageBox.StandardButton.No)
    assert not window.close() and window.isVisible() and window.exporting.job is not None
    question(QMessageBox.StandardButton.Yes)
    assert window.close() and not window.isVisible()
    assert len(said) == 2 and "Frames that are finished are kept" in said[0]
    assert [path.name for path in tmp_path.iterdir()] == [".video.mp4.frames"]


def test_the_end_of_the_session_asks_nothing(window: Window, tmp_path: Path, under_way: None) -> None:
    window.end()
    assert not window.isVisible() and [path.name for path in tmp_path.iterdir()] == [".video.mp4.frames"]


def test_a_failed_export_says_why(
    window: Window, qtbot: QtBot, tmp_path: Path, answer: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    open_and_wait(window, qtbot, SCENE)
    answer(ExportSettings(path="file", path_file="none.txt", out="video.mp4"))
    window.commands["export"].trigger()
    qtbot.waitUntil(lambda: window.exporting.job is None, timeout=NEVER)
    assert "none.txt" in told(window)
    assert list(tmp_path.iterdir()) == []


def test_the_dialog_gives_back_what_it_was_given(window: Window, qtbot: QtBot, tmp_path: Path) -> None:
    open_and_wait(window, qtbot, SCENE)
    settings = ExportSettings(
        path="circle", frames=33, fps=24.0, quality=5, channels=("rgb", "depth"), out=str(tmp_path / "a.mp4"),
        kind="h265", projection="stereo", eye_distance=0.25, depth="range",
    )  # fmt: skip
    dialog = ExportDialog(window, opened_in(window), settings, (128, 128))
    assert dialog.settings() == settings
    assert dialog.start.isEnabled()
    for box in dialog.channels.values():
        box.setChecked(False)
    assert not dialog.start.isEnabled() and dialog.note.text()
    dialog.deleteLater()


def test_unusable_memories_of_an_order_are_dropped() -> None:
    settings = ExportSettings(frames=9, channels=("depth",))
    assert ExportSettings.recall(settings.remembered()) == settings
    assert ExportSettings.recall({"frames": "many"}) == ExportSettings()
    assert ExportSettings.recall({"hologram": 1, "frames": 4}) == ExportSettings(frames=4)


@pytest.mark.parametrize(("seconds", "text"), [(0.4, "0 s"), (59, "59 s"), (200, "3 min 20 s"), (3900, "1 h 5 min")])
def test_time_is_spoken(seconds: float, text: str) -> None:
    assert human_time(seconds) == text


def test_no_file_is_replaced_unawares(
    window: Window, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_and_wait(window, qtbot, SCENE)
    for name in ("fast.mp4", "fast-2.mp4"):
        (tmp_path / name).touch()
    window.settings.update(export=ExportSettings(out=str(tmp_path / "fast.mp4")).remembered())
    proposed: list[ExportSettings] = []
    monkeypatch.setattr(app.gui.export.exporting, "ask_export", lambda _, __, settings, *___: proposed.append(settings))
    window.commands["export"].trigger()
    assert Path(proposed[0].out) == tmp_path / "fast-3.mp4"
    dialog = ExportDialog(window, opened_in(window), proposed[0], (128, 128))
    assert not dialog.note.text()
    dialog.out.setText(str(tmp_path / "fast.mp4"))
    assert "replaced" in dialog.note.text() and dialog.start.isEnabled()
    dialog.deleteLater()


def test_a_tilde_is_ones_home(window: Window, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    open_and_wait(window, qtbot, SCENE)
    monkeypatch.setenv("HOME", str(tmp_path))
    opened = opened_in(window)
    made = make_export(ExportSettings(frames=2, out="~/frames"), opened, opened.scene.start, opened.scene.up, {})
    assert made.out == tmp_path / "frames"


def test_a_preset_sets_the_size_and_says_which_it_is(window: Window, qtbot: QtBot, shelf: Shelf) -> None:
    shelf.scenes["any.pth"] = lambda: FakeScene(None)
    open_and_wait(window, qtbot, Path("any.pth"))
    dialog = ExportDialog(window, opened_in(window), ExportSettings(width=955, height=703), (955, 703))
    dialog.show()
    assert dialog.preset.currentText() == "As in the viewport"
    sizes = {}
    dialog.preset.setFocus()
    for _ in range(dialog.preset.count() - 1):
        qtbot.keyClick(dialog.preset, Qt.Key.Key_Down)
        sizes[dialog.preset.currentText()] = (dialog.settings().width, dialog.settings().height)
    assert sizes == {
        "720p": (1280, 720),
        "HD (1080p)": (1920, 1080),
        "4K": (3840, 2160),
        "Square": (1080, 1080),
        "LLFF": (1008, 756),
    }
    dialog.height_px.setValue(1000)
    assert dialog.preset.currentText() == "Custom size" and dialog.settings().width == 1008
    dialog.close()


def test_points_of_scenes_that_have_some(
    window: Window, shelf: Shelf, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Cloud(FakeScene):
        def points(self, controls: Mapping[str, float]) -> Mapping[str, Array]:
            return {"points": np.eye(3), "colours": np.full((3, 3), 0.5)}

    shelf.scenes["cloud.pth"] = Cloud
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "cloud"), ""))
    open_and_wait(window, qtbot, Path("fast.pth"))
    window.commands["export_points"].trigger()
    assert "has no points" in told(window)
    open_and_wait(window, qtbot, Path("cloud.pth"))
    window.commands["export_points"].trigger()
    qtbot.waitUntil(lambda: window.exporting.job is None, timeout=NEVER)
    assert b"element vertex 3\n" in (tmp_path / "cloud.ply").read_bytes()


@pytest.mark.parametrize("forgotten", [False, True])
def test_what_was_broken_off_is_gone_on_with(
    window: Window,
    qtbot: QtBot,
    tmp_path: Path,
    answer: Answer,
    shelf: Shelf,
    monkeypatch: pytest.MonkeyPatch,
    forgotten: bool,
) -> None:
    scenes: list[FakeScene] = []

    def slow() -> FakeScene:
        scenes.append(FakeScene(seconds=0.05))
        return scenes[-1]

    shelf.scenes["slow.pth"] = slow
    open_and_wait(window, qtbot, Path("slow.pth"))
    out = tmp_path / "slow"
    answer(ExportSettings(path="circle", frames=12, out=str(out)))
    window.commands["export"].trigger()
    qtbot.waitUntil(lambda: frames_kept(out)[0] >= 5, timeout=NEVER)
    # As where the program ends.
    window.exporting.shut_down()
    qtbot.waitUntil(lambda: window.exporting.job is None, timeout=NEVER)
    finished = frames_kept(out)[0]
    assert 5 <= finished < 12 and not out.exists()
    # One looks elsewhere by then; the path is the one that was begun.
    drag(window, qtbot, (40, 0), steps=3)
    proposed: list[ExportSettings] = []

    def ask(
        _: object, opened: Opened, settings: ExportSettings, eye_px: tuple[int, int], *rest: object
    ) -> ExportSettings:
        dialog = ExportDialog(window, opened, settings, eye_px)
        dialog.show()
        assert f"{finished} of 12 frames are there" in dialog.kinds.resume.text() and dialog.kinds.resume.isVisible()
        proposed.append(dialog.settings())
        dialog.close()
        return proposed[-1]

    monkeypatch.setattr(app.gui.export.exporting, "ask_export", ask)
    if forgotten:
        # The program ended before the order was written, or a project has an older one.
        window.settings.update(export=ExportSettings(out=str(tmp_path / "another")).remembered())
    window.commands["export"].trigger()
    assert proposed[0].resume and proposed[0].path == "circle" and proposed[0].out == str(out)
    qtbot.waitUntil(lambda: window.exporting.job is None, timeout=NEVER)
    assert len(list(out.glob("rgb_*.png"))) == 12 and [path.name for path in tmp_path.iterdir()] == ["slow"]


def test_a_paused_export_waits(window: Window, qtbot: QtBot, tmp_path: Path, under_way: None) -> None:
    bar = window.export_bar
    qtbot.mouseClick(bar.pause, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bar.left.text() == "paused", timeout=NEVER)
    qtbot.wait(400)  # what was being drawn is done by then
    done = bar.progress.value()
    qtbot.wait(400)
    assert bar.progress.value() <= done + 1
    qtbot.mouseClick(bar.pause, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bar.progress.value() > done + 2, timeout=NEVER)
    # Cancelled while it waits, it ends all the same.
    qtbot.mouseClick(bar.pause, Qt.MouseButton.LeftButton)
    bar.cancel.click()
    qtbot.waitUntil(lambda: window.exporting.job is None, timeout=NEVER)
    assert list(tmp_path.iterdir()) == []


def test_the_dialog_offers_what_place_and_scene_allow(
    window: Window, qtbot: QtBot, shelf: Shelf, tmp_path: Path
) -> None:
    shelf.scenes["any.pth"] = lambda: FakeScene(None)
    open_and_wait(window, qtbot, Path("any.pth"))
    opened = opened_in(window)
    dialog = ExportDialog(window, opened, ExportSettings(width=64, height=48), (64, 48))
    dialog.show()
    kind = dialog.kinds.kind
    titles = [kind.itemText(at) for at in range(kind.count())]
    for title in ("H.264 (.mp4)", "ProRes 4444 (.mov), can be transparent", "GIF (.gif)", "Folder: OpenEXR, float"):
        assert title in titles
    # The format follows the place's suffix, and the place the format.
    for name, title in (("a.webm", "VP9 (.webm), can be transparent"), ("b.gif", "GIF (.gif)"), ("a.mp4", titles[0])):
        dialog.out.setText(str(tmp_path / name))
        assert kind.currentText() == title
    (tmp_path / "a.mov").touch()
    kind.setFocus()
    for at, name in ((titles.index("AV1 (.mp4)"), "a.mp4"), (titles.index("H.265 (.mov)"), "a-2.mov"),
                     (titles.index("Folder: OpenEXR, float"), "a-2")):  # fmt: skip
        kind.setCurrentIndex(at)
        assert dialog.out.text() == str(tmp_path / name) and kind.currentText() == titles[at]
    assert dialog.settings().kind == "exr"
    dialog.out.setText(str(tmp_path / "a.mp4"))
    dialog.kinds.projection.setCurrentIndex(dialog.kinds.projection.findData("equirectangular"))
    assert "twice as wide as high" in dialog.note.text() and not dialog.start.isEnabled()
    dialog.width_px.setValue(96)
    assert dialog.start.isEnabled() and dialog.settings().projection == "equirectangular"
    dialog.out.setText(str(tmp_path / "a.webm"))
    assert "can't tell players" in dialog.note.text() and not dialog.start.isEnabled()
    dialog.close()


def test_exports_are_done_one_after_the_other(window: Window, qtbot: QtBot, tmp_path: Path, under_way: None) -> None:
    bar = window.export_bar
    assert not bar.waiting.isVisible()
    for name in ("second", "third"):
        window.exporting.begin(ExportSettings(frames=2, out=str(tmp_path / name)))
    assert bar.waiting.text() == "2 more" and bar.waiting.isVisible() and "video.mp4" in bar.title.text()
    # What is open by then makes no difference.
    open_and_wait(window, qtbot, SCENE)
    qtbot.mouseClick(bar.cancel, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.exporting.job is None, timeout=NEVER)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["second", "third"]
    assert bar.title.text() == "Exported third" and not bar.waiting.isVisible() and "Exported second" in told(window)


def test_quitting_begins_nothing_that_waits(
    window: Window, tmp_path: Path, under_way: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    window.exporting.begin(ExportSettings(frames=2, out=str(tmp_path / "second")))
    assert "What waits for it (1) is not begun" in window.exporting.queue.lost_by_quitting()
    window.end()
    assert [path.name for path in tmp_path.iterdir()] == [".video.mp4.frames"]
