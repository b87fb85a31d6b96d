"""One training at a time, in order."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from app.training.runs.messages import Doing, Ended, Failed, Live, Message, Paused, Standing
from app.training.runs.queue import QueuedRun, RunQueue
from app.training.runs.training_request import TrainingRequest

HERE = Path("data")


def request(name: str) -> TrainingRequest:
    return TrainingRequest("colour_grid", HERE, Path(name))


def standing(step: int, psnr: float | None = None, notes: tuple[str, ...] = ()) -> Standing:
    return Standing(step, 9, {"l1": 0.5}, 2.0, 3.0, False, 0, notes, psnr)


class Process:
    """Notes what it is told."""

    def __init__(self, request: TrainingRequest, hear: Callable[[Message], None]) -> None:
        self.request, self.hear = request, hear
        self.told: list[str] = []

    def send(self, command: str) -> None:
        self.told.append(command)

    def hold(self) -> None:
        self.told.append("hold")

    def release(self) -> None:
        self.told.append("release")

    def leave(self) -> None:
        self.told.append("leave")


class Bench:
    """A queue with such processes."""

    def __init__(self) -> None:
        self.processes: list[Process] = []
        self.changes: list[QueuedRun] = []
        self.fails: OSError | None = None
        self.queue = RunQueue(self._start, self.changes.append)

    def _start(self, request: TrainingRequest, hear: Callable[[Message], None]) -> Process:
        if self.fails is not None:
            raise self.fails
        self.processes.append(Process(request, hear))
        return self.processes[-1]

    @property
    def begun(self) -> list[str]:
        return [str(process.request.out) for process in self.processes]

    @property
    def status(self) -> str | None:
        return self.queue.active.status if self.queue.active is not None else None

    def states(self, name: str) -> list[str]:
        """All that were told of one, each once."""
        told = [job.status for job in self.changes if str(job.request.out) == name]
        return [status for index, status in enumerate(told) if index == 0 or told[index - 1] != status]


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_they_are_trained_one_after_the_other_in_order(bench: Bench) -> None:
    for name in ("a", "b", "c"):
        bench.queue.add(request(name))
    assert bench.begun == ["a"] and [str(job.request.out) for job in bench.queue.waiting] == ["b", "c"]
    bench.processes[0].hear(standing(1))
    bench.processes[0].hear(Ended(9, False))
    assert bench.begun == ["a", "b"]
    bench.processes[1].hear(Failed("b: no"))
    assert bench.begun == ["a", "b", "c"]
    bench.processes[2].hear(Ended(4, True))
    assert bench.queue.active is None and not bench.queue.waiting
    assert bench.states("a") == ["waiting", "starting", "running", "finished"]
    assert bench.states("b") == ["waiting", "starting", "failed"]
    assert bench.states("c") == ["waiting", "starting", "stopped"]
    assert [job.text for job in bench.changes if job.status == "failed"] == ["b: no"]


def test_a_job_gathers_what_is_said(bench: Bench) -> None:
    bench.queue.add(request("a"))
    hear = bench.processes[0].hear
    hear(standing(0, notes=("the grid was made to fit",)))
    hear(standing(5, psnr=21.5))
    hear(standing(6))
    hear(Live(6))
    job = bench.queue.active
    assert job is not None and job.last == standing(6)
    assert (job.psnr, job.live_step, job.notes) == (21.5, 6, ("the grid was made to fit",))


def test_what_can_not_be_started_fails_and_the_next_begins(bench: Bench) -> None:
    bench.fails = OSError(12, "Cannot allocate memory")
    bench.queue.add(request("a"))
    assert bench.queue.active is None
    assert bench.changes[-1].status == "failed"
    assert bench.changes[-1].text == "the training can't be started (Cannot allocate memory)"
    bench.fails = None
    bench.queue.add(request("b"))
    bench.queue.add(request("c"))
    bench.queue.add(request("d"))
    bench.fails = OSError(12, "Cannot allocate memory")
    bench.processes[0].hear(Ended(9, False))
    assert bench.states("c")[-1] == bench.states("d")[-1] == "failed" and bench.queue.active is None


def test_pause_and_go_on(bench: Bench) -> None:
    bench.queue.add(request("a"))
    process = bench.processes[0]
    process.hear(standing(1))
    bench.queue.pause()
    # It ends the step under way first.
    assert process.told == ["pause"] and bench.status == "running"
    process.hear(standing(2))
    process.hear(Paused(True))
    assert bench.status == "paused"
    bench.queue.go_on()
    process.hear(Paused(False))
    process.hear(Doing("drawing a held-out view"))
    assert bench.queue.active is not None and bench.queue.active.doing == "drawing a held-out view"
    process.hear(Doing(""))
    assert bench.queue.active.doing == ""
    assert process.told == ["pause", "go on"] and bench.status == "running"


def test_stop_is_said_once_and_stays(bench: Bench) -> None:
    bench.queue.add(request("a"))
    process = bench.processes[0]
    bench.queue.stop()
    bench.queue.stop()
    process.hear(standing(3))
    process.hear(Paused(False))
    assert process.told == ["stop"] and bench.status == "stopping"
    # What is saving is not kept from it.
    bench.queue.hold()
    assert process.told == ["stop"]


def test_only_what_waits_can_be_withdrawn(bench: Bench) -> None:
    requests = [request(name) for name in ("a", "b", "c")]
    for each in requests:
        bench.queue.add(each)
    bench.queue.withdraw(requests[1])
    assert bench.states("b") == ["waiting", "stopped"]
    told = len(bench.changes)
    bench.queue.withdraw(requests[0])
    bench.queue.withdraw(requests[1])
    assert len(bench.changes) == told and bench.status == "starting"
    bench.processes[0].hear(Ended(9, False))
    assert bench.begun == ["a", "c"]


def test_late_words_of_an_ended_run_are_not_taken_for_the_next_ones(bench: Bench) -> None:
    bench.queue.add(request("a"))
    bench.queue.add(request("b"))
    bench.processes[0].hear(Ended(9, False))
    bench.processes[0].hear(Failed("late"))
    bench.processes[0].hear(standing(8))
    assert bench.status == "starting" and bench.queue.active is not None and bench.queue.active.last is None


def test_closing_leaves_the_run_to_itself_and_begins_nothing(bench: Bench) -> None:
    bench.queue.add(request("a"))
    bench.queue.add(request("b"))
    bench.queue.close()
    bench.processes[0].hear(Ended(5, True))
    bench.queue.add(request("c"))
    assert bench.begun == ["a"] and bench.processes[0].told == ["leave"] and bench.queue.active is None


def test_nobody_there_hears_nothing(bench: Bench) -> None:
    for command in (bench.queue.pause, bench.queue.go_on, bench.queue.stop, bench.queue.ask_live):
        command()
    bench.queue.hold()
    bench.queue.release()
    bench.queue.close()
    assert not bench.changes
