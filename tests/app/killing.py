"""`main.py train` in processes that begin at once, one after the other, and are killed at any moment."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Sequence
from multiprocessing import forkserver
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from typing import Any

PRELOADED = [
    "tests.app.killing",
    "app.commands.train",
    "engines.deepvoxels.engine",
    "torch.utils.tensorboard",
    "torchmetrics",
    # Imported by the first optimiser, for seconds.
    "torch._dynamo",
    "pytest",
]


def trainer() -> ForkServerContext:
    """Begins processes by forking one that has imported everything already."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    before = os.environ.get("PYTHONPATH")
    # Python 3.11 does not tell it where to look for what it imports beforehand.
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
    try:
        forkserver.ensure_running()
    finally:
        os.environ.pop("PYTHONPATH") if before is None else os.environ.update(PYTHONPATH=before)
    return context


def begin(context: ForkServerContext, words: Sequence[str], dies_at: int | None = None) -> ForkServerProcess:
    """`main.py` with these words.

    Args:
        dies_at: the process is killed at that change of a file, counted from 1.
    """
    process = context.Process(target=_run, args=(list(words), dies_at))
    process.start()
    return process


def _run(words: list[str], dies_at: int | None) -> None:
    from app.cli import main

    if dies_at is not None:
        left = iter(range(dies_at - 1, -1, -1))
        # A file that is written, and has not yet taken the old one's place; one that has.
        os.fsync = _dying(os.fsync, left, _cut)
        os.replace = _dying(os.replace, left, None)
    with (
        Path(os.devnull).open("w") as nowhere,
        contextlib.redirect_stderr(nowhere),
        contextlib.redirect_stdout(nowhere),
    ):
        sys.exit(main(words))


def _dying(call: Callable[..., Any], left: Any, before: Callable[..., None] | None) -> Callable[..., Any]:
    def replaced(*arguments: Any, **named: Any) -> Any:
        last = next(left) == 0
        if last and before is not None:
            before(*arguments)
        result = call(*arguments, **named)
        if last:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    return replaced


def _cut(file: int) -> None:
    """As a power cut leaves what was not yet on the disk."""
    os.truncate(f"/proc/self/fd/{file}", os.fstat(file).st_size // 2)
