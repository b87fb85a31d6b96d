"""Training from a script: inline, in a thread, interrupted, gone on with."""

from __future__ import annotations

import os
import shutil
import signal
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import vantage

import app.api.training
from app.training.runs.library import Run, read_run
from engines.core.storage.run_folder import CONFIG_NAME, append_history, read_run_training

SMALL: dict[str, Any] = {"method": "colour_grid", "device": "cpu", "grid_dim": 4}


def test_a_run_tells_how_it_went(run: vantage.TrainingRun) -> None:
    assert run.step == run.max_steps == 3 and run.finished and run.config["grid_dim"] == 4
    assert run.psnr is not None and run.psnr == run.history[-1]["psnr"] and run.history[-1]["step"] == 3
    scene = run.open(device="cpu", samples=4)
    assert scene.method == "colour_grid" and scene.step == 3 and scene.name == "run"
    assert scene.render(width=16).size_px == (16, 16)


def test_its_files_are_read_once_until_something_is_written(
    run: vantage.TrainingRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    again = vantage.TrainingRun(Path(shutil.copytree(run.folder, tmp_path / "copy")))
    read = list[Path]()

    def noted(folder: Path) -> Run | None:
        read.append(folder)
        return read_run(folder)

    monkeypatch.setattr(app.api.training, "read_run", noted)
    assert (again.step, again.max_steps, again.finished, again.psnr) == (3, 3, True, run.psnr)
    assert read == [again.folder]
    append_history(again.folder, {"step": 4, "psnr": 30.0})
    assert again.psnr == 30.0 and len(read) == 2
    (again.folder / CONFIG_NAME).unlink()
    with pytest.raises(vantage.UserError, match="no run folder, or damaged"):
        _ = again.step
    assert again == vantage.TrainingRun(again.folder) and "_seen" not in repr(again)


def test_reports_come_before_the_first_step_and_after_each(photographs: Path, tmp_path: Path) -> None:
    reports: list[vantage.Report] = []
    vantage.train(photographs, out=tmp_path / "run", max_steps=2, on_step=reports.append, **SMALL)
    assert [report.step for report in reports] == [0, 1, 2]
    assert reports[-1].losses and reports[-1].saved and reports[-1].validation is not None


@pytest.mark.parametrize("preset", ["preview", "colour_grid_preview"])
def test_a_preset_under_options(preset: str, photographs: Path, tmp_path: Path) -> None:
    run = vantage.train(
        photographs, method="colour_grid", preset=preset, out=tmp_path / "run", max_steps=1, device="cpu", up=[0, 0, 2]
    )
    assert run.config["grid_dim"] == 6 and run.max_steps == 1
    assert run.open(device="cpu").up.tolist() == [0, 0, 1]


def test_it_goes_on(photographs: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    vantage.train(photographs, out=out, max_steps=1, **SMALL)
    run = vantage.train(photographs, out=out, max_steps=2, resume=True, **SMALL)
    whole = vantage.train(photographs, out=tmp_path / "whole", max_steps=2, **SMALL)
    ours, theirs = (read_run_training(folder).weights for folder in (run.folder, whole.folder))
    assert run.step == 2 and all((ours[name] == theirs[name]).all() for name in theirs)


def test_it_stops_where_it_is_told_to(photographs: Path, tmp_path: Path) -> None:
    steps: list[int] = []

    def note(report: vantage.Report) -> None:
        steps.append(report.step)

    run = vantage.train(
        photographs, out=tmp_path / "run", max_steps=50, on_step=note, stop=lambda: len(steps) > 2, **SMALL
    )
    assert run.step == 2 and not run.finished and read_run_training(run.folder).step == 2


def test_ctrl_c_saves_and_is_raised(photographs: Path, tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGINT)

    def interrupt(report: vantage.Report) -> None:
        if report.step == 2:
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt, match="stopped and saved at step 2; the same with resume=True goes on"):
        vantage.train(photographs, out=tmp_path / "run", max_steps=50, on_step=interrupt, **SMALL)
    assert read_run_training(tmp_path / "run").step == 2 and signal.getsignal(signal.SIGINT) is before


@pytest.mark.parametrize("at_step", [0, 2])
def test_ctrl_c_again_while_the_callback_goes_on_saves_too(
    at_step: int, photographs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.training.interrupting.SAME_SIGNAL_S", 0.0)
    before, ended = signal.getsignal(signal.SIGINT), list[int]()

    def draw_slowly(report: vantage.Report) -> None:
        if report.step == at_step:
            for _ in range(2):
                os.kill(os.getpid(), signal.SIGINT)
                time.sleep(0.01)
            ended.append(report.step)

    told = f"stopped and saved at step {at_step}; the same with resume=True goes on"
    with pytest.raises(KeyboardInterrupt, match=told):
        vantage.train(photographs, out=tmp_path / "run", max_steps=50, on_step=draw_slowly, **SMALL)
    # The second one ended the callback, and nothing else.
    assert not ended and read_run_training(tmp_path / "run").step == at_step
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.parametrize("error", [ZeroDivisionError("of a script"), KeyboardInterrupt()])
def test_what_a_callback_raises_comes_when_all_is_saved(
    error: BaseException, photographs: Path, tmp_path: Path
) -> None:
    def fails(report: vantage.Report) -> None:
        if report.step == 2:
            raise error

    with pytest.raises(type(error)) as caught:
        vantage.train(photographs, out=tmp_path / "run", max_steps=50, on_step=fails, **SMALL)
    assert caught.value is error and read_run_training(tmp_path / "run").step == 2


def test_in_a_thread_of_its_own(photographs: Path, tmp_path: Path) -> None:
    begun, enough, ended = threading.Event(), threading.Event(), list[vantage.TrainingRun]()

    def learn() -> None:
        ended.append(
            vantage.train(
                photographs,
                out=tmp_path / "run",
                max_steps=10**6,
                on_step=lambda report: begun.set() if report.step else None,
                stop=enough.is_set,
                **SMALL,
            )
        )

    thread = threading.Thread(target=learn)
    thread.start()
    assert begun.wait(60)
    enough.set()
    thread.join(60)
    assert ended and ended[0].step >= 1 and not ended[0].finished


WRONG: dict[str, dict[str, Any]] = {
    "nowhere: no such folder": {"data": "nowhere"},
    "no method gridd is installed; there are": {"method": "gridd"},
    "preset fine: no such file; the presets are": {"preset": "fine"},
    "options: no field max_step; there are": {"max_step": 3},
    "options: grid_dim=1: must be greater than or equal to 2": {"grid_dim": 1},
}


@pytest.mark.parametrize("said", WRONG)
def test_what_is_wrong_is_one_line(said: str, photographs: Path, tmp_path: Path) -> None:
    arguments = {"data": photographs, "out": tmp_path / "run", **SMALL, **WRONG[said]}
    with pytest.raises(vantage.UserError) as caught:
        vantage.train(**arguments)
    assert str(caught.value).startswith(said) and "\n" not in str(caught.value)


def test_a_run_that_is_there_is_not_written_over(run: vantage.TrainingRun, photographs: Path) -> None:
    with pytest.raises(vantage.UserError, match="holds a run already; go on with it by resume=True, or name another"):
        vantage.train(photographs, out=run.folder, **SMALL)


def test_what_is_no_run_says_so(tmp_path: Path) -> None:
    with pytest.raises(vantage.UserError, match="no run folder, or damaged"):
        _ = vantage.TrainingRun(tmp_path).step
