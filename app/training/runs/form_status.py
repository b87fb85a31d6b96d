"""What the form of a new training tells of it: how long it takes, what is wrong with it, the command line."""

from __future__ import annotations

from dataclasses import dataclass

from app.human_readable import as_sentence, human_bytes, human_step, human_time
from app.training.runs.measure import Estimate
from app.training.runs.training_request import TrainingRequest
from engines.core.errors import UserError

MEASURING = "Measuring how long this takes here …"
Measured = Estimate | BaseException | None
"""What a few steps of a training took, why they could not be done; None while that is not known."""


@dataclass(frozen=True)
class FormStatus:
    """What is to be known before a training begins; all texts may be empty.

    Attributes:
        time: how long it takes, and what it needs.
        wrong: what is wrong with it, or not certain.
        notes: what is good to know, or still to be done.
        command_line: that does the same without a window.
        can_start: whether it can begin.
    """

    time: str = ""
    wrong: str = ""
    notes: str = ""
    command_line: str = ""
    can_start: bool = False


def status_of(request: TrainingRequest, measured: Measured, busy: bool) -> FormStatus:
    """What is told of a training that is complete.

    Args:
        busy: another training is under way.
    """
    line = request.command_line()
    if measured is None:
        return FormStatus(MEASURING, command_line=line, can_start=True)
    if isinstance(measured, BaseException):
        # What can't do a few steps can't do many.
        return FormStatus(wrong=str(measured), command_line=line, can_start=not isinstance(measured, UserError))
    return FormStatus(
        _time(measured, busy),
        "\n".join(f"It won't fit: {text}." for text in measured.obstacles()),
        "\n".join(as_sentence(note) for note in measured.notes),
        line,
        True,
    )


def _time(found: Estimate, busy: bool) -> str:
    steps = ", later ".join(human_step(seconds) for seconds in found.step_seconds)
    there = f" of {human_bytes(found.memory_there_bytes)}" if found.memory_there_bytes is not None else ""
    meanwhile = " Another training slows it down now." if busy else ""
    return (
        f"About {human_time(found.seconds)} ({steps} a step), {human_bytes(found.memory_bytes)}{there} memory, "
        f"{human_bytes(found.disk_bytes)} on the disk.{meanwhile}"
    )
