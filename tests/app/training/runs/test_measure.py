"""How long a training takes, before it begins."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

from app import cli
from app.commands import train
from app.training.runs import measure as measuring
from app.training.runs import run_process
from app.training.runs.measure import Estimate, measure
from app.training.runs.measuring import measure_request
from app.training.runs.messages import Ended, Failed, Message, to_line
from app.training.runs.training_request import TrainingRequest
from engines.core.engine import never_stop
from engines.core.errors import Cancelled, OutOfMemory, UserError
from engines.core.learning.optimisation import Optimisation
from tests.app.commands.test_train import run

STAGES = {"rays_per_step": [64, 64 * 256], "stage_steps": [6], "max_steps": 16, "side_px": 128}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring, "BUDGET_S", 1.0)


def measured(engine: str, data: Path, out: Path, **settings: Any) -> Estimate:
    return measure(engine, data, out, settings, "cpu", never_stop)


def assert_plausible(found: Estimate) -> None:
    assert found.seconds > 0 and all(each > 0 for each in found.step_seconds)
    assert found.memory_there_bytes is not None and 2**20 < found.memory_bytes < found.memory_there_bytes
    assert 0 < found.disk_bytes < found.disk_free_bytes


def test_each_stage_costs_its_own(photographs: Path, tmp_path: Path) -> None:
    found = measured("colour_grid", photographs, tmp_path / "run", **STAGES)
    first, second = found.step_seconds
    # 256 times the rays.
    assert second > 2 * first
    assert_plausible(found)
    # Two validations would be one too many: none but the last step is one to validate at.
    assert found.seconds == pytest.approx(6 * first + 10 * second + found.validation_seconds)
    assert list(tmp_path.iterdir()) == []


def test_a_recording_is_measured(tmp_path: Path) -> None:
    words = ["sample", str(tmp_path / "data"), "--format", "llff", "--size", "32", "--frames", "2", "--samples", "1"]
    assert cli.main(words) == 0
    found = measured("colour_film", tmp_path / "data", tmp_path / "run", max_steps=1)
    assert_plausible(found)
    assert len(found.step_seconds) == 1 and not (tmp_path / "run").exists()


def test_a_run_of_one_stage_is_measured(photographs: Path, tmp_path: Path) -> None:
    found = measured("colour_grid", photographs, tmp_path / "none", max_steps=12, validate_every=6)
    assert_plausible(found)
    assert len(found.step_seconds) == 1 and found.validation_seconds > 0
    assert found.seconds == pytest.approx(12 * found.step_seconds[0] + 2 * found.validation_seconds)


def test_stages_that_a_short_run_does_not_come_to_are_left_out(photographs: Path, tmp_path: Path) -> None:
    found = measured("colour_grid", photographs, tmp_path / "run", **{**STAGES, "max_steps": 6})
    assert len(found.step_seconds) == 1
    assert found.seconds == pytest.approx(6 * found.step_seconds[0] + found.validation_seconds)


def test_the_command_tells_and_writes_nothing(
    photographs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = [word for name, value in {"max_steps": 9}.items() for word in ("--set", f"{name}={value}")]
    out = tmp_path / "new" / "run"
    assert run(str(photographs), "--out", str(out), "--device", "cpu", "--measure", *settings) == 0
    told = capsys.readouterr().out
    assert [line.split()[0] for line in told.splitlines() if line.strip()] == ["time", "memory", "disk"]
    assert "a step, " in told and "a validation" in told
    assert not out.parent.exists()


def test_a_run_that_goes_on_is_not_measured(photographs: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="--measure: measures a new run; leave out --resume"):
        run(str(photographs), "--out", str(tmp_path / "run"), "--measure", "--resume")


def test_what_does_not_fit_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tight = Estimate(1.0, (1.0,), 0.0, 95, 100, 60, 100)
    assert tight.obstacles() == ("memory will hardly suffice", "the disk has no room for its checkpoints")
    assert Estimate(1.0, (1.0,), 0.0, 90, 100, 50, 100).obstacles() == ()
    assert Estimate(1.0, (1.0,), 0.0, 2**50, None, 50, 100).obstacles() == ()
    monkeypatch.setattr(train, "measure", lambda *_: tight)
    with pytest.raises(UserError, match=r"memory will hardly suffice and the disk has no room.*; lower the options"):
        run("data", "--out", str(tmp_path / "run"), "--measure")


def test_a_measurement_can_be_stopped(photographs: Path, tmp_path: Path) -> None:
    with pytest.raises(Cancelled):
        measure("colour_grid", photographs, tmp_path / "run", {}, "cpu", lambda: True)


def test_without_memory_it_says_what_to_lower(
    photographs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(Optimisation, "step", fail)
    with pytest.raises(OutOfMemory, match=r"out of memory on CPU.*; begin a run with a smaller rays_per_step"):
        measured("colour_grid", photographs, tmp_path / "run")


def test_measuring_beside_the_window(photographs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    request = TrainingRequest("colour_grid", photographs, tmp_path / "run", settings={"max_steps": 3}, device="cpu")
    assert_plausible(measure_request(request, never_stop))
    assert not (tmp_path / "run").exists()
    for code, error, told in (
        ("import time; time.sleep(600)", Cancelled, "^$"),
        (f"print({to_line(Failed('data: no such folder'))!r})", UserError, "^data: no such folder$"),
        (f"print({to_line(Ended(0, False))!r})", UserError, "^run: the measurement ended without a result$"),
    ):
        monkeypatch.setattr(run_process, "command", lambda words, code=code: [sys.executable, "-c", code])
        with pytest.raises(error, match=told):
            measure_request(request, never_stop if error is UserError else lambda: True)


def test_a_measurement_that_was_killed_says_what_to_lower(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Killed:
        def __init__(self, request: TrainingRequest, hear: Callable[[Message], None], more: Sequence[str]) -> None:
            assert more == ("--measure",)
            hear(Failed("the training was killed", killed=True))

        def wait(self, seconds: float) -> bool:
            return True

    monkeypatch.setattr("app.training.runs.measuring.RunProcess", Killed)
    with pytest.raises(UserError, match="memory ran out; lower rays_per_step, grid_dim"):
        measure_request(TrainingRequest("colour_grid", tmp_path, tmp_path / "run"), never_stop)
