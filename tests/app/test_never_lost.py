"""A run is never lost: killed, without room, without memory, it goes on and ends as it would have ended."""

from __future__ import annotations

import random
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from tensorboard.summary.writer.event_file_writer import EventFileWriter

from app.training import loop as training
from app.training.beginning import begin as begin_training
from app.training.loop import Report, run_training
from app.training.runs.library import read_run
from app.viewing import validation_split
from engines.core.engine import never_stop
from engines.core.errors import OutOfMemory, UserError
from engines.core.learning.optimisation import Optimisation
from engines.core.storage import run_folder
from engines.core.storage.run_folder import (
    SCENE_NAME,
    claimed,
    is_claimed,
    is_run_folder,
    read_history,
    read_run_checkpoint,
    read_run_training,
)
from tests.app.killing import begin, trainer
from tests.app.same_runs import assert_same
from tests.engines.core.examples import no_room_beyond

pytestmark = pytest.mark.slow

STEPS = 2
# So large that its checkpoint is larger than its pictures.
EACH = {"grid_dim": 24, "max_steps": STEPS, "checkpoint_every": 1, "validate_every": 1}
WRITING = ((11, 0), (14, 1))
"""At which change of a file a process is killed, and the step that is saved then.

A file changes as it is written, and as it takes the old one's place. The first process writes the configuration, twice
a photograph and a picture of the held-out view, and is killed in the middle of the training; the second takes back a
line of the history, too, and is killed when the training is there and the scene is not.
"""
RANDOM_KILLS = 2


def train(
    data: Path, out: Path, report: Callable[[Report], None] = lambda report: None, resume: bool = False, **more: Any
) -> None:
    values = more if resume else {**EACH, **more}
    run_training("colour_grid", data, out, values, "cpu", resume, report, never_stop)


