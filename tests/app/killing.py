"""`main.py train` in processes that begin at once, one after the other, and are killed at any time step.

Of each method a few are killed in each run of the tests, and dozens by `pytest -m damaged_files`.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import random
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing import forkserver
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from typing import Any

import pytest

from app.training.runs.library import read_run
from engines.core.storage.run_folder import (
    claimed,
    is_claimed,
    is_run_folder,
)
from engines.registry import all_engines
from tests.app.same_runs import assert_same

PRELOADED = [
    "tests.app.killing",
    "app.commands.train",
    "torch.utils.tensorboard",
    "torchmetrics",
    # Imported by the first optimiser, for seconds.
    "torch._dynamo",
    "pytest",
]


OFTEN = {"checkpoint_every": 2, "validate_every": 3, "held_out_every": 4}
FEW, MANY = 2, 30
LATEST_CHANGE, LATEST_S = 24, 2.0
"""When a process is killed at the latest: its changes of files, and its seconds."""


def trainer() -> ForkServerContext:
    """Begins processes by forking one that has imported everything already."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([*PRELOADED, *(type(engine).__module__ for engine in all_engines().values())])
    before = os.environ.get("PYTHONPATH")
    # Python 3.11 does not tell it where to look for what it imports beforehand.
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
    try:
        forkserver.ensure_running()
    finally:
        os.environ.pop("PYTHONPATH") if before is None else os.environ.update(PYTHONPATH=before)
    return context


def begin(context: ForkServerContext, words: Sequence[str], dies_at: int | None = None) -> ForkServerProcess:
    """`main.py` with these words.

    Args:
        dies_at: the process is killed at that change of a file, counted from 1.
    """
    process = context.Process(target=_run, args=(list(words), dies_at))
    process.start()
    return process


def _run(words: list[str], dies_at: int | None) -> None:
    from app.cli import main

    if dies_at is not None:
        left = iter(range(dies_at - 1, -1, -1))
        # A file that is written, and has not yet taken the old one's place; one that has.
        os.fsync = _dying(os.fsync, left, _cut)
        os.replace = _dying(os.replace, left, None)
    with (
        Path(os.devnull).open("w") as nowhere,
        contextlib.redirect_stderr(nowhere),
        contextlib.redirect_stdout(nowhere),
    ):
        sys.exit(main(words))


def _dying(call: Callable[..., Any], left: Any, before: Callable[..., None] | None) -> Callable[..., Any]:
    def replaced(*arguments: Any, **named: Any) -> Any:
        last = next(left) == 0
        if last and before is not None:
            before(*arguments)
        result = call(*arguments, **named)
        if last:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    return replaced


def _cut(file: int) -> None:
    """As a power cut leaves what was not yet on the disk."""
    os.truncate(f"/proc/self/fd/{file}", os.fstat(file).st_size // 2)


@dataclass(frozen=True)
class Killed:
    """What a chain of kills met: how many, in how many runs, and how many before the run could go on."""

    kills: int
    runs: int
    at_once: int


def words(engine: str, data: Path, out: Path, chosen: Mapping[str, Any]) -> list[str]:
    """Begins the run, or goes on with it."""
    settings = [word for name, value in chosen.items() for word in ("--set", f"{name}={value}")]
    going_on = ["--resume"] if is_run_folder(out) else settings
    return ["train", str(data), "--method", engine, "--out", str(out), "--device", "cpu", *going_on]


def kill(engine: str, data: Path, folder: Path, chosen: Mapping[str, Any], count: int) -> Killed:
    """Kills processes that train, by their changes of files and by the clock, until `count` of them died of it.

    Each run that ends in spite of it is compared with one that was never killed, and another one is begun.
    """
    context, chance = trainer(), random.Random(f"{engine} {count}")
    undisturbed = begin(context, words(engine, data, folder / "undisturbed", chosen))
    undisturbed.join()
    assert undisturbed.exitcode == 0
    kills = runs = at_once = 0
    while True:
        out = folder / f"run{runs}"
        attempts = 0
        while True:
            at_change = chance.randint(1, LATEST_CHANGE) if chance.random() < 0.5 else None
            last = kills >= count
            process = begin(context, words(engine, data, out, chosen), None if last else at_change)
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


def killed_trainings(engine: str, chosen: Mapping[str, Any], data: str = "photographs") -> Callable[..., None]:
    """A test that kills trainings with the options `chosen` and `OFTEN`, a few or many, and says how many.

    Args:
        data: the fixture that is trained on.
    """
    many = pytest.param(MANY, marks=[pytest.mark.damaged_files, pytest.mark.timeout(3000)])

    @pytest.mark.slow
    @pytest.mark.parametrize("count", [FEW, many])
    def test(request: pytest.FixtureRequest, tmp_path: Path, capsys: pytest.CaptureFixture[str], count: int) -> None:
        killed = kill(engine, request.getfixturevalue(data), tmp_path, {**OFTEN, **chosen}, count)
        with capsys.disabled():
            print(  # noqa: T201
                f"\n{engine}: {killed.kills} kills in {killed.runs} runs, {killed.at_once} before the run could go on; "
                "each run as one that was never killed, to the bit"
            )
        assert killed.kills >= count

    return test
