from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from app.synthetic.recording_processes import Stop, record_all
from engines.core.errors import Cancelled, UserError


@dataclass(frozen=True)
class Square:
    """Takes as many pictures as its number and gives its square; -1 is a mistake, -2 dies."""

    number: int

    def record(self, on_picture: Callable[[], None], stop: Stop) -> tuple[int, int]:
        if self.number == -1:
            raise UserError("disk: full")
        if self.number == -2:
            os._exit(3)
        for _ in range(self.number):
            on_picture()
        return self.number**2, os.getpid()


@pytest.mark.parametrize("processes", [1, 2])
def test_all_work_is_done_and_counted(processes: int) -> None:
    counts: list[int] = []
    results = dict(record_all([Square(n) for n in range(5)], processes, counts.append, lambda: False))
    assert {number: square for number, (square, _) in results.items()} == {0: 0, 1: 1, 2: 4, 3: 9, 4: 16}
    assert sum(counts) == 0 + 1 + 2 + 3 + 4
    assert (os.getpid() in {process for _, process in results.values()}) == (processes == 1)


def test_a_mistake_is_told_as_it_is() -> None:
    with pytest.raises(UserError, match="disk: full"):
        list(record_all([Square(-1), Square(2)], 2, lambda count: None, lambda: False))


def test_a_process_that_dies_is_told() -> None:
    with pytest.raises(UserError, match="was ended from outside"):
        list(record_all([Square(-2), Square(-2)], 2, lambda count: None, lambda: False))


def test_stops_when_asked() -> None:
    with pytest.raises(Cancelled):
        list(record_all([Square(n) for n in range(4)], 2, lambda count: None, lambda: True))
