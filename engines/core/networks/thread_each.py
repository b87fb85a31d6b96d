"""Work in small parts, a thread each, in place of torch's own division of every operation among all threads.

Parts that fit the cache are too small for that: threads would wait for each other longer than they work.
"""

from __future__ import annotations

import functools
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch

Part = TypeVar("Part")


def thread_each(work: Callable[[Iterator[Part]], None], parts: Iterable[Part]) -> None:
    """Calls `work` in as many threads as torch may use, on the CPU, each with an iterator that gives what is left.

    Gradients are not followed there. What is raised ends that thread's work, and is raised here.
    """
    left, threads = iter(list(parts)), torch.get_num_threads()
    if threads == 1:
        work(left)
        return
    inference = torch.is_inference_mode_enabled()

    def run() -> None:
        with torch.inference_mode(inference), torch.no_grad():
            work(left)

    pool = _pool(threads, os.getpid())
    for begun in [pool.submit(run) for _ in range(threads)]:
        begun.result()


@functools.cache
def _pool(threads: int, process: int) -> ThreadPoolExecutor:
    """So many threads, in which torch uses no others; of this `process`: one that was forked has none of them."""
    pool, all_there = ThreadPoolExecutor(threads, "thread_each"), threading.Barrier(threads + 1)

    def begin() -> None:
        # Asked first: what a thread is asked for the first time puts its number back to the one for all.
        torch.get_num_threads()
        torch.set_num_threads(1)
        all_there.wait()

    for _ in range(threads):
        pool.submit(begin)
    all_there.wait()
    # It holds for the thread that calls it, but is also kept for threads that begin later.
    torch.set_num_threads(threads)
    return pool
