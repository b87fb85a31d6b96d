"""A training of any method that is killed again and again ends as the one that nothing happened to, to the bit."""

from __future__ import annotations

import random
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from app.cli import main
from app.runs.library import read_run
from engines.core.run_folder import claimed, is_claimed, is_run_folder
from tests.app.killing import begin, trainer
from tests.app.test_never_lost import assert_same
from tests.app.test_training import SMALL

OFTEN = {"checkpoint_every": 2, "validate_every": 3, "held_out_every": 4}
METHODS: Mapping[str, dict[str, Any]] = {
    "deepvoxels": {**SMALL, **OFTEN, "max_steps": 6},
    "srn": {
        **OFTEN, "fit_single_srn": True, "img_sidelengths": [16, 32], "max_steps_per_img_sidelength": [4, 4],
        "batch_size_per_img_sidelength": [2, 1], "tracing_steps": 2, "max_steps": 8,
    },
    "mask_volume": {**OFTEN, "img_wh": [64, 40], "crop_px": 16, "max_steps": 6},
}  # fmt: skip
FEW, MANY = 2, 30
LATEST_CHANGE, LATEST_S = 24, 2.0
"""When a process is killed at the latest: its changes of files, and its seconds."""


@dataclass(frozen=True)
class Killed:
    """What a chain of kills met: how many, in how many runs, and how many before the run could go on."""

    kills: int
    runs: int
    at_once: int


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A moving scene by 10 cameras, 64 pixels wide."""
    folder = tmp_path_factory.mktemp("recording") / "street"
    assert main(["sample", str(folder), "--format", "llff", "--size", "64", "--frames", "2", "--samples", "1"]) == 0
    return folder


def words(engine: str, data: Path, out: Path) -> list[str]:
    """Begins the run, or goes on with it."""
    settings = [word for name, value in METHODS[engine].items() for word in ("--set", f"{name}={value}")]
    going_on = ["--resume"] if is_run_folder(out) else settings
    return ["train", str(data), "--engine", engine, "--out", str(out), "--device", "cpu", *going_on]


def kill(engine: str, data: Path, folder: Path, count: int) -> Killed:
    """Kills processes that train, by their changes of files and by the clock, until `count` of them died of it.

    Each run that ends in spite of it is compared with one that was never killed, and another one is begun.
    """
    context, chance = trainer(), random.Random(f"{engine} {count}")
    undisturbed = begin(context, words(engine, data, folder / "undisturbed"))
    undisturbed.join()
    assert undisturbed.exitcode == 0
    kills = runs = at_once = 0
    while True:
        out = folder / f"run{runs}"
        attempts = 0
        while True:
            at_change = chance.randint(1, LATEST_CHANGE) if chance.random() < 0.5 else None
            last = kills >= count
            process = begin(context, words(engine, data, out), None if last else at_change)
            process.join(None if last or at_change is not None else chance.uniform(0.2, LATEST_S))
            process.kill()
            process.join()
            attempts += 1
            if process.exitcode != -signal.SIGKILL:
                break
            kills += 1
            assert not is_claimed(out)
            at_once += not is_run_folder(out)
            run = read_run(out) if is_run_folder(out) else None
            assert run is None or (run.resumable and not run.training)
        # 1: it was there already when the last one was killed.
        assert process.exitcode == 0 or (process.exitcode == 1 and attempts > 1)
        runs += 1
        with claimed(out):
            assert_same(out, folder / "undisturbed")
        if kills >= count:
            return Killed(kills, runs, at_once)


def tried(
    engine: str, photographs: Path, recording: Path, folder: Path, count: int, capsys: pytest.CaptureFixture[str]
) -> None:
    killed = kill(engine, recording if engine == "mask_volume" else photographs, folder, count)
    with capsys.disabled():
        print(  # noqa: T201
            f"\n{engine}: {killed.kills} kills in {killed.runs} runs, {killed.at_once} of them before the run could "
            "go on; each run as one that was never killed, to the bit"
        )
    assert killed.kills >= count


# Of DeepVoxels, the slowest, tests/app/test_never_lost.py kills some in each run of the tests.
@pytest.mark.parametrize("engine", ["srn", "mask_volume"])
def test_a_training_that_was_killed_a_few_times_is_the_one_that_was_not(
    engine: str, photographs: Path, recording: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tried(engine, photographs, recording, tmp_path, FEW, capsys)


@pytest.mark.damaged_files
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("engine", METHODS)
def test_a_training_that_was_killed_many_times_is_the_one_that_was_not(
    engine: str, photographs: Path, recording: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tried(engine, photographs, recording, tmp_path, MANY, capsys)
