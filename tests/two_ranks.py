"""Two processes of a gloo group, begun once for all tests: what a test has them do is a function, named by its place.

The function is called on both ranks with the same plain arguments; what it gives, plain data, comes back by rank.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import random
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
Work = Callable[..., Any]


FIRST_PORT, LAST_PORT = 20_000, 32_000
"""Below those that systems give to who asks for any: none of these is taken between being found free and being used."""


def free_port() -> int:
    chance = random.Random(os.urandom(8))
    while True:
        port = chance.randint(FIRST_PORT, LAST_PORT)
        with socket.socket() as listening, contextlib.suppress(OSError):
            listening.bind(("127.0.0.1", port))
            return port


def environment(rank: int, port: int, count: int = 2) -> dict[str, str]:
    """What torchrun would tell this rank."""
    told = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": count, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    return {**os.environ, "OMP_NUM_THREADS": "1", **{name: str(value) for name, value in told.items()}}


class TwoRanks:
    """The processes; begun at the first call, and again after one has failed."""

    def __init__(self) -> None:
        self._ranks: list[subprocess.Popen[str]] = []

    def __call__(self, work: Work, *arguments: Any) -> list[Any]:
        """What `work(*arguments)` gives on each rank."""
        if not self._ranks:
            port = free_port()
            self._ranks = [
                subprocess.Popen(
                    [sys.executable, "-m", "tests.two_ranks"],
                    cwd=ROOT,
                    env=environment(rank, port),
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
                for rank in range(2)
            ]
        order = json.dumps([work.__module__, work.__name__, arguments]) + "\n"
        for rank in self._ranks:
            assert rank.stdin is not None
            rank.stdin.write(order)
            rank.stdin.flush()
        # A rank that has failed says nothing: its traceback is on stderr.
        answers = [rank.stdout.readline() for rank in self._ranks if rank.stdout is not None]
        if not all(answers):
            self.end()
            raise AssertionError("a rank failed; see its traceback above")
        return [json.loads(answer) for answer in answers]

    def end(self) -> None:
        for rank in self._ranks:
            rank.kill()
            rank.communicate()
        self._ranks = []


def together(words: list[str], more: Mapping[str, str] | None = None) -> list[subprocess.CompletedProcess[str]]:
    """A command of main.py on two ranks, as torchrun would begin them but without waiting for it to be imported."""
    port = free_port()
    begun = [
        subprocess.Popen(
            [sys.executable, "main.py", *words],
            cwd=ROOT,
            env={**environment(rank, port), **(more or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(2)
    ]
    told = [rank.communicate(timeout=120) for rank in begun]
    return [
        subprocess.CompletedProcess(words, rank.returncode, out, err)
        for rank, (out, err) in zip(begun, told, strict=True)
    ]


def main() -> None:
    """A rank: does what comes in, a line each."""
    import torch

    from engines.core import distributed

    distributed.join(torch.device("cpu"))
    for line in sys.stdin:
        module, name, arguments = json.loads(line)
        with contextlib.redirect_stdout(sys.stderr):
            answer = getattr(importlib.import_module(module), name)(*arguments)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
