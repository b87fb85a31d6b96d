"""One training at a time; others wait for their turn. All calls come from one thread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

from app.training.runs.messages import Doing, Ended, Failed, Live, Message, Paused, RunCommand, Standing
from app.training.runs.training_request import TrainingRequest

Status = Literal["waiting", "starting", "running", "paused", "stopping", "finished", "stopped", "failed"]
UNDER_WAY = ("starting", "running", "paused", "stopping")


class Process(Protocol):
    """A process that trains, as the queue steers it; `run_process.RunProcess` is one."""

    def send(self, command: RunCommand) -> None: ...
    def hold(self) -> None: ...
    def release(self) -> None: ...
    def leave(self) -> None: ...


Start = Callable[[TrainingRequest, Callable[[Message], None]], Process]
"""Begins a process; its messages come to the second argument on the caller's own thread."""


@dataclass(frozen=True)
class QueuedRun:
    """One request and how far it is.

    Attributes:
        last: the newest report.
        doing: what goes on between two steps, in words.
        psnr: of the last validation.
        live_step: of the scene that lies ready to be looked at.
        text: why it failed.
    """

    request: TrainingRequest
    status: Status = "waiting"
    last: Standing | None = None
    doing: str = ""
    psnr: float | None = None
    live_step: int | None = None
    text: str = ""
    notes: tuple[str, ...] = field(default=())

    @property
    def under_way(self) -> bool:
        """Whether a process works on it."""
        return self.status in UNDER_WAY


class RunQueue:
    """What is trained now, and what comes next."""

    def __init__(self, start: Start, changed: Callable[[QueuedRun], None]) -> None:
        """Tells `changed` of every change to a job."""
        self._start, self._changed = start, changed
        self.active: QueuedRun | None = None
        self.waiting: list[QueuedRun] = []
        self._process: Process | None = None
        self._closed = False

    def add(self, request: TrainingRequest) -> QueuedRun:
        """Begins it, or lets it wait for its turn."""
        job = QueuedRun(request)
        self.waiting.append(job)
        self._changed(job)
        self._next()
        return job

    def withdraw(self, request: TrainingRequest) -> None:
        """It has not begun, and is not going to; one that has begun meanwhile goes on."""
        for job in self.waiting:
            if job.request is request:
                self.waiting.remove(job)
                self._changed(replace(job, status="stopped"))
                return

    def pause(self) -> None:
        """After the step under way."""
        self._send("pause")

    def go_on(self) -> None:
        """A paused run learns again."""
        self._send("go on")

    def stop(self) -> None:
        """After the step under way; saved, it can go on later."""
        if self.active is not None and self.active.status != "stopping":
            self._send("stop")
            self._set(replace(self.active, status="stopping"))

    def ask_live(self) -> None:
        """Wants to see the scene as it is now."""
        self._send("live")

    def hold(self) -> None:
        """Freezes the run at once, while something else needs the processor."""
        # What is saving is soon done, and wanted.
        if self._process is not None and self.active is not None and self.active.status != "stopping":
            self._process.hold()

    def release(self) -> None:
        """It may go on."""
        if self._process is not None:
            self._process.release()

    def close(self) -> None:
        """The run under way saves and ends by itself; nothing new begins."""
        self._closed, self.waiting = True, []
        if self._process is not None:
            self._process.leave()

    def _send(self, command: RunCommand) -> None:
        if self._process is not None:
            self._process.send(command)

    def _next(self) -> None:
        if self.active is not None or not self.waiting or self._closed:
            return
        job = replace(self.waiting.pop(0), status="starting")
        self.active = job
        try:
            self._process = self._start(job.request, lambda message: self._hear(job.request, message))
        except OSError as error:
            # No memory for another process, say.
            self._end(replace(job, status="failed", text=f"the training can't be started ({error.strerror or error})"))
        else:
            self._changed(job)

    def _hear(self, request: TrainingRequest, message: Message) -> None:
        job = self.active
        if job is None or job.request is not request:
            return
        if isinstance(message, Standing):
            status: Status = "running" if job.status == "starting" else job.status
            psnr = job.psnr if message.psnr is None else message.psnr
            self._set(replace(job, status=status, last=message, psnr=psnr, notes=(*job.notes, *message.notes)))
        elif isinstance(message, Doing):
            self._set(replace(job, doing=message.what))
        elif isinstance(message, Live):
            self._set(replace(job, live_step=message.step))
        elif isinstance(message, Paused) and job.status in ("running", "paused"):
            self._set(replace(job, status="paused" if message.paused else "running"))
        elif isinstance(message, Ended):
            self._end(replace(job, status="stopped" if message.stopped else "finished"))
        elif isinstance(message, Failed):
            self._end(replace(job, status="failed", text=message.text))

    def _set(self, job: QueuedRun) -> None:
        self.active = job
        self._changed(job)

    def _end(self, job: QueuedRun) -> None:
        self.active, self._process = None, None
        self._changed(job)
        self._next()
