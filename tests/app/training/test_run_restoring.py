"""A run whose folder is taken away while it trains ends with the weights it would have had."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

import pytest
from tensorboard.summary.writer.event_file_writer import EventFileWriter

from app.training import run_restoring
from app.training.loop import Report, run_training
from app.training.run_restoring import RunKept
from engines.core.engine import never_stop
from engines.core.errors import UserError
from engines.core.storage.checkpoint import Checkpoint
from engines.core.storage.run_folder import CONFIG_NAME, HISTORY_NAME, is_claimed, read_history, read_run_training
from tests.app.same_runs import equal

STEPS = {"max_steps": 4, "checkpoint_every": 4, "validate_every": 1}


def remove(folder: Path) -> None:
    """Also where the thread that writes curves makes a file there meanwhile."""
    while folder.exists():
        shutil.rmtree(folder, ignore_errors=True)


def train(data: Path, out: Path, taken: list[Path], said: list[str]) -> None:
    def report(report: Report) -> None:
        if report.step == 0:
            return
        said.extend(report.notes)
        if report.step == 2:
            for path in taken:
                remove(path) if path.is_dir() else path.unlink()

    run_training("colour_grid", data, out, STEPS, "cpu", False, report, never_stop)


@pytest.fixture(scope="module")
def whole(photographs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("whole") / "run"
    train(photographs, out, [], [])
    return out


def test_a_curve_that_had_no_file_any_more_does_no_harm(
    photographs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TensorBoard's writer writes late, in a thread of its own: on a busy machine after the folder was deleted."""
    out, said, late = tmp_path / "run", list[str](), list[str]()
    flush, restore = EventFileWriter.flush, RunKept.restore

    def restored(kept: RunKept, checkpoint: Checkpoint) -> str:
        late.append("to come")
        return restore(kept, checkpoint)

    def flushed(writer: EventFileWriter) -> None:
        if late == ["to come"]:
            late.append("came")
            raise FileNotFoundError(2, "No such file or directory")
        flush(writer)

    monkeypatch.setattr(RunKept, "restore", restored)
    monkeypatch.setattr(EventFileWriter, "flush", flushed)
    train(photographs, out, [out], said)
    assert late == ["to come", "came"] and len(said) == 1
    assert [line["step"] for line in read_history(out)] == [1, 2, 3, 4]


@pytest.mark.parametrize("taken", [".", CONFIG_NAME, HISTORY_NAME])
def test_the_folder_is_made_again(whole: Path, photographs: Path, tmp_path: Path, taken: str) -> None:
    out, said = tmp_path / "run", list[str]()
    train(photographs, out, [out / taken], said)
    assert len(said) == 1 and "was deleted; it was made again, with the weights of step 3" in said[0]
    assert (out / CONFIG_NAME).read_bytes() == (whole / CONFIG_NAME).read_bytes()
    assert [line["step"] for line in read_history(out)] == [1, 2, 3, 4]
    again, before = read_run_training(out), read_run_training(whole)
    assert again.step == 4 and equal(again.weights, before.weights)
    assert not is_claimed(out)


@pytest.mark.parametrize("curves", ["written", "late"])
def test_where_it_can_not_be_made_again_the_weights_are_saved_elsewhere(
    photographs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, curves: str
) -> None:
    """Also where the thread that writes curves notices only at the end that there is no folder any more."""
    out, home = tmp_path / "disk" / "run", tmp_path / "home"
    closed = list[str]()
    monkeypatch.setattr(run_restoring, "_rescue_homes", lambda: iter((home,)))

    def report(report: Report) -> None:
        if report.step == 2:
            remove(tmp_path / "disk")
            # As where a disk is unplugged: nothing can be made there.
            (tmp_path / "disk").write_bytes(b"")
            monkeypatch.setattr(EventFileWriter, "flush", flushed)

    flush = EventFileWriter.flush

    def flushed(writer: EventFileWriter) -> None:
        closed.append(curves)
        if curves == "late":
            raise NotADirectoryError(20, "Not a directory")
        with contextlib.suppress(OSError):
            flush(writer)

    with pytest.raises(UserError, match=r"is gone; its weights of step 3 are saved in .*run-rescued"):
        run_training("colour_grid", photographs, out, STEPS, "cpu", False, report, never_stop)
    assert closed and read_run_training(home / "run-rescued").step == 3
    assert [line["step"] for line in read_history(home / "run-rescued")] == [1, 2]
