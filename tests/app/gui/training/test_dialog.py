"""The training dialog on real data folders; what is measured is made up."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.capture.colmap.structure_from_motion import SfmProgress, SfmResult
from app.gui.qt import QApplication, QLineEdit, QMessageBox, Qt
from app.gui.training import dialog, poses_part
from app.gui.training.dialog import TrainDialog
from app.gui.window import Window
from app.training import presets
from app.training.runs.measure import Estimate
from app.training.runs.training_request import TrainingRequest
from engines.core.data.images import write_png
from engines.core.engine import Stop
from engines.core.errors import Cancelled, UserError
from tests.engines.core.examples import write_part

SOON = 60_000


@pytest.fixture
def asked(window: Window, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot) -> Iterator[TrainDialog]:
    """The dialog, shown, with nothing chosen; a step takes half a second."""

    def measured(request: TrainingRequest, stop: Stop) -> Estimate:
        return Estimate(7260.0, (0.5,), 2.0, 2 * 10**9, 8 * 10**9, 10**8, 10**10, ("the grid was made to fit",))

    monkeypatch.setattr(dialog, "measure_request", measured)
    monkeypatch.setattr(dialog, "runs_home", lambda settings: tmp_path / "runs")
    shown = TrainDialog(window, busy=False)
    shown.show()
    yield shown
    shown.done(TrainDialog.DialogCode.Rejected)
    shown.deleteLater()
    QApplication.processEvents()


def choose(shown: TrainDialog, qtbot: QtBot, folder: Path) -> None:
    """Chooses data, waits until it is read, and chooses the method that the tests bring."""
    shown.data.choose(folder)
    qtbot.waitUntil(lambda: shown.how.method.isEnabled() and shown.how.method.currentData() is not None, timeout=SOON)
    shown.how.method.setCurrentIndex(shown.how.method.findData("colour_grid"))


def type_into(edit: QLineEdit, text: str) -> None:
    edit.setText(text)
    edit.editingFinished.emit()


def option(shown: TrainDialog, name: str) -> QLineEdit:
    """The field of an option that is written."""
    edit = shown.how.options.field(name)
    assert isinstance(edit, QLineEdit)
    return edit


def test_nothing_can_begin_without_data(asked: TrainDialog) -> None:
    assert not asked.start.isEnabled() and not asked.how.method.isEnabled()
    assert asked.notes.text() == "Choose the folder to train on."


def test_it_says_which_methods_can_learn_and_what_would_be_typed(
    asked: TrainDialog, qtbot: QtBot, photographs: Path, tmp_path: Path
) -> None:
    choose(asked, qtbot, photographs)
    assert asked.how.method.currentData() == "colour_grid" and asked.start.isEnabled()
    greyed = asked.how.method.model().item(asked.how.method.findData("colour_film"))
    assert not greyed.isEnabled() and "Colour film: nothing moves" in asked.how.why.text()
    assert asked.how.preset.currentText() == "Preview" and asked.how.steps.value() == 5000
    out = tmp_path / "runs" / f"{photographs.name}-colour_grid"
    assert shlex.split(asked.command.text()) == [
        "./vantage", "train", str(photographs), "--method", "colour_grid", "--out", str(out), "--config",
        "colour_grid_preview",
    ]  # fmt: skip
    qtbot.waitUntil(lambda: "2 h 1 min" in asked.time.text(), timeout=SOON)
    assert "2.0 GB of 8.0 GB memory" in asked.time.text()
    assert asked.notes.text() == "The grid was made to fit." and not asked.wrong.isVisible()


def test_options_that_were_changed_are_ordered(asked: TrainDialog, qtbot: QtBot, photographs: Path) -> None:
    choose(asked, qtbot, photographs)
    asked.how.steps.setValue(70)
    type_into(option(asked, "lr"), "2e-5")
    assert asked.form.request().settings == {"max_steps": 70, "lr": 2e-5}
    assert asked.command.text().endswith("--set max_steps=70 --set lr=2.0e-05")
    type_into(option(asked, "lr"), "-1")
    assert not asked.start.isEnabled() and "lr=-1" in asked.wrong.text()
    # The preset's own value needs not be said.
    type_into(option(asked, "lr"), "0.02")
    assert asked.form.request().settings == {"max_steps": 70}
    asked.how.preset.setCurrentIndex(asked.how.preset.count() - 1)
    assert asked.form.request().preset == "" and asked.form.request().settings == {}


def test_what_the_data_asks_for_is_ordered(asked: TrainDialog, qtbot: QtBot, tmp_path: Path) -> None:
    choose(asked, qtbot, write_part(tmp_path / "two", views=2))
    assert asked.form.request().settings == {"sampling": "even"}


def test_a_preset_of_ones_own_is_offered_and_one_that_can_not_be_is_told(
    asked: TrainDialog, qtbot: QtBot, photographs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presets, "FOLDER", tmp_path)
    (tmp_path / "cups_preview.yaml").write_text("# Cups on a table.\nengine: colour_grid\nmax_steps: 30\n")
    (tmp_path / "colour_grid_preview.yaml").write_text("engine: colour_grid\n")
    choose(asked, qtbot, photographs)
    titles = [asked.how.preset.itemText(index) for index in range(asked.how.preset.count())]
    assert titles == ["Preview", "Preview (cups)", "Standard (fine)", "Colours only", "Defaults of the method"]
    asked.how.preset.setCurrentIndex(1)
    assert asked.form.request().preset == "cups_preview" and asked.how.steps.value() == 30
    assert asked.how.about.text().splitlines() == [
        "Cups on a table.",
        f"{tmp_path}/colour_grid_preview.yaml: a preset of Colour grid is called colour_grid_preview; rename the file",
    ]


def test_a_folder_that_is_there_is_not_overwritten(
    asked: TrainDialog, qtbot: QtBot, photographs: Path, tmp_path: Path
) -> None:
    taken = tmp_path / "runs" / f"{photographs.name}-colour_grid"
    taken.mkdir(parents=True)
    (taken / "notes.txt").touch()
    choose(asked, qtbot, photographs)
    assert asked.form.request().out == taken.with_name(taken.name + "-2")
    asked.how.out.setText(taken.name)
    assert not asked.start.isEnabled() and f"{taken} is there already" in asked.wrong.text()


def test_what_can_not_be_measured_can_not_begin(
    asked: TrainDialog, qtbot: QtBot, photographs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(request: TrainingRequest, stop: Stop) -> Estimate:
        raise UserError("out of memory on CPU; begin a run with a smaller grid_dim (now 24)")

    monkeypatch.setattr(dialog, "measure_request", refused)
    choose(asked, qtbot, photographs)
    qtbot.waitUntil(lambda: "smaller grid_dim" in asked.wrong.text(), timeout=SOON)
    assert not asked.start.isEnabled() and asked.time.text() == ""


def test_what_will_not_fit_is_said(
    asked: TrainDialog, qtbot: QtBot, photographs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tight = Estimate(60.0, (0.5,), 0.0, 79 * 10**8, 8 * 10**9, 10**8, 10**8)
    monkeypatch.setattr(dialog, "measure_request", lambda request, stop: tight)
    choose(asked, qtbot, photographs)
    qtbot.waitUntil(lambda: "It won't fit" in asked.wrong.text(), timeout=SOON)
    assert "memory will hardly suffice" in asked.wrong.text() and "the disk has no room" in asked.wrong.text()


def test_enter_in_a_field_does_not_begin(asked: TrainDialog, qtbot: QtBot, photographs: Path) -> None:
    choose(asked, qtbot, photographs)
    asked.how.out.setFocus()
    qtbot.keyClick(asked.how.out, Qt.Key.Key_Return)
    assert asked.isVisible()


def plain(folder: Path, photographs: Path) -> Path:
    """Three photographs without cameras."""
    folder.mkdir()
    for path in sorted((photographs / "train" / "rgb").iterdir())[:3]:
        shutil.copy(path, folder)
    return folder


def test_cameras_are_found_for_plain_photographs(
    asked: TrainDialog, qtbot: QtBot, photographs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = plain(tmp_path / "plain", photographs)

    def find(where: Path, on_progress: object, stop: Stop, video: bool | None, overwrite: bool) -> SfmResult:
        assert where == folder and video is None and callable(on_progress)
        on_progress(SfmProgress("matches", 2, 3))
        for name in ("train", "validation"):
            if (photographs / name).exists():
                shutil.copytree(photographs / name, folder / name)
        for path in folder.glob("*.png"):
            path.unlink()
        for path in photographs.glob("*.txt"):
            shutil.copy(path, folder)
        written = (folder / "sparse" / "0", folder / "transforms.json")
        return SfmResult(3, ("2.png",), 40, written, ("no camera was found for 2.png",), ("it repeats",))

    monkeypatch.setattr(poses_part, "find_poses", find)
    asked.data.choose(folder)
    qtbot.waitUntil(lambda: asked.data.poses.estimate.isVisible(), timeout=SOON)
    assert not asked.start.isEnabled()
    asked.data.poses.estimate.click()
    qtbot.waitUntil(lambda: asked.start.isEnabled(), timeout=SOON)
    assert asked.data.poses.stage.text().splitlines() == [
        "Camera poses were found for 2 of 3 images.",
        "No camera was found for 2.png.",
        "Warning: it repeats.",
    ]
    assert asked.form.request().data == folder


def test_finding_cameras_can_be_stopped_and_may_fail(
    asked: TrainDialog, qtbot: QtBot, photographs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, stopped = plain(tmp_path / "plain", photographs), list[bool]()

    def find(where: Path, on_progress: object, stop: Stop, video: bool | None, overwrite: bool) -> SfmResult:
        while not stop():
            pass
        stopped.append(True)
        raise Cancelled

    monkeypatch.setattr(poses_part, "find_poses", find)
    asked.data.choose(folder)
    qtbot.waitUntil(lambda: asked.data.poses.estimate.isVisible(), timeout=SOON)
    asked.data.poses.estimate.click()
    assert asked.data.poses.estimate.text() == "Stop" and asked.data.poses.bar.isVisible()
    asked.data.poses.estimate.click()
    qtbot.waitUntil(lambda: stopped == [True], timeout=SOON)
    assert (
        "goes on from there" in asked.data.poses.stage.text()
        and asked.data.poses.estimate.text() == "Estimate camera poses (COLMAP)"
    )

    def fail(*_: object) -> SfmResult:
        raise UserError("no cameras could be found")

    monkeypatch.setattr(poses_part, "find_poses", fail)
    asked.data.poses.estimate.click()
    qtbot.waitUntil(lambda: asked.data.poses.stage.text() == "no cameras could be found", timeout=SOON)
    assert asked.data.poses.estimate.isEnabled() and not asked.data.poses.bar.isVisible()


def test_cameras_that_are_there_are_replaced_only_when_the_question_is_answered_so(
    asked: TrainDialog, qtbot: QtBot, photographs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, told, answers = (
        plain(tmp_path / "plain", photographs),
        list[bool](),
        [QMessageBox.StandardButton.No, QMessageBox.StandardButton.Yes],
    )
    (folder / "poses_bounds.npy").write_bytes(b"mine")
    texts = list[str]()

    def find(where: Path, on_progress: object, stop: Stop, video: bool | None, overwrite: bool) -> SfmResult:
        told.append(overwrite)
        raise UserError("it ended")

    def question(parent: object, title: str, text: str, *_: object) -> object:
        texts.append(text)
        return answers.pop(0)

    monkeypatch.setattr(poses_part, "find_poses", find)
    monkeypatch.setattr(QMessageBox, "question", question)
    asked.data.poses.offer(folder)
    asked.data.poses.estimate.click()
    assert not asked.data.poses._posing.busy and "poses_bounds.npy already" in texts[0]
    asked.data.poses.estimate.click()
    qtbot.waitUntil(lambda: told == [True], timeout=SOON)
    qtbot.waitUntil(lambda: asked.data.poses.stage.text() == "it ended", timeout=SOON)


def test_a_folder_of_other_things_is_told_apart(asked: TrainDialog, qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "notes.txt").touch()
    asked.data.choose(tmp_path / "other")
    qtbot.waitUntil(lambda: not asked.data._inspecting.busy, timeout=SOON)
    assert not asked.start.isEnabled() and not asked.data.poses.estimate.isVisible()
    write_png(tmp_path / "one" / "a.png", np.zeros((32, 32, 3), np.uint8))
    asked.data.choose(tmp_path / "none")
    qtbot.waitUntil(lambda: "no such folder" in asked.data.poses.stage.text(), timeout=SOON)
    assert asked.data.poses.stage.property("role") == "warning"
    asked.data.poses.say("something to know")
    assert asked.data.poses.stage.property("role") == "muted"


@pytest.mark.parametrize(
    ("text", "said"), [("~nobody-of-that-name/run", "nobody of that name"), ("a" * 300, "too long")]
)
def test_a_run_folder_that_can_not_be_is_refused_in_plain_words(
    asked: TrainDialog, photographs: Path, qtbot: QtBot, text: str, said: str
) -> None:
    asked.form.home.mkdir()
    choose(asked, qtbot, photographs)
    asked.how.out.setText(text)
    assert said in asked.wrong.text() and not asked.start.isEnabled()


def test_nothing_is_measured_any_more_once_it_is_closed(asked: TrainDialog, photographs: Path, qtbot: QtBot) -> None:
    choose(asked, qtbot, photographs)
    asked.accept()
    assert not asked._settle.isActive()


def test_a_home_of_nobody_is_refused_where_data_is_typed(asked: TrainDialog) -> None:
    asked.data.path.setText("~nobody-of-that-name")
    asked.data.path.returnPressed.emit()
    assert "nobody of that name" in asked.data.poses.stage.text()
