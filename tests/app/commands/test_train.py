from __future__ import annotations

import argparse
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from app import cli
from app.commands import train
from app.training.evaluation import Evaluation, Score
from app.training.interrupting import SAME_SIGNAL_S
from app.training.loop import Report
from engines.core.engine import Stop
from engines.core.errors import UserError
from engines.core.storage.checkpoint import Checkpoint
from engines.core.storage.run_folder import read_run_training, write_run_config

SMALL = ("grid_dim=4", "max_steps=1")


def run(*words: str) -> int:
    parser = argparse.ArgumentParser()
    train.add_arguments(parser)
    return train.run(parser.parse_args([*words, "--method", "colour_grid"]))


@dataclass
class Fake:
    """Stands for `run_training`: two steps, then what the test wants."""

    then: Callable[[], object] = lambda: None
    settings: dict[str, Any] = field(default_factory=dict)
    resume: bool | None = None

    def __call__(
        self,
        engine_name: str,
        data: Path,
        out: Path,
        settings: dict[str, Any],
        device: str,
        resume: bool,
        report: Callable[[Report], None],
        stop: Stop,
        tell: Callable[[str], None],
    ) -> Checkpoint:
        self.settings, self.resume = settings, resume
        report(Report(0, 2, notes=("the grid was made to fit",)))
        report(Report(1, 2, {"l1": 0.25}))
        self.then()
        if not stop():
            report(Report(2, 2, {"l1": 0.125}, 3.0, 0.0, Evaluation((Score("a", 21.5, 0.75, 0.7),)), True))
        return Checkpoint(engine_name, {}, 1 if stop() else 2, {})


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Fake:
    made = Fake()
    monkeypatch.setattr(train, "run_training", made)
    return made


def test_trains_and_goes_on(photographs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "run"
    settings = [word for setting in SMALL for word in ("--set", setting)]
    assert run(str(photographs), "--out", str(out), "--device", "cpu", *settings) == 0
    told = capsys.readouterr()
    assert told.out.startswith(f"{out}: 1 steps, PSNR ")
    assert "step 1: held-out PSNR" in told.err
    assert run(str(photographs), "--out", str(out), "--device", "cpu", "--resume", "--set", "max_steps=2") == 0
    assert read_run_training(out).step == 2


def test_tells_the_end_and_the_notes(fake: Fake, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("data", "--out", str(tmp_path / "run"), "--set", "lr=0.001") == 0
    told = capsys.readouterr()
    assert told.out == f"{tmp_path / 'run'}: 2 steps, PSNR 21.50 dB on held-out views\n"
    assert "note: the grid was made to fit" in told.err
    assert "step 2: held-out PSNR 21.50 dB, SSIM 0.7500" in told.err
    assert (fake.settings, fake.resume) == ({"lr": 0.001}, False)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_saves_and_stops(
    fake: Fake, tmp_path: Path, capsys: pytest.CaptureFixture[str], number: signal.Signals
) -> None:
    before = signal.getsignal(number)
    fake.then = lambda: os.kill(os.getpid(), number)
    assert run("data", "--out", str(tmp_path / "run")) != 0
    assert "stopped and saved at step 1; the same command with --resume goes on" in capsys.readouterr().err
    assert signal.getsignal(number) is before


def test_a_signal_to_process_and_group_counts_once(fake: Fake, tmp_path: Path) -> None:
    def at_once() -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGTERM)

    fake.then = at_once
    assert run("data", "--out", str(tmp_path / "run")) == train.INTERRUPTED


def test_a_second_signal_ends_at_once(fake: Fake, tmp_path: Path) -> None:
    def twice() -> None:
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(SAME_SIGNAL_S + 0.1)
        os.kill(os.getpid(), signal.SIGINT)

    fake.then = twice
    with pytest.raises(KeyboardInterrupt):
        run("data", "--out", str(tmp_path / "run"))


def test_set_wins_over_config(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text("engine: colour_grid\nlr: 0.001\ngrid_dim: 4\n")
    assert train.read_settings(str(tmp_path / "own.yaml"), ["grid_dim=8"], "colour_grid") == {
        "lr": 0.001,
        "grid_dim": 8,
    }


def test_a_preset_goes_by_its_name() -> None:
    assert train.read_settings("colour_grid_preview", [], "colour_grid")["grid_dim"] == 6


def test_a_run_folders_config_is_a_config(tmp_path: Path) -> None:
    write_run_config(tmp_path, "colour_grid", Path("data"), {"grid_dim": 4, "seed": 3})
    assert train.read_settings(str(tmp_path / "config.yaml"), [], "colour_grid") == {"grid_dim": 4, "seed": 3}


def test_the_config_of_another_engine_is_refused(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text("engine: colour_film\n")
    with pytest.raises(UserError, match="is for the engine colour_film, not colour_grid"):
        train.read_settings(str(tmp_path / "own.yaml"), [], "colour_grid")


def test_a_config_that_is_not_there_lists_the_presets() -> None:
    with pytest.raises(UserError, match=r"no such file; the presets are .*colour_grid_preview"):
        train.read_settings("colour_grid_previw", [], "colour_grid")


def test_a_signal_in_the_last_step_is_too_late(
    fake: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def finish(*arguments: Any, **more: Any) -> Checkpoint:
        arguments[6](Report(2, 2, {"l1": 0.1}))
        os.kill(os.getpid(), signal.SIGINT)
        return Checkpoint("colour_grid", {}, 2, {})

    monkeypatch.setattr(train, "run_training", finish)
    assert run(str(tmp_path), "--out", str(tmp_path / "run")) == 0
    assert "2 steps" in capsys.readouterr().out


def test_the_options_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run("--options", "colour_grid")
    listed = capsys.readouterr().out
    assert ended.value.code == 0
    assert "lr=0.05\n    Learning rate of Adam." in listed
    assert "\nside_px=\n" in listed and "None" not in listed


def test_what_can_not_begin_gets_no_bar(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        cli.main(["train", str(tmp_path / "nowhere"), "--method", "colour_grid", "--out", str(tmp_path / "run")]) == 1
    )
    assert capsys.readouterr().err == f"vantage: {tmp_path / 'nowhere'}: no such folder\n"
