"""A supervised run: receives commands on its standard input, sends messages on its standard output."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from app.training.loop import Report
from app.training.runs.measure import Estimate
from app.training.runs.messages import Doing, Ended, Failed, Live, Message, Paused, Standing, to_line
from engines.core.contract import checkpoint_of
from engines.core.engine import Training
from engines.core.errors import UserError
from engines.core.storage.run_folder import LIVE_NAME
from engines.core.storage.scene_file import write_scene_file

NICE = 10
"""The window and its pictures come first."""
OOM_SCORE = "500"
"""As if it held half the machine's memory more than it does."""
SEND_S = 0.1
"""Between two reports of nothing but steps."""
LOOK_S = 0.2
"""Of a waiting run, between two looks whether it is to stop."""


class SupervisedRun:
    """One run, supervised by the program that began it."""

    def __init__(self, commands: IO[str], lines: IO[str]) -> None:
        """Receives `commands` from now on, on a thread of its own; sends messages on `lines`."""
        self._commands, self._lines = commands, lines
        self._stopped, self._live = threading.Event(), threading.Event()
        self._may_go_on = threading.Event()
        self._may_go_on.set()
        self._sent_s = 0.0
        threading.Thread(target=self._receive, name="commands", daemon=True).start()

    def stop(self) -> bool:
        """Whether it is to end and save."""
        return self._stopped.is_set()

    def report(self, report: Report) -> None:
        """Says where it stands, not at each of very quick steps."""
        now = time.monotonic()
        at_once = report.validation is not None or report.saved or report.notes or report.step == report.max_steps
        if at_once or now - self._sent_s >= SEND_S:
            self._sent_s = now
            self._send(Standing.of(report))

    def tell(self, what: str) -> None:
        """Says what goes on between two steps."""
        self._send(Doing(what))

    def between(self, training: Training, out: Path) -> float:
        """Writes the scene where somebody wants to see it, and waits while it is paused; the seconds of both."""
        began = time.monotonic()
        self._show(training, out)
        if not self._may_go_on.is_set() and not self.stop():
            self._send(Paused(True))
            while not self._may_go_on.wait(LOOK_S) and not self.stop():
                self._show(training, out)
            self._send(Paused(False))
        return time.monotonic() - began

    def estimated(self, estimate: Estimate) -> None:
        """How long it would take."""
        self._send(estimate)

    def ended(self, step: int, stopped: bool) -> None:
        """All is saved."""
        self._send(Ended(step, stopped))

    def failed(self, text: str) -> None:
        """It can't go on."""
        self._send(Failed(text))

    def _show(self, training: Training, out: Path) -> None:
        if self._live.is_set():
            self._live.clear()
            try:
                write_scene_file(out / LIVE_NAME, checkpoint_of(training))
            except UserError:
                # A full disk: what is only to be looked at must not end the run.
                return
            self._send(Live(training.step_count))

    def _receive(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            for line in self._commands:
                command = line.strip()
                if command == "pause":
                    self._may_go_on.clear()
                elif command == "go on":
                    self._may_go_on.set()
                elif command == "live":
                    self._live.set()
                elif command == "stop":
                    break
        # Also where the program that watches is no more.
        self._stopped.set()

    def _send(self, message: Message) -> None:
        # Where nobody listens any more the run still ends as it should.
        with contextlib.suppress(OSError, ValueError):
            self._lines.write(to_line(message) + "\n")
            self._lines.flush()


@contextlib.contextmanager
def supervised() -> Iterator[SupervisedRun]:
    """This process as a supervised one: in a group of its own, behind all others, its output kept for messages."""
    _give_way()
    # A library that prints would break the lines.
    lines = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    with lines:
        run = SupervisedRun(sys.stdin, lines)
        # SIGHUP is the kernel's word, with one to wake up, to a run that was held when its watcher died.
        for name in ("SIGHUP", "SIGTERM"):
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), lambda *_: run._stopped.set())
        yield run


def _give_way() -> None:
    """Ctrl+C in the terminal is not meant for this process; the window's work goes before its own."""
    with contextlib.suppress(OSError, AttributeError):
        os.setpgid(0, 0)
    with contextlib.suppress(OSError):
        # Where memory runs out Linux ends this process, which has its checkpoint, before the window.
        Path("/proc/self/oom_score_adj").write_text(OOM_SCORE, encoding="ascii")
    with contextlib.suppress(OSError, AttributeError):
        os.nice(NICE)
