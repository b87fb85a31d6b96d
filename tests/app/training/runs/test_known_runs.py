"""Runs that are known: under way, waiting, ended, and on the disk."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from app.training.runs.known_runs import KnownRuns
from app.training.runs.messages import Standing
from app.training.runs.queue import RunQueue
from app.training.runs.training_request import TrainingRequest
from engines.core.errors import UserError
from tests.app.training.runs.listed import job, run
from tests.app.training.runs.test_queue import Process


def request(folder: Path, resume: bool = False) -> TrainingRequest:
    return TrainingRequest("colour_grid", Path("data"), folder, resume=resume)


@pytest.fixture
def queue() -> RunQueue:
    return RunQueue(Process, lambda job: None)


@pytest.fixture
def known(queue: RunQueue) -> KnownRuns:
    return KnownRuns(queue)


def names(known: KnownRuns) -> list[str]:
    return [row.folder.name for row in known.rows]


def test_jobs_come_first_then_what_ended_then_the_disk(known: KnownRuns, queue: RunQueue, tmp_path: Path) -> None:
    queue.add(request(tmp_path / "now"))
    queue.add(request(tmp_path / "next"))
    known.find([run(tmp_path / "old"), run(tmp_path / "now")])
    for name in ("first", "second"):
        assert known.end(replace(job(tmp_path / name, "failed"), text="no memory"))
    assert names(known) == ["now", "next", "second", "first", "old"]
    known.begin(request(tmp_path / "first"))
    known.forget(tmp_path / "old")
    assert names(known) == ["now", "next", "second"]


def test_what_was_withdrawn_before_it_began_leaves_nothing(known: KnownRuns, tmp_path: Path) -> None:
    assert not known.end(job(tmp_path / "a", "stopped")) and known.rows == []
    assert known.end(job(tmp_path / "a", "stopped", 3)) and names(known) == ["a"]


def test_a_run_whose_folder_was_deleted_is_none_any_more(known: KnownRuns, tmp_path: Path) -> None:
    known.end(job(tmp_path / "gone", "finished", 9))
    known.end(job(tmp_path / "never_began", "failed"))
    known.find([])
    assert names(known) == ["never_began"]


def test_two_requests_have_folders_of_their_own(known: KnownRuns, queue: RunQueue, tmp_path: Path) -> None:
    wanted = request(tmp_path / "car")
    assert known.with_own_folder(wanted) is wanted
    queue.add(wanted)
    other = known.with_own_folder(request(tmp_path / "car"))
    assert other.out.parent == tmp_path and other.out.name != "car"
    with pytest.raises(UserError, match="car: is in the queue already"):
        known.with_own_folder(request(tmp_path / "car", resume=True))


def test_notes_are_told_once_and_what_was_assumed_at_the_start_never(known: KnownRuns, tmp_path: Path) -> None:
    waiting = job(tmp_path / "a", "starting")
    assert known.new_notes(waiting) == ()
    first = replace(waiting, last=Standing(1, 9, {}, None, None, False, 0), notes=("no masks",))
    assert known.new_notes(first) == ()
    later = replace(first, notes=("no masks", "a photograph can't be read"))
    assert known.new_notes(later) == ("a photograph can't be read",)
    assert known.new_notes(later) == ()


def test_a_run_that_is_trained_again_notes_anew(known: KnownRuns, tmp_path: Path) -> None:
    first = replace(job(tmp_path / "a", "running"), last=Standing(1, 9, {}, None, None, False, 0), notes=("one", "two"))
    assert known.new_notes(first) == ()
    known.begin(request(tmp_path / "a", resume=True))
    again = replace(first, notes=("three",))
    assert known.new_notes(again) == ()
    assert known.new_notes(replace(again, notes=("three", "four"))) == ("four",)
