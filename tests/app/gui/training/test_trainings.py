"""Training beside looking: what the window shows of runs, and what it tells them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.gui.qt import QApplication, QFile, QInputDialog, QMessageBox
from app.gui.training.run_menu import RunMenu
from app.gui.window import Window
from app.settings import load_settings
from app.training.runs.messages import Ended, Failed, Live, Paused
from app.training.runs.rows import RunRow
from app.training.runs.training_request import TrainingRequest
from engines.core.errors import UserError
from engines.core.storage.run_folder import LIVE_NAME, append_history, claimed, write_run_checkpoint, write_run_config
from tests.app.gui.conftest import NEVER, Shelf, drag, open_and_wait, wait_exact
from tests.app.gui.fake_scene import FakeScene
from tests.app.gui.training.conftest import FakeRun, look_and_wait, rows
from tests.engines.core.examples import checkpoint

MakeRequest = Callable[..., TrainingRequest]
FAST = Path("fast.pth")


def opened_path(window: Window) -> Path | None:
    return window.session.opened.path if window.session.opened is not None else None


def live_and_wait(window: Window, qtbot: QtBot, run: FakeRun, step: int) -> None:
    """The run writes what it has learnt, and the window shows it."""
    before, live = window.session.opened, run.request.out / LIVE_NAME
    run.hear(Live(step))
    qtbot.waitUntil(lambda: window.session.opened is not before and opened_path(window) == live, timeout=NEVER)
    wait_exact(window, qtbot)


def menu_of(window: Window, name: str) -> tuple[RunMenu, dict[str, bool], RunRow]:
    """The context menu of a run: its entries and whether they can be chosen."""
    row = next(row for row in window.trainings.rows if row.folder.name == name)
    made = window.trainings.menu.make([row])
    entries = {action.text().replace("&", ""): action.isEnabled() for action in made.actions()}
    made.deleteLater()
    return window.trainings.menu, entries, row


def old_run(folder: Path, data: Path, step: int = 7) -> Path:
    """As `main.py train` leaves it."""
    write_run_config(folder, "colour_grid", data, {"max_steps": 9})
    append_history(folder, {"step": step, "l1": 0.5, "psnr": 20.0})
    write_run_checkpoint(folder, checkpoint(step=step))
    return folder


def test_a_run_is_followed_from_its_order_to_its_end(
    window: Window, qtbot: QtBot, runs: list[FakeRun], make_request: MakeRequest
) -> None:
    window.trainings.begin(make_request("car"))
    panel = window.trainings.panel
    assert panel is not None
    (run,) = runs
    assert panel.isVisible() and panel.state.text() == "Preparing car"
    assert rows(window)["car"][2] == "starting …"
    assert window.commands["stop_training"].isEnabled()
    run.stand(4, psnr=21.5)
    assert panel.state.text() == "Training car" and panel.progress.value() == 4
    assert "step 4 of 9" in panel.figures.text() and "PSNR 21.50 dB" in panel.figures.text()
    look_and_wait(window, qtbot, lambda: rows(window)["car"] == ("4 / 9", "21.50 dB", "training"))
    qtbot.waitUntil(lambda: list(panel.curves._curves) == ["car"], timeout=NEVER)
    run.save(9)
    run.stand(9, psnr=22.5)
    run.hear(Ended(9, False))
    assert window.banner.text.text() == "car is trained, PSNR 22.50 dB on held-out views."
    assert panel.state.text() == "No training under way" and not window.commands["stop_training"].isEnabled()
    look_and_wait(window, qtbot, lambda: rows(window)["car"] == ("9", "22.50 dB", "finished"))
    window.banner.button.click()
    qtbot.waitUntil(lambda: opened_path(window) == run.request.out, timeout=NEVER)


def test_what_is_learnt_is_seen_with_the_eye_where_it_is(
    window: Window, qtbot: QtBot, runs: list[FakeRun], make_request: MakeRequest
) -> None:
    window.trainings.begin(make_request("car"))
    (run,) = runs
    run.stand(1)
    qtbot.waitUntil(lambda: "live" in run.words, timeout=NEVER)
    live_and_wait(window, qtbot, run, 1)
    drag(window, qtbot, (60, 20))
    wait_exact(window, qtbot)
    eye = window.session.eye.shown
    live_and_wait(window, qtbot, run, 5)
    assert np.array_equal(window.session.eye.shown.camera_to_world, eye.camera_to_world)
    run.save(9)
    run.hear(Ended(9, False))
    qtbot.waitUntil(lambda: opened_path(window) == run.request.out, timeout=NEVER)
    wait_exact(window, qtbot)
    assert np.array_equal(window.session.eye.shown.camera_to_world, eye.camera_to_world)
    # What is told of the end stays until it was read, although the scene has been opened anew.
    assert window.banner.isVisible() and window.banner.text.text() == "car is trained."
    assert [Path(recent.path).name for recent in window.settings.current.recent] == ["car"]


@pytest.mark.parametrize("looked_before", [False, True])
def test_a_run_that_ends_while_its_picture_is_being_opened_is_shown_as_it_was_saved(
    window: Window, qtbot: QtBot, runs: list[FakeRun], make_request: MakeRequest, looked_before: bool
) -> None:
    window.trainings.begin(make_request("car"))
    (run,) = runs
    run.stand(1)
    if looked_before:
        live_and_wait(window, qtbot, run, 1)
    run.save(9)
    run.hear(Live(8))
    run.hear(Ended(9, False))
    out, loader = run.request.out, window.session.loader
    qtbot.waitUntil(lambda: opened_path(window) == out and loader.opening is None, timeout=NEVER)


def test_the_next_picture_is_asked_for_when_the_last_was_seen(
    window: Window, qtbot: QtBot, runs: list[FakeRun], make_request: MakeRequest
) -> None:
    open_and_wait(window, qtbot, FAST)
    window.trainings.begin(make_request("car"))
    (run,) = runs
    run.stand(1)
    qtbot.waitUntil(lambda: "live" in run.words, timeout=NEVER)
    # Longer than between two looks at a quick run: this one's step takes its time.
    window.trainings.watching.sharing._next_s -= 100
    qtbot.wait(300)
    assert run.words.count("live") == 1
    live = run.request.out / LIVE_NAME
    window.trainings.watching._shown_step = None
    run.hear(Live(1))
    qtbot.waitUntil(lambda: opened_path(window) == live, timeout=NEVER)
    wait_exact(window, qtbot)
    # It is as long until the next as this took, and more: on a busy machine too long for a test.
    qtbot.waitUntil(lambda: not window.trainings.watching.sharing._awaited, timeout=NEVER)
    window.trainings.watching.sharing._next_s -= 100
    qtbot.waitUntil(lambda: run.words.count("live") == 2, timeout=NEVER)


def test_who_opens_another_scene_is_left_in_peace(
    window: Window, qtbot: QtBot, runs: list[FakeRun], make_request: MakeRequest
) -> None:
    window.trainings.begin(make_request("car"))
    (run,) = runs
    run.stand(1)
    live_and_wait(window, qtbot, run, 1)
    open_and_wait(window, qtbot, FAST)
    run.hear(Live(5))
    qtbot.wait(100)
    assert opened_path(window) == FAST and window.trainings.watching.folder is None
    window.commands["watch_training"].trigger()
    run.stand(6)
    live_and_wait(window, qtbot, run, 6)


def test_the_run_waits_while_the_camera_moves(
    window: Window, qtbot: QtBot, runs: list[FakeRun], make_request: MakeRequest
) -> None:
    open_and_wait(window, qtbot, FAST)
    window.trainings.begin(make_request("car"))
    (run,) = runs
    run.stand(1)
    qtbot.waitUntil(lambda: not run.held, timeout=NEVER)
    drag(window, qtbot, (60, 20))
    assert run.held
    qtbot.waitUntil(lambda: not run.held, timeout=NEVER)
    # What is being saved goes before: nobody waits longer for it because of looking about.
    window.commands["stop_training"].trigger()
    drag(window, qtbot, (-60, 20))
    assert not run.held


def test_a_failure_is_told_and_stays_in_the_list(
    window: Window, qtbot: QtBot, runs: list[FakeRun], make_request: MakeRequest
) -> None:
    window.trainings.begin(make_request("car"))
    runs[0].stand(1)
    runs[0].hear(Failed("car: out of memory on CPU; begin a run with a smaller nf0 (now 64)"))
    assert window.banner.text.text() == "car: out of memory on CPU; begin a run with a smaller nf0 (now 64)"
    assert rows(window)["car"][2] == "failed"
    look_and_wait(window, qtbot, lambda: window.trainings.rows[0].run is not None)
    assert rows(window)["car"][2] == "failed"
    panel = window.trainings.panel
    assert panel is not None and "smaller nf0" in panel.runs.topLevelItem(0).toolTip(4)


def test_the_second_begins_when_the_first_has_ended(
    window: Window, qtbot: QtBot, runs: list[FakeRun], make_request: MakeRequest
) -> None:
    window.trainings.begin(make_request("car"))
    panel = window.trainings.panel
    assert panel is not None
    window.trainings.begin(make_request("van"))
    assert len(runs) == 1 and rows(window)["van"][2] == "waiting"
    assert window.banner.text.text() == "van begins when the runs before it are done."
    runs[0].stand(1)
    assert panel.figures.text().endswith("1 waiting")
    runs[0].hear(Failed("car: no"))
    assert len(runs) == 2 and runs[1].request.out.name == "van"
    assert (rows(window)["car"][2], rows(window)["van"][2]) == ("failed", "starting …")


def test_two_requests_do_not_share_a_folder(window: Window, runs: list[FakeRun], make_request: MakeRequest) -> None:
    window.trainings.begin(make_request("car"))
    window.trainings.begin(make_request("van"))
    # Nothing is there of the one that waits: its name is taken all the same.
    window.trainings.begin(make_request("van"))
    assert list(rows(window)) == ["car", "van", "van-2"]
    with pytest.raises(UserError, match="car: is in the queue already"):
        window.trainings.begin(make_request("car", resume=True))


def test_what_waits_can_be_taken_from_the_queue(
    window: Window, qtbot: QtBot, runs: list[FakeRun], make_request: MakeRequest, tmp_path: Path
) -> None:
    old_run(tmp_path / "runs" / "old", tmp_path / "data")
    window.trainings.begin(make_request("car"))
    window.trainings.begin(make_request("old", resume=True))
    window.settings.change(window.settings.current.with_run(tmp_path / "runs" / "old"))
    look_and_wait(window, qtbot, lambda: any(row.run is not None for row in window.trainings.rows[1:]))
    menu, entries, row = menu_of(window, "old")
    # Its folder has to stay where the request finds it.
    assert not entries["Rename…"] and not entries["Move to trash…"] and not entries["Resume…"]
    assert entries["Take from the queue"] and entries["Copy command line"]
    menu._withdraw(row)
    runs[0].hear(Ended(9, False))
    assert len(runs) == 1 and menu_of(window, "old")[1]["Resume…"]


def test_pause_and_go_on(window: Window, runs: list[FakeRun], make_request: MakeRequest) -> None:
    window.trainings.begin(make_request("car"))
    panel, pause = window.trainings.panel, window.commands["pause_training"]
    assert panel is not None
    (run,) = runs
    run.stand(1)
    pause.trigger()
    run.hear(Paused(True))
    assert panel.state.text() == "Paused: car" and pause.text() == "&Resume training"
    pause.trigger()
    run.hear(Paused(False))
    assert [word for word in run.words if word in ("pause", "go on")] == ["pause", "go on"]
    assert panel.state.text() == "Training car" and pause.text() == "&Pause training"
    window.commands["stop_training"].trigger()
    assert panel.state.text() == "Saving car" and "stop" in run.words
    run.save(3)
    run.hear(Ended(3, True))
    assert window.banner.text.text() == "car is saved; it can be resumed at any time."


def test_a_run_of_the_command_line_is_continued(
    window: Window, qtbot: QtBot, runs: list[FakeRun], make_request: MakeRequest, tmp_path: Path
) -> None:
    folder = old_run(tmp_path / "vantage-runs" / "old", tmp_path / "data")
    window.trainings.show_panel(True)
    look_and_wait(window, qtbot, lambda: rows(window).get("old") == ("7 / 9", "20.00 dB", "stopped"))
    _, entries, row = menu_of(window, "old")
    assert entries["Resume…"]
    go_on = window.commands["continue_training"]
    qtbot.waitUntil(go_on.isEnabled)
    go_on.trigger()
    assert row.folder == folder and not go_on.isEnabled()
    assert runs[0].request == TrainingRequest("colour_grid", tmp_path / "data", folder, settings={}, resume=True)
    assert not menu_of(window, "old")[1]["Resume…"]


@pytest.mark.usefixtures("make_request")
def test_a_finished_run_is_continued_to_more_steps(
    window: Window, qtbot: QtBot, runs: list[FakeRun], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old_run(tmp_path / "vantage-runs" / "old", tmp_path / "data", step=9)
    window.trainings.show_panel(True)
    look_and_wait(window, qtbot, lambda: "old" in rows(window))
    menu, _, row = menu_of(window, "old")
    monkeypatch.setattr(QInputDialog, "getInt", lambda *_: (0, False))
    menu.go_on(row)
    assert not runs
    monkeypatch.setattr(QInputDialog, "getInt", lambda *asked: (asked[3], True))
    menu.go_on(row)
    assert runs[0].request.settings == {"max_steps": 18}


def test_a_run_that_is_trained_elsewhere_is_left_alone(
    window: Window, qtbot: QtBot, runs: list[FakeRun], tmp_path: Path
) -> None:
    folder = old_run(tmp_path / "vantage-runs" / "old", tmp_path / "data")
    window.trainings.show_panel(True)
    with claimed(folder):
        look_and_wait(window, qtbot, lambda: rows(window).get("old", ("", "", ""))[2] == "training elsewhere")
        entries = menu_of(window, "old")[1]
        assert not any(entries[name] for name in ("Resume…", "Rename…", "Move to trash…")) and entries["Open"]
    look_and_wait(window, qtbot, lambda: rows(window)["old"][2] == "stopped")


def test_renaming(
    window: Window, qtbot: QtBot, runs: list[FakeRun], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "vantage-runs"
    old_run(home / "old", tmp_path / "data")
    window.trainings.show_panel(True)
    look_and_wait(window, qtbot, lambda: "old" in rows(window))
    menu, _, row = menu_of(window, "old")
    monkeypatch.setattr(QInputDialog, "getText", lambda *_, **__: ("a/b", True))
    made = menu.make([row])
    next(action for action in made.actions() if action.text() == "&Rename…").trigger()
    made.deleteLater()
    assert "a run's name must not" in window.banner.text.text()
    monkeypatch.setattr(QInputDialog, "getText", lambda *_, **__: ("red car", True))
    menu.rename(row)
    assert (home / "red car").is_dir() and "old" not in rows(window)
    look_and_wait(window, qtbot, lambda: "red car" in rows(window))


def test_to_the_trash(
    window: Window, qtbot: QtBot, runs: list[FakeRun], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = old_run(tmp_path / "vantage-runs" / "old", tmp_path / "data")
    window.trainings.show_panel(True)
    look_and_wait(window, qtbot, lambda: "old" in rows(window))
    menu, _, row = menu_of(window, "old")
    move = Mock(side_effect=[(True, ""), (False, "")])
    monkeypatch.setattr(QFile, "moveToTrash", move)
    monkeypatch.setattr(QMessageBox, "question", lambda *_: QMessageBox.StandardButton.No)
    menu.delete([row])
    assert not move.called
    monkeypatch.setattr(QMessageBox, "question", lambda *_: QMessageBox.StandardButton.Yes)
    menu.delete([row])
    move.assert_called_once_with(str(folder))
    assert "old" not in rows(window)
    with pytest.raises(UserError, match="there is no trash for it here"):
        menu.delete([row])


def answer(monkeypatch: pytest.MonkeyPatch, choose: Callable[[QMessageBox], object]) -> list[str]:
    """The question that closing asks; `choose` gives the button."""
    asked: list[str] = []

    def choose_button(box: QMessageBox) -> int:
        asked.append(box.text())
        button = choose(box)
        monkeypatch.setattr(box, "clickedButton", lambda: button)
        return 0

    monkeypatch.setattr(QMessageBox, "exec", choose_button)
    return asked


def test_closing_asks_and_saves_unless_told_otherwise(
    window: Window, runs: list[FakeRun], make_request: MakeRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    window.trainings.begin(make_request("car"))
    window.trainings.begin(make_request("van"))
    runs[0].stand(1)
    asked = answer(monkeypatch, lambda box: next(b for b in box.buttons() if b is not box.defaultButton()))
    window.close()
    assert window.isVisible() and "leave" not in runs[0].words
    assert "car is being trained. Quitting saves it" in asked[0] and "1 more that waits is not begun" in asked[0]
    answer(monkeypatch, lambda box: box.defaultButton())
    window.close()
    assert not window.isVisible() and "leave" in runs[0].words and len(runs) == 1


def test_closing_asks_nothing_where_nothing_is_trained(window: Window, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = answer(monkeypatch, lambda box: box.defaultButton())
    window.close()
    assert not asked and not window.isVisible()


def test_a_run_is_remembered_at_once(window: Window, runs: list[FakeRun], make_request: MakeRequest) -> None:
    window.trainings.begin(make_request("car"))
    # Not only when the window closes: it may be killed.
    assert [Path(run).name for run in load_settings().runs] == ["car"]


def test_the_command_line_of_a_run_is_copied(window: Window, runs: list[FakeRun], make_request: MakeRequest) -> None:
    window.trainings.begin(make_request("car"))
    menu, _, row = menu_of(window, "car")
    menu._copy(row)
    assert QApplication.clipboard().text() == runs[0].request.command_line()


def test_a_slow_scene_is_not_learnt_further_while_it_is_drawn(
    window: Window, qtbot: QtBot, shelf: Shelf, runs: list[FakeRun], make_request: MakeRequest
) -> None:
    shelf.scenes[LIVE_NAME] = lambda: FakeScene(seconds=0.4)
    window.trainings.begin(make_request("car"))
    (run,) = runs
    run.stand(1)
    qtbot.waitUntil(lambda: "live" in run.words, timeout=NEVER)
    live_and_wait(window, qtbot, run, 1)
    qtbot.waitUntil(lambda: not window.trainings.watching.sharing._awaited, timeout=NEVER)
    # Opening and drawing took 0.4 s at least: the next comes when that was a small share of the time.
    asked_s = next(at for at, word in run.told if word == "live")
    assert window.trainings.watching.sharing._next_s - asked_s >= 0.4 / 0.15
