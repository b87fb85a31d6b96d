"""What is told of runs: when one ends, and before the program does while some are under way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from app.training.runs.queue import QueuedRun


@dataclass(frozen=True)
class EndNotice:
    """What is told of a run that ended.

    Attributes:
        text: in the window.
        title, body: for somebody who looks elsewhere; empty where it need not be told there.
        can_open: whether what was trained can be opened.
    """

    kind: Literal["info", "error"]
    text: str
    title: str = ""
    body: str = ""
    can_open: bool = False


def end_notice(job: QueuedRun) -> EndNotice:
    """What is told of a run that finished, failed or was stopped."""
    name = job.request.out.name
    score = f", PSNR {job.psnr:.2f} dB on held-out views" if job.psnr is not None else ""
    if job.status == "failed":
        return EndNotice("error", job.text, f"{name}: the training ended", job.text)
    if job.status == "finished":
        steps = job.last.step if job.last is not None else 0
        return EndNotice("info", f"{name} is trained{score}.", f"{name} is trained", f"{steps} steps{score}", True)
    return EndNotice("info", f"{name} is saved; it can be resumed at any time.")


def quit_question(active: QueuedRun | None, waiting: Sequence[QueuedRun]) -> str:
    """What is told before the program ends; empty where nothing is trained or waits."""
    lines = []
    if active is not None:
        name = active.request.out.name
        lines.append(f"{name} is being trained. Quitting saves it; it can be resumed exactly where it was.")
    if waiting:
        one = len(waiting) == 1
        lines.append(f"{len(waiting)} more that wait{'s' if one else ''} {'is' if one else 'are'} not begun.")
    return "\n".join(lines)
