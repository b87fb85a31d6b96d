"""What a benchmark measures with, as the fixture `measure`.

A plug-in of pytest that `python -m tests.benchmarks` loads. The times are pytest-benchmark's; what is kept of them are
figures with a bound each, which the runner puts into its table and judges.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch

THREADS = 2
"""Of torch, on any machine: the bounds were found with two."""
ROUNDS = 7

Way = Callable[[], object]


class Measure:
    """Notes the figures of one benchmark, the value of each round."""

    def __init__(self, benchmark: Any) -> None:
        self._benchmark = benchmark
        benchmark.extra_info["threads"] = torch.get_num_threads()
        benchmark.extra_info["device"] = device_used()
        self._figures: list[dict[str, Any]] = benchmark.extra_info.setdefault("figures", [])

    def ratio(self, plain: Way, product: Way, at_least: float, rounds: int = ROUNDS) -> None:
        """How many times faster `product` is than `plain`: in turn, so that whatever the machine does falls on both."""
        # What is made at the first time only, and the memory for it, belong to neither.
        plain()
        product()
        plainly_s: list[float] = []
        self._benchmark.pedantic(product, setup=lambda: plainly_s.append(seconds(plain)), rounds=rounds)
        ours_s = self._benchmark.stats.stats.data
        self.figure("", [a / b for a, b in zip(plainly_s, ours_s, strict=True)], "x", at_least=at_least)

    def milliseconds(self, product: Way, at_most: float, rounds: int) -> None:
        """How long it takes."""
        self._benchmark.pedantic(product, rounds=rounds, warmup_rounds=2)
        self.figure("", [1000 * took for took in self._benchmark.stats.stats.data], "ms", at_most=at_most)

    def rounds(self, work: Callable[[], Any], rounds: int) -> list[Any]:
        """What each of some rounds gives that measure more than how long they take: for `figure`."""
        given: list[Any] = []
        self._benchmark.pedantic(lambda: given.append(work()), rounds=rounds)
        return given

    def figure(
        self, what: str, values: list[float], unit: str, at_least: float | None = None, at_most: float | None = None
    ) -> None:
        """A value for each round; their median is held against the bound."""
        self._figures.append({"what": what, "values": values, "unit": unit, "at_least": at_least, "at_most": at_most})


def device_used() -> str:
    """The name of the GPU; of a machine without one: cpu."""
    return torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu"


def seconds(way: Way) -> float:
    """How long it takes."""
    began = time.perf_counter()
    way()
    return time.perf_counter() - began


@pytest.fixture
def measure(benchmark: Any) -> Iterator[Measure]:
    """For what is to be measured."""
    before = torch.get_num_threads()
    torch.set_num_threads(THREADS)
    yield Measure(benchmark)
    torch.set_num_threads(before)
