"""What is told of a training before it begins."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from app.training.runs.form_status import MEASURING, FormStatus, status_of
from app.training.runs.measure import Estimate
from app.training.runs.training_request import TrainingRequest
from engines.core.errors import UserError

REQUEST = TrainingRequest("colour_grid", Path("data"), Path("runs/car"))
LINE = REQUEST.command_line()
FITS = Estimate(7260.0, (0.5, 0.25), 2.0, 2 * 10**9, 8 * 10**9, 10**8, 10**10, ("the grid was made to fit", "no masks"))


def test_it_can_begin_while_it_is_measured() -> None:
    assert status_of(REQUEST, None, busy=True) == FormStatus(MEASURING, command_line=LINE, can_start=True)


def test_what_it_takes() -> None:
    told = status_of(REQUEST, FITS, busy=False)
    assert told.time.startswith("About 2 h 1 min (") and ", later " in told.time
    assert "2.0 GB of 8.0 GB memory" in told.time and told.time.endswith("on the disk.")
    assert told.notes == "The grid was made to fit.\nNo masks." and not told.wrong and told.can_start
    assert status_of(REQUEST, FITS, busy=True).time == f"{told.time} Another training slows it down now."
    assert "2.0 GB memory" in status_of(REQUEST, replace(FITS, memory_there_bytes=None), busy=False).time


def test_what_will_not_fit_is_a_warning_and_no_refusal() -> None:
    told = status_of(REQUEST, replace(FITS, memory_bytes=79 * 10**8, disk_free_bytes=10**8), busy=False)
    assert told.wrong.splitlines() == [
        "It won't fit: memory will hardly suffice.",
        "It won't fit: the disk has no room for its checkpoints.",
    ]
    assert told.can_start


def test_what_can_not_do_a_few_steps_can_not_begin_but_a_fault_in_measuring_is_none_of_the_training() -> None:
    refused = status_of(REQUEST, UserError("out of memory"), busy=False)
    assert refused == FormStatus(wrong="out of memory", command_line=LINE)
    assert status_of(REQUEST, OSError("no process"), busy=False).can_start
