"""Reading what the next steps of a training need while it computes, in processes of its own."""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
import sys
import threading
import warnings
from collections.abc import Generator, Iterator
from multiprocessing import resource_tracker
from multiprocessing.process import BaseProcess
from typing import Generic, Protocol, TypeVar

from torch.utils.data import DataLoader
from torch.utils.data import Dataset as TorchDataset

from engines.core.errors import Unreadable, UserError

WORKERS = 2
"""Processes that read ahead where the photographs don't fit in memory."""

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class StepReader(Protocol[T_co]):
    """What a step needs follows from its number alone, so that any process can read it."""

    def read(self, step: int) -> T_co:
        """What the step needs.

        Raises:
            UserError: a photograph, pose or the like can't be read.
        """
        ...


class ReadAhead(Generic[T]):
    """What each step needs, in order."""

    def __init__(self, reader: StepReader[T], workers: int) -> None:
        """Reads by `workers` processes of its own, begun at the first step; 0: each step when its turn comes."""
        self._reader, self._workers = reader, workers
        self._coming: Generator[T] | None = None
        self._next = 0

    def take(self, step: int) -> T:
        """What `step` needs; reads ahead from there.

        Raises:
            Unreadable: something can't be read, or a worker was killed; the step may be tried again.
        """
        if self._coming is None or step != self._next:
            self.close()
            self._coming = _read(self._reader, range(step, sys.maxsize), self._workers)
        try:
            taken = next(self._coming)
        except Exception:
            # A generator that has raised is at its end.
            self._coming = None
            raise
        self._next = step + 1
        return taken

    def close(self) -> None:
        """Ends the processes."""
        if self._coming is not None:
            self._coming.close()
            self._coming = None


class _InWorker(TorchDataset[T | str], Generic[T]):
    """Step -> what it needs, or what is wrong with that."""

    def __init__(self, reader: StepReader[T]) -> None:
        self._reader = reader

    def __getitem__(self, step: int) -> T | str:
        # Workers would wrap an error in their own traceback.
        try:
            return self._reader.read(step)
        except UserError as error:
            return str(error)


def _read(reader: StepReader[T], steps: range, workers: int) -> Generator[T]:
    if workers == 0:
        for step in steps:
            try:
                yield reader.read(step)
            except UserError as error:
                raise Unreadable(str(error)) from error
        return
    # A fork would copy locks that other threads hold at that moment.
    how, before = "spawn", set(multiprocessing.active_children())
    readers: set[BaseProcess] = set()
    try:
        with warnings.catch_warnings(), _signals_held():
            # Who asks for more processes than there are cores may have a slow disk.
            warnings.filterwarnings("ignore", "This DataLoader will create")
            loader = DataLoader(
                _InWorker(reader), sampler=steps, batch_size=None, num_workers=workers, multiprocessing_context=how
            )
            batches = iter(loader)
            readers = set(multiprocessing.active_children()) - before
        for read in batches:
            if isinstance(read, str):
                raise Unreadable(read)
            yield read
    except (RuntimeError, OSError, EOFError) as error:
        raise Unreadable(f"a process that reads photographs ended ({error}); num_workers=0 reads without") from error
    finally:
        # They do nothing but read; asked to end in their own time they may wait for what never comes.
        for process in readers:
            process.kill()
            process.join()


@contextlib.contextmanager
def _signals_held() -> Iterator[None]:
    """Processes begun meanwhile don't hear what ends the training: it ends them itself, when it has saved."""
    main = threading.current_thread() is threading.main_thread()
    # With the loader's own handler a dead worker would raise wherever the training is; without, when it waits for it.
    on_child = signal.getsignal(signal.SIGCHLD) if main and hasattr(signal, "SIGCHLD") else None
    held = {signal.SIGINT, signal.SIGTERM} if hasattr(signal, "pthread_sigmask") else set()
    if held:
        # When it starts it lets these signals through again.
        resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, held) if held else set()
    try:
        yield
    finally:
        if held:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        if on_child is not None:
            signal.signal(signal.SIGCHLD, on_child)
