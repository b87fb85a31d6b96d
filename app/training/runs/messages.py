"""Messages between a supervised run and its program: a line each, JSON from the run, a command to it.

| to the run | |
|---|---|
| `pause`, `go on` | waits before the next step, or not any more |
| `stop` | ends after the step under way and saves; so does the end of its input |
| `live` | writes the scene as it is now into the run folder |
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from app.training.loop import Report
from app.training.runs.measure import Estimate

RunCommand = Literal["pause", "go on", "stop", "live"]
RUN_COMMANDS: tuple[RunCommand, ...] = ("pause", "go on", "stop", "live")


@dataclass(frozen=True)
class Standing:
    """The state of a run: what of a `Report` is of use elsewhere.

    Attributes:
        psnr, ssim: where this step was one to validate at.
    """

    step: int
    max_steps: int
    losses: Mapping[str, float]
    steps_per_second: float | None
    seconds_left: float | None
    saved: bool
    memory_bytes: int
    notes: tuple[str, ...] = ()
    psnr: float | None = None
    ssim: float | None = None

    @staticmethod
    def of(report: Report) -> Standing:
        """The state that a report tells."""
        score = report.validation
        return Standing(
            report.step,
            report.max_steps,
            report.losses,
            report.steps_per_second,
            report.seconds_left,
            report.saved,
            report.memory_bytes,
            report.notes,
            score.psnr if score is not None else None,
            score.ssim if score is not None else None,
        )


@dataclass(frozen=True)
class Doing:
    """What goes on between two steps and takes its time, in words; "" when it is over."""

    what: str


@dataclass(frozen=True)
class Live:
    """The scene of a step lies in the run folder, to be looked at."""

    step: int


@dataclass(frozen=True)
class Paused:
    """It waits, or goes on."""

    paused: bool


@dataclass(frozen=True)
class Ended:
    """All steps are done, or it was stopped; the checkpoint of `step` is saved."""

    step: int
    stopped: bool


@dataclass(frozen=True)
class Failed:
    """It ended before its time; `text` is a line for people. `killed`: from outside, mostly for lack of memory."""

    text: str
    killed: bool = False


Message = Standing | Doing | Live | Paused | Ended | Failed | Estimate
KINDS: Mapping[str, type[Message]] = {
    "standing": Standing,
    "doing": Doing,
    "live": Live,
    "paused": Paused,
    "ended": Ended,
    "failed": Failed,
    "estimate": Estimate,
}


def to_line(message: Message) -> str:
    """One line of JSON."""
    kind = next(name for name, type_ in KINDS.items() if type_ is type(message))
    return json.dumps({"kind": kind, **asdict(message)})


def from_line(line: str) -> Message | None:
    """What `to_line` wrote; None of any other line."""
    try:
        data: dict[str, Any] = json.loads(line)
        kind = KINDS[data.pop("kind")]
        lists = {name: tuple(value) for name, value in data.items() if isinstance(value, list)}
        return kind(**data | lists)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