@pytest.fixture(scope="module")
def whole(photographs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that nothing happened to."""
    out = tmp_path_factory.mktemp("whole") / "run"
    train(photographs, out)
    return out


@pytest.fixture(scope="module")
def half(photographs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, interrupted after its first step."""
    out = tmp_path_factory.mktemp("half") / "run"
    with pytest.raises(KeyboardInterrupt):
        train(photographs, out, report=_interrupt_at(1))
    assert read_run_training(out).step == 1
    return out


@pytest.fixture
def after_one(half: Path, tmp_path: Path) -> Path:
    """A copy of it, to go on with."""
    return shutil.copytree(half, tmp_path / "run")


def _interrupt_at(step: int) -> Callable[[Report], None]:
    def interrupt(report: Report) -> None:
        if report.step == step:
            raise KeyboardInterrupt

    return interrupt


def words(data: Path, out: Path) -> list[str]:
    """Begins the run, or goes on with it."""
    settings = [word for name, value in EACH.items() for word in ("--set", f"{name}={value}")]
    going_on = ["--resume"] if is_run_folder(out) else settings
    return ["train", str(data), "--method", "colour_grid", "--out", str(out), "--device", "cpu", *going_on]


def test_a_run_killed_at_random_and_while_it_writes_ends_as_if_nothing_had_been(
    photographs: Path, whole: Path, tmp_path: Path
) -> None:
    context, out, chance = trainer(), tmp_path / "run", random.Random(5)
    for dies_at, step in WRITING:
        process = begin(context, words(photographs, out), dies_at)
        process.join()
        assert process.exitcode == -signal.SIGKILL and not is_claimed(out)
        assert is_run_folder(out) == (step > 0)
    assert read_run_training(out).step == read_run_checkpoint(out).step == 1
    for _ in range(RANDOM_KILLS):
        process = begin(context, words(photographs, out))
        process.join(chance.uniform(0.3, 1.5))
        process.kill()
        process.join()
        # What is there can be looked at and listed at any time.
        run = read_run(out)
        assert run is not None and run.resumable and not run.training and run.step >= 1
    process = begin(context, words(photographs, out))
    process.join()
    # 1: it was there already when the last one was killed.
    assert process.exitcode in (0, 1)
    with claimed(out):
        assert_same(out, whole)


def test_only_one_process_trains_in_a_folder(photographs: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    with claimed(out), pytest.raises(UserError, match="another process is training there; stop it, or name another"):
        train(photographs, out)
    assert not is_run_folder(out)


def test_who_trains_there_while_another_reads_the_data_keeps_its_run(
    photographs: Path, after_one: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = list[bool]()

    def overtaken(*arguments: Any, **named: Any) -> Any:
        result = begin_training(*arguments, **named)
        if not done:
            done.append(True)
            train(photographs, arguments[2], resume=arguments[5])
        return result

    monkeypatch.setattr(training, "begin", overtaken)
    with pytest.raises(UserError, match="another process went on with it meanwhile, until step 2; begin once more"):
        train(photographs, after_one, resume=True)
    assert read_run_training(after_one).step == STEPS
    done.clear()
    with pytest.raises(UserError, match="holds a run already"):
        train(photographs, tmp_path / "new")
    assert read_run_training(tmp_path / "new").step == STEPS


def test_a_checkpoint_is_saved_by_the_clock(photographs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reports: list[Report] = []
    now = 0.0
    monkeypatch.setattr(time, "monotonic", lambda: now)

    def wait(report: Report) -> None:
        nonlocal now
        reports.append(report)
        now += 25.0

    options = {"max_steps": 4, "checkpoint_every": 100, "validate_every": 100, "checkpoint_minutes": 0.75}
    train(photographs, tmp_path / "run", wait, resume=False, **options)
    assert [report.saved for report in reports] == [False, False, True, False, True]


def no_room(*_: object, **__: object) -> None:
    raise OSError(28, "No space left on device")


def no_room_for_file(path: Path, *_: object) -> None:
    raise UserError(f"{path}: can't be written (No space left on device)")


FULL = (
    (EventFileWriter, "add_event", no_room),
    (validation_split, "write_png", no_room),
    (training, "append_history", no_room),
    (run_folder, "write_torch_file", no_room_for_file),
    (run_folder, "write_scene_file", no_room_for_file),
)


def test_a_full_disk_is_one_line_wherever_it_is_met_and_the_run_goes_on(
    photographs: Path, whole: Path, after_one: Path
) -> None:
    for place, name, fails in FULL:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(place, name, fails)
            with pytest.raises(UserError, match=r"can't be written(, the disk is full| \(No space left)"):
                train(photographs, after_one, resume=True)
        assert not is_claimed(after_one)
    # The last met it after the training had been saved.
    with pytest.raises(UserError, match="has done all its 2 steps"):
        train(photographs, after_one, resume=True)
    assert_same(after_one, whole)


def test_a_disk_that_is_really_full(photographs: Path, whole: Path, after_one: Path) -> None:
    # Room for the configuration and a line of history, not for a checkpoint.
    with pytest.raises(UserError, match=r"can't be written"), no_room_beyond(100_000):
        train(photographs, after_one, resume=True)
    assert read_run_training(after_one).step == 1
    train(photographs, after_one, resume=True)
    assert_same(after_one, whole)


MEMORY_ENDS = (
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
    MemoryError(),
    RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 9"),
    RuntimeError("MPS backend out of memory"),
)


def test_without_memory_it_says_what_to_lower_and_goes_on_later(
    photographs: Path, whole: Path, after_one: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = r"on CPU.*smaller rays_per_step \(now \(64,\)\), grid_dim \(now 24\).*--resume: the last checkpoint"
    for error in MEMORY_ENDS:
        monkeypatch.setattr(Optimisation, "step", _failing(error))
        with pytest.raises(OutOfMemory, match=told):
            train(photographs, after_one, resume=True)
        assert read_run_training(after_one).step == 1 and not is_claimed(after_one)
    monkeypatch.undo()
    train(photographs, after_one, resume=True)
    assert_same(after_one, whole)


def _failing(error: Exception) -> Callable[..., None]:
    def fail(*_: object) -> None:
        raise error

    return fail


def test_without_memory_from_the_beginning_nothing_is_left(
    photographs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Optimisation, "step", _failing(torch.OutOfMemoryError("CUDA out of memory")))
    with pytest.raises(OutOfMemory, match=r"grid_dim \(now 24\), or use another device$"):
        train(photographs, tmp_path / "run")
    assert not is_run_folder(tmp_path / "run")
    monkeypatch.undo()
    train(photographs, tmp_path / "run", max_steps=1)


def test_a_programmers_mistake_is_not_taken_for_it(
    photographs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Optimisation, "step", _failing(RuntimeError("mat1 and mat2 can't be multiplied")))
    with pytest.raises(RuntimeError, match="can't be multiplied"):
        train(photographs, tmp_path / "run")
    assert not is_claimed(tmp_path / "run")


@pytest.fixture
def killed_between(whole: Path, after_one: Path) -> Iterator[Path]:
    """A run that was killed after the one file of its last checkpoint and before the other."""
    shutil.copy(whole / "training.pt", after_one / "training.pt")
    yield after_one


@pytest.mark.parametrize("scene", ["older", "missing", "damaged"])
def test_a_scene_that_is_behind_its_checkpoint_is_made_anew(
    photographs: Path, killed_between: Path, scene: str
) -> None:
    path = killed_between / SCENE_NAME
    if scene == "missing":
        path.unlink()
    if scene == "damaged":
        path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(UserError, match="has done all its 2 steps; raise max_steps"):
        train(photographs, killed_between, resume=True)
    assert read_run_checkpoint(killed_between).step == STEPS


def test_lines_of_a_history_that_make_no_sense_do_no_harm(photographs: Path, whole: Path, after_one: Path) -> None:
    with (after_one / "history.jsonl").open("ab") as file:
        file.write(b'{"step": "three"}\n{"step": null}\n{}\n\x00\x00\x00\n{"step": 7}\n{"step": 2, "l')
    train(photographs, after_one, resume=True)
    assert_same(after_one, whole)


def test_lines_stand_where_they_would_have_stood(photographs: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    train(photographs, out, max_steps=3, validate_every=100, checkpoint_every=100)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "HISTORY_EVERY", 2)
        train(photographs, out, resume=True, max_steps=7)
    # The last step of each attempt is validated.
    assert [entry["step"] for entry in read_history(out)] == [3, 4, 6, 7]
