"""How runs of the program end: a mark that each keeps while it works, and that only one that was torn away leaves."""

from __future__ import annotations

import faulthandler
import json
import os
import platform
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app import __version__

PATTERN, ASIDE = "run-*.txt", "ended-*.txt"
TOLD = ("view",)
"""Commands whose unexpected ends are told at the next start; of others the terminal told."""
MOST_TRACE = 12_000
"""Characters that are kept of where the threads of a crashed run were."""
SAME_S = 2.0
"""Two tellings of when a process began may differ by this much and still be of the same."""


@dataclass(frozen=True)
class UnexpectedEnd:
    """A run that did not come to its end.

    Attributes:
        command: of the command line.
        began: day and time, as a person reads it.
        trace: where its threads were, as far as the system let Python write it; "" where it was killed.
    """

    command: str
    began: str
    trace: str

    @property
    def text(self) -> str:
        """What happened, with the trace below, for the log."""
        why = "crashed" if self.trace else "was killed, or the machine went off"
        return f"{self.command}, begun {self.began}, ended unexpectedly: it {why}\n{self.trace}".rstrip()


@contextmanager
def marked(folder: Path, command: str) -> Iterator[None]:
    """Keeps a mark in `folder` while it lasts; a crash of native code writes into it where all threads were."""
    mark = folder / f"run-{os.getpid()}.txt"
    facts = {"command": command, "version": __version__, "node": platform.node(), "pid": os.getpid()}
    facts |= {"began": time.time(), "process_began": _began(os.getpid())}
    with ExitStack() as exits:
        try:
            # Without a buffer, which would be written once more when it is closed.
            file = exits.enter_context(mark.open("wb", buffering=0))
            file.write(f"{json.dumps(facts)}\n".encode())
        except OSError:
            # A full disk: the run goes on without.
            exits.close()
            with suppress(OSError):
                mark.unlink()
            yield
            return
        # Whoever enabled it before, by PYTHONFAULTHANDLER say, is told in their place.
        ours = not faulthandler.is_enabled()
        if ours:
            faulthandler.enable(file)
        try:
            yield
        finally:
            if ours:
                faulthandler.disable()
            file.close()
            with suppress(OSError):
                mark.unlink()


def find_unexpected_ends(folder: Path) -> list[UnexpectedEnd]:
    """The runs of this machine that left their mark and are gone, oldest first.

    Each is found once; those of `TOLD` are put aside for `take_untold_ends`.
    """
    ends: list[tuple[float, UnexpectedEnd]] = []
    for mark in folder.glob(PATTERN):
        with suppress(OSError, ValueError, KeyError, TypeError, OverflowError):
            facts, end = _read(mark)
            if facts["node"] != platform.node() or _lives(facts):
                continue
            # Of two programs that start at once the one that moves it away has found it.
            if end.command in TOLD:
                mark.replace(folder / f"ended-{facts['pid']}.txt")
            else:
                mark.unlink()
            ends.append((float(facts["began"]), end))
    return [end for _, end in sorted(ends, key=lambda each: each[0])]


def take_untold_ends(folder: Path) -> list[UnexpectedEnd]:
    """The runs that a person is to be told of, oldest first; from now on they have been told."""
    ends: list[tuple[float, UnexpectedEnd]] = []
    for mark in folder.glob(ASIDE):
        with suppress(OSError, ValueError, KeyError, TypeError, OverflowError):
            facts, end = _read(mark)
            mark.unlink()
            ends.append((float(facts["began"]), end))
    return [end for _, end in sorted(ends, key=lambda each: each[0])]


def _read(mark: Path) -> tuple[Mapping[str, Any], UnexpectedEnd]:
    first, _, trace = mark.read_text(encoding="utf-8", errors="replace").partition("\n")
    facts = json.loads(first)
    told = time.strftime("%Y-%m-%d %H:%M", time.localtime(float(facts["began"])))
    return facts, UnexpectedEnd(str(facts["command"]), told, trace.strip()[:MOST_TRACE])


def _lives(facts: Mapping[str, Any]) -> bool:
    """Whether the process is there; another that got its number later is not it."""
    there = _began(int(facts["pid"]))
    return there is not None and abs(there - float(facts["process_began"])) <= SAME_S


def _began(pid: int) -> float | None:
    """When a process began, in seconds since 1970; None where there is none, or nobody may know."""
    import psutil

    try:
        return float(psutil.Process(pid).create_time())
    except psutil.Error:
        return None
