"""A training in a process of its own, seen from the program that watches it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import psutil

from app.training.runs.messages import Ended, Failed, Message, RunCommand, from_line
from app.training.runs.training_request import TrainingRequest
from engines.core.device import usable_cores

MAIN = Path(__file__).resolve().parents[3] / "main.py"
KILLED = -9
TAIL_BYTES = 4000


def command(words: Sequence[str]) -> list[str]:
    """`main.py` with these words, by this Python."""
    return [sys.executable, str(MAIN), *words]


def environment() -> dict[str, str]:
    """Leaves one core to the window, where there are several."""
    # As tests and users may have set it already.
    threads = os.environ.get("OMP_NUM_THREADS") or str(max(1, usable_cores() - 1))
    return {**os.environ, "OMP_NUM_THREADS": threads, "PYTHONUNBUFFERED": "1"}


class RunProcess:
    """One run. Its messages come to `on_message` on a thread of its own, the last of them `Ended` or `Failed`."""

    def __init__(
        self, request: TrainingRequest, on_message: Callable[[Message], None], more: Sequence[str] = ()
    ) -> None:
        """Begins it, with `more` arguments than the request says."""
        self.request, self._on_message = request, on_message
        self._closing = contextlib.ExitStack()
        self._errors = self._closing.enter_context(tempfile.TemporaryFile())  # noqa: SIM115  (closed by it)
        self._held = False
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            command([*request.words(), *more, "--supervised"]),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=environment(),
            text=True,
            encoding="utf-8",
            # A library may print anything before the run has its output for itself.
            errors="replace",
        )
        self._watcher = threading.Thread(target=self._watch, name="run", daemon=True)
        self._watcher.start()

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    def send(self, command: RunCommand) -> None:
        """Tells it a word; nothing where it has ended."""
        if command == "stop":
            self.release()
        with contextlib.suppress(OSError, ValueError):
            if self._process.stdin is not None:
                self._process.stdin.write(command + "\n")
                self._process.stdin.flush()

    def hold(self) -> None:
        """Freezes it at once, in the middle of a step, to have the processor for something else; until `release`."""
        with self._lock, contextlib.suppress(psutil.Error):
            if not self._held and self._process.poll() is None:
                psutil.Process(self.pid).suspend()
                self._held = True

    def release(self) -> None:
        """It may go on."""
        with self._lock, contextlib.suppress(psutil.Error):
            if self._held:
                self._held = False
                psutil.Process(self.pid).resume()

    def leave(self) -> None:
        """Stops to watch: it saves and ends by itself."""
        self.send("stop")
        with contextlib.suppress(OSError, ValueError):
            if self._process.stdin is not None:
                self._process.stdin.close()

    def wait(self, seconds: float | None = None) -> bool:
        """Until its last message was handed on; whether it was."""
        self._watcher.join(seconds)
        return not self._watcher.is_alive()

    def kill(self) -> None:
        """Ends it now; what was learnt since its last checkpoint is lost."""
        self._process.kill()

    def _watch(self) -> None:
        last: Message | None = None
        for line in self._process.stdout or ():
            message = from_line(line)
            if message is not None:
                last = message
                if not isinstance(message, Ended | Failed):
                    self._on_message(message)
        code = self._process.wait()
        # Not before it has ended: who reads that it did may begin it anew.
        self._on_message(last if isinstance(last, Ended | Failed) else Failed(self._why(code), code == KILLED))
        for pipe in (self._process.stdin, self._process.stdout, self._closing):
            with contextlib.suppress(OSError, ValueError):
                if pipe is not None:
                    pipe.close()

    def _why(self, code: int) -> str:
        """Of a process that ended without a word."""
        if code == KILLED:
            return (
                f"{self.request.out.name}: the training was killed, by somebody or because memory ran out; "
                "it can be continued from its last checkpoint"
            )
        self._errors.seek(0, os.SEEK_END)
        self._errors.seek(max(0, self._errors.tell() - TAIL_BYTES))
        lines = [line.strip() for line in self._errors.read().decode(errors="replace").splitlines() if line.strip()]
        said = next((line for line in reversed(lines) if "please report" not in line), f"exit code {code}")
        return f"{self.request.out.name}: the training ended unexpectedly: {said.removeprefix('vantage: ')}"
