"""Parts of work, each done once, in threads that use no others."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
import torch

from engines.core.networks.thread_each import thread_each


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_each_part_is_done_once_and_torch_keeps_its_threads(threads: int) -> None:
    done, seen, lock = [], set[int](), threading.Lock()

    def work(left: Iterator[int]) -> None:
        for part in left:
            with lock:
                done.append(part)
                seen.add(torch.get_num_threads())

    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        with torch.inference_mode():
            thread_each(work, range(50))
        other = list[int]()
        late = threading.Thread(target=lambda: other.append(torch.get_num_threads()))
        late.start()
        late.join()
        assert (torch.get_num_threads(), other) == (threads, [threads])
    finally:
        torch.set_num_threads(before)
    assert sorted(done) == list(range(50)) and seen == {1}


def test_what_is_raised_there_is_raised_here() -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)

    def work(left: Iterator[int]) -> None:
        for _ in left:
            raise KeyError("so")

    try:
        with pytest.raises(KeyError):
            thread_each(work, range(4))
    finally:
        torch.set_num_threads(before)
